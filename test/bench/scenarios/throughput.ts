// Throughput: events accepted and delivered a second, beside what the bare runtime can do at all.
import { randomBytes } from 'node:crypto'
import { workerdCpuMs } from '../harness/cpu.ts'
import { asFastAsPossible } from '../harness/load.ts'
import type { Finding } from '../harness/report.ts'
import { makeEvent, now, sendBatch, sendEvent, type Accepted } from '../harness/service.ts'
import type { OpenStage, Stage, Tenant } from '../harness/stage.ts'
import { percentile } from '../harness/stats.ts'

const ARRIVES_WITHIN_MS = 300_000

/** Requests under way at once. */
const WIDTH_SINGLE = 16
const WIDTH_BATCH = 4
const SLOW_MS = 100

/** How many deliveries each cell makes. */
type Sizes = { bare: number; fast: number; slow: number; single: number }

const SIZES: Record<'full' | 'quick', Sizes> = {
  full: { bare: 6000, fast: 6000, slow: 600, single: 2500 },
  quick: { bare: 1500, fast: 1500, slow: 40, single: 300 },
}

/** Times that the cell of the target is measured, each next to the bare runtime. */
const ROUNDS = { full: 5, quick: 3 }

type Intake = 'single' | 'batches of 100'

/** A way of sending events, and how long the receiver takes. */
type Cell = { tenant: Tenant; intake: Intake; delayMs: number }

/** Rates a second, and the CPU ms of the whole local runtime for each delivery. */
export type Rates = { accepted: number; delivered: number; cpuMs: number }

type Measured = Cell & Rates

/** The rates a second that later scenarios build on. */
export type Throughput = Finding & { sustainedPerSecond: number }

/** What the bare runtime did, and right after it the cell that is held beside it. */
type Pair = { bare: Omit<Rates, 'accepted'>; best: Rates }

/** Measures all combinations of fan-out, intake and receiver. */
export async function throughput(open: OpenStage, isQuick: boolean): Promise<Throughput> {
  const stage = await open()
  const length = isQuick ? 'quick' : 'full'
  const sizes = SIZES[length]
  const one = await stage.addTenant('one', 1)
  const ten = await stage.addTenant('ten', 10)
  // The first requests compile the code.
  await measureBare(stage, sizes.bare / 4)
  const cellsWith = (delayMs: number): Cell[] =>
    [one, ten].flatMap((tenant) => [
      { tenant, intake: 'single', delayMs },
      { tenant, intake: 'batches of 100', delayMs },
    ])
  const isBest = ({ tenant, intake, delayMs }: Cell) =>
    tenant === ten && intake === 'batches of 100' && delayMs === 0
  const measured: Measured[] = []
  for (const cell of [...cellsWith(0), ...cellsWith(SLOW_MS)]) {
    if (!isBest(cell))
      measured.push({ ...cell, ...(await measureRates(stage, cell, eventsOf(cell, sizes))) })
  }
  const pairs: Pair[] = []
  for (let round = 0; round < ROUNDS[length]; round += 1) {
    const bare = await measureBare(stage, sizes.bare)
    const cell = { tenant: ten, intake: 'batches of 100', delayMs: 0 } as const
    pairs.push({ bare, best: await measureRates(stage, cell, eventsOf(cell, sizes)) })
  }
  return present(measured, pairs)
}

// The machine's speed drifts: each share is of the ceiling measured right before, and the middle one counts.
function present(measured: Measured[], pairs: Pair[]): Throughput {
  const middle = (pick: (pair: Pair) => number) => percentile(pairs.map(pick), 50)
  const ceiling = middle(({ bare }) => bare.delivered)
  const share = middle(({ bare, best }) => best.delivered / bare.delivered)
  const single = measured.find(({ intake }) => intake === 'single')
  return {
    scenario: 'Throughput',
    note:
      'Deliveries a second from the first request to the last webhook received; CPU is the whole local ' +
      "runtime's, database, queue and POST included. The local queue runs one batch at a time, five sends " +
      `wide: with a receiver that takes ${SLOW_MS} ms no more than 50 a second fit.`,
    columns: [
      'what',
      'intake',
      'receiver ms',
      'accepted/s',
      'deliveries/s',
      'of ceiling',
      'CPU ms each',
    ],
    plot: {
      title: 'Deliveries a second; intake, and ms that the receiver takes',
      names: 3,
      values: { '': 4 },
    },
    rows: [
      ['bare runtime', 'none', 0, '', ceiling, 1, middle(({ bare }) => bare.cpuMs)],
      [
        `fan-out 10, ${pairs.length} times`,
        'batches of 100',
        0,
        middle(({ best }) => best.accepted),
        middle(({ best }) => best.delivered),
        share,
        middle(({ best }) => best.cpuMs),
      ],
      ...measured.map(({ tenant, intake, delayMs, accepted, delivered, cpuMs }) => [
        `fan-out ${tenant.endpoints.length}`,
        intake,
        delayMs,
        accepted,
        delivered,
        delivered / ceiling,
        cpuMs,
      ]),
    ],
    targets: [
      {
        name: 'fan-out 10, batched intake: share of the bare ceiling',
        limit: 0.5,
        atLeast: true,
        value: share,
      },
    ],
    figures: [
      {
        name: 'delivered/s, fan-out 10, in batches',
        rounds: pairs.map(({ best }) => best.delivered),
        isMoreBetter: true,
      },
      {
        name: 'share of the bare ceiling',
        rounds: pairs.map(({ bare, best }) => best.delivered / bare.delivered),
        isMoreBetter: true,
      },
      { name: 'CPU ms a delivery', rounds: pairs.map(({ best }) => best.cpuMs) },
    ],
    sustainedPerSecond: single?.delivered ?? Number.NaN,
  }
}

async function measureBare(
  { control, receiver, runtime }: Stage,
  count: number,
): Promise<Pair['bare']> {
  const url = `${receiver.url}/bare`
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  await receiver.setRules({})
  const cpuBefore = workerdCpuMs(runtime) ?? Number.NaN
  const startedAt = now()
  await control('bare', { url, secret, call: JSON.stringify(makeEvent().call), count })
  const receipts = await receiver.takeUntil(count, ARRIVES_WITHIN_MS)
  return {
    delivered: perSecond(count, startedAt, Math.max(...receipts.map(({ at }) => at))),
    cpuMs: ((workerdCpuMs(runtime) ?? Number.NaN) - cpuBefore) / count,
  }
}

function eventsOf({ tenant, intake, delayMs }: Cell, sizes: Sizes): number {
  const fanOut = tenant.endpoints.length
  const fast = fanOut === 1 && intake === 'single' ? sizes.single : sizes.fast
  return Math.ceil((delayMs > 0 ? sizes.slow : fast) / fanOut)
}

/** Sends so many events as fast as they are taken, and waits until all have arrived. */
export async function measureRates(stage: Stage, cell: Cell, events: number): Promise<Rates> {
  const { client, receiver, runtime } = stage
  const { tenant, intake, delayMs } = cell
  await receiver.setRules({ '*': { status: 200, delayMs } })
  const cpuBefore = workerdCpuMs(runtime) ?? Number.NaN
  const startedAt = now()
  const accepted: Accepted[] = await (intake === 'single'
    ? asFastAsPossible(WIDTH_SINGLE, events, () => sendEvent(client, tenant))
    : asFastAsPossible(WIDTH_BATCH, Math.ceil(events / 100), (place) =>
        sendBatch(client, tenant, Math.min(100, events - place * 100)),
      ))
  const count = accepted.flatMap((one) => one.deliveries).length
  const receipts = await receiver.takeUntil(count, ARRIVES_WITHIN_MS)
  await stage.settle()
  return {
    accepted: perSecond(events, startedAt, Math.max(...accepted.map((one) => one.acceptedAt))),
    delivered: perSecond(count, startedAt, Math.max(...receipts.map(({ at }) => at))),
    cpuMs: ((workerdCpuMs(runtime) ?? Number.NaN) - cpuBefore) / count,
  }
}

function perSecond(count: number, fromMs: number, toMs: number): number {
  return (count * 1000) / (toMs - fromMs)
}
