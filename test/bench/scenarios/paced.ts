// Paced: an endpoint that takes ten requests a second gets very many events at once, and what that does to another org.
import { atRate } from '../harness/load.ts'
import type { Receipt } from '../harness/receiver.ts'
import type { Finding } from '../harness/report.ts'
import { expectOk, sendBatch, sendEvent } from '../harness/service.ts'
import type { OpenStage, Stage, Tenant } from '../harness/stage.ts'
import { spreadOf } from '../harness/stats.ts'
import { latenciesOf } from './latency.ts'
import { probing } from './probe.ts'

const TAKES_A_SECOND = 10
const EVENTS = { full: 1000, quick: 100 }
const BATCH = 100
const OTHER_A_SECOND = 20
const WARM_UP_S = 2
const MEASURED_S = { full: 30, quick: 6 }
const ARRIVES_WITHIN_MS = 300_000

/** The other's events alone, and then while the endpoint with a pace works off what it got. */
export async function paced(open: OpenStage, isQuick: boolean): Promise<Finding> {
  const size = isQuick ? 'quick' : 'full'
  const stage = await open()
  const limited = await stage.addTenant('limited', 1)
  const other = await stage.addTenant('other', 1)
  await limit(stage, limited)
  await measure(stage, other, WARM_UP_S)
  const [before, bareBefore] = await probing(stage, () => measure(stage, other, MEASURED_S[size]))
  for (let sent = 0; sent < EVENTS[size]; sent += BATCH)
    await sendBatch(stage.client, limited, BATCH)
  const path = limited.endpoints[0]?.path
  const [[receipts, latencies], bareBeside] = await probing(stage, () =>
    together(stage, other, size, path),
  )
  const [alone, beside] = [spreadOf(before), spreadOf(latencies)]
  const bare = spreadOf(bareBeside).p95 / spreadOf(bareBefore).p95
  const instants = receipts.map(({ at }) => at).toSorted((a, b) => a - b)
  const seconds = bySecond(instants)
  return {
    scenario: 'Paced',
    note:
      `${EVENTS[size]} events at once for an endpoint that takes ${TAKES_A_SECOND} requests a second: how many seconds had how many. ` +
      `Beside it ${OTHER_A_SECOND} events a second of another org: its p95 from sending to receipt was ${alone.p95.toFixed(0)} ms ` +
      `without, and ${beside.p95.toFixed(0)} ms.`,
    columns: ['requests in a second', 'seconds'],
    rows: [...Map.groupBy(seconds, (count) => count)]
      .toSorted(([a], [b]) => b - a)
      .map(([count, all]) => [String(count), all.length]),
    figures: [],
    targets: [
      {
        name: 'requests in any second, × what the endpoint takes',
        limit: 1,
        isCount: true,
        value: mostInASecond(instants) / TAKES_A_SECOND,
      },
      {
        name: 'requests, × the events',
        limit: 1,
        isCount: true,
        value: receipts.length / EVENTS[size],
      },
      {
        name: 'the other’s p95 beside it, × without it',
        limit: 1.2,
        value: beside.p95 / alone.p95,
      },
      {
        name: '… beyond what it is of bare calls on that thread',
        limit: 1.2,
        value: beside.p95 / alone.p95 / bare,
      },
    ],
  }
}

async function limit({ client }: Stage, { key, endpoints }: Tenant): Promise<void> {
  const body = { max_per_second: TAKES_A_SECOND }
  const path = `/v1/webhook_endpoints/${endpoints[0]?.id}`
  await expectOk(client('PATCH', path, { token: key, body }))
}

/** What came to the one while the other's were measured, and until all had come. */
async function together(
  stage: Stage,
  other: Tenant,
  size: keyof typeof EVENTS,
  limited: string | undefined,
) {
  const total = OTHER_A_SECOND * MEASURED_S[size]
  const accepted = await atRate(OTHER_A_SECOND, total, () => sendEvent(stage.client, other))
  const all = await stage.receiver.takeUntil(EVENTS[size] + total, ARRIVES_WITHIN_MS, isEvent)
  const receipts = all.filter(({ path }) => path === limited)
  const others = all.filter(({ path }) => path !== limited)
  return [receipts, latenciesOf(accepted, others).sinceSent] as const
}

async function measure(stage: Stage, tenant: Tenant, seconds: number): Promise<number[]> {
  const total = OTHER_A_SECOND * seconds
  const accepted = await atRate(OTHER_A_SECOND, total, () => sendEvent(stage.client, tenant))
  const receipts = await stage.receiver.takeUntil(total, ARRIVES_WITHIN_MS, isEvent)
  return latenciesOf(accepted, receipts).sinceSent
}

/** The probe's are none. */
function isEvent({ path }: Receipt): boolean {
  return path.startsWith('/limited') || path.startsWith('/other')
}

/** How many came in each second from the first on. */
function bySecond(instants: number[]): number[] {
  const [first = 0] = instants
  const byPlace = Map.groupBy(instants, (at) => Math.floor((at - first) / 1000))
  return [...byPlace.values()].map(({ length }) => length)
}

/** In whatever second there were most. */
function mostInASecond(instants: number[]): number {
  const counts = instants.map(
    (from) => instants.filter((at) => at >= from && at < from + 1000).length,
  )
  return Math.max(0, ...counts)
}
