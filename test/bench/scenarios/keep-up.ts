// Keep up: single events as fast as they are accepted, and how many of their webhooks leave meanwhile.
import { workerdCpuMs } from '../harness/cpu.ts'
import { forAsLongAs } from '../harness/load.ts'
import type { Figure, Finding } from '../harness/report.ts'
import { now, sendEvent } from '../harness/service.ts'
import type { OpenStage, Stage, Tenant } from '../harness/stage.ts'
import { percentile } from '../harness/stats.ts'
import { latenciesOf } from './latency.ts'

/** Requests under way at once, and round trips to D1 that an event may then take, its delivery included. */
const WIDTHS = new Map([
  [16, 0.45],
  [64, 0.15],
])
const WARM_UP_MS = 500

/** Seconds of each load, and times that all widths take turns. */
const MEASURED = { full: { seconds: 6, rounds: 3 }, quick: { seconds: 2, rounds: 2 } }
const ARRIVES_WITHIN_MS = 300_000

/** Makes the body a kilobyte. */
const NOTE_LENGTH = 362

/** One load at one width: rates a second, the share of what was accepted, ms, and uses for each event. */
export type Load = {
  accepted: number
  delivered: number
  share: number
  p50: number
  p95: number
  cpuMs: number
  transactions: number
}

/** Measures each width in turn, at fan-out 1. */
export async function keepUp(open: OpenStage, isQuick: boolean): Promise<Finding> {
  const { seconds, rounds } = MEASURED[isQuick ? 'quick' : 'full']
  const stage = await open()
  const tenant = await stage.addTenant('keep-up', 1)
  await measureLoad(stage, tenant, Math.max(...WIDTHS.keys()), WARM_UP_MS)
  const loads = new Map([...WIDTHS.keys()].map((width): [number, Load[]] => [width, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const [width, measured] of loads) {
      measured.push(await measureLoad(stage, tenant, width, seconds * 1000))
    }
  }
  return present(loads, seconds)
}

/** Single events for so long, so many requests at once; waits until all have arrived. */
export async function measureLoad(
  stage: Stage,
  tenant: Tenant,
  width: number,
  forMs: number,
): Promise<Load> {
  const { client, receiver, runtime } = stage
  await stage.settle()
  await stage.readMeter()
  const cpuBefore = workerdCpuMs(runtime) ?? Number.NaN
  const startedAt = now()
  const accepted = await forAsLongAs(width, forMs, () =>
    sendEvent(client, tenant, undefined, NOTE_LENGTH),
  )
  const endedAt = now()
  const total = accepted.flatMap(({ deliveries }) => deliveries).length
  const receipts = await receiver.takeUntil(total, ARRIVES_WITHIN_MS)
  await stage.settle()
  const cpuMs = (workerdCpuMs(runtime) ?? Number.NaN) - cpuBefore
  const { database } = await stage.readMeter()
  const roundTrips = Object.values(database).reduce((sum, use) => sum + use.roundTrips, 0)
  const meanwhile = receipts.filter(({ at }) => at <= endedAt).length
  const { sinceSent } = latenciesOf(accepted, receipts)
  if (sinceSent.length !== total) {
    throw new Error(`of ${total} webhooks ${sinceSent.length} came, and others twice`)
  }
  return {
    accepted: (accepted.length * 1000) / (endedAt - startedAt),
    delivered: (meanwhile * 1000) / (endedAt - startedAt),
    share: meanwhile / accepted.length,
    p50: percentile(sinceSent, 50),
    p95: percentile(sinceSent, 95),
    cpuMs: cpuMs / accepted.length,
    transactions: roundTrips / accepted.length,
  }
}

function present(loads: Map<number, Load[]>, seconds: number): Finding {
  const middle = (measured: Load[], of: keyof Load) =>
    percentile(
      measured.map((one) => one[of]),
      50,
    )
  const all = [...loads]
  return {
    scenario: 'Keep up',
    note:
      `Single events of a kilobyte to one endpoint for ${seconds} s, so many requests at once; the middle of ` +
      `${all[0]?.[1].length} rounds. Delivered is what arrived while the load lasted; latencies are of all events, ` +
      'from sending to receipt; CPU is the whole local runtime’s, and D1 calls are those of intake and delivery.',
    columns: [
      'at once',
      'accepted/s',
      'delivered/s',
      'of accepted',
      'p50 ms',
      'p95 ms',
      'CPU ms an event',
      'D1 calls an event',
    ],
    plot: {
      title: 'Events a second, by how many requests at once',
      names: 1,
      values: { accepted: 1, 'delivered meanwhile': 2 },
    },
    rows: all.map(([width, measured]) => [
      width,
      middle(measured, 'accepted'),
      middle(measured, 'delivered'),
      middle(measured, 'share'),
      middle(measured, 'p50'),
      middle(measured, 'p95'),
      middle(measured, 'cpuMs'),
      middle(measured, 'transactions'),
    ]),
    figures: all.flatMap(([width, measured]) => toFigures(width, measured)),
    targets: all.flatMap(([width, measured]) => [
      {
        name: `delivered while loaded, of what was accepted, ${width} at once`,
        limit: 0.8,
        atLeast: true,
        value: middle(measured, 'share'),
      },
      {
        name: `p50 from sending to receipt under load, ${width} at once, ms`,
        limit: 1000,
        value: middle(measured, 'p50'),
      },
      {
        name: `D1 calls an event, ${width} at once`,
        limit: WIDTHS.get(width) ?? 0,
        isCount: true,
        value: middle(measured, 'transactions'),
      },
    ]),
  }
}

function toFigures(width: number, measured: Load[]): Figure[] {
  const rounds = (of: keyof Load) => measured.map((one) => one[of])
  return [
    { name: `accepted/s, ${width} at once`, rounds: rounds('accepted'), isMoreBetter: true },
    { name: `delivered/s, ${width} at once`, rounds: rounds('delivered'), isMoreBetter: true },
    { name: `p50 ms, ${width} at once`, rounds: rounds('p50') },
    { name: `CPU ms an event, ${width} at once`, rounds: rounds('cpuMs') },
    { name: `D1 calls an event, ${width} at once`, rounds: rounds('transactions'), isCount: true },
  ]
}
