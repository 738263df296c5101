// The sweep's one round trip: what is due and nobody is on, taken with a lease.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from './client.ts'
import type { DeliveryRef } from './attempts.ts'

/** How a sweep takes deliveries; durations in ms. The lease doubles with each lap up to `maxLeaseMs`. */
export type ClaimRules = {
  now: number
  lookAheadMs: number
  leaseMs: number
  maxLeaseMs: number
  limit: number
}

/** A delivery that the sweep took. `isHeld`: its endpoint is disabled, so it waits without a lease. */
export type Claimed = DeliveryRef & {
  nextAttemptAt: number
  laps: number
  isHeld: number
  isEndpointDeleted: number
}

/** `last_error` of a delivery whose endpoint was deleted before it was sent. */
export const ENDPOINT_DELETED = 'endpoint deleted'

/** A heartbeat is written only when the last is so old: a sweep with nothing to do writes nothing. */
const HEARTBEAT_MS = 120_000

/**
 * Releases what was held for endpoints that are enabled again, then takes what is due, oldest first,
 * at most `limit` of each. A delivery is taken by one sweep only, and again when its lease has lapsed.
 */
export async function claimDue(db: Database, rules: ClaimRules): Promise<Claimed[]> {
  const [, , , claimed] = await db.batch([
    statement(db, releaseHeld(rules)),
    statement(db, endDeleted(rules)),
    statement(db, closeBacklogs(rules)),
    statement<Claimed>(db, claim(rules)),
    statement(db, beat(rules.now)),
  ])
  return claimed
}

/** Ends deliveries that can never be sent, as exhausted, without an attempt. */
export async function endUnsent(
  db: Database,
  refs: DeliveryRef[],
  reason: string,
  now: number,
): Promise<void> {
  await db.run(sql`
    UPDATE deliveries AS d SET ${ended(reason, now)} FROM json_each(${JSON.stringify(refs)}) ref
    WHERE d.org_id = ref.value->>'orgId' AND d.status = 'pending' AND d.id = ref.value->>'id'
      AND d.version = ref.value->>'version'`)
}

/** Ends up to `limit` pending deliveries of a deleted endpoint, held ones included. */
export function endPendingOf(
  orgId: string,
  endpointId: string,
  { now, limit }: { now: number; limit: number },
): SQL {
  return sql`
    UPDATE deliveries AS d SET ${ended(ENDPOINT_DELETED, now)} FROM (
      SELECT p.org_id, p.id FROM deliveries p WHERE p.endpoint_id = ${endpointId}
        AND p.status = 'pending' AND +p.org_id = ${orgId} LIMIT ${limit}) AS p
    WHERE d.org_id = p.org_id AND d.status = 'pending' AND d.id = p.id
      AND EXISTS (SELECT 1 FROM endpoints ep WHERE ep.org_id = ${orgId} AND ep.id = ${endpointId}
        AND ep.deleted_at IS NOT NULL)`
}

function releaseHeld({ now, limit }: ClaimRules): SQL {
  return sql`
    UPDATE deliveries AS d SET sweep_at = d.next_attempt_at FROM (
      SELECT p.org_id, p.id FROM endpoints ep CROSS JOIN deliveries p
      WHERE ep.backlog_at <= ${now} AND ep.status = 'enabled' AND ep.deleted_at IS NULL
        AND p.endpoint_id = ep.id AND p.status = 'pending' AND +p.org_id = ep.org_id
        AND p.sweep_at IS NULL
      ORDER BY p.id LIMIT ${limit}) AS held
    WHERE d.org_id = held.org_id AND d.status = 'pending' AND d.id = held.id`
}

function endDeleted({ now, limit }: ClaimRules): SQL {
  return sql`
    UPDATE deliveries AS d SET ${ended(ENDPOINT_DELETED, now)} FROM (
      SELECT p.org_id, p.id FROM endpoints ep CROSS JOIN deliveries p
      WHERE ep.backlog_at <= ${now} AND ep.deleted_at IS NOT NULL
        AND p.endpoint_id = ep.id AND p.status = 'pending' AND +p.org_id = ep.org_id
      LIMIT ${limit}) AS rest
    WHERE d.org_id = rest.org_id AND d.status = 'pending' AND d.id = rest.id`
}

function closeBacklogs({ now }: ClaimRules): SQL {
  return sql`
    UPDATE endpoints AS ep SET backlog_at = NULL
    WHERE ep.backlog_at <= ${now} AND NOT EXISTS (
      SELECT 1 FROM deliveries p WHERE p.endpoint_id = ep.id AND p.status = 'pending'
        AND +p.org_id = ep.org_id AND (p.sweep_at IS NULL OR ep.deleted_at IS NOT NULL)
        AND (ep.status = 'enabled' OR ep.deleted_at IS NOT NULL))`
}

// sweep_at past next_attempt_at means a lease: whoever held it let it lapse, which is one lap.
// A retry's own time may be a minute away, its message waits in the queue; a lease must have ended.
function claim({ now, lookAheadMs, leaseMs, maxLeaseMs, limit }: ClaimRules): SQL {
  const lease = sql`min(${maxLeaseMs}, ${leaseMs} << min(d.laps, 16))`
  return sql`
    UPDATE deliveries AS d SET
      laps = d.laps + (d.sweep_at > d.next_attempt_at),
      sweep_at = CASE WHEN due.is_held THEN NULL ELSE max(d.next_attempt_at, ${now}) + ${lease} END
    FROM (
      SELECT p.org_id, p.id, ep.status = 'disabled' AND ep.deleted_at IS NULL AS is_held
      FROM deliveries p LEFT JOIN endpoints ep ON ep.org_id = p.org_id AND ep.id = p.endpoint_id
      WHERE p.status = 'pending' AND p.sweep_at <= ${now + lookAheadMs}
        AND (p.sweep_at <= ${now} OR p.sweep_at = p.next_attempt_at)
      ORDER BY p.sweep_at LIMIT ${limit}) AS due
    WHERE d.org_id = due.org_id AND d.status = 'pending' AND d.id = due.id
    RETURNING org_id AS "orgId", id, version, next_attempt_at AS "nextAttemptAt", laps,
      sweep_at IS NULL AS "isHeld", EXISTS (SELECT 1 FROM endpoints ep
        WHERE ep.org_id = deliveries.org_id AND ep.id = deliveries.endpoint_id
        AND ep.deleted_at IS NOT NULL) AS "isEndpointDeleted"`
}

function beat(now: number): SQL {
  return sql`
    INSERT INTO heartbeats (name, beat_at) VALUES ('sweep', ${now})
    ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at
    WHERE excluded.beat_at >= heartbeats.beat_at + ${HEARTBEAT_MS}`
}

function ended(reason: string, now: number): SQL {
  return sql`status = 'exhausted', version = d.version + 1, is_manual = 0, resume_at = NULL,
    last_error = ${reason}, updated_at = ${now}`
}
