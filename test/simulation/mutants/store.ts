// Bugs in the SQL that moves deliveries and the health of endpoints.
import { bend, without, type Mutant } from './mutant.ts'

/** What fences off an outcome that comes too late, and what is over. */
const VERSION_HOLDS = "AND (d.version = a.value->>'version' OR ${STILL_DELIVERS})"
const IS_PENDING = "AND d.stage IN ${stagesFrom(sql`a.key`, 'open')} AND d.id = a.value->>'id'"
const IS_PENDING_REF = "AND d.stage IN ${stagesFrom(ref, 'open')} AND d.id = ${ref}->>'id'"

/** Mutants of this room. */
export const STORE: Mutant[] = [
  without('the fence', 'A6', ['db/lifecycle/record.ts', VERSION_HOLDS, '']),
  without('the attempt cap', 'A1', [
    'delivery/attempt/decide.ts',
    'return retryScheduleMs.length + 1',
    'return retryScheduleMs.length + 1000',
  ]),
  without('compare-and-set on the failure counter', 'C1', [
    'db/lifecycle/record.ts',
    'tallyByEndpoint(outcomes, TAKES_EFFECT)',
    "tallyByEndpoint(outcomes, sql`d.id = a.value->>'id'`)",
  ]),
  without('the late success that delivers', 'A7', [
    'db/lifecycle/record.ts',
    ' OR ${STILL_DELIVERS})`',
    ')`',
  ]),
  without('the redelivery that a late success comes after', 'A6', [
    'db/lifecycle/record.ts',
    "\n  AND d.manual_retry_count = a.value->>'manualRetryCount')`",
    ')`',
  ]),
  bend('a redelivery supersedes like another attempt', 'A2', [
    'db/lifecycle/record.ts',
    "THEN 'redelivery'",
    "THEN 'attempt'",
  ]),
  bend('a deletion supersedes like another attempt', 'A2', [
    'db/lifecycle/ended.ts',
    "THEN 'deletion'",
    "THEN 'attempt'",
  ]),
  bend('the answer that came last is shown, whichever attempt it is of', 'S4', [
    'db/lifecycle/record.ts',
    'const isNewest = sql`NOT EXISTS (',
    'const isNewest = sql`true OR NOT EXISTS (',
  ]),
  without('the answer that changes nothing else', 'S4', [
    'db/lifecycle/record.ts',
    'last_response_status = iif(${isNewest},',
    'last_response_status = iif(false,',
  ]),
  bend('what is due is taken ten minutes late', 'D4', [
    'db/lifecycle/turns.ts',
    'AND (p.sweep_at <= ${now} OR',
    'AND (p.sweep_at <= ${now - 600_000} OR',
  ]),
  without('sending again what was lost', 'D5', [
    'db/lifecycle/turns.ts',
    'AND (p.sweep_at <= ${now} OR (p.sweep_at = p.next_attempt_at AND NOT EXISTS (',
    'AND ((p.sweep_at = p.next_attempt_at AND NOT EXISTS (',
  ]),
  bend(
    'what is finished may be sent',
    'A8',
    [
      'db/lifecycle/record.ts',
      'return sql`version = d.version + 1, is_manual',
      'return sql`version = d.version, is_manual',
    ],
    ['db/words.ts', IS_PENDING_REF, "AND d.id = ${ref}->>'id'"],
  ),
  bend(
    'a stale failure takes back a success',
    'S2',
    ['db/lifecycle/record.ts', IS_PENDING, "AND d.id = a.value->>'id'"],
    ['db/lifecycle/record.ts', VERSION_HOLDS, ''],
  ),
  bend('an endpoint is disabled one too late', 'C2', [
    'db/lifecycle/recovery.ts',
    '${failures} >= ${disableAfterExhausted})`',
    '${failures} > ${disableAfterExhausted})`',
  ]),
  without('a success zeroing the counter', 'C3', [
    'db/lifecycle/recovery.ts',
    'CASE WHEN n.succeeded THEN 0 ELSE ep.consecutive_failures END + n.exhausted',
    'ep.consecutive_failures + n.exhausted',
  ]),
]
