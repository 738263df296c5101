// Bugs in what is accepted, asked for again, changed, rotated and deleted, and in what is said of it.
import { bend, type Mutant } from './mutant.ts'

const DISCARD = 'test/db/lifecycle/discard.test.ts'

/** Mutants of this room. */
export const ACTS: Mutant[] = [
  bend('a redelivery loses where the schedule was', 'S6', [
    'db/lifecycle/redeliver.ts',
    'WHEN d.is_manual THEN d.resume_at',
    'WHEN d.is_manual THEN NULL',
  ]),
  bend('a redelivery of a finished one has a schedule', 'S6', [
    'db/lifecycle/redeliver.ts',
    "resume_at = CASE WHEN d.status <> 'pending' THEN NULL WHEN",
    'resume_at = CASE WHEN',
  ]),
  bend('a redelivery keeps the lapses', 'S6', [
    'db/lifecycle/redeliver.ts',
    'manual_retry_count = d.manual_retry_count + 1, lapses = 0,',
    'manual_retry_count = d.manual_retry_count + 1,',
  ]),
  bend('a redelivery has no lease', 'S6', [
    'db/lifecycle/redeliver.ts',
    'sweepAt: sql`${now + leaseMs}`',
    'sweepAt: sql`${now}`',
  ]),
  bend('a redelivery does not say who asked', 'A10', [
    'db/lifecycle/redeliver.ts',
    'redelivered_by = ${by},',
    '',
  ]),
  bend('a redelivery to the present URL goes to the old one', 'S6', [
    'db/lifecycle/redeliver.ts',
    "to: sql`asked.value->>'to'`",
    'to: sql`NULL`',
  ]),
  bend('a redelivery follows its endpoint unasked', 'S6', [
    'db/lifecycle/redeliver.ts',
    "to: sql`asked.value->>'to'`",
    "to: sql`'current'`",
  ]),
  bend('a redelivery does not say where it went', 'U1', [
    'db/lifecycle/redeliver.ts',
    "asked.value->>'details' AS details",
    "'{}' AS details",
  ]),
  bend('a redelivery forgets when its failure was', 'S6', [
    'db/lifecycle/redeliver.ts',
    'failedAt(sql`d.last_error_at`, now)',
    'failedAt(sql`NULL`, now)',
  ]),
  bend('a discard ends what was asked for since', DISCARD, [
    'db/lifecycle/discard.ts',
    "AND d.version = found.value->>'version' AND",
    'AND',
  ]),
  bend('a discard leaves what is new', 'S7', [
    'db/lifecycle/discard.ts',
    "stagesFrom(sql`found.value`, 'open')",
    "stagesFrom(sql`found.value`, 'old')",
  ]),
  bend('a discard is of all endpoints', 'S7', [
    'delivery/discard.ts',
    "const pending = { ...filter, statuses: ['pending'] as const, createdBefore }",
    "const pending = { statuses: ['pending'] as const, createdBefore }",
  ]),
  bend('a discard looks for what is over', 'S7', [
    'delivery/discard.ts',
    "const pending = { ...filter, statuses: ['pending'] as const, createdBefore }",
    "const pending = { ...filter, statuses: ['delivered'] as const, createdBefore }",
  ]),
  bend('a discard does not fence off what is in flight', 'S7', [
    'db/lifecycle/ended.ts',
    "stage = 'exhausted', version = d.version + 1,",
    "stage = 'exhausted',",
  ]),
  bend('a discard is not logged', 'U1', [
    'db/audit.ts',
    'changes()) AS details\n    WHERE ${JUST_CHANGED}`',
    'changes()) AS details\n    WHERE false`',
  ]),
  bend('an answer after a discard came after another attempt', 'A2', [
    'db/lifecycle/ended.ts',
    "WHEN ${DISCARDED} THEN 'discard'\n",
    '\n',
  ]),
  bend('a discard hides what has changed meanwhile', 'test/db/lifecycle/discard.test.ts', [
    'db/lifecycle/discard.ts',
    'return !isLast || discarded < expected',
    'return !isLast',
  ]),
  bend('two discards with one key both act', 'test/api/http/repeats.test.ts', [
    'db/lifecycle/discard.ts',
    'AND ${isMine}\n',
    '\n',
  ]),
  bend('an inline event goes nowhere', 'D7', [
    'db/lifecycle/accept.ts',
    'return events.some(({ webhookUrl }) => webhookUrl !== null)',
    'return false',
  ]),
  bend('a test goes to every endpoint', 'D7', [
    'db/lifecycle/accept.ts',
    "sql`ep.id = coalesce(e.value->>'endpointId', ep.id)\n",
    'sql`true\n',
  ]),
  bend('every endpoint gets every type', 'D7', [
    'db/words.ts',
    "(instr(ep.enabled_events, '\"' || (${type})",
    "(true OR instr(ep.enabled_events, '\"' || (${type})",
  ]),
  bend('a repeated event is stored again', 'D6', [
    'db/lifecycle/accept.ts',
    "stored.listed_under IN ('', lower(e.value->>'callId')) AND stored.id = e.value->>'id')`",
    "stored.listed_under IN ('') AND stored.id = e.value->>'id')`",
  ]),
  bend('enabling sets no pace', 'C8', [
    'db/account/endpoint-changes.ts',
    '      pace: sql`iif(${isWell}, ${endpoints.pace}, 1)`,\n',
    '',
  ]),
  bend('enabling keeps the reason', 'C8', [
    'db/account/endpoint-changes.ts',
    '      disabledReason: null,\n',
    '',
  ]),
  bend('enabling keeps when it was disabled', 'C4', [
    'db/account/endpoint-changes.ts',
    '      disabledAt: null,\n',
    '',
  ]),
  bend('a change that changes nothing is written', 'C8', [
    'db/account/endpoints.ts',
    '.where(and(isEndpoint(orgId, id), JUST_CHANGED))',
    '.where(isEndpoint(orgId, id))',
  ]),
  bend('a change that changes nothing is logged', 'U1', [
    'db/account/endpoints.ts',
    "(${changed}) <> '[]'${external.isFree}",
    'true',
  ]),
  bend('a change that is repeated late is made again', 'C8', [
    'db/account/endpoints.ts',
    '.where(and(isEndpoint(orgId, id), JUST_CHANGED))',
    ".where(and(isEndpoint(orgId, id), sql`(${changed}) <> '[]'`))",
  ]),
  bend('a deletion leaves secrets', 'C8', [
    'db/lifecycle/delete-endpoint.ts',
    'AND owner_id = ${id} AND ${isDeletedSql(orgId, id)}`',
    'AND owner_id = ${id} AND false`',
  ]),
  bend('a deletion leaves what is pending', 'C8', [
    'db/lifecycle/delete-endpoint.ts',
    'statement<Moved>(db, endPendingOf(orgId, id, now)),',
    'statement<Moved>(db, sql`SELECT 1 WHERE false`),',
  ]),
  bend('a deletion is swept at once', 'C8', [
    'db/lifecycle/delete-endpoint.ts',
    'const REPEATED_WITHIN_MS = 60_000',
    'const REPEATED_WITHIN_MS = 0',
  ]),
  bend('a rotation revives expired secrets', 'L2', [
    'db/account/secrets.ts',
    'AND ${hasToEnd}',
    'AND true',
  ]),
  bend('a rotation without overlap ends the newest alone', 'L2', [
    'db/account/secrets.ts',
    'coalesce(expires_at > ${now}, true)',
    'expires_at IS NULL',
  ]),
  bend('an overlap cuts another short', 'test/security/secrets/rotation.test.ts', [
    'db/account/secrets.ts',
    'overlapMs > 0 ? sql`expires_at IS NULL`',
    'overlapMs > 0 ? sql`coalesce(expires_at > ${now + overlapMs}, true)`',
  ]),
  bend('a rotation ignores its overlap', 'L2', [
    'db/account/secrets.ts',
    'SET expires_at = ${now + overlapMs}',
    'SET expires_at = ${now}',
  ]),
  bend('an expired secret signs', 'P4', [
    'db/account/secrets.ts',
    'AND (s.expires_at IS NULL OR s.expires_at > ${now})',
    'AND true',
  ]),
  bend('only the newest signs', 'P4', [
    'db/account/secrets.ts',
    'AND (s.expires_at IS NULL OR s.expires_at > ${now})',
    'AND s.expires_at IS NULL',
  ]),
  bend('a sixth secret may sign', 'L2', [
    'db/account/secrets.ts',
    'const MAX_LIVE_SECRETS = 5',
    'const MAX_LIVE_SECRETS = 9',
  ]),
  bend('the audit log logs what was not done', 'S3', [
    'db/audit.ts',
    'export const JUST_CHANGED: SQL = sql`changes() > 0`',
    'export const JUST_CHANGED: SQL = sql`true`',
  ]),
  bend('a key is free for others', 'test/api/http/repeats.test.ts', [
    'db/idempotency.ts',
    'isFree: use ? sql`NOT EXISTS (${selectKey(use, now)})`',
    'isFree: use ? sql`NOT EXISTS (${selectKey(use, now)} AND false)`',
  ]),
  bend('a key is forgotten at once', 'test/api/http/repeats.test.ts', [
    'db/idempotency.ts',
    'AND created_at > ${now - IDEMPOTENCY_TTL_MS}`',
    'AND created_at > ${now}`',
  ]),
  bend('a redelivery takes the fresh lane', 'T2', [
    'delivery/redeliver.ts',
    "enqueue(world, 'retry', refs)",
    "enqueue(world, 'fresh', refs)",
  ]),
  bend('a redelivery sends no message', 'T2', [
    'delivery/redeliver.ts',
    "world.defer(enqueue(world, 'retry', refs))",
    'void refs',
  ]),
  bend('an attempt is never by hand in the log', 'A2', [
    'delivery/attempt/log.ts',
    '...(isManual && { requested_by: redeliveredBy }),',
    '',
  ]),
  bend('the log does not say who asked', 'A10', [
    'delivery/attempt/log.ts',
    'requested_by: redeliveredBy }',
    'requested_by: null }',
  ]),
]
