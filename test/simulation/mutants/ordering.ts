// Bugs in the order within calls: what waits for which, what lets it go, and what is left behind.
import { bend, without, type Mutant } from './mutant.ts'

const ORDER = 'test/journeys/call-order.test.ts'

/** Mutants of this part. */
export const ORDERING_MUTANTS: Mutant[] = [
  without('waiting for what an earlier request stored', ORDER, [
    'db/ordering/line-up.ts',
    `(SELECT last.delivery_id FROM call_ends last`,
    `(SELECT NULL FROM call_ends last`,
  ]),
  bend('what is behind in one request waits for the first', ORDER, [
    'db/ordering/line-up.ts',
    'lag(d.id)',
    'nullif(first_value(d.id), d.id)',
  ]),
  bend('a call is known by its id as it is written', ORDER, [
    'db/ordering/line-up.ts',
    'SELECT d.org_id, d.endpoint_id, lower(d.call_id), d.id',
    'SELECT d.org_id, d.endpoint_id, d.call_id, d.id',
  ]),
  bend('what waits leaves behind its request', ORDER, [
    'db/lifecycle/first-attempt.ts',
    ' || waiting.has(id)',
    '',
  ]),
  bend('what waits is queued', ORDER, [
    'delivery/accept.ts',
    'leaving.has(id) || isWaiting',
    'leaving.has(id)',
  ]),
  without('letting go what waits', ORDER, [
    'db/lifecycle/record.ts',
    'attempts.some(isOrderedEnd)',
    'attempts.some(() => false)',
  ]),
  bend('a failure lets go what waits for another attempt', ORDER, [
    'db/lifecycle/record.ts',
    "a.value->>'isOrdered' AND a.value->>'status' <> 'pending' AND",
    "a.value->>'isOrdered' AND",
  ]),
  without('sending what was let go', ORDER, [
    'delivery/record.ts',
    'if (queued.length > 0)',
    'if (queued.length > 10_000)',
  ]),
  bend('an attempt does not say that it overtook another', ORDER, [
    'delivery/attempt/log.ts',
    'waitingFor !== null && { overtook',
    'waitingFor === null && { overtook',
  ]),
  bend('what was over holds up others when it is asked for again', ORDER, [
    'db/ordering/waits.ts',
    'AND f.delivered_at IS NULL AND NOT (f.is_manual AND f.resume_at IS NULL)',
    '',
  ]),
  bend('what waited goes on by the schedule of its wait', ORDER, [
    'db/lifecycle/redeliver.ts',
    'WHEN ${waitingFor()} IS NOT NULL THEN ${dueAt}',
    '',
  ]),
  without('looking after what waits for a discarded one', ORDER, [
    'db/lifecycle/discard.ts',
    '...leavingToSweep(db, waits, now),',
    '',
  ]),
  without('looking after what waits for one that was given up', ORDER, [
    'db/lifecycle/sweep.ts',
    '...leavingToSweep(db, waits, now),',
    '',
  ]),
  without('looking after what waits for one without its payload', ORDER, [
    'db/lifecycle/forget.ts',
    '...leavingToSweep(db, waits, now),',
    '',
  ]),
  without('the order of a call among what is held', ORDER, [
    'db/lifecycle/recovery.ts',
    "AND NOT ${isBehind('p')}",
    '',
  ]),
  without('letting go what waits for an endpoint that orders no more', ORDER, [
    'db/lifecycle/sweep.ts',
    'if (unordered.length > 0)',
    'if (unordered.length > 10)',
  ]),
  bend('what is behind is parked before what may go', ORDER, [
    'db/lifecycle/sweep.ts',
    "(${isParked} AND ${isBehind('d')})",
    "(${isParked} AND false AND ${isBehind('d')})",
  ]),
]
