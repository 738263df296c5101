// The core flows: what is explored with every fault at every call.
import { ASKED } from './asked.ts'
import { COPIES } from './copies.ts'
import { ERASED } from './erased.ts'
import { flow, NEVER, type Flow } from './flow.ts'
import { FORGOTTEN } from './forgotten.ts'
import { LISTENING } from './listening.ts'
import { MOVES } from './moves.ts'
import { OWN_HEADERS } from './own-headers.ts'
import { RANGES } from './ranges.ts'
import { CROWDS } from './crowds.ts'
import { STOPS } from './stops.ts'
import { TOLD } from './told.ts'

/** Every core flow. */
export const FLOWS: Flow[] = [
  flow('intake to delivered', '| event@0 | 200', [0, 200], 2),
  flow('intake to delivered, by the queue', 'room=0 | event@0 | 200', [0, 200], 2),
  flow('first attempts behind a request', 'endpoints=2 | batch:2@0 | 500,200 200', [0, 1], 1),
  flow('a slow one behind a request', 'endpoints=2 | event@0 | hang,200 200', [0, 12], 1),
  flow(
    'disable before a first attempt',
    '| event@0 disable@event1.fetch1 enable@100 | 200',
    NEVER,
    0,
  ),
  flow('redeliver before a first attempt', '| event@0 redeliver@event1.fetch1 | 200', NEVER, 0),
  flow('more than leaves behind a request', 'endpoints=2 | batch:60@0 | 200', NEVER, 0),
  flow(
    'more than an isolate has room for',
    'room=8 | batch:2@0 batch:2@0 event@0.02 | 200',
    [0, 1],
    1,
  ),
  flow(
    'an unwell endpoint gets new events',
    '| event@0 event@5 event@5 bare@5 batch:2@5 | 500,200',
    [5, 6],
    1,
  ),
  flow(
    'two lanes and a request for one delivery',
    '| event@0 redeliver@event1.fetch1 | 500,200',
    [0, 2],
    1,
  ),
  flow('intake without a key', '| bare@0 | 200', [0, 60], 2),
  flow('events that arrive together', '| event@0 event@0 bare@0 batch:2@0 | 200', [0, 12], 1),
  flow(
    'more than a group holds',
    '| batch:60@0 event@0 batch:60@0 batch:60@0 event@0 | 200',
    NEVER,
    0,
  ),
  flow('intake for two endpoints', 'endpoints=2 | event@0 | 200', [0, 60], 1),
  flow('a delivery to the URL of the call', 'endpoints=0 | event@0 | 500,200', [0, 100], 1),
  flow(
    'two consumers, 500 and 200',
    'room=0 | event@0 | 500,200 | event1.send1=double',
    [0, 80],
    1,
  ),
  flow(
    'two consumers, 200 and 500',
    'room=0 | event@0 | 200,500 | event1.send1=double',
    [0, 80],
    1,
  ),
  flow('two consumers, 500 at last', 'waits=60 | event@0 | 500 | sweep*.send1=double', [25, 80], 1),
  flow(
    'two consumers and a redelivery',
    'room=0 | event@0 redeliver@* | 500,429,200 | event1.send1=double',
    [0, 10],
    1,
  ),
  flow(
    'two consumers and a deletion',
    'room=0 | event@0 delete@* | 500,200 | event1.send1=double',
    [0, 10],
    1,
  ),
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
  flow(
    'redeliver three together, two of them one',
    '| batch:2@0 redeliver@20 redeliver:2@20 redeliver:1@20 | 200',
    [20, 20.05],
    2,
  ),
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
    'twelve that were held',
    `| ${'event@0 '.repeat(12)}disable@20 enable@100 | ${'500,'.repeat(12)}200`,
    [100, 200],
    1,
  ),
  flow(
    'a crowd that waits, and comes back',
    `endpoints=2 disable=1000 | batch:14@0 batch:14@0.5 | ${'500,'.repeat(56)}200,200,200,500,200,200,hang,200 ${'500,'.repeat(56)}204`,
    [450.9, 451],
    1,
  ),
  flow(
    'a crowd that never comes back',
    'waits=60,300,300 disable=1000 | batch:25@0 | 500',
    [390, 391],
    1,
  ),
  flow(
    'a slow endpoint that recovers',
    `| batch:8@0 disable@20 enable@100 | ${'500,'.repeat(8)}200,200,hang,200`,
    [100, 101],
    1,
  ),
  flow(
    'a recovery at full pace',
    `| ${'batch:100@0 '.repeat(3)}disable@20 enable@100 | ${'500,'.repeat(300)}200`,
    NEVER,
    0,
  ),
  flow(
    'a queue that loses everything',
    'room=0 | event@0 redeliver@600 | 200 | event1.send1=drop redeliver1.send1=drop sweep*.send1=drop',
    NEVER,
    0,
  ),
  flow('a dead letter', `room=0 | event@0 | 200 | ${deadLetter(11)}`, NEVER, 0),
  flow(
    'a recovery that fails in the middle',
    `| batch:30@0 disable@20 enable@100 | ${'500,'.repeat(30)}200,200,200,500,200,200,200,204`,
    [150.1, 150.2],
    1,
  ),
  flow(
    'new events while a recovery goes on',
    `| batch:9@0 disable@20 enable@100 batch:4@101 batch:3@130 | ${'500,'.repeat(9)}200,200,200,200,500,204`,
    [101, 101.1],
    1,
  ),
  flow(
    'disable while a recovery goes on',
    `| batch:9@0 disable@20 enable@100 disable@155 enable@300 | ${'500,'.repeat(9)}hang,200`,
    [150, 160.1],
    1,
  ),
  flow(
    'a recovery whose messages are lost',
    `| batch:9@0 disable@20 enable@100 | ${'500,'.repeat(9)}200 | sweep2.send1=drop sweep4.send1=drop`,
    NEVER,
    0,
  ),
  flow(
    'two batches that disable',
    'waits=60 disable=1 | event@0 event@0 enable@400 | 500,500,500,hang,200',
    [60, 72],
    1,
  ),
  flow('a failure at the end of a batch', '| batch:3@0 | 200,200,500,200', [0, 0.1], 1),
  flow('delete what was redelivered', '| batch:3@0 redeliver:2@57.99 delete@58 | 500', [57, 59], 1),
  flow(
    'a slow endpoint with much that was held',
    `| batch:40@0 disable@20 enable@100 | ${'500,'.repeat(40)}hang`,
    NEVER,
    0,
  ),
  flow('more than one call takes', 'endpoints=2 | batch:60@0 | 500,200', NEVER, 0),
  flow('a slow batch', '| batch:9@0 | hang,hang,hang,hang,hang,hang,200', [0, 0.1], 1),
  flow(
    'two slow endpoints and a quick one',
    `endpoints=3 | batch:4@0 | ${'hang,'.repeat(4)}200 ${'hang,'.repeat(4)}200 200`,
    [0, 0.1],
    1,
  ),
  flow(
    'hold what is enabled meanwhile',
    'room=0 | event@0 disable@consumer1.db1 enable@consumer1.db2 | 200',
    NEVER,
    0,
  ),
  flow('an unwell endpoint gets more', '| batch:2@0 event@30 event@200 | 500,500,200', [30, 31], 1),
  flow(
    'redeliver twice while it waits',
    '| event@0 click@20 click@20 event@60 | 500,500,200',
    [20, 20.05],
    1,
  ),
  flow(
    'prune what is asked for meanwhile',
    '| event@0 event@1 upkeep@2592060 redeliver@upkeep1.db2 redeliver:2@upkeep1.db2 | 200,200,200,hang',
    NEVER,
    0,
  ),
  flow(
    'prune what was asked for and delivered meanwhile',
    '| event@0 upkeep@2592060 redeliver@upkeep1.db2 | 200',
    NEVER,
    0,
  ),
  flow('charts after a pause', '| event@0 event@700000 count@700200 | 200', NEVER, 0),
  flow(
    'prune beside what is still pending',
    'endpoints=2 waits=60 | event@0 redeliver:2@2592059.9 upkeep@2592060 | 200 500,500,hang',
    NEVER,
    0,
  ),
  flow(
    'six secrets at once',
    `| ${'overlap@0 '.repeat(6)}event@1 rotate@2 event@3 | 200`,
    NEVER,
    0,
  ),
  flow('delete what is held', '| batch:3@0 disable@20 delete@100 | 500', [100, 101], 1),
  flow('delete what is due', '| batch:3@0 redeliver@20 delete@58 | 500', [57, 62], 1),
  flow('delete and redeliver', '| event@0 delete@20 redeliver@30 click@31 | 200', [20, 32], 1),
  flow(
    'change an endpoint',
    '| event@0 patch@1 patch@2 patch@3 event@4 disable@5 disable@6 event@7 enable@8 enable@9 redeliver@10 | 500,200',
    [1, 10],
    1,
  ),
  flow('a test event', 'endpoints=3 | test:2@0 disable:2@1 test:2@2 | 200', [0, 3], 1),
  flow('a batch with a key', 'endpoints=2 | batch:3@0 | 500,200', [0, 1], 2),
  flow(
    'nobody to send to',
    '| disable@0 event@1 batch:2@2 enable@3 upkeep@600 upkeep@2592700 | 200',
    [0, 4],
    1,
  ),
  flow(
    'charts',
    'endpoints=2 room=0 | event@0 batch:2@3 bare@5 event@60 count@124.9 count@126 event@300 count@500 count@500 count@7600 | 200,500 404,200 | consumer1.fetch1=stall',
    [124, 127],
    1,
  ),
  flow(
    'prune',
    'waits=60 | event@0 event@1 batch:2@2 upkeep@2592000 redeliver@2592010 upkeep@2592001 upkeep@2592070 upkeep@5184200 | 200,500',
    [2592000, 2592071],
    1,
  ),
  flow(
    'prune what was redelivered',
    'endpoints=2 waits=60 | event@0 redeliver@100 redeliver:2@1500000 upkeep@2592060 upkeep@2592101 upkeep@4092060 | 200 500',
    [2592000, 2592102],
    1,
  ),
  flow(
    'rotate again and again',
    '| overlap@0 overlap@10 rotate@20 event@21 overlap@30 event@40 event@3700 overlap@90100 event@90101 rotate@190000 event@190001 | 500,200',
    [0, 31],
    1,
  ),
  ...ASKED,
  ...FORGOTTEN,
  ...ERASED,
  ...LISTENING,
  ...TOLD,
  ...MOVES,
  ...RANGES,
  ...COPIES,
  ...STOPS,
  ...CROWDS,
  ...OWN_HEADERS,
]

/** An invocation that cannot read gives its message back, until the queue gives it up. */
function deadLetter(count: number): string {
  return Array.from({ length: count }, (_, place) => `consumer${place + 1}.db1=refused`).join(' ')
}
