// The core flows: what is explored with every fault at every call.
import { parseSchedule, type Schedule } from './schedule.ts'

/**
 * A flow. Faults, and a step `@*`, come at each call from `from` to `until`, in s after the start;
 * `faults` is how many at once a test run can afford, a long one takes two everywhere.
 */
export type Flow = { name: string; schedule: Schedule; from: number; until: number; faults: number }

/** Every core flow. */
export const FLOWS: Flow[] = [
  flow('intake to delivered', '| event@0 | 200', [0, 200], 2),
  flow('intake without a key', '| bare@0 | 200', [0, 60], 2),
  flow('intake for two endpoints', 'endpoints=2 | event@0 | 200', [0, 60], 1),
  flow('a delivery to the URL of the call', 'endpoints=0 | event@0 | 500,200', [0, 100], 1),
  flow('retries until delivered', '| event@0 | 302,429,200', [0, 400], 1),
  flow('retries until exhausted', 'waits=60 | event@0 | 500', [25, 62], 2),
  flow('a sweep during an attempt', '| event@29.98 | hang,200', [25, 60], 1),
  flow('clocks ahead', 'skew=300,-300,300 | event@0 | 500,200', [0, 100], 1),
  flow('clocks behind', 'skew=-300,300,-300 | event@0 | 500,200', [0, 100], 1),
  flow('redeliver, pending', 'waits=60 | event@0 redeliver@20 | 500,500,200', [20, 60], 1),
  flow('redeliver, delivered', '| event@0 redeliver@20 | 200', [20, 100], 2),
  flow('redeliver, delivered, and fail', '| event@0 redeliver@20 | 200,500,200', [20, 100], 1),
  flow('redeliver, exhausted', 'waits=60 | event@0 redeliver@100 | 500', [100, 110], 2),
  flow('redeliver during an attempt', '| event@0 redeliver@* | 500,200', [0, 10], 1),
  flow('redeliver by a double click', '| event@0 click@20 click@20 | 200', [20, 20.05], 2),
  flow('disable and enable', '| event@0 disable@20 enable@100 | 500,200', [20, 200], 1),
  flow('disable during an attempt', '| event@0 disable@* enable@100 | 500,200', [0, 10], 1),
  flow(
    'disable during a redelivery',
    '| event@0 redeliver@20 disable@* enable@100 | 200',
    [20, 30],
    1,
  ),
  flow('delete during an attempt', '| event@0 delete@* | 500', [0, 60], 1),
  flow('rotate during an attempt', '| event@0 rotate@* | 500,200', [0, 10], 1),
  flow('rotate twice, overlapping', '| overlap@0 event@1 overlap@20 | 500,200', [0, 100], 1),
  flow('rotate twice at once', '| rotate@0 rotate@0 event@1 | 500,200', [0, 10], 1),
  flow(
    'two exhaustions and a success',
    'waits=60 | event@0 event@0 event@100 | 500,500,500,500,200',
    [60, 110],
    1,
  ),
  flow('twelve exhaustions at once', `waits=60 | ${'event@0 '.repeat(12)}| 500`, [60, 100], 1),
  flow(
    'a backlog of twelve',
    `| ${'event@0 '.repeat(12)}disable@20 enable@100 | ${'500,'.repeat(12)}200`,
    [100, 200],
    1,
  ),
  flow(
    'enable what was disabled',
    'waits=60 disable=1 | event@0 event@30 enable@200 | 500,500,500,200',
    [60, 300],
    1,
  ),
]

function flow(name: string, text: string, [from, until]: [number, number], faults: number): Flow {
  return { name, schedule: parseSchedule(text), from, until, faults }
}
