// Flows of endpoints that are listened to: clients that come late, leave, answer late, twice or never.
import { flow, NEVER, type Flow } from './flow.ts'

/** In each somebody listens, or nobody does for a while. */
export const LISTENING: Flow[] = [
  flow('listen, and answer', 'listened=1 | listen@0 event@0.9 | 500,200', [0.9, 2.1], 1),
  flow(
    'listen to what was offered',
    'listened=1 | batch:2@0 listen@30 | 500,hang,200',
    [30, 31],
    1,
  ),
  flow('nobody listens', 'listened=1 | event@0 redeliver@20 event@100 | 200', [0, 21], 1),
  flow(
    'listen until it is exhausted',
    'listened=1 waits=60 | event@0 listen@1 | 500',
    [90, 91.1],
    1,
  ),
  flow(
    'redeliver what is offered',
    'listened=1 | event@0 listen@1 redeliver@* | 500,200',
    [0, 2],
    1,
  ),
  flow(
    'disable what is listened to',
    'listened=1 | event@0 listen@1 disable@* enable@100 | 500,200',
    [0, 2],
    1,
  ),
  flow('delete what is listened to', 'listened=1 | event@0 listen@1 delete@* | 500,200', [0, 2], 1),
  flow('two that listen', 'listened=1 | batch:3@0 listen@1 listen@* | 500,200', [1, 1.1], 1),
  flow(
    'a listener beside a URL',
    'listened=1 endpoints=2 | event@0 listen@1 | 500,200 500,200',
    [0, 1.1],
    1,
  ),
  flow(
    'more than ten offers, some of them for long',
    'listened=1 | batch:14@0 listen@30 | hang,break,429,200',
    NEVER,
    0,
  ),
  flow(
    'a receiver that comes back',
    `listened=1 disable=1000 | batch:12@0 listen@1 event@200 | ${'500,'.repeat(24)}200`,
    NEVER,
    0,
  ),
  flow(
    'an answer that comes when it is offered again',
    'listened=1 | event@0 listen@1 | 500,200 | answer1.db1=stall',
    NEVER,
    0,
  ),
  flow(
    'a client that dies',
    'listened=1 | event@0 listen@1 | 200 | answer1.fetch1=crash',
    NEVER,
    0,
  ),
  flow(
    'enable what failed',
    'listened=1 waits=60 disable=1 | event@0 listen@1 event@95 enable@200 | 500,500,500,200',
    NEVER,
    0,
  ),
  flow('replay to a listener', 'listened=1 | batch:3@0 listen@1 replay:2@70 | 200', NEVER, 0),
  flow(
    'clocks ahead of a listener',
    'listened=1 skew=300,-300,300 | event@0 listen@1 | 500,200',
    [0, 2],
    1,
  ),
  flow(
    'move what is listened to',
    'listened=1 databases=2 | event@0 listen@1 move:2@1.02 event@40 | 500,200',
    NEVER,
    0,
  ),
]
