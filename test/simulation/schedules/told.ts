// Flows in which an endpoint is told what happens to the service, whatever goes wrong.
import { flow, NEVER, type Flow } from './flow.ts'

/** Flows with `told`. The last receiver of each is who is told. */
export const TOLD: Flow[] = [
  flow(
    'tell of a disabling, and of what is exhausted',
    'told=1 waits=60 disable=1 | event@0 | 500 200',
    [60, 190],
    1,
  ),
  flow(
    'tell of many that are exhausted at once',
    'told=1 waits=60 disable=100 | batch:12@0 | 500 200',
    [100, 190],
    1,
  ),
  flow(
    'tell of what fails, and is well again',
    'told=1 waits=60,120,600 | event@0 event@130 | 500,500,500,200 200',
    [100, 310],
    1,
  ),
  flow('tell whoever fails, too', 'told=1 waits=60 disable=100 | event@0 | 500 500', [60, 260], 1),
  flow(
    'tell of a disabling by hand',
    'told=1 waits=60 | event@0 disable@5 enable@70 | 500,200 200',
    [5, 61],
    1,
  ),
  flow('tell of a replay that is through', 'told=1 | batch:2@0 replay:500@20 | 200', [20, 130], 1),
  flow('tell of each pause', 'told=1 | batch:6@0 replay@20 pause@* resume@200 | 200', [20, 26], 0),
  flow(
    'tell of two pauses',
    'told=1 | batch:12@0 replay@20 pause@21 resume@40 pause@41 | 200',
    NEVER,
    0,
  ),
  flow(
    'tell of a replay that is held',
    `told=1 disable=100 waits=60 | batch:12@0 replay:500@20 | ${'200,'.repeat(12)}500 200`,
    NEVER,
    0,
  ),
]
