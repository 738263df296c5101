// The flows in which all that there is is replayed, in the middle of what else happens.
import { flow, NEVER, type Flow } from './flow.ts'

/** Every flow with a replay of a range. At one a second a step has five deliveries. */
export const RANGES: Flow[] = [
  flow('replay what was delivered', 'endpoints=2 | batch:2@0 replay:500@20 | 200', [20, 20.1], 2),
  flow('replay in two steps', 'endpoints=2 | batch:3@0 replay@20 | 200', [20, 26], 1),
  flow('replay what failed', 'waits=60 | batch:6@0 replay@200 | 500', [200, 206], 1),
  flow('replay while new events come', '| batch:6@0 replay@20 event@* | 200', [20, 26], 0),
  flow('replay twice at once', '| batch:2@0 replay@20 replay@20 | 200', [20, 20.1], 1),
  flow('replay and redeliver by hand', '| batch:6@0 replay@20 redeliver:6@* | 200', [20, 26], 0),
  flow('replay and pause', '| batch:6@0 replay@20 pause@* resume@200 | 200', [20, 26], 0),
  flow('pause and resume', '| batch:6@0 replay@20 pause@21 resume@40 | 200', [20.9, 41], 1),
  flow('replay and cancel', '| batch:6@0 replay@20 cancel@* | 200', [20, 26], 0),
  flow('replay faster', '| batch:8@0 replay@20 repace:500@* | 200', [20, 26], 0),
  flow(
    'replay while an endpoint is disabled',
    'endpoints=2 | batch:3@0 replay@20 disable@* enable@300 | 200',
    [20, 26],
    0,
  ),
  flow(
    'replay while an endpoint is deleted',
    'endpoints=2 | batch:3@0 replay@20 delete@* | 200',
    [20, 26],
    0,
  ),
  flow('replay to the URLs of calls', 'endpoints=0 | batch:6@0 replay@20 | 200,500', NEVER, 0),
  flow(
    'replay with clocks ahead',
    'skew=300,-300,300 | batch:6@0 replay@400 event@401 | 200',
    NEVER,
    0,
  ),
  flow('replay with clocks behind', 'skew=-300,300,-300 | batch:6@0 replay@1000 | 200', NEVER, 0),
  flow(
    'a canary that fails',
    `disable=100 | batch:12@0 replay:500@20 resume@400 | ${'200,'.repeat(12)}${'500,'.repeat(10)}200`,
    NEVER,
    0,
  ),
  flow(
    'a canary that succeeds at last',
    `disable=100 | batch:12@0 replay@20 | ${'200,'.repeat(12)}${'500,'.repeat(9)}200`,
    NEVER,
    0,
  ),
  flow(
    'a canary that nothing is heard of',
    `| batch:12@0 replay:500@20 ${clicks(10)} | 200`,
    NEVER,
    0,
  ),
  flow(
    'replay to an endpoint that fails meanwhile',
    `| batch:24@0 replay:500@20 pause@22 event@30 resume@200 | ${'200,'.repeat(34)}500,500,200`,
    [200, 200.1],
    1,
  ),
  flow(
    'replay to an endpoint that recovers',
    `| batch:4@0 disable@20 enable@100 replay@101 | ${'500,'.repeat(4)}200`,
    [101, 101.1],
    1,
  ),
  flow(
    'recover what was missed',
    'endpoints=2 | event@0 disable@2 batch:3@5 disable:2@10 event@12 enable@20 enable:2@21 recover:500@30 | 200',
    [30, 31],
    1,
  ),
  flow(
    'recover in two steps',
    'endpoints=2 | disable@0 batch:6@5 enable@20 recover@30 | 200',
    [30, 30.1],
    1,
  ),
  flow(
    'recover twice at once',
    'endpoints=2 | disable@0 batch:3@5 enable@20 recover@30 recover:2@30 | 200',
    [30, 32],
    1,
  ),
  flow(
    'recover while an endpoint is disabled',
    'endpoints=2 | disable@0 batch:7@5 enable@20 recover@30 disable@* enable@300 | 200',
    [30, 36],
    0,
  ),
  flow(
    'recover while an endpoint is deleted',
    'endpoints=2 | disable@0 batch:3@5 enable@20 recover@30 delete@* | 200',
    [30, 33],
    0,
  ),
  flow(
    'recover while an endpoint takes other types',
    'endpoints=1 | disable@0 batch:7@5 enable@20 recover@30 patch@* | 200',
    [30, 36],
    0,
  ),
  flow(
    'recover and pause',
    '| disable@0 batch:7@5 enable@20 recover@30 pause@* resume@200 | 200',
    [30, 36],
    0,
  ),
  flow(
    'recover and cancel',
    '| disable@0 batch:7@5 enable@20 recover@30 cancel@* | 200',
    [30, 36],
    0,
  ),
  flow(
    'recover while new events come',
    'endpoints=2 | disable@0 batch:3@5 enable@20 recover@30 event@* | 200',
    [30, 33],
    0,
  ),
  flow(
    'recover what an endpoint was not there for',
    '| batch:3@0 create@10 event@12 test@14 recover@20 redeliver@* | 200',
    [20, 26],
    0,
  ),
  flow(
    'recover but what was a test',
    'endpoints=3 | test:2@0 disable:2@1 test:2@2 enable:2@3 create@4 event@5 recover:500@20 | 200',
    NEVER,
    0,
  ),
  flow(
    'recover to an endpoint that was failing',
    `| event@0 event@1 disable@5 batch:14@6 enable@300 recover:500@301 | 500,500,200`,
    [301, 301.1],
    1,
  ),
  flow(
    'recover with clocks apart',
    'skew=300,-300,300 endpoints=2 | disable@0 batch:4@5 enable@20 event@399 recover@400 event@401 | 200',
    NEVER,
    0,
  ),
  flow(
    'recover while the org moves',
    'databases=2 | disable@0 batch:6@5 enable@20 recover@1000 move:2@* | 200',
    [1000, 1006],
    0,
  ),
  flow(
    'move while a replay goes on',
    'databases=2 | batch:6@0 replay@1000 move:2@* | 200',
    [1002.5, 1003.5],
    0,
  ),
  flow(
    'replay while the org moves',
    'databases=2 | batch:2@0 move:2@1000 replay@* | 200',
    [1000.04, 1000.12],
    0,
  ),
]

/** The first so many are asked for by hand, before what a replay has moved of them is sent. */
function clicks(count: number): string {
  return Array.from({ length: count }, (_, place) => `click:${place + 1}@step1.send1`).join(' ')
}
