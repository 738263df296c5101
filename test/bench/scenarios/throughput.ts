// Throughput: events accepted and delivered a second, beside what the bare runtime can do at all.
import { randomBytes } from 'node:crypto'

import { workerdCpuMs } from '../harness/cpu.ts'
import { asFastAsPossible } from '../harness/load.ts'
import type { Finding } from '../harness/report.ts'
import { makeEvent, now, sendBatch, sendEvent, type Accepted } from '../harness/service.ts'
import type { Stage, Tenant } from '../harness/stage.ts'

const ARRIVES_WITHIN_MS = 300_000

/** Requests under way at once. */
const WIDTH_SINGLE = 16
const WIDTH_BATCH = 4
const SLOW_MS = 100

/** How many deliveries each cell makes. */
type Sizes = { bare: number; fast: number; slow: number; single: number }

const SIZES: Record<'full' | 'quick', Sizes> = {
  full: { bare: 6000, fast: 6000, slow: 600, single: 2500 },
  quick: { bare: 1600, fast: 1600, slow: 60, single: 600 },
}

type Intake = 'single' | 'batches of 100'

type Cell = { tenant: Tenant; intake: Intake; delayMs: number }

/** Rates a second, and the CPU ms of the whole local runtime for each delivery. */
type Measured = Cell & { accepted: number; delivered: number; cpuMs: number }

/** The rates a second that later scenarios build on. */
export type Throughput = Finding & { sustainedPerSecond: number }

/** Measures all combinations of fan-out, intake and receiver. */
export async function throughput(stage: Stage, isQuick: boolean): Promise<Throughput> {
  const sizes = SIZES[isQuick ? 'quick' : 'full']
  const tenants = [await stage.addTenant('one', 1), await stage.addTenant('ten', 10)]
  // The first requests compile the code.
  await measureBare(stage, sizes.bare / 4)
  const measured: Measured[] = []
  const ceilings = [await measureBare(stage, sizes.bare)]
  for (const delayMs of [0, SLOW_MS]) {
    for (const tenant of tenants) {
      for (const intake of ['single', 'batches of 100'] as const) {
        const cell = { tenant, intake, delayMs }
        measured.push({ ...cell, ...(await measure(stage, cell, sizes)) })
      }
    }
    // The machine's speed drifts: the ceiling is the best of those around the cells.
    ceilings.push(await measureBare(stage, sizes.bare))
  }
  return present(measured, ceilings)
}

function present(
  measured: Measured[],
  ceilings: { delivered: number; cpuMs: number }[],
): Throughput {
  const ceiling = Math.max(...ceilings.map(({ delivered }) => delivered))
  const bareCpuMs = Math.min(...ceilings.map(({ cpuMs }) => cpuMs))
  const find = (fanOut: number, intake: Intake) =>
    measured.find((one) => one.tenant.endpoints.length === fanOut && one.intake === intake)
  return {
    scenario: 'Throughput',
    note:
      'Deliveries a second from the first request to the last webhook received; CPU is the whole local ' +
      "runtime's, database, queue and POST included. The local queue runs one batch at a time, six sends " +
      `wide: with a receiver that takes ${SLOW_MS} ms no more than 60 a second fit.`,
    columns: [
      'what',
      'intake',
      'receiver ms',
      'accepted/s',
      'deliveries/s',
      'of ceiling',
      'CPU ms each',
    ],
    rows: [
      ['bare runtime', 'none', 0, '', ceiling, 1, bareCpuMs],
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
        value: (find(10, 'batches of 100')?.delivered ?? Number.NaN) / ceiling,
      },
    ],
    sustainedPerSecond: find(1, 'single')?.delivered ?? Number.NaN,
  }
}

async function measureBare({ control, receiver, runtime }: Stage, count: number) {
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

async function measure(stage: Stage, cell: Cell, sizes: Sizes) {
  const { client, receiver, runtime } = stage
  const { tenant, intake, delayMs } = cell
  const fanOut = tenant.endpoints.length
  const fast = fanOut === 1 && intake === 'single' ? sizes.single : sizes.fast
  const events = Math.ceil((delayMs > 0 ? sizes.slow : fast) / fanOut)
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
