// Flows of an endpoint that gets the events of a call in order.
import { flow, NEVER, type Flow } from './flow.ts'

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
  flow(
    'shuffled calls, and a receiver that fails now and then',
    'waits=60,60 order=600 endpoints=2 calls=3 | batch:4@0 batch:3@0.01 event@0.02 batch:5@1 event@62 | 500,200,500,200,hang,200 200',
    [1, 1.01],
    1,
  ),
  flow(
    'switched off while others wait',
    'waits=300,300 order=600 calls=1 | batch:3@0 order:0@5 event@320 | 500,200',
    [5, 61],
    1,
  ),
  flow(
    'switched off and on again',
    'waits=300,300 order=600 calls=1 | batch:2@0 order:0@5 event@6 order:300@7 event@8 event@70 | 500,200',
    [5, 9],
    1,
  ),
  flow(
    'redeliver one in front, and one behind',
    'waits=300,300 order=600 calls=1 | batch:4@0 redeliver:2@10 click@20 redeliver:3@30 | 500,500,200,500,200',
    [10, 31],
    1,
  ),
  flow(
    'a replay of those in front and behind',
    'waits=60 order=600 calls=1 | batch:3@0 replay:20@10 event@11 | 500,200',
    [10, 13],
    1,
  ),
  flow(
    'no payload in front any more',
    'waits=300,300 order=600 calls=1 | batch:3@0 forget@10 event@11 | 500,200',
    [10, 61],
    1,
  ),
  flow(
    'discard a chain',
    'waits=300,300 order=600 calls=1 | batch:3@0 discard@10 event@11 redeliver:2@12 | 500,200',
    [10, 13],
    1,
  ),
  flow('delete a chain', 'waits=300 order=600 calls=1 | batch:3@0 delete@10 | 500', [10, 11], 1),
  flow(
    'disabled while a chain waits for long enough',
    'waits=60,300 order=20 calls=2 | batch:3@0 event@1 disable@5 event@6 enable@100 event@101 | 500,500,200,500,200',
    [100, 102],
    1,
  ),
  flow(
    'disabled while a chain waits',
    'waits=60,300 order=600 calls=1 | batch:3@0 disable@5 event@6 enable@100 event@101 | 500,500,500,200',
    [100, 102],
    1,
  ),
  flow(
    'a pace together with an order',
    'limit=2 order=600 waits=60,60 calls=2 | batch:6@0 event@1 batch:2@2 | 500,200,500,200',
    [0, 3],
    1,
  ),
  flow(
    'move a chain',
    'databases=2 waits=60 order=600 calls=1 | batch:3@0 event@1 move:2@10 event@30 batch:2@100 | 500,200',
    NEVER,
    0,
  ),
  flow(
    'stop a chain',
    'waits=60,60 order=60 calls=2 | batch:3@0 stop@0.02 batch:2@2 lift@200 | 500,200',
    [0, 0.1],
    1,
  ),
  flow(
    'no turn for a chain',
    'waits=60 order=60 calls=1 | crowd:4@0 batch:3@1 calm:4@100 | 200',
    [1, 2],
    1,
  ),
  flow(
    'a queue that loses those in front, and those behind',
    'room=0 order=600 calls=1 | batch:3@0 | 200 | batch1.send1=drop consumer*.send1=drop',
    NEVER,
    0,
  ),
  flow(
    'doubled, with clocks that differ',
    'room=0 waits=60,60 order=20 calls=1 skew=45,-45,45 | batch:3@0 event@5 | 500,hang,200 | batch1.send1=double consumer*.send1=double',
    NEVER,
    0,
  ),
  flow(
    'one in front that no process survives',
    'room=0 order=86400 calls=1 | event@0 event@170000 delete@179000 | 200 | consumer*.fetch1=crash',
    NEVER,
    0,
  ),
  flow(
    'more of one call than a recovery looks through',
    `order=20 calls=2 | batch:100@0 event@0 batch:100@0 disable@5 enable@200 | ${'500,'.repeat(2)}200`,
    NEVER,
    0,
  ),
]
