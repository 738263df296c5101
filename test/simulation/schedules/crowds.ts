// Flows in which others have sent to a host as much as it gets, until it gets more again.
import { flow, NEVER, type Flow } from './flow.ts'

/** Flows with `crowd` and `calm`; 3 is the host of calls' own URLs, 4 that of the first endpoint. */
export const CROWDS: Flow[] = [
  flow(
    'no turn, and then one',
    'endpoints=2 waits=60 | crowd:4@0 batch:3@1 event@30 calm:4@300 event@301 | 500,200 200',
    [0, 430],
    1,
  ),
  flow(
    'no turn by the queue',
    'room=0 | crowd:4@0 batch:3@1 calm:4@* calm:4@390 event@400 | 200',
    [1, 5],
    1,
  ),
  flow(
    'no turn for a retry, nor for a redelivery',
    '| event@0 crowd:4@20 redeliver@30 event@31 calm:4@200 | 500,500,200',
    [20, 130],
    1,
  ),
  flow(
    'no turn for the URL of a call',
    'endpoints=0 | crowd:3@0 event@1 bare@2 calm:3@200 | 500,200',
    [0, 300],
    1,
  ),
  flow(
    'no turn while a recovery goes on',
    `| batch:9@0 disable@20 enable@100 crowd:4@100.2 calm:4@300 | ${'500,'.repeat(9)}200`,
    [100, 440],
    1,
  ),
  flow(
    'no turn for what is disabled, deleted or stopped meanwhile',
    'endpoints=2 waits=60 | crowd:4@0 event@1 event@2 disable@3 enable@20 stop:4@25 lift:4@200 delete:2@30 calm:4@400 | 200 500',
    [0, 140],
    1,
  ),
  flow(
    'no turn for the host that an endpoint had',
    'waits=60 | event@0 patch@1 crowd:4@20 event@30 calm:4@900 | 500,200',
    [20, 100],
    1,
  ),
  flow(
    'no turn while a replay goes on',
    '| batch:8@0 replay@20 crowd:4@22 calm:4@200 | 200',
    [20, 30],
    1,
  ),
  flow(
    'no turn for what is copied',
    '| batch:2@0 crowd:4@20 copy:2@21 elsewhere@22 calm:4@300 | 200 500,200',
    NEVER,
    0,
  ),
  flow(
    'no turn, and a move',
    'databases=2 waits=60 | crowd:4@0 event@1 move:2@2000 calm:4@2200 | 200',
    [2000, 2001],
    0,
  ),
]
