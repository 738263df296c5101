// Age: what tens of thousands of deliveries leave behind in one process, in latency and in memory.
import { workerdCpuMs } from '../harness/cpu.ts'
import { asFastAsPossible, atRate } from '../harness/load.ts'
import { highestMb, isolateMb, residentMb } from '../harness/memory.ts'
import type { Cell, Finding } from '../harness/report.ts'
import { sendBatch, sendEvent } from '../harness/service.ts'
import type { OpenStage, Stage, Tenant } from '../harness/stage.ts'
import { spreadOf, type Spread } from '../harness/stats.ts'
import { latenciesOf } from './latency.ts'

const ARRIVES_WITHIN_MS = 120_000

/** So many deliveries make the process older by a step. */
const STEP = 14_000
const STEPS = 5

/** Half of a step comes as single events, which make the most objects; the other half in batches. */
const WIDTH_SINGLE = 16
const WIDTH_BATCH = 4
const BATCH = 100

const PER_SECOND = 50
const MEASURED_S = 20
const WARM_UP_S = 4

/** A process of an age: from sending to receipt at 50 a second, ms; MB; CPU ms a delivery. */
type Aged = { deliveries: number; spread: Spread; memory: Memory; cpuMs: number }

/** MB: of the whole local runtime now and at most until now, and of the Worker's isolate now. */
type Memory = { residentMb: number; highestMb: number; ownMb: number }

/** Measures one process fresh, and after each step. */
export async function age(open: OpenStage): Promise<Finding> {
  const stage = await open()
  const idle = await readMemory(stage)
  const tenant = await stage.addTenant('age', 1)
  await measure(stage, tenant, 0, WARM_UP_S)
  const aged = [await measure(stage, tenant, 0, MEASURED_S)]
  for (let step = 1; step <= STEPS; step += 1) {
    await grow(stage, tenant)
    aged.push(await measure(stage, tenant, step * STEP, MEASURED_S))
  }
  return present(idle, aged)
}

async function grow(stage: Stage, tenant: Tenant): Promise<void> {
  const half = STEP / 2
  await asFastAsPossible(WIDTH_SINGLE, half, () => sendEvent(stage.client, tenant))
  await asFastAsPossible(WIDTH_BATCH, half / BATCH, () => sendBatch(stage.client, tenant, BATCH))
  await stage.receiver.takeUntil(STEP, ARRIVES_WITHIN_MS)
  await stage.settle()
}

async function measure(
  stage: Stage,
  tenant: Tenant,
  deliveries: number,
  seconds: number,
): Promise<Aged> {
  const total = PER_SECOND * seconds
  const cpuBefore = workerdCpuMs(stage.runtime) ?? Number.NaN
  const accepted = await atRate(PER_SECOND, total, () => sendEvent(stage.client, tenant))
  const receipts = await stage.receiver.takeUntil(total, ARRIVES_WITHIN_MS)
  await stage.settle()
  return {
    deliveries,
    spread: spreadOf(latenciesOf(accepted, receipts).sinceSent),
    memory: await readMemory(stage),
    cpuMs: ((workerdCpuMs(stage.runtime) ?? Number.NaN) - cpuBefore) / total,
  }
}

async function readMemory({ runtime }: Stage): Promise<Memory> {
  const ownMb = await isolateMb(runtime)
  return { residentMb: residentMb(runtime), highestMb: highestMb(runtime), ownMb }
}

function present(idle: Memory, aged: Aged[]): Finding {
  const [fresh] = aged
  const oldest = aged.at(-1)
  if (!fresh || !oldest) throw new Error('both were measured')
  return {
    scenario: 'Age',
    note:
      `One process, fresh and after so many deliveries: ms from sending to receipt at ${PER_SECOND} events a ` +
      'second, what workerd has in memory and had at most, what of it is the Worker’s own isolate (garbage ' +
      'included), and the CPU time of the whole local runtime.',
    columns: [
      'deliveries',
      'p50',
      'p95',
      'p99',
      'resident MB',
      'highest MB',
      'own MB',
      'CPU ms each',
    ],
    plot: {
      title: 'Ms from sending to receipt, after so many deliveries',
      names: 1,
      values: { p50: 1, p95: 2, p99: 3 },
    },
    rows: [
      ['idle', '', '', '', ...Object.values(idle), ''],
      ...aged.map(({ deliveries, spread, memory, cpuMs }): Cell[] => [
        deliveries,
        ...Object.values(spread),
        ...Object.values(memory),
        cpuMs,
      ]),
    ],
    figures: [
      {
        name: 'resident MB of the oldest',
        rounds: aged.slice(-2).map(({ memory }) => memory.residentMb),
      },
    ],
    targets: [
      {
        name: `p99 at ${PER_SECOND} events/s after ${oldest.deliveries} deliveries, × a fresh process`,
        limit: 2,
        value: oldest.spread.p99 / fresh.spread.p99,
      },
    ],
  }
}
