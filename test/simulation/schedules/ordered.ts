// Flows of an endpoint that gets the events of a call in order.
import { flow, type Flow } from './flow.ts'

/** Flows with `order`, nearly all of few calls. */
export const ORDERED: Flow[] = [
  flow(
    'the events of a call in order',
    'waits=60 endpoints=2 order=600 calls=1 | batch:2@0 event@0 event@5 | 200',
    [0, 6],
    1,
  ),
  flow(
    'a failure in front of others, and another call',
    'waits=60 order=600 calls=2 | event@0 event@1 batch:2@2 batch:2@3 | 500,200',
    [0, 70],
    1,
  ),
  flow(
    'as long as they may wait',
    'waits=300,300 order=20 calls=1 | batch:2@0 event@1 | 500,200',
    [0, 61],
    1,
  ),
  flow('calls of one request', 'order=600 calls=3 | batch:5@0 | 200,hang,200', [0, 1], 1),
  flow(
    'an exhausted one in front',
    'waits=60 order=600 calls=1 | batch:3@0 | 500,500,200',
    [0, 70],
    1,
  ),
]
