// Flows in which the operator deletes the org: whatever is under way.
import { flow, NEVER, type Flow } from './flow.ts'

/** Flows with `erase`. */
export const ERASED: Flow[] = [
  flow('erase during an attempt', '| event@0 erase@* | 500,200', [0.01, 10], 0),
  flow(
    'erase during an attempt by the queue',
    'room=0 | batch:2@0 erase@* | hang,200',
    [0.01, 12],
    0,
  ),
  flow('erase what is retried', 'endpoints=2 | batch:3@0 erase@20 | 500 200', [20, 130], 1),
  flow('erase what is redelivered', '| event@0 redeliver@20 erase@* | 200', [20, 22], 0),
  flow('erase, and it is asked twice', '| event@0 erase@20 erase@20 erase@200 | 500', [20, 70], 1),
  flow('erase what is held', '| batch:3@0 disable@20 erase@30 | 500', [30, 70], 1),
  flow(
    'erase while a recovery goes on',
    `| batch:9@0 disable@20 enable@100 erase@* | ${'500,'.repeat(9)}hang,200`,
    [100, 125],
    0,
  ),
  flow(
    'erase what goes to the URL of a call',
    'endpoints=0 | event@0 erase@20 | 500,200',
    [20, 70],
    1,
  ),
  flow('erase while a replay goes on', '| batch:7@0 replay@20 erase@* | 200', [20.01, 27], 0),
  flow('erase while copies are under way', '| batch:3@0 copy@20 erase@* | 200', [20.01, 24], 0),
  flow('erase while somebody listens', 'listened=1 | event@0 listen@1 erase@* | 200', [1, 3], 0),
  flow(
    'erase where it has come to',
    'databases=2 | event@0 move:2@1000 erase@2000 | 200',
    [2000, 2070],
    1,
  ),
  flow(
    'erase while it moves',
    'databases=2 | event@0 move:2@1000 erase@1000.02 erase@3000 | 200',
    NEVER,
    0,
  ),
]
