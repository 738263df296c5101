// Flows of what a person may ask of deliveries beside another attempt: another URL, or an end.
import { flow, type Flow } from './flow.ts'

/** Flows with `readdress` and `discard`. */
export const ASKED: Flow[] = [
  flow(
    'enable what was disabled',
    'waits=60 disable=1 | event@0 event@30 enable@200 | 500,500,500,200',
    [60, 300],
    1,
  ),
  flow('discard during an attempt', '| batch:2@0 discard@* | 500,200', [0, 10], 1),
  flow(
    'two consumers and a discard',
    'room=0 | event@0 discard@* | 500,200 | event1.send1=double',
    [0, 10],
    1,
  ),
  flow(
    'discard what is held',
    'endpoints=2 | batch:3@0 disable@20 discard@100 enable@101 discard@102 | 500 500,200',
    [100, 103],
    1,
  ),
  flow(
    'discard while a recovery goes on',
    `| batch:9@0 disable@20 enable@100 discard@101 event@102 | ${'500,'.repeat(9)}hang,200`,
    [100.9, 103],
    1,
  ),
  flow(
    'discard and redeliver',
    'waits=60 | batch:2@0 discard@20 redeliver@20.01 click@20.02 discard@30 redeliver@31 | 500,500,hang,200',
    [20, 32],
    1,
  ),
  flow('discard twice at once', '| batch:2@0 discard@20 discard@20 | 500', [20, 21], 1),
  flow(
    'redeliver to the present URL',
    'endpoints=2 | event@0 patch@1 patch:1@2 patch@3 readdress@4 redeliver:2@5 readdress:2@6 | 500,200',
    [4, 7],
    1,
  ),
  flow('redeliver a URL of the call', 'endpoints=0 | event@0 readdress@4 | 500,200', [4, 5], 1),
]
