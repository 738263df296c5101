// Exhaustive exploration: a flow with each fault at each call, and each second fault after it.
import { START } from '../outside/clock.ts'
import { FAULTS } from '../world/faults.ts'
import type { Run } from '../world/run.ts'
import type { Flow } from './flow.ts'
import type { Schedule, Step } from './schedule.ts'

/** Runs a schedule; undefined when no more are wanted. */
export type Try = (schedule: Schedule) => Promise<Run | undefined>

/** Of the attempts of one batch, two stand for all: the others differ by their place alone. */
const ALIKE = /(fetch|vault)([3-9]|\d\d)$/

/** One of several runs that share an exploration by what its first fault is: `number` counts from 1. */
export type Part = { number: number; of: number }

/**
 * Tries a flow with up to `most` faults, its step `@*` before each call in turn. Gives back how many
 * schedules there are with one fault more.
 */
export async function explore(
  flow: Flow,
  most: number,
  tryOut: Try,
  part: Part = { number: 1, of: 1 },
): Promise<number> {
  let firsts = 0
  let further = 0
  for (const schedule of await placements(flow, tryOut)) await addFaults(schedule, -1)
  return further

  // Up to the last fault two runs are alike, so the next one may be at any call after it.
  async function addFaults(schedule: Schedule, last: number): Promise<void> {
    const run = await tryOut(schedule)
    for (const { name, place, fault } of run ? faultsAfter(flow, run, last) : []) {
      const faults = [...schedule.faults, { call: name, kind: fault }]
      if (faults.length === 1) firsts += 1
      if (faults.length > most) further += 1
      else if (faults.length > 1 || firsts % part.of === part.number - 1)
        await addFaults({ ...schedule, faults }, place)
    }
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

function faultsAfter(flow: Flow, run: Run, last: number) {
  const calls = callsWithin(flow, run).filter(
    ({ name, place }) => place > last && !ALIKE.test(name),
  )
  return calls.flatMap(({ name, kind, place }) =>
    FAULTS[kind].map((fault) => ({ name, place, fault })),
  )
}

/** The last call first: then the run before shares most with the next one, see `Trail`. */
function callsWithin({ from, until }: Flow, { history }: Run) {
  return history.trace
    .map((call, place) => ({ ...call, place }))
    .filter(({ at }) => at >= START + from * 1000 && at <= START + until * 1000)
    .toReversed()
}
