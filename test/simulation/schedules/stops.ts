// Flows in which the operator stops the org, a host or everything, and lets it go on.
import { flow, NEVER, type Flow } from './flow.ts'

/** Flows with `stop` and `lift`. */
export const STOPS: Flow[] = [
  flow(
    'stop the org, and let it go on',
    'endpoints=2 | event@0 stop@20 event@30 lift@400 | 500,200 200',
    [20, 500],
    1,
  ),
  flow('stop during an attempt', '| event@0 stop@* lift@200 | 500,200', [0, 10], 1),
  flow(
    'stop during an attempt by the queue',
    'room=0 | event@0 stop@* lift@200 | 500,200',
    [0, 10],
    1,
  ),
  flow(
    'stop everything during a redelivery',
    '| event@0 redeliver@20 stop:2@* lift:2@200 | 200',
    [20, 30],
    1,
  ),
  flow('let go on during an attempt to send', '| stop@0 event@1 lift@* lift@400 | 200', [1, 10], 1),
  flow(
    'stop a host, and no other',
    'endpoints=2 waits=60 | stop:4@0 batch:3@1 redeliver:2@30 lift:4@300 event@301 | 200 500,200',
    [0, 400],
    1,
  ),
  flow(
    'stop the host of a call’s own URL',
    'endpoints=0 | event@0 stop:3@20 event@30 bare@31 lift:3@700 | 500,200',
    [20, 700],
    1,
  ),
  flow(
    'stop the host that an endpoint had',
    'endpoints=2 waits=60 | event@0 patch@1 patch@2 patch:1@3 stop:4@20 event@30 lift:4@900 | 500,500,200',
    [20, 100],
    1,
  ),
  flow(
    'stop while a recovery goes on',
    `| batch:9@0 disable@20 enable@100 stop@100.2 lift@300 | ${'500,'.repeat(9)}200`,
    [100, 400],
    1,
  ),
  flow(
    'stop what is disabled, and enable it',
    '| event@0 disable@20 stop@30 enable@40 lift@300 | 500,200',
    [30, 400],
    1,
  ),
  flow('stop what was deleted', '| event@0 stop@20 delete@30 lift@300 | 500', [20, 40], 1),
  flow(
    'stop before a replay, and let it go on',
    'endpoints=2 | batch:3@0 stop@20 replay:2@21 lift@300 | 200 500,200',
    [20, 26],
    1,
  ),
  flow(
    'stop while a replay goes on',
    '| batch:8@0 replay@20 stop:2@22 lift:2@200 | 200',
    [20, 30],
    1,
  ),
  flow(
    'stop where copies go',
    '| batch:2@0 stop@20 copy:2@21 elsewhere@22 lift@900 | 200 500,200',
    NEVER,
    0,
  ),
  flow(
    'stop while copies are under way',
    '| batch:2@0 copy:2@20 stop@* lift@900 | 200',
    [20, 20.2],
    1,
  ),
  flow(
    'stop what is copied, and the copy',
    'endpoints=0 | stop@0 batch:2@1 elsewhere@21 lift@900 | 200',
    NEVER,
    0,
  ),
  flow(
    'stop while somebody listens',
    'listened=1 | event@0 listen@1 stop@* lift@200 | 200',
    [1, 3],
    0,
  ),
  flow(
    'stop what is listened to',
    'listened=1 | event@0 stop@1 listen@2 event@3 lift@200 | 200',
    [0, 260],
    1,
  ),
  flow(
    'stop and move',
    'databases=2 waits=60 | event@0 stop@20 move:2@2000 event@2100 lift@2200 | 500,200',
    [2000, 2100],
    0,
  ),
  flow(
    'stop a host, and move',
    'databases=2 waits=60 | stop:4@0 event@1 move:2@2000 lift:4@2200 | 200',
    [2000, 2001],
    0,
  ),
  flow(
    'stop twice, for two reasons',
    '| stop@0 stop:2@1 event@2 lift:2@60 event@61 lift@200 lift:2@400 | 200',
    [0, 210],
    1,
  ),
]
