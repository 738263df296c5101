// Turns over orgs: what many of them wait for is taken from each in equal parts.
import { sql, type SQL } from 'drizzle-orm'
import { literal } from '../client.ts'
import { lowestIdAt } from '../ids.ts'
import { isAway, LISTEN_URL } from '../words.ts'
import { PACE_AFTER_MS } from './recovery.ts'

/** Deliveries `p` in an order that begins with their org: what of the table is read, and the condition. */
export type Waiting = { source: SQL; condition: SQL }

/** What the sweep is to look at some time. */
export const PENDING: Waiting = {
  source: sql`deliveries p INDEXED BY deliveries_due`,
  condition: sql`p.stage = 'pending' AND p.sweep_at IS NOT NULL`,
}

/** What is left to its first message, in the order in which that lease ends: by the time in the id. */
export const NEW: Waiting = { source: sql`deliveries p`, condition: sql`p.stage = 'new'` }

/**
 * SQL: a recursive table `orgs_waiting` of the orgs that have any such delivery, in order. It jumps from one
 * org to the next in the index: two rows read an org, however many deliveries each has. Its last row is NULL.
 */
export function orgsWaiting({ source, condition }: Waiting): SQL {
  return sql`orgs_waiting(org_id) AS (
    SELECT min(p.org_id) FROM ${source} WHERE ${condition}
    UNION ALL
    SELECT (SELECT min(p.org_id) FROM ${source} WHERE ${condition} AND p.org_id > o.org_id)
    FROM orgs_waiting o WHERE o.org_id IS NOT NULL)`
}

/**
 * SQL condition: the first lease of the new delivery `p` has ended; both in ms. It runs from the instant in the
 * id, which is older than the row by as long as its request waited for others to be stored with.
 */
export function hasLapsed({ now, leaseMs }: { now: number; leaseMs: number }): SQL {
  return sql`p.stage = 'new' AND p.id < ${lowestIdAt(now - leaseMs + 1)}`
}

/**
 * A round of a sweep: its instants in Unix ms, how long a first lease is, how many it takes, and its number,
 * which counts on from one sweep to the next.
 */
export type Round = {
  now: number
  lookAheadMs: number
  leaseMs: number
  limit: number
  round: number
}

/**
 * SQL: a subquery for the deliveries that are due, at most `limit`: an equal part of each org's, its
 * oldest. Where there are more orgs than that, so many have one each, and the others their turn in the
 * next rounds. `place` is a delivery's among its endpoint's; `is_unwell` and `is_to_park` tell whether that
 * is, and whether it is disabled, recovering or listened to.
 */
export function dueInTurns(round: Round): SQL {
  const due = dueOf(round)
  return sql`(
    WITH RECURSIVE ${turnsOver(PENDING, due, round)}
    SELECT d.stage, d.org_id, d.id, ep.unwell_since <= ${round.now - PACE_AFTER_MS} AS is_unwell,
      ep.status = 'disabled' OR ep.pace IS NOT NULL OR d.url = ${LISTEN_URL} AS is_to_park,
      row_number() OVER (PARTITION BY d.org_id, d.endpoint_id ORDER BY d.id) AS place
    FROM turns o CROSS JOIN deliveries d
    LEFT JOIN endpoints ep ON ep.org_id = d.org_id AND ep.id = d.endpoint_id
    WHERE d.org_id = o.org_id AND d.stage = 'pending' AND d.id IN (
      SELECT p.id FROM ${due} ORDER BY p.sweep_at LIMIT ${partOf(round)}))`
}

/** SQL: a subquery for the keys of the new deliveries whose lease has ended, in the same turns. */
export function lapsedInTurns(round: Round): SQL {
  const lapsed = sql`deliveries p WHERE p.org_id = o.org_id AND ${hasLapsed(round)}`
  return sql`(
    WITH RECURSIVE ${turnsOver(NEW, lapsed, round)}
    SELECT d.stage, d.org_id, d.id FROM turns o CROSS JOIN deliveries d
    WHERE d.stage = 'new' AND d.org_id = o.org_id AND d.id IN (
      SELECT p.id FROM ${lapsed} ORDER BY p.id LIMIT ${partOf(round)}))`
}

/** SQL: a table `turns` of the orgs whose turn it is; `due` are the rows `p` of an org `o` that are. */
function turnsOver(waiting: Waiting, due: SQL, round: Round): SQL {
  const limit = literal(round.limit)
  return sql`${orgsWaiting(waiting)},
    orgs_due AS (
      SELECT o.org_id, row_number() OVER (ORDER BY o.org_id) AS place, count(*) OVER () AS size
      FROM orgs_waiting o
      WHERE EXISTS (SELECT 1 FROM ${due}) AND NOT ${isAway(sql`o.org_id`)}),
    turns AS MATERIALIZED (
      SELECT org_id FROM orgs_due ORDER BY (place - 1 + ${round.round} * ${limit}) % size LIMIT ${limit})`
}

/** SQL: what each org of a round gets. */
function partOf({ limit }: Round): SQL {
  return sql`(SELECT ${literal(limit)} / count(*) FROM turns)`
}

// A retry's own time may be a minute away, its message waits in the queue; a lease must have ended.
function dueOf({ now, lookAheadMs }: Round): SQL {
  return sql`deliveries p INDEXED BY deliveries_due
    WHERE p.org_id = o.org_id AND p.stage = 'pending' AND p.sweep_at <= ${now + lookAheadMs}
      AND (p.sweep_at <= ${now} OR (p.sweep_at = p.next_attempt_at AND NOT EXISTS (
        SELECT 1 FROM endpoints ep WHERE ep.org_id = p.org_id AND ep.id = p.endpoint_id
          AND ep.pace IS NOT NULL)))`
}
