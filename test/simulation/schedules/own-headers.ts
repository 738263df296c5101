// Flows of endpoints that have headers of their own: every way of a request, while URLs move.
import { flow, NEVER, type Flow } from './flow.ts'

/** Every flow with headers; patch:3 gives an endpoint a URL of another origin, or of another path. */
export const OWN_HEADERS: Flow[] = [
  flow('headers go along', 'endpoints=2 headers=1 | event@0 | 500,200 500,200', [0, 100], 1),
  flow(
    'headers go along by the queue, and with a test',
    'room=0 headers=1 | event@0 test@1 | 200',
    [0, 3],
    1,
  ),
  flow(
    'redeliver while the URL moves',
    'endpoints=2 headers=2 | event@0 patch@1 patch@2 patch@3 redeliver@* readdress@100 | 500,200 500,200',
    [3, 3.2],
    1,
  ),
  flow(
    'retry once the URL has moved',
    'endpoints=2 headers=2 | event@0 patch@1 patch@2 patch@3 event@4 | 500,200 500,200',
    [0, 80],
    1,
  ),
  flow(
    'replay and copy what had headers',
    'endpoints=2 headers=1 | batch:3@0 copy:500@20 replay:500@40 elsewhere@60 | 500,200 200 200',
    NEVER,
    0,
  ),
  flow('headers that do not open', 'headers=1 | event@0 | 200 | event1.vault2=refused', NEVER, 0),
  flow(
    'move what has headers',
    'databases=2 headers=1 | event@0 move:2@30 event@200 redeliver@300 | 500,200',
    [30, 30.2],
    0,
  ),
]
