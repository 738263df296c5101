// Flows of endpoints that have filters, which change while events come.
import { flow, NEVER, type Flow } from './flow.ts'

/** Every flow with filters; there patch gives an endpoint the next of those that there are, or none. */
export const FILTERED: Flow[] = [
  flow(
    'a filter changes as events come',
    'endpoints=3 filters=2 | event@0 patch@0 event@0 patch:2@0 batch:3@1 patch:3@1 event@1 | 200',
    [0, 3],
    1,
  ),
  flow(
    'a filter changes at any call of an event',
    'endpoints=2 filters=2 | event@0 patch:2@1 event@2 patch@* | 200',
    [2, 4],
    0,
  ),
  flow(
    'filters, and what is disabled, deleted, tested or made meanwhile',
    'endpoints=3 filters=3 | event@0 disable@1 batch:2@1 delete:2@1 test:3@1 create@1 event@2 patch:3@2 event@2 | 500,200',
    [0, 4],
    1,
  ),
  flow(
    'a filter goes along with its org',
    'databases=2 endpoints=2 filters=2 | event@0 move:2@30 event@60 patch@200 event@201 | 200',
    NEVER,
    0,
  ),
]
