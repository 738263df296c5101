// Against another release: the same loads on it and on this one, in turn, on a machine whose speed drifts.
import { atRate } from '../harness/load.ts'
import type { Cell, Finding } from '../harness/report.ts'
import { sendEvent } from '../harness/service.ts'
import type { OpenStage, Stage, Tenant } from '../harness/stage.ts'
import { percentile, spreadOf } from '../harness/stats.ts'
import { measureLoad } from './keep-up.ts'
import { latenciesOf } from './latency.ts'
import { measureRates } from './throughput.ts'

const ARRIVES_WITHIN_MS = 60_000
const WIDTH = 64
const FAN_OUT = 10
const PER_SECOND = 50

/** Seconds of each load, deliveries of the fan-out, and times that the releases take turns. */
const MEASURED = {
  full: { seconds: 4, deliveries: 4000, rounds: 3 },
  quick: { seconds: 2, deliveries: 1000, rounds: 2 },
}

/** How often single intake is to be what it was with one transaction a request. */
const LEAST_INTAKE = 3.5

/** A release on a stage of its own. */
type Side = { stage: Stage; none: Tenant; one: Tenant; ten: Tenant }

/** What one round measured of a release: rates a second, ms, and CPU ms for each delivery. */
type Round = {
  stored: number
  accepted: number
  delivered: number
  cpuMs: number
  fanOutDelivered: number
  fanOutCpuMs: number
  p50: number
  p99: number
}

/** Measures this release and the one in the worktree `root`. */
export async function against(open: OpenStage, isQuick: boolean, root: string): Promise<Finding> {
  const { rounds, ...sizes } = MEASURED[isQuick ? 'quick' : 'full']
  const [before, now] = [await openSide(open, root), await openSide(open)]
  const measured = new Map<Side, Round[]>([
    [before, []],
    [now, []],
  ])
  for (const side of measured.keys()) await measure(side, { seconds: 1, deliveries: 500 })
  for (let round = 0; round < rounds; round += 1) {
    const sides = round % 2 === 0 ? [before, now] : [now, before]
    for (const side of sides) measured.get(side)?.push(await measure(side, sizes))
  }
  return present(measured.get(before) ?? [], measured.get(now) ?? [])
}

async function openSide(open: OpenStage, root?: string): Promise<Side> {
  const stage = await open({ root })
  return {
    stage,
    none: await stage.addTenant('none', 0),
    one: await stage.addTenant('one', 1),
    ten: await stage.addTenant('ten', FAN_OUT),
  }
}

async function measure(
  { stage, none, one, ten }: Side,
  { seconds, deliveries }: { seconds: number; deliveries: number },
): Promise<Round> {
  const { accepted: stored } = await measureLoad(stage, none, WIDTH, seconds * 1000)
  const load = await measureLoad(stage, one, WIDTH, seconds * 1000)
  const cell = { tenant: ten, intake: 'batches of 100', delayMs: 0 } as const
  const rates = await measureRates(stage, cell, deliveries / FAN_OUT)
  const total = seconds * PER_SECOND
  const accepted = await atRate(PER_SECOND, total, () => sendEvent(stage.client, one))
  const receipts = await stage.receiver.takeUntil(total, ARRIVES_WITHIN_MS)
  await stage.settle()
  const { p50, p99 } = spreadOf(latenciesOf(accepted, receipts).sinceSent)
  return {
    stored,
    accepted: load.accepted,
    delivered: load.delivered,
    cpuMs: load.cpuMs,
    fanOutDelivered: rates.delivered,
    fanOutCpuMs: rates.cpuMs,
    p50,
    p99,
  }
}

const NAMES: Record<keyof Round, string> = {
  stored: `single events to no endpoint, ${WIDTH} at once: accepted/s`,
  accepted: `single events, ${WIDTH} at once: accepted/s`,
  delivered: '… delivered/s meanwhile',
  cpuMs: '… CPU ms an event',
  fanOutDelivered: `fan-out ${FAN_OUT}, batches of 100: delivered/s`,
  fanOutCpuMs: '… CPU ms a delivery',
  p50: `${PER_SECOND} events/s: p50 ms from sending to receipt`,
  p99: '… p99 ms',
}

function middle(values: number[]): number {
  return percentile(values, 50)
}

function present(before: Round[], now: Round[]): Finding {
  const ratios = (of: keyof Round) =>
    now.map((one, place) => one[of] / (before[place]?.[of] ?? Number.NaN))
  // The keys of NAMES are those of Round.
  const measures = Object.keys(NAMES) as (keyof Round)[]
  return {
    scenario: 'Against the release before',
    note:
      `The same loads on both, in turn, ${now.length} times; the middle of each, and of the ratios round by ` +
      'round. CPU is the whole local runtime’s.',
    columns: ['what', 'before', 'now', 'now, × before'],
    plot: { title: 'Now, × the release before', names: 1, values: { '': 3 } },
    rows: measures.map((of): Cell[] => [
      NAMES[of],
      middle(before.map((one) => one[of])),
      middle(now.map((one) => one[of])),
      middle(ratios(of)),
    ]),
    targets: [
      {
        name: `single events, ${WIDTH} at once: accepted/s, × the release before`,
        limit: LEAST_INTAKE,
        atLeast: true,
        value: middle(ratios('accepted')),
      },
      {
        name: `p50 from sending to receipt at ${PER_SECOND} events/s, × the release before`,
        limit: 1.1,
        value: middle(ratios('p50')),
      },
    ],
  }
}
