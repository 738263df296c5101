// Exhaustive exploration: a flow with each fault at each call, and each second fault after it.
import { START } from '../outside/clock.ts'
import { FAULTS } from '../world/faults.ts'
import type { Run } from '../world/run.ts'
import type { Flow } from './flows.ts'
import type { Schedule, Step } from './schedule.ts'

/** Runs a schedule; undefined when no more are wanted. */
export type Try = (schedule: Schedule) => Promise<Run | undefined>

/** Of the attempts of one batch, two stand for all: the others differ by their place alone. */
const ALIKE = /(fetch|vault)([3-9]|\d\d)$/

/** Tries a flow with up to `most` faults, its step `@*` before each call in turn. */
export async function explore(flow: Flow, most: number, tryOut: Try): Promise<void> {
  for (const schedule of await placements(flow, tryOut)) {
    await addFaults(flow, schedule, -1, most, tryOut)
  }
}

async function placements(flow: Flow, tryOut: Try): Promise<Schedule[]> {
  const { schedule } = flow
  if (!schedule.steps.some(({ at }) => at === '*')) return [schedule]
  const steps = schedule.steps.filter(({ at }) => at !== '*')
  const run = await tryOut({ ...schedule, steps })
  const calls = run ? callsWithin(flow, run) : []
  // A step can go before what leaves the process; these two do not.
  const outside = calls.filter(({ kind }) => kind !== 'cron' && kind !== 'vault')
  return outside.map(({ name }) => moveStep(schedule, name))
}

function moveStep(schedule: Schedule, at: string): Schedule {
  const steps: Step[] = []
  for (const step of schedule.steps) steps.push(step.at === '*' ? { ...step, at } : step)
  return { ...schedule, steps }
}

// Up to the last fault two runs are alike, so the next one may be at any call after it.
async function addFaults(
  flow: Flow,
  schedule: Schedule,
  last: number,
  left: number,
  tryOut: Try,
): Promise<void> {
  const run = await tryOut(schedule)
  if (!run || left === 0) return
  for (const { name, kind, place } of callsWithin(flow, run)) {
    if (place <= last || ALIKE.test(name)) continue
    for (const fault of FAULTS[kind]) {
      const faults = [...schedule.faults, { call: name, kind: fault }]
      await addFaults(flow, { ...schedule, faults }, place, left - 1, tryOut)
    }
  }
}

/** The last call first: then the run before shares most with the next one, see `Trail`. */
function callsWithin({ from, until }: Flow, { history }: Run) {
  return history.trace
    .map((call, place) => ({ ...call, place }))
    .filter(({ at }) => at >= START + from * 1000 && at <= START + until * 1000)
    .toReversed()
}
