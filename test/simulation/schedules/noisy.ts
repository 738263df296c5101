// Flows of a noisy org, whose share of the fresh lane is small: what is beyond it takes the bulk lane.
import { DEAD_LETTER, flow, NEVER, type Flow } from './flow.ts'

/** Flows with a `share`. */
export const NOISY: Flow[] = [
  flow('more than an org’s share', 'room=0 share=2 | batch:5@0 event@1 | 500,200', [0, 2], 1),
  flow(
    'more than a share for an endpoint that is unwell',
    'room=0 share=1 | event@0 batch:3@5 | 500,200',
    [0, 5.1],
    1,
  ),
  flow(
    'a slow endpoint whose share is used up',
    'share=0 endpoints=2 | batch:9@0 | hang,200 200',
    NEVER,
    0,
  ),
  flow('no share at all', 'room=0 share=0 | event@0 | 500,200', [0, 80], 2),
  flow(
    // While one hangs, the isolate that counts the share is the same.
    'a share that fills again',
    'share=2 endpoints=2 | batch:90@0 event@0.2 batch:60@4 batch:60@7 | hang,200 200',
    NEVER,
    0,
  ),
  flow(
    'no share for what could not be recorded behind a request',
    'share=0 | event@0 batch:2@1 | 500,200 | event1.db2=refused',
    NEVER,
    0,
  ),
  flow(
    'bulk for an endpoint that is unwell meanwhile',
    'room=0 share=0 | event@0 event@0.01 rotate@consumer2.db1 | 500,200',
    [0, 0.1],
    1,
  ),
  flow(
    'bulk that is redelivered, disabled and enabled meanwhile',
    'room=0 share=0 | batch:2@0 redeliver@* disable@0.02 enable@100 | 500,200',
    [0, 0.1],
    1,
  ),
  flow(
    'a bulk queue that loses everything',
    'room=0 share=0 | event@0 purge@event1.send1 event@200 | 200 | event1.send1=drop event2.send1=double',
    NEVER,
    0,
  ),
  flow(
    'a dead letter of the bulk lane',
    `room=0 share=0 | event@0 | 200 | ${DEAD_LETTER}`,
    NEVER,
    0,
  ),
]
