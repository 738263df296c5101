// Bugs in what an outcome makes of a delivery, and in when it is due again.
import { bend, type Mutant } from './mutant.ts'

const DECIDE = 'test/delivery/attempt/decide.test.ts'

/** Mutants of this room. */
export const OUTCOMES: Mutant[] = [
  bend('a slow endpoint is not noted', 'C7', [
    'db/lifecycle/record.ts',
    'statement<Noted>(db, noteSlow(JSON.stringify(slow), now))',
    'statement<Noted>(db, sql`SELECT 1 WHERE false`)',
  ]),
  bend('an outcome keeps the lapses', 'A9', [
    'db/lifecycle/record.ts',
    'resume_at = NULL, lapses = 0,',
    'resume_at = NULL,',
  ]),
  bend('an outcome keeps where the schedule was', 'A9', [
    'db/lifecycle/record.ts',
    'resume_at = NULL, lapses = 0,',
    'lapses = 0,',
  ]),
  bend('a success clears the last error', 'A9', [
    'db/lifecycle/record.ts',
    "last_error = coalesce(a.value->>'error', d.last_error)",
    "last_error = a.value->>'error'",
  ]),
  bend('a success dates the last failure', 'A9', [
    'db/lifecycle/record.ts',
    "iif(a.value->>'error' IS NULL, d.last_error_at, a.value->>'endedAt')",
    "a.value->>'endedAt'",
  ]),
  bend('a failure is dated by its record', 'A9', [
    'db/lifecycle/record.ts',
    "iif(a.value->>'error' IS NULL, d.last_error_at, a.value->>'endedAt')",
    "iif(a.value->>'error' IS NULL, d.last_error_at, ${now})",
  ]),
  bend('a late failure keeps the date of the one before', 'A9', [
    'db/lifecycle/record.ts',
    "failedAt(sql`iif(${isLastFailure}, a.value->>'endedAt', d.last_error_at)`, now)",
    'failedAt(sql`d.last_error_at`, now)',
  ]),
  bend('the first error is shown for ever', 'A9', [
    'db/lifecycle/record.ts',
    "last_error = coalesce(a.value->>'error', d.last_error)",
    "last_error = coalesce(d.last_error, a.value->>'error')",
  ]),
  bend('a failure without an answer shows an older status', 'A9', [
    'db/lifecycle/record.ts',
    "last_response_status = a.value->>'responseStatus', updated_at",
    "last_response_status = coalesce(a.value->>'responseStatus', d.last_response_status), updated_at",
  ]),
  bend('a second success moves the first', 'A9', [
    'db/lifecycle/record.ts',
    'THEN coalesce(d.delivered_at, ${now})',
    'THEN ${now}',
  ]),
  bend('a retry waits for its old lease', 'A9', [
    'db/lifecycle/record.ts',
    "next_attempt_at = a.value->>'nextAttemptAt', sweep_at = a.value->>'nextAttemptAt'",
    "next_attempt_at = a.value->>'nextAttemptAt'",
  ]),
  bend('a retry is looked at a lease late', 'A9', [
    'db/lifecycle/record.ts',
    "sweep_at = a.value->>'nextAttemptAt'",
    "sweep_at = a.value->>'nextAttemptAt' + 120000",
  ]),
  bend('a superseded attempt does not say so', 'A10', [
    'db/lifecycle/record.ts',
    "json_set(${entryOf(entries)}, '$[5].superseded'",
    "json_set(${entryOf(entries)}, '$[5].replaced'",
  ]),
  bend('a superseded attempt is logged again', 'A2', [
    'db/lifecycle/record.ts',
    "      AND instr(d.attempts, a.value->>'attemptId') = 0\n    RETURNING 1`",
    'RETURNING 1`',
  ]),
  bend('what was enabled meanwhile is held', 'A9', [
    'db/lifecycle/hold.ts',
    "AND (ep.status = 'disabled' OR d.url = ${LISTEN_URL} OR",
    'AND (true OR',
  ]),
  bend('what is held is not put aside', 'A9', [
    'db/lifecycle/hold.ts',
    'statement<Moved>(db, hold(list, stage, change))',
    'statement<Moved>(db, sql`SELECT 1 WHERE false`)',
  ]),
  bend('a broken connection is not unwell', 'C7', [
    'db/lifecycle/record.ts',
    'one.isWell ? [] : one.endpointId',
    'one.isWell || one.responseStatus === null ? [] : one.endpointId',
  ]),
  bend("each wait is the next one's", 'A5', [
    'delivery/attempt/decide.ts',
    'retryScheduleMs.length) - 1',
    'retryScheduleMs.length - 1)',
  ]),
  bend("each wait is the first one's", 'A5', [
    'delivery/attempt/decide.ts',
    'Math.min(Math.max(attemptsMade, 1), retryScheduleMs.length) - 1',
    '0',
  ]),
  bend('waits are never shorter', 'A9', [
    'delivery/attempt/decide.ts',
    'retryJitter * (2 * random - 1)',
    'retryJitter * 2 * random',
  ]),
  bend('waits vary twice as much', 'A5', [
    'delivery/attempt/decide.ts',
    'retryJitter * (2 * random - 1)',
    'retryJitter * (4 * random - 2)',
  ]),
  bend('one attempt less is made', 'D2', [
    'delivery/attempt/decide.ts',
    'return retryScheduleMs.length + 1',
    'return retryScheduleMs.length',
  ]),
  bend('Retry-After is not heeded', 'A9', [
    'delivery/attempt/decide.ts',
    'Math.max(dueAt, now + retryAfterMs(outcome, now))',
    'dueAt',
  ]),
  bend('Retry-After makes an attempt come earlier', 'A5', [
    'delivery/attempt/decide.ts',
    'Math.max(dueAt, now + retryAfterMs(outcome, now))',
    'Math.max(now, now + retryAfterMs(outcome, now)) === now ? dueAt : now + retryAfterMs(outcome, now)',
  ]),
  bend('a failed redelivery starts the schedule over', 'A9', [
    'delivery/attempt/decide.ts',
    'if (!isManual || resumeAt === null)',
    'if (true)',
  ]),
  bend('a failed redelivery is followed at once', 'A5', [
    'delivery/attempt/decide.ts',
    'Math.max(resumeAt, now + backoffMs(1, random, policy))',
    'resumeAt',
  ]),
  bend('a failed redelivery forgets where the schedule was', 'A9', [
    'delivery/attempt/decide.ts',
    'Math.max(resumeAt, now + backoffMs(1, random, policy))',
    'now + backoffMs(1, random, policy)',
  ]),
  bend('a redelivery uses up an attempt', DECIDE, [
    'delivery/attempt/decide.ts',
    'delivery.isManual ? 0 : 1',
    '1',
  ]),
  bend('nothing is slow', 'C7', [
    'delivery/attempt/watch.ts',
    'export const SLOW_MS = 1000',
    'export const SLOW_MS = 12_000',
  ]),
  bend('a slow success is well', 'C7', [
    'delivery/attempt/pool.ts',
    'record.isWell && !flight.isSlow',
    'record.isWell',
  ]),
  bend('a wait begins with the attempt', 'A9', [
    'delivery/attempt/conclude.ts',
    'decide(delivery, outcome, endedAt,',
    'decide(delivery, outcome, endedAt - outcome.durationMs,',
  ]),
  bend('a late success of another attempt does not deliver', 'A7', [
    'db/lifecycle/record.ts',
    "AND (d.version = a.value->>'version' OR ${STILL_DELIVERS})`",
    "AND d.version = a.value->>'version'`",
  ]),
  bend('a success delivers though it was asked for again', 'A6', [
    'db/lifecycle/record.ts',
    "(a.value->>'status' = 'delivered'\n  AND d.manual_retry_count = a.value->>'manualRetryCount')`",
    "(a.value->>'status' = 'delivered')`",
  ]),
  bend('the answer of an overtaken attempt is not shown', 'A9', [
    'db/lifecycle/record.ts',
    "last_response_status = iif(${isNewest}, a.value->>'responseStatus', d.last_response_status)",
    'last_response_status = d.last_response_status',
  ]),
  bend('superseded says redelivery whatever it was', 'A2', [
    'db/lifecycle/record.ts',
    "ELSE coalesce(${ENDED_BY}, 'attempt') END`",
    "ELSE 'redelivery' END`",
  ]),
  bend("an entry is another attempt's", 'A2', [
    'db/lifecycle/record.ts',
    "'$[' || a.key || ']'",
    "'$[0]'",
  ]),
  bend('waits do not vary', DECIDE, [
    'delivery/attempt/decide.ts',
    '(1 + retryJitter * (2 * random - 1))',
    '(1 + 0 * retryJitter * random)',
  ]),
  bend('a wait varies by the half only', DECIDE, [
    'delivery/attempt/decide.ts',
    'retryJitter * (2 * random - 1)',
    'retryJitter * (random - 0.5)',
  ]),
  bend('chance has no part in when an attempt is due', DECIDE, [
    'delivery/attempt/decide.ts',
    'return now + backoffMs(attemptCount, random, policy)',
    'return now + backoffMs(attemptCount, 0.5, policy)',
  ]),
]
