// Bugs in the deletion of a payload: what is left of it, what is sent all the same, and what is said of it.
import { bend, without, type Mutant } from './mutant.ts'

const FORGET = 'test/journeys/forget.test.ts'
const KEPT = 'test/db/lifecycle/forget.test.ts'

/** Mutants of this room. */
export const FORGOTTEN: Mutant[] = [
  bend('a payload that is deleted stays', 'P7', [
    'db/lifecycle/forget.ts',
    'SET call = ${NO_CALL}, skipped',
    'SET skipped',
  ]),
  bend('a refused URL outlives its payload', KEPT, [
    'db/lifecycle/forget.ts',
    'skipped = ${skipped}, payload_deleted_at',
    'payload_deleted_at',
  ]),
  bend('what is pending of a deleted payload stays pending', 'P7', [
    'db/lifecycle/forget.ts',
    "d.stage IN ('new', 'pending')",
    "d.stage IN ('none')",
  ]),
  bend('what is new outlives its payload', 'P7', [
    'db/lifecycle/forget.ts',
    "d.stage IN ('new', 'pending')",
    "d.stage IN ('pending')",
  ]),
  bend('what ends with its payload is not marked', 'P7', [
    'db/lifecycle/forget.ts',
    'SET ${ended(PAYLOAD_DELETED, now)}, payload_deleted_at = ${now}',
    'SET ${ended(PAYLOAD_DELETED, now)}',
  ]),
  bend('what was delivered is not marked when its payload is deleted', 'P7', [
    'db/lifecycle/forget.ts',
    "d.stage IN ('delivered', 'exhausted')",
    "d.stage IN ('exhausted')",
  ]),
  bend('what is over has changed when its payload is deleted', 'P7', [
    'db/lifecycle/forget.ts',
    'UPDATE deliveries AS d SET payload_deleted_at = ${now}',
    'UPDATE deliveries AS d SET updated_at = ${now}, payload_deleted_at = ${now}',
  ]),
  bend('every event of a call loses its payload', 'P7', [
    'db/lifecycle/forget.ts',
    ' AND ev.id = ${eventId}`\n',
    '`\n',
  ]),
  without('a payload is deleted again and again', 'P7', [
    'db/lifecycle/forget.ts',
    ' AND ev.payload_deleted_at IS NULL',
    '',
  ]),
  bend('the deletion of a payload is not logged', 'U1', [
    'db/lifecycle/forget.ts',
    'audited(db, actor, change, statement(db, deletePayload(isEvent, now)))',
    'statement(db, deletePayload(isEvent, now))',
  ]),
  bend('an event that nobody got keeps its payload', 'P7', [
    'db/lifecycle/forget.ts',
    "coalesce((${callId}), '')",
    '(${callId})',
  ]),
  without('what has no payload is sent all the same', FORGET, [
    'db/lifecycle/consume.ts',
    ' AND ev.payload_deleted_at IS NULL',
    '',
  ]),
  without('a redelivery of what has no payload is made', 'P7', [
    'db/lifecycle/redeliver.ts',
    '\n      AND d.payload_deleted_at IS NULL',
    '',
  ]),
  without('a copy of what has no payload is started', 'Y6', [
    'db/replays/start-one.ts',
    'd.payload_deleted_at IS NULL AND ',
    '',
  ]),
  bend('a replay sends what has no payload', 'Y7', [
    'delivery/replay/slice.ts',
    "if (found.isForgotten) return 'payload_deleted'",
    'if (found.isForgotten) return undefined',
  ]),
  bend('a replay says that it has changed what has no payload', 'Y7', [
    'delivery/replay/slice.ts',
    "if (found.isForgotten) return 'payload_deleted'",
    "if (found.isForgotten) return 'changed'",
  ]),
  without('a replay moves what has lost its payload meanwhile', 'P7', [
    'db/lifecycle/replay.ts',
    ' AND d.payload_deleted_at IS NULL',
    '',
  ]),
  without('a replay makes what has no payload', 'P7', [
    'db/lifecycle/make-missed.ts',
    'ev.payload_deleted_at IS NULL AND ep.org_id',
    'ep.org_id',
  ]),
  bend('a missed event without a payload has changed', 'Y7', [
    'db/replays/missed.ts',
    'missed.call_id, missed.is_forgotten',
    'missed.call_id, 0',
  ]),
  bend('a copy without a payload is taken again and again', 'Y6', [
    'db/replays/copies.ts',
    "THEN 'payload deleted' END)`",
    'THEN NULL END)`',
  ]),
  bend('an answer after the deletion of a payload came after another attempt', 'A2', [
    'db/lifecycle/ended.ts',
    "\n  WHEN ${PAYLOAD_DELETED} THEN 'payload_deletion' END END`",
    ' END END`',
  ]),
  bend('a move brings back the payloads that were deleted meanwhile', 'M1', [
    'move/copy.ts',
    "targetsOf('event.delete_payload')",
    "targetsOf('event.none')",
  ]),
  bend('a move brings back the payload of what nobody got', 'M1', [
    'move/copy.ts',
    'readEventsOf(from, orgId, [...rows, ...lone])',
    'readEventsOf(from, orgId, rows)',
  ]),
  bend('code of before sends what has no payload', KEPT, [
    'db/packed-call.ts',
    'export const NO_CALL = MARK',
    "export const NO_CALL = '{}'",
  ]),
]
