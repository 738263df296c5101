// The flows in which copies go to another URL: of a range, and of one delivery.
import { flow, NEVER, type Flow } from './flow.ts'

/** Every flow with copies; the last receiver is theirs. */
export const COPIES: Flow[] = [
  flow(
    'copy what was delivered and what failed',
    'waits=60 endpoints=2 | batch:2@0 copy:500@200 | 200 500 200',
    [200, 200.1],
    1,
  ),
  flow('copy in two steps', '| batch:7@0 copy@20 | 200', [20, 27.5], 1),
  flow('copies that fail', '| batch:2@0 copy:500@20 | 200 500,break,200', [20, 20.1], 1),
  flow('one elsewhere', '| event@0 elsewhere@20 | 200', [20, 20.2], 2),
  flow('one elsewhere, and again', '| event@0 redeliver@20 elsewhere@* | 500,200', [20, 20.2], 0),
  flow('copy while new events come', '| batch:6@0 copy@20 event@* | 500,200 200', [20, 26], 0),
  flow('copy twice at once', '| batch:2@0 copy:500@20 copy:500@20 | 200', [20, 20.1], 1),
  flow('copy and redeliver by hand', '| batch:3@0 copy@20 redeliver:3@* | 200', [20, 24], 0),
  flow('copy and lose what is queued', '| batch:3@0 copy@20 purge@* | 200', [20, 24], 0),
  flow('copy and pause', '| batch:6@0 copy@20 pause@* resume@200 | 200', [20, 26], 0),
  flow('copy and cancel', '| batch:6@0 copy@20 cancel@* | 200', [20, 26], 0),
  flow('copy faster', '| batch:8@0 copy@20 repace:500@* | 200', [20, 26], 0),
  flow('copy of a disabled endpoint', '| batch:2@0 disable@10 copy@20 | 200', [20, 22], 1),
  flow(
    'copy while an endpoint is disabled',
    'endpoints=2 | batch:2@0 copy@20 disable@* enable@300 | 200',
    [20, 25],
    0,
  ),
  flow(
    'copy while an endpoint is deleted',
    'endpoints=2 | batch:2@0 copy@20 delete@* | 200',
    [20, 25],
    0,
  ),
  flow(
    'copy while an endpoint recovers',
    '| batch:12@0 disable@20 enable@100 copy:500@101 | 500,500,500,500,200 200',
    [101, 101.1],
    1,
  ),
  flow('copies that hang', '| batch:2@0 copy:500@20 event@20.05 | 200 hang', [20, 21], 1),
  flow('copies of calls’ own', 'endpoints=0 | batch:2@0 copy:500@20 | 200,500 200', NEVER, 0),
  flow(
    'a canary of copies',
    `| batch:12@0 copy:500@20 resume@400 | 200 ${'500,'.repeat(10)}200`,
    NEVER,
    0,
  ),
  flow('copy with clocks ahead', 'skew=300,-300,300 | batch:6@0 copy@400 | 200', NEVER, 0),
  flow('copy with clocks behind', 'skew=-300,300,-300 | batch:6@0 copy@1000 | 200', NEVER, 0),
  flow(
    'copies of what is pruned',
    '| event@0 elsewhere@2592200 upkeep@2592201 | 200 | elsewhere1.send1=drop',
    NEVER,
    0,
  ),
  flow('copies that are pruned', '| event@0 copy:500@20 upkeep@2600000 | 200', NEVER, 0),
  flow(
    'a copy that kills who sends it',
    '| event@0 elsewhere@20 | 200 | consumer*.fetch1=crash',
    NEVER,
    0,
  ),
  flow(
    'move while copies go out',
    'databases=2 | batch:4@0 copy@1000 move:2@* | 200',
    [1000, 1003.5],
    0,
  ),
  flow(
    'copy while the org moves',
    'databases=2 | batch:2@0 move:2@1000 copy@* | 200',
    [1000.04, 1000.12],
    0,
  ),
]
