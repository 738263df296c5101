// Recovery: an endpoint comes back after thousands of deliveries have failed.
import { atRate } from '../harness/load.ts'
import type { Receipt } from '../harness/receiver.ts'
import type { Finding } from '../harness/report.ts'
import { tickCron } from '../harness/runtime.ts'
import { now, sendEvent, type Accepted } from '../harness/service.ts'
import { spreadOf } from '../harness/stats.ts'
import type { Stage, Tenant } from '../harness/stage.ts'
import { storeDeliveries } from './stored.ts'
import { latenciesOf } from './latency.ts'

const PROBES_PER_SECOND = 20
const DRAINS_WITHIN_MS = 420_000

/** Production's cron; a quick run does not wait so long. */
const TICK_EVERY_MS = { full: 60_000, quick: 5_000 }

/** The outage: so long, in ms, that the endpoint is known to be unwell. */
const OUTAGE_MS = 3_600_000

/** All deliveries that failed came due within the last minute; then the endpoint answers again. */
export async function recovery(stage: Stage, isQuick: boolean): Promise<Finding> {
  const backlog = isQuick ? 1000 : 10_000
  const tickEveryMs = TICK_EVERY_MS[isQuick ? 'quick' : 'full']
  const healthy = await stage.addTenant('healthy', 1)
  const returned = await stage.addTenant('returned', 1)
  await probe(stage, healthy, 2)
  const before = spreadOf(await probe(stage, healthy, isQuick ? 5 : 20))
  await storeFailed(stage, returned, backlog)

  const path = returned.endpoints[0]?.path
  const ofBacklog: Receipt[] = []
  const probes: Promise<Accepted[]>[] = []
  const fresh: Receipt[] = []
  const startedAt = now()
  let tickedAt = 0
  while (ofBacklog.length < backlog) {
    if (now() - startedAt > DRAINS_WITHIN_MS) throw new Error(`${ofBacklog.length} came in time`)
    if (now() - tickedAt >= tickEveryMs) {
      tickedAt = now()
      await tickCron(stage.runtime)
    }
    const second = atRate(PROBES_PER_SECOND, PROBES_PER_SECOND, () =>
      sendEvent(stage.client, healthy),
    )
    probes.push(second)
    await second
    for (const receipt of await stage.receiver.take()) {
      if (receipt.path === path) ofBacklog.push(receipt)
      else fresh.push(receipt)
    }
  }
  await stage.settle()
  fresh.push(...(await stage.receiver.take()))
  const accepted = (await Promise.all(probes)).flat()
  const during = spreadOf(latenciesOf(accepted, fresh).sinceAccepted)
  return present(backlog, startedAt, ofBacklog, before.p95, during.p95)
}

async function probe(stage: Stage, tenant: Tenant, seconds: number): Promise<number[]> {
  const total = seconds * PROBES_PER_SECOND
  const accepted = await atRate(PROBES_PER_SECOND, total, () => sendEvent(stage.client, tenant))
  const receipts = await stage.receiver.takeUntil(total, DRAINS_WITHIN_MS)
  return latenciesOf(accepted, receipts).sinceAccepted
}

async function storeFailed(stage: Stage, { id, endpoints }: Tenant, count: number): Promise<void> {
  const [endpoint] = endpoints
  if (!endpoint) throw new Error('it has one')
  const at = Date.now()
  await storeDeliveries(stage, {
    orgId: id,
    endpointId: endpoint.id,
    url: stage.receiver.url + endpoint.path,
    count,
    from: at - OUTAGE_MS,
    to: at - OUTAGE_MS / 2,
    status: 'pending',
    dueFrom: at - 60_000,
    dueTo: at,
  })
  await stage.sql('UPDATE endpoints SET unwell_since = ? WHERE id = ?', at - OUTAGE_MS, endpoint.id)
}

function present(
  backlog: number,
  startedAt: number,
  receipts: Receipt[],
  p95Before: number,
  p95During: number,
): Finding {
  const times = receipts.map(({ at }) => at - startedAt).toSorted((a, b) => a - b)
  const seconds = times.map((at) => Math.floor(at / 1000))
  const perSecond = [...Map.groupBy(seconds, (second) => second).values()].map((all) => all.length)
  const gaps = times.map((at, place) => at - (times[place - 1] ?? at))
  const drainS = (times.at(-1) ?? Number.NaN) / 1000
  return {
    scenario: 'Recovery',
    note:
      `${backlog} deliveries failed and are all due when their endpoint answers again; the cron fires each ` +
      `minute (each 5 s in a quick run). Beside it ${PROBES_PER_SECOND} fresh events a second go to another endpoint.`,
    columns: [
      'deliveries',
      'all delivered after s',
      'mean/s',
      'highest/s',
      'longest pause s',
      'fresh p95 ms before',
      'during',
    ],
    rows: [
      [
        backlog,
        drainS,
        backlog / drainS,
        Math.max(...perSecond),
        Math.max(...gaps) / 1000,
        p95Before,
        p95During,
      ],
    ],
    targets: [
      {
        name: 'fresh events’ p95 while a backlog drains, × before',
        limit: 1.2,
        value: p95During / p95Before,
      },
    ],
  }
}
