// A flow: a schedule that is explored, when, and with how many faults.
import { parseSchedule, type Schedule } from './schedule.ts'

/**
 * A flow. Faults, and a step `@*`, come at each call from `from` to `until`, in s after the start;
 * `faults` is how many at once a test run can afford, a long one takes two everywhere.
 */
export type Flow = { name: string; schedule: Schedule; from: number; until: number; faults: number }

/** No call is then: for what is long, or has its faults already. */
export const NEVER: [number, number] = [-1, -1]

/** Faults by which invocations cannot read, and give their message back until the queue gives it up. */
export const DEAD_LETTER = Array.from(
  { length: 11 },
  (_, place) => `consumer${place + 1}.db1=refused`,
).join(' ')

/** Makes a flow of a schedule's text. */
export function flow(
  name: string,
  text: string,
  [from, until]: [number, number],
  faults: number,
): Flow {
  return { name, schedule: parseSchedule(text), from, until, faults }
}
