// Bugs in the SQL that moves deliveries and the health of endpoints.
import { bend, without, type Mutant } from './mutant.ts'

/** What fences off an outcome that comes too late. */
const VERSION_HOLDS = "AND d.version = ${ref}->>'version'"

/** Mutants of this room. */
export const STORE: Mutant[] = [
  without('the fence', 'A6', ['db/engine/attempts.ts', VERSION_HOLDS, '']),
  without('the attempt cap', 'A1', [
    'delivery/attempt/backoff.ts',
    'return retryScheduleMs.length + 1',
    'return retryScheduleMs.length + 1000',
  ]),
  without('compare-and-set on the failure counter', 'C1', [
    'db/engine/attempts.ts',
    'tallyByEndpoint(outcomes, isCurrent(sql`a.value`))',
    "tallyByEndpoint(outcomes, sql`d.id = a.value->>'id'`)",
  ]),
  bend('what is due is taken ten minutes late', 'D4', [
    'db/engine/turns.ts',
    'AND (p.sweep_at <= ${now} OR',
    'AND (p.sweep_at <= ${now - 600_000} OR',
  ]),
  without('sending again what was lost', 'D5', [
    'db/engine/turns.ts',
    'AND (p.sweep_at <= ${now} OR (p.sweep_at = p.next_attempt_at AND NOT EXISTS (',
    'AND ((p.sweep_at = p.next_attempt_at AND NOT EXISTS (',
  ]),
  bend(
    'what is finished may be sent',
    'A8',
    [
      'db/engine/attempts.ts',
      'return sql`version = d.version + 1, attempt_count',
      'return sql`version = d.version, attempt_count',
    ],
    [
      'db/engine/attempts.ts',
      "AND d.status = 'pending' AND d.id = ${ref}->>'id'",
      "AND d.id = ${ref}->>'id'",
    ],
  ),
  bend(
    'a stale failure takes back a success',
    'S2',
    [
      'db/engine/attempts.ts',
      "AND d.status = 'pending' AND d.id = ${ref}->>'id'",
      "AND d.id = ${ref}->>'id'",
    ],
    ['db/engine/attempts.ts', VERSION_HOLDS, ''],
  ),
  bend('an endpoint is disabled one too late', 'C2', [
    'db/engine/endpoint-health.ts',
    '${failures} >= ${disableAfterExhausted})`',
    '${failures} > ${disableAfterExhausted})`',
  ]),
  without('a success zeroing the counter', 'C3', [
    'db/engine/endpoint-health.ts',
    'CASE WHEN n.succeeded THEN 0 ELSE ep.consecutive_failures END + n.exhausted',
    'ep.consecutive_failures + n.exhausted',
  ]),
]
