// Recovery: an endpoint comes back after thousands of deliveries have failed.
import { setTimeout as sleep } from 'node:timers/promises'
import { atRate, startStream } from '../harness/load.ts'
import type { Receipt } from '../harness/receiver.ts'
import type { Finding } from '../harness/report.ts'
import { tickCron } from '../harness/runtime.ts'
import { now, sendEvent } from '../harness/service.ts'
import type { OpenStage, Stage, Tenant } from '../harness/stage.ts'
import { inRounds, spreadOf } from '../harness/stats.ts'
import { latenciesOf } from './latency.ts'
import { probing } from './probe.ts'
import { storeDeliveries } from './stored.ts'

/** Fresh events a second to an endpoint that was never away. */
const FRESH_PER_SECOND = 25
const WARM_UP_S = 2

/** Seconds of fresh events alone, before the backlog is worked off and again after it. */
const ALONE_S = { full: 40, quick: 3 }
const ARRIVES_WITHIN_MS = 60_000

/** Production's cron; a quick run does not wait so long. */
const TICK_EVERY_MS = { full: 60_000, quick: 5_000 }
const BACKLOG = { full: 10_000, quick: 400 }
const DRAINS_WITHIN_MS = 420_000
const POLL_MS = 500

/** The outage: so long, in ms, that the endpoint is known to be unwell. */
const OUTAGE_MS = 3_600_000

/** All deliveries that failed came due within the last minute; then the endpoint answers again. */
export async function recovery(open: OpenStage, isQuick: boolean): Promise<Finding> {
  const length = isQuick ? 'quick' : 'full'
  const stage = await open()
  const healthy = await stage.addTenant('healthy', 1)
  const returned = await stage.addTenant('returned', 1)
  await sendFresh(stage, healthy, WARM_UP_S)
  const measureAlone = () => probing(stage, () => sendFresh(stage, healthy, ALONE_S[length]))
  const [alone, bareAlone] = await measureAlone()
  await storeFailed(stage, returned, BACKLOG[length])
  const [{ drainedMs, fresh }, bareBeside] = await probing(stage, () =>
    drain(stage, healthy, returned, length),
  )
  // The machine's speed drifts: what is compared has the same before it and behind it.
  const [after, bareAfter] = await measureAlone()
  const bare = { alone: [...bareAlone, ...bareAfter], beside: bareBeside }
  return present(drainedMs, { alone: [...alone, ...after], beside: fresh }, bare)
}

/** The latencies of fresh events with nothing else to do. */
async function sendFresh(stage: Stage, tenant: Tenant, seconds: number): Promise<number[]> {
  const total = seconds * FRESH_PER_SECOND
  const accepted = await atRate(FRESH_PER_SECOND, total, () => sendEvent(stage.client, tenant))
  const path = tenant.endpoints[0]?.path
  const receipts = await stage.receiver.takeUntil(
    total,
    ARRIVES_WITHIN_MS,
    (one) => one.path === path,
  )
  return latenciesOf(accepted, receipts).sinceSent
}

/** When each delivery of the backlog was received, in ms from the first tick, and latencies beside it. */
async function drain(stage: Stage, healthy: Tenant, returned: Tenant, length: 'full' | 'quick') {
  const path = returned.endpoints[0]?.path
  const receipts: Receipt[] = []
  const ofBacklog = () => receipts.filter((receipt) => receipt.path === path)
  const stream = startStream(FRESH_PER_SECOND, () => sendEvent(stage.client, healthy))
  const startedAt = now()
  for (let tickedAt = 0; ofBacklog().length < BACKLOG[length]; await sleep(POLL_MS)) {
    if (now() - startedAt > DRAINS_WITHIN_MS) throw new Error(`${ofBacklog().length} came in time`)
    if (now() - tickedAt >= TICK_EVERY_MS[length]) {
      tickedAt = now()
      await tickCron(stage.runtime)
    }
    receipts.push(...(await stage.receiver.take()))
  }
  const accepted = await stream.stop()
  await stage.settle()
  receipts.push(...(await stage.receiver.take()))
  const drainedMs = ofBacklog().map(({ at }) => at - startedAt)
  return { drainedMs, fresh: latenciesOf(accepted, receipts).sinceSent }
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

/** Latencies in ms, without the backlog and beside it. */
type Compared = { alone: number[]; beside: number[] }

/** `drainedMs`: when each delivery of the backlog was received, from the first tick on. */
function present(drainedMs: number[], { alone, beside }: Compared, bare: Compared): Finding {
  const times = drainedMs.toSorted((a, b) => a - b)
  const seconds = times.map((at) => Math.floor(at / 1000))
  const perSecond = [...Map.groupBy(seconds, (second) => second).values()].map((all) => all.length)
  const gaps = times.map((at, place) => at - (times[place - 1] ?? at))
  const drainS = (times.at(-1) ?? Number.NaN) / 1000
  const [without, during] = [spreadOf(alone), spreadOf(beside)]
  const [bareWithout, bareDuring] = [spreadOf(bare.alone), spreadOf(bare.beside)]
  const figures = [drainS, times.length / drainS, Math.max(...perSecond), Math.max(...gaps) / 1000]
  return {
    scenario: 'Recovery',
    note:
      `${times.length} deliveries failed and are all due when their endpoint answers again; the cron fires each ` +
      `minute (each 5 s in a quick run). ${FRESH_PER_SECOND} fresh events a second go to another endpoint: ms from ` +
      'sending to receipt, without the backlog and beside it; and of bare calls to D1 and a receiver.',
    columns: [
      'deliveries',
      'all delivered after s',
      'mean/s',
      'highest/s',
      'longest pause s',
      'fresh p50 without',
      'beside',
      'fresh p95 without',
      'beside',
      'bare p95 without',
      'beside',
    ],
    plot: {
      title: 'Ms from sending to receipt, beside a backlog and without it',
      names: 0,
      values: {
        'fresh p50 without': 5,
        'fresh p50 beside': 6,
        'fresh p95 without': 7,
        'fresh p95 beside': 8,
        'bare p95 without': 9,
        'bare p95 beside': 10,
      },
    },
    rows: [
      [
        times.length,
        ...figures,
        without.p50,
        during.p50,
        without.p95,
        during.p95,
        bareWithout.p95,
        bareDuring.p95,
      ],
    ],
    figures: [{ name: 'fresh p95 beside it, ms', rounds: inRounds(beside, 95) }],
    targets: [
      {
        name: 'fresh events’ p95 while a backlog drains, × without one',
        limit: 1.2,
        value: during.p95 / without.p95,
      },
      {
        name: '… beyond what it is of bare calls on the same thread',
        limit: 1.2,
        value: during.p95 / without.p95 / (bareDuring.p95 / bareWithout.p95),
      },
    ],
  }
}
