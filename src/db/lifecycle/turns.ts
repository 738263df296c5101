// Turns over orgs: what many of them wait for is taken from each in equal parts.
import { sql, type SQL } from 'drizzle-orm'
import { literal } from '../client.ts'
import { PACE_AFTER_MS } from './recovery.ts'

/**
 * SQL: a recursive table `orgs_waiting` of the orgs whose deliveries the sweep is to look at some time,
 * in order. It jumps from one org to the next in the index: two rows read an org, however many
 * deliveries each has. Its last row is NULL.
 */
export const ORGS_WAITING: SQL = sql`orgs_waiting(org_id) AS (
  SELECT min(p.org_id) FROM deliveries p INDEXED BY deliveries_due
  WHERE p.status = 'pending' AND p.sweep_at IS NOT NULL
  UNION ALL
  SELECT (SELECT min(p.org_id) FROM deliveries p INDEXED BY deliveries_due
    WHERE p.status = 'pending' AND p.sweep_at IS NOT NULL AND p.org_id > o.org_id)
  FROM orgs_waiting o WHERE o.org_id IS NOT NULL)`

/**
 * A round of a sweep: its instants in Unix ms, how many it takes, and its number, which counts on from one
 * sweep to the next.
 */
export type Round = { now: number; lookAheadMs: number; limit: number; round: number }

/**
 * SQL: a subquery for the deliveries that are due, at most `limit`: an equal part of each org's, its
 * oldest. Where there are more orgs than that, so many have one each, and the others their turn in the
 * next rounds. `place` is a delivery's among its endpoint's; `is_unwell` and `is_to_park` tell whether that
 * is, and whether it is disabled or recovering.
 */
export function dueInTurns(round: Round): SQL {
  const limit = literal(round.limit)
  return sql`(
    WITH RECURSIVE ${ORGS_WAITING},
    orgs_due AS (
      SELECT o.org_id, row_number() OVER (ORDER BY o.org_id) AS place, count(*) OVER () AS size
      FROM orgs_waiting o WHERE EXISTS (SELECT 1 FROM ${dueOf(round)})),
    turns AS MATERIALIZED (
      SELECT org_id FROM orgs_due ORDER BY (place - 1 + ${round.round} * ${limit}) % size LIMIT ${limit})
    SELECT d.org_id, d.id, ep.unwell_since <= ${round.now - PACE_AFTER_MS} AS is_unwell,
      ep.status = 'disabled' OR ep.pace IS NOT NULL AS is_to_park,
      row_number() OVER (PARTITION BY d.org_id, d.endpoint_id ORDER BY d.id) AS place
    FROM turns o CROSS JOIN deliveries d
    LEFT JOIN endpoints ep ON ep.org_id = d.org_id AND ep.id = d.endpoint_id
    WHERE d.org_id = o.org_id AND d.status = 'pending' AND d.id IN (
      SELECT p.id FROM ${dueOf(round)}
      ORDER BY p.sweep_at LIMIT (SELECT ${limit} / count(*) FROM turns)))`
}

// A retry's own time may be a minute away, its message waits in the queue; a lease must have ended.
function dueOf({ now, lookAheadMs }: Round): SQL {
  return sql`deliveries p INDEXED BY deliveries_due
    WHERE p.org_id = o.org_id AND p.status = 'pending' AND p.sweep_at <= ${now + lookAheadMs}
      AND (p.sweep_at <= ${now} OR (p.sweep_at = p.next_attempt_at AND NOT EXISTS (
        SELECT 1 FROM endpoints ep WHERE ep.org_id = p.org_id AND ep.id = p.endpoint_id
          AND ep.pace IS NOT NULL)))`
}
