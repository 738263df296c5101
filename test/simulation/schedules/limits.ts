// Flows of an endpoint that takes only so many requests a second.
import { flow, NEVER, type Flow } from './flow.ts'

/** Flows with `limit`. */
export const LIMITS: Flow[] = [
  flow(
    'a pace that nothing reaches',
    'limit=10 endpoints=2 | event@0 event@5 | 500,200 200',
    [0, 70],
    1,
  ),
  flow('more at once than a second takes', 'limit=2 endpoints=2 | batch:5@0 | 200', [0, 4], 1),
  flow('one a second', 'limit=1 | event@0 event@0.05 event@0.1 event@0.2 | 200', [0, 1], 1),
  flow('more by the queue than a second takes', 'limit=2 room=0 | batch:5@0 | 200', [0, 2], 1),
  flow(
    'doubled and lost on the way to a slow pace',
    'limit=2 room=0 | batch:4@0 | 200 | event1.send1=double consumer*.send1=double',
    NEVER,
    0,
  ),
  flow('many at a pace', 'limit=10 endpoints=2 | batch:30@0 batch:30@1 event@9 | 200', NEVER, 0),
  flow(
    'retries and redeliveries behind what is new',
    'limit=2 waits=60,60 disable=1000 | batch:6@0 redeliver:1@61 batch:6@62 redeliver:2@63 | 500,500,500,500,500,500,500,500,200',
    [61.9, 62.2],
    1,
  ),
  flow(
    'a replay at the pace of its endpoint',
    'limit=2 endpoints=2 | batch:6@0 replay:20@30 batch:3@31 | 200',
    [30, 30.3],
    1,
  ),
  flow(
    'a test, and by hand',
    'limit=1 | event@0 test@0.1 redeliver@0.2 click@0.3 test@40 | 200',
    [0, 3],
    1,
  ),
  flow(
    'disable and enable at a pace',
    'limit=2 | batch:7@0 disable@0.5 enable@100 | 200',
    [0, 101],
    1,
  ),
  flow('delete at a pace', 'limit=2 | batch:7@0 delete@2 | 200', [1, 4], 1),
  flow(
    'another pace meanwhile',
    'limit=1 | batch:8@0 limit:5@2 limit:2@3 limit:0@5 | 200',
    [0, 6],
    1,
  ),
  flow(
    'a pace for what waits',
    '| batch:8@0 disable@5 batch:3@6 enable@100 limit:2@100 batch:3@100.5 | 500,500,500,500,500,500,500,500,200',
    [100, 102],
    1,
  ),
  flow(
    'a slow receiver with a pace',
    'limit=5 endpoints=2 | batch:8@0 | hang,200,200,hang,200 200',
    NEVER,
    0,
  ),
  flow('a pace with clocks ahead', 'limit=2 skew=45,-45,45 | batch:5@0 event@20 | 200', NEVER, 0),
  flow('stop at a pace', 'limit=2 | batch:6@0 stop@1.5 lift@200 | 200', [1, 3], 1),
  flow('no turn at a pace', 'limit=2 | crowd:4@0 batch:5@1 calm:4@100 | 200', [1, 3], 1),
  flow('move at a pace', 'databases=2 limit=2 | batch:5@0 move:2@2 event@30 | 200', NEVER, 0),
]
