// Deliveries that a replay makes of events which their endpoint had missed.
import { sql, type SQL } from 'drizzle-orm'
import { isOfEventSql } from '../ids.ts'
import { hasNone } from '../replays/missed.ts'
import { ANY_STAGE, type StepRef } from '../words.ts'
import { BY_REPLAY } from './replay-outcomes.ts'

/** SQL: a FROM with its WHERE: what of the list `s` is still missed, its event `ev` and its endpoint `ep`. */
export function fromMissed(orgId: string, sends: string): SQL {
  return sql`FROM json_each(${sends}) s CROSS JOIN events ev CROSS JOIN endpoints ep
    WHERE s.value->>'callId' IS NOT NULL AND ev.org_id = ${orgId}
      AND ev.listed_under IN ('', lower(s.value->>'callId')) AND ev.id = s.value->>'id'
      AND ev.payload_deleted_at IS NULL AND ep.org_id = ${orgId} AND ep.id = s.value->>'part'
      AND ${hasNone(orgId, sql`ev.id`)}`
}

/**
 * What a step writes: its list, JSON, of which `s` is a row; whether it is still due; and whether the delivery of
 * `s` to the endpoint `ep` is parked at first.
 */
export type SliceWrite = { sends: string; isDue: SQL; isToPark: SQL; now: number; leaseMs: number }

/**
 * SQL: makes them, due at their own instants. Each has the event's next number for its id, and the event's own
 * instant: every list and range goes by the instant in an id. It is as if it had been asked for by hand, so
 * that its first attempt, which uses up none of the schedule's, names who asked. Writes its row and two entries in indexes each.
 */
export function insertMissed(
  { orgId, replayId }: StepRef,
  { sends, isDue, isToPark, now, leaseMs }: SliceWrite,
): SQL {
  const at = sql`s.value->>'at'`
  // JSON5 reads hex digits; SQLite has nothing else that does.
  const last = sql`coalesce((SELECT '0x' || substr(max(d.id), 33) FROM deliveries d
    WHERE d.org_id = ${orgId} AND d.stage IN ${ANY_STAGE} AND ${isOfEventSql(sql`d.id`, sql`ev.id`)})
    ->> '$', 0)`
  return sql`
    INSERT INTO deliveries (stage, org_id, id, endpoint_id, call_id, event_type, url, next_attempt_at,
      sweep_at, is_manual, redelivered_by, manual_retry_count, created_at, updated_at, replay_id)
    SELECT 'pending', ${orgId}, substr(ev.id, 1, 32) || printf('%04x',
        ${last} + row_number() OVER (PARTITION BY ev.id ORDER BY ep.id)),
      ep.id, coalesce(ev.call_id, ev.listed_under), ev.type, ep.url, ${at},
      iif(${isToPark}, NULL, ${at} + ${leaseMs}), 1, ${BY_REPLAY + replayId}, 1, ev.accepted_at, ${now},
      ${replayId}
    ${fromMissed(orgId, sends)} AND ${isDue}
    RETURNING id, version, next_attempt_at AS at, sweep_at IS NULL AS "isParked"`
}

/** SQL: what had no delivery is in its call's list from its first one on, where whoever sends that looks for it. */
export function listUnderCall(orgId: string, sends: string): SQL {
  return sql`
    UPDATE events AS ev SET listed_under = lower(ev.call_id), call_id = nullif(ev.call_id, lower(ev.call_id))
    WHERE ev.org_id = ${orgId} AND ev.listed_under = '' AND ev.id IN (
      SELECT s.value->>'id' FROM json_each(${sends}) s WHERE s.value->>'callId' IS NOT NULL)
      AND EXISTS (SELECT 1 FROM deliveries d WHERE d.org_id = ${orgId} AND d.stage IN ${ANY_STAGE}
        AND ${isOfEventSql(sql`d.id`, sql`ev.id`)})`
}
