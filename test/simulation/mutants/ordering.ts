// Bugs in the order within calls: what waits for which, what lets it go, and what is left behind.
import { bend, without, type Mutant } from './mutant.ts'

const ORDER = 'test/journeys/call-order.test.ts'
const PARKED = 'test/journeys/call-order-parked.test.ts'
const API = 'test/api/ordering.test.ts'
const PAGES = 'test/dashboard/ordering.test.ts'
const MOVE = 'test/move/call-order.test.ts'

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
  without('a way on for what is parked behind what is out of sight', PARKED, [
    'db/lifecycle/recovery.ts',
    'NOT is_behind OR ${isStuck}',
    'NOT is_behind',
  ]),
  bend('what is parked waits for what nobody answers as long as that is there', PARKED, [
    'db/ordering/waits.ts',
    'LAPSES_WAITED_FOR = 2',
    'LAPSES_WAITED_FOR = 200',
  ]),
  without('the order of a call among what is held', ORDER, [
    'db/lifecycle/recovery.ts',
    "${isBehind('p')} AS is_behind",
    'false AS is_behind',
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
  bend('a wait without an order is taken for none', API, [
    'api/ordering-shape.ts',
    'throw invalidRequest([WITHOUT_ORDER])',
    'return {}',
  ]),
  without('what an order was decided by, as it is written', API, [
    'db/account/endpoint-changes.ts',
    'if (isOrdered === undefined) return { orderingMaxWait: wanted }',
    'if (wanted !== undefined) return { orderingMaxWait: wanted }',
  ]),
  without('what an order was decided by, in the log', API, [
    'db/account/endpoint-changes.ts',
    "(wanted.key NOT LIKE 'ordering%' OR ",
    '(true OR ',
  ]),
  bend('one that orders no more is done with at once', API, [
    'db/ordering/let-go.ts',
    'OR ${HAS_ENDS} THEN 0 END',
    'OR ${HAS_ENDS} THEN NULL END',
  ]),
  bend('no list says whom a delivery waits for', API, [
    'db/views/look-up.ts',
    "`NULL`.as('parked_as'),\n  waitingFor: waitingFor('deliveries').as('waiting_for'),",
    "`NULL`.as('parked_as'),\n  waitingFor: sql<string | null>`NULL`.as('waiting_for'),",
  ]),
  bend('a delivery by itself does not say whom it waits for', API, [
    'db/views/deliveries.ts',
    'waitingFor: SHOWN.waitingFor',
    'waitingFor: PLAIN.parkedAs',
  ]),
  bend('the answer to a copy that is given again forgets whom its delivery waits for', API, [
    'db/replays/start-one.ts',
    "'waitingFor', ${waitingFor()}",
    "'waitingFor', NULL",
  ]),
  without('waiting for what another request stored', 'O1', [
    'db/ordering/line-up.ts',
    `(SELECT last.delivery_id FROM call_ends last`,
    `(SELECT NULL FROM call_ends last`,
  ]),
  bend('the order of one request goes backwards', 'O1', [
    'db/ordering/line-up.ts',
    'lower(d.call_id) ORDER BY e.key),',
    'lower(d.call_id) ORDER BY e.key DESC),',
  ]),
  bend(
    'what waits goes as soon as one before it failed',
    'O1',
    [
      'db/lifecycle/record.ts',
      "a.value->>'isOrdered' AND a.value->>'status' <> 'pending' AND",
      "a.value->>'isOrdered' AND",
    ],
    ['db/lifecycle/record.ts', "isOrdered === true && status !== 'pending'", 'isOrdered === true'],
  ),
  bend('no attempt says whom it overtook', 'O1', [
    'delivery/attempt/log.ts',
    'waitingFor !== null && { overtook',
    'waitingFor === undefined && { overtook',
  ]),
  bend('what waits is due only when somebody lets it go', 'O2', [
    'db/ordering/line-up.ts',
    'next_attempt_at = ${until}, sweep_at = ${until}',
    'next_attempt_at = ${until}, sweep_at = NULL',
  ]),
  without('going on when the one in front was delivered', 'O2', [
    'db/lifecycle/record.ts',
    'attempts.some(isOrderedEnd)',
    "attempts.some((one) => isOrderedEnd(one) && one.status === 'exhausted')",
  ]),
  bend('a call waits for whatever else is in its request', 'O3', [
    'db/ordering/line-up.ts',
    'PARTITION BY d.endpoint_id, lower(d.call_id)',
    'PARTITION BY d.endpoint_id',
  ]),
  bend('every call has the same end', 'O3', [
    'db/ordering/line-up.ts',
    'last.endpoint_id = d.endpoint_id AND last.call_id = lower(d.call_id)',
    'last.endpoint_id = d.endpoint_id',
  ]),
  bend('a form without its fields takes the order away', PAGES, [
    'dashboard/endpoints/form.tsx',
    "form.get('ordering_max_wait')?.trim()\n  if (typed === undefined) return {}",
    "form.get('ordering_max_wait')?.trim()",
  ]),
  without('the order, where another URL is asked for', PAGES, [
    'dashboard/endpoints/endpoint-questions.tsx',
    '...orderFields(orderingMaxWait),',
    '',
  ]),
  bend('rows that go on do not say that they wait', PAGES, [
    'db/views/browse.ts',
    '${waitingFor()} AS "waitingFor"',
    'NULL AS "waitingFor"',
  ]),
  bend('the timeline does not say what an attempt overtook', PAGES, [
    'dashboard/delivery/timeline.tsx',
    'if (overtook === undefined) return null',
    "if (overtook !== '') return null",
  ]),
  without('the ends of calls, of an org that is moved', MOVE, [
    'db/move/write.ts',
    '...insertAll(db, arrival, callEnds, page.ends),',
    '',
  ]),
  without('what waits, of an org that is moved or deleted', MOVE, [
    'db/move/tables.ts',
    '  callWaits,\n  usage,',
    '  usage,',
  ]),
  without('pruning what is left of an order', 'test/delivery/upkeep/retention.test.ts', [
    'db/lifecycle/retention.ts',
    '...pruningLined(db, prunable),',
    '',
  ]),
  without('going on when the one in front lost its payload', 'O2', [
    'db/lifecycle/forget.ts',
    '...leavingToSweep(db, waits, now),',
    '',
  ]),
  without('going on when the one in front was given up', 'O2', [
    'db/lifecycle/sweep.ts',
    '...leavingToSweep(db, waits, now),',
    '',
  ]),
  bend('what is behind is looked at each minute, however long its endpoint is disabled', ORDER, [
    'db/lifecycle/sweep.ts',
    'max(${leaseMs}, min(${LONGEST_PUT_OFF_MS},',
    'min(${leaseMs}, min(${LONGEST_PUT_OFF_MS},',
  ]),
  without('an end of the waiting for an endpoint that orders no more', 'O2', [
    'db/lifecycle/sweep.ts',
    'if (unordered.length > 0)',
    'if (unordered.length > 10)',
  ]),
]
