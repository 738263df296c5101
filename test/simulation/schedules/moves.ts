// The flows in which the org moves from one database to another, in the middle of what else happens.
import { flow, NEVER, type Flow } from './flow.ts'

/** Every flow with a move. */
export const MOVES: Flow[] = [
  flow('move a new org', 'databases=2 | move:2@0 event@30 | 200', [0, 2], 0),
  flow('move while an event comes', 'databases=2 | move:2@0 event@* | 200', [0, 1], 0),
  flow(
    'move with what was delivered, and what waits',
    'databases=2 waits=60,1800 endpoints=2 | event@0 event@70 move:2@1000 | 200 500,500,200',
    [1000.1, 1000.3],
    1,
  ),
  flow(
    'move while a redelivery is asked for',
    'databases=2 | event@0 move:2@2000 redeliver@* | 200',
    [2000, 2001],
    0,
  ),
  flow(
    'move while an attempt is under way',
    'databases=2 | event@0 move:2@consumer1.fetch1 | 500,200',
    [0, 10],
    0,
  ),
  flow(
    'move what is finished, asked for again, and finished otherwise',
    'databases=2 waits=60 | event@0 move:2@2000 redeliver@* | 404,404,200',
    [2000, 2000.2],
    0,
  ),
  flow(
    'move by two at once while a redelivery is asked for',
    'databases=2 waits=60 | event@0 move:2@2009.9 redeliver@* | 404,404,200',
    [2009.9, 2010.1],
    0,
  ),
  flow(
    'move what is due while the sweep comes',
    'databases=2 waits=60 | event@1955 move:2@2009.8 | 500,200',
    NEVER,
    0,
  ),
  flow('move at each call of an attempt', 'databases=2 | event@0 move:2@* | 200', [0, 0.1], 0),
  flow(
    'move while an answer is on its way',
    'databases=2 endpoints=2 | event@0 move:2@0.03 | 200 500,200',
    NEVER,
    0,
  ),
  flow(
    'move while attempts end behind the fence',
    'databases=2 | event@0 event@0.06 event@0.12 event@0.18 event@0.24 event@0.3 move:2@9.8 | hang,hang,hang,hang,hang,hang,200',
    NEVER,
    0,
  ),
  flow(
    'move there and back',
    'databases=2 waits=60 | event@0 move:2@1000 redeliver@1100 event@1200 move:1@3000 redeliver@3100 | 200,500,200',
    [3000, 3001],
    0,
  ),
  flow(
    'move twice at once',
    'databases=2 | event@0 event@1 move:2@1000 move:2@1000.01 | 200,500',
    [1000, 1001],
    0,
  ),
  flow(
    'move what recovers',
    `databases=2 | batch:9@0 disable@20 enable@1000 move:2@1031 | ${'500,'.repeat(9)}200`,
    NEVER,
    0,
  ),
  flow(
    'move while it is pruned',
    'databases=2 | event@0 event@1 move:2@2592100 upkeep@* | 200',
    [2592100, 2592101],
    0,
  ),
  flow(
    'move with what has no delivery while it is pruned',
    'databases=2 | disable@0 event@1 move:2@2592100 upkeep@* | 200',
    [2592100, 2592100.1],
    0,
  ),
  flow(
    'move what is listed to be pruned',
    'databases=2 | event@0 upkeep@2592100 move:2@upkeep1.db2 bare@* | 200',
    [2592100, 2592100.1],
    0,
  ),
  flow(
    'move while it is counted',
    'databases=2 | event@0 count@200 event@250 count@420 move:2@500 event@600 count@800 | 200',
    [500, 501],
    0,
  ),
  flow(
    'move where it was counted later',
    'databases=2 | event@0 count@200 move:2@300 event@310 count@500 event@510 move:1@600 count@800 | 200',
    NEVER,
    0,
  ),
  flow(
    'move to where less is counted',
    'databases=2 | event@0 count@400 move:2@500 count@900 | 200 | count2.db1=refused',
    NEVER,
    0,
  ),
  flow(
    'move while a database is down',
    'databases=2 | event@0 move:2@1000 down:2@1000.05 event@1001 | 200',
    NEVER,
    0,
  ),
]
