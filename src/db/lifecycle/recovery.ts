// How attempts tell on an endpoint: its failure counter, its lane, and the pace of its recovery.
import { sql, type SQL } from 'drizzle-orm'
import { literal } from '../client.ts'
import { isBehind } from '../ordering/waits.ts'
import { RETURNING_MOVED, type EndpointTransition, type Moved } from '../transitions.ts'
import { isAway, LISTEN_URL } from '../words.ts'
import { FRESH_FIRST, freshOnes } from './slots.ts'

/** Deliveries of one recovery that may be in flight at once, however well it goes. */
const MAX_PACE = 64

/** Of what is parked for it so many are looked at, oldest first. */
const LOOKED_AT = 2 * MAX_PACE

/** SQL expression: the same for the endpoint `ep`; for one with a pace of its own, what it takes in two seconds. */
const MOST: SQL = sql`coalesce(2 * ep.max_per_second, ${MAX_PACE})`

/** SQL condition: deliveries are parked for the endpoint `ep`. */
const HAS_PARKED: SQL = sql`EXISTS (
  SELECT 1 FROM deliveries b INDEXED BY deliveries_parked
  WHERE b.endpoint_id = ep.id AND b.stage = 'pending' AND b.sweep_at IS NULL AND b.org_id = ep.org_id)`

/** SQL condition: the org of the endpoint `ep` has not been moved away. */
const IS_HERE: SQL = sql`NOT ${isAway(sql`ep.org_id`)}`

/** SQL condition: the endpoint `ep` is sent to, so that it has a pace when it recovers; listeners take as they can. */
const IS_SENT_TO: SQL = sql`ep.url <> ${LISTEN_URL}`

/** An endpoint that was unwell for so long, in ms, is not sent all that waits for it at once. */
export const PACE_AFTER_MS = 60_000

/**
 * What a batch's attempts come to for each endpoint that they may change, as a subquery; `outcomes` is
 * the batch's JSON text, `isCurrent` the condition under which an attempt `a` on a delivery `d` counts.
 * Exhaustions add up since the last success, in the batch's order. An endpoint in good health whose
 * attempts all went well is left out before its deliveries are looked at.
 */
export function tallyByEndpoint(outcomes: string, isCurrent: SQL): SQL {
  return sql`(
    SELECT org_id, endpoint_id, last_success IS NOT NULL AS succeeded,
      sum(counts AND place > coalesce(last_success, -1)) AS exhausted,
      sum(is_well) AS well, sum(NOT is_well) AS unwell, sum(NOT is_late) AS returned,
      max(CASE WHEN place = last_place THEN is_well END) AS is_well
    FROM (
      SELECT d.org_id, d.endpoint_id, a.key AS place, a.value->>'countsAsFailure' AS counts,
        a.value->>'isWell' AS is_well, d.version <> a.value->>'version' AS is_late,
        max(a.key) OVER same_endpoint AS last_place,
        max(CASE WHEN a.value->>'status' = 'delivered' THEN a.key END) OVER same_endpoint AS last_success
      FROM json_each(${outcomes}) a CROSS JOIN endpoints ep CROSS JOIN deliveries d
      WHERE ep.org_id = a.value->>'orgId' AND ep.id = a.value->>'endpointId'
        AND (ep.consecutive_failures > 0 OR ep.unwell_since IS NOT NULL OR ep.pace IS NOT NULL
          OR NOT a.value->>'isAllWell')
        AND ${isCurrent}
      WINDOW same_endpoint AS (PARTITION BY d.org_id, d.endpoint_id))
    GROUP BY org_id, endpoint_id)`
}

/** When outcomes are written: `leaseMs` is how long a recovery may go without one before it has halted. */
type Noting = { now: number; leaseMs: number; disableAfterExhausted: number }

/** An endpoint that was written, and what its status and its health have become; null: what they were. */
export type Noted = Moved & {
  status: 'disabled' | null
  health: 'well' | 'unwell' | 'recovering' | null
}

/** What has happened to endpoints that were noted. */
export function healthChanges(noted: Noted[]): EndpointTransition[] {
  return noted.flatMap(({ orgId, id: endpointId, status, health }) => {
    const about = { orgId, endpointId }
    const changes: EndpointTransition[] = []
    if (health === 'unwell') changes.push({ ...about, from: 'well', to: health, cause: 'attempt' })
    else if (health) changes.push({ ...about, from: 'unwell', to: health, cause: 'attempt' })
    if (status) {
      changes.push({ ...about, from: 'enabled', to: status, cause: 'too_many_failures' })
    }
    return changes
  })
}

/**
 * Counts exhaustions, disables at the limit, notes health and adapts the pace. An endpoint in good
 * health whose attempts succeed is not written at all.
 */
export function noteOutcomes(tally: SQL, { now, leaseMs, disableAfterExhausted }: Noting): SQL {
  const failures = sql`CASE WHEN n.succeeded THEN 0 ELSE ep.consecutive_failures END + n.exhausted`
  const trips = sql`(ep.status = 'enabled' AND ${failures} >= ${disableAfterExhausted})`
  const recovers = sql`(n.is_well AND ep.unwell_since <= ${now - PACE_AFTER_MS} AND ${IS_SENT_TO})`
  return sql`
    UPDATE endpoints AS ep SET consecutive_failures = ${failures},
      status = CASE WHEN ${trips} THEN 'disabled' ELSE ep.status END,
      disabled_reason = CASE WHEN ${trips} THEN 'too_many_failures' ELSE ep.disabled_reason END,
      disabled_at = CASE WHEN ${trips} THEN ${now} ELSE ep.disabled_at END,
      unwell_since = CASE WHEN n.is_well THEN NULL ELSE coalesce(ep.unwell_since, ${now}) END,
      pace = CASE WHEN ep.pace IS NOT NULL THEN ${nextPace()} WHEN ${recovers} THEN 1 END,
      sweep_at = CASE WHEN ep.pace IS NOT NULL THEN ${now + leaseMs} WHEN ${recovers} THEN ${now}
        ELSE ep.sweep_at END,
      updated_at = ${now}
    FROM ${tally} AS n
    WHERE ep.org_id = n.org_id AND ep.id = n.endpoint_id
      AND (n.exhausted > 0 OR (n.succeeded AND ep.consecutive_failures > 0)
        OR ep.pace IS NOT NULL OR n.is_well = (ep.unwell_since IS NOT NULL))
    ${RETURNING_MOVED}, ${newStatus(now)} AS status, ${newHealth(now)} AS health`
}

function newStatus(now: number): SQL {
  return sql`CASE WHEN disabled_reason = 'too_many_failures' AND disabled_at = ${now} THEN status END`
}

// What the columns say of what they were: a recovery that goes on is looked at later than now; one that is
// well, and was before, is not written unless it recovers.
function newHealth(now: number): SQL {
  return sql`CASE WHEN pace IS NOT NULL THEN iif(pace = 1 AND sweep_at = ${now}, 'recovering', NULL)
    WHEN unwell_since IS NULL THEN 'well' WHEN unwell_since = ${now} THEN 'unwell' END`
}

/** Notes endpoints that are slow to answer as unwell, before their attempts have come to an end. */
export function noteSlow(refs: string, now: number): SQL {
  return sql`
    UPDATE endpoints AS ep SET unwell_since = ${now} FROM json_each(${refs}) ref
    WHERE ep.org_id = ref.value->>'orgId' AND ep.id = ref.value->>'endpointId'
      AND ep.unwell_since IS NULL
    ${RETURNING_MOVED}, NULL AS status, iif(pace IS NULL, 'unwell', NULL) AS health`
}

/**
 * Takes from what is parked for the tallied endpoints, oldest first, what their pace allows now: as many
 * as came back, and one more for each success while the pace grows; fewer when it halves. A recovery is
 * so kept going by its own outcomes; the sweep starts it.
 */
export function releaseNext(tally: SQL, now: number, leaseMs: number): SQL {
  // What was in flight before the recovery began comes back too, and is not replaced. A success that is
  // late came back before, with another attempt of the same version.
  const room = sql`min(${nextPace()}, n.returned + ${nextPace()} - ep.pace)`
  return release(
    sql`${tally} AS n JOIN endpoints ep ON ep.org_id = n.org_id AND ep.id = n.endpoint_id`,
    room,
    now,
    leaseMs,
  )
}

/** Gives unwell endpoints for which anything is parked the pace to work it off: one at a time, at first. */
export function beginRecoveries(now: number): SQL {
  return sql`
    UPDATE endpoints AS ep SET pace = 1, sweep_at = ${now}
    WHERE ep.unwell_since <= ${now - PACE_AFTER_MS} AND ep.pace IS NULL AND ep.status = 'enabled'
      AND ${IS_SENT_TO} AND ${HAS_PARKED} AND ${IS_HERE}
    ${RETURNING_MOVED}`
}

/** Starts the recoveries that wait to be started, or goes on with those that came to a halt. */
export function releaseDue(now: number, leaseMs: number): SQL {
  return release(
    sql`(SELECT * FROM endpoints ep WHERE ep.sweep_at <= ${now} AND ${IS_HERE}) AS ep`,
    sql`ep.pace`,
    now,
    leaseMs,
    true,
  )
}

/** Leaves the recoveries that were started to their own outcomes, until one fails to come in time. */
export function deferReleased(now: number, leaseMs: number): SQL {
  return sql`
    UPDATE endpoints AS ep SET sweep_at = ${now + leaseMs}
    WHERE ep.sweep_at <= ${now} AND ep.pace IS NOT NULL AND ep.status = 'enabled' AND ${IS_HERE}`
}

/** A recovery that has ended, and how its endpoint is without it. */
export type Ended = Moved & { status: 'enabled' | 'disabled'; health: 'well' | 'unwell' }

/**
 * Ends those recoveries for which nothing is parked any more, and those of disabled endpoints, whose
 * deliveries are held without the sweep until enabling begins one anew. What is listened to has none; code of before
 * may have begun one.
 */
export function endRecoveries(which: SQL): SQL {
  return sql`
    UPDATE endpoints AS ep SET sweep_at = NULL, pace = NULL
    WHERE ${which} AND (ep.status <> 'enabled' OR NOT ${IS_SENT_TO} OR NOT ${HAS_PARKED}) AND ${IS_HERE}
    ${RETURNING_MOVED}, status, health`
}

/** What has happened to endpoints whose recovery has ended. */
export function recoveryEnds(ended: Ended[]): EndpointTransition[] {
  return ended.flatMap(({ orgId, id: endpointId, status, health: to }) =>
    status === 'enabled' ? { orgId, endpointId, from: 'recovering', to, cause: 'sweep' } : [],
  )
}

/** AIMD, as TCP does it: grows by one for each success, halves when any attempt failed or was slow. */
function nextPace(): SQL {
  return sql`CASE WHEN n.unwell > 0 THEN max(1, ep.pace / 2)
    ELSE min(${MOST}, ep.pace + n.well) END`
}

/**
 * SQL: takes so many of what is parked for such `endpoints` as `ep` as there is room for, oldest first; where the endpoint
 * takes only so many a second, what was never attempted before the others.
 */
// The inner LIMIT keeps the read small; the rank keeps to the room, as a LIMIT cannot name a column. What is behind another of
// its call stays parked while that one has had no attempt, is parked or is on its way, also once it has waited long enough.
// Where the recovery has halted, and nothing else is in sight but more out of sight, they go: they may, as their wait is over.
export function release(
  endpoints: SQL,
  room: SQL,
  now: number,
  leaseMs: number,
  hasHalted = false,
): SQL {
  const isStuck = sql`(${hasHalted} AND size >= ${literal(LOOKED_AT)} AND is_all_behind)`
  return sql`
    UPDATE deliveries SET sweep_at = ${now + leaseMs}
    WHERE (stage, org_id, id) IN (
      SELECT stage, org_id, id FROM (
        SELECT *, count(*) OVER (PARTITION BY endpoint_id) AS size,
          min(is_behind) OVER (PARTITION BY endpoint_id) AS is_all_behind,
          row_number() OVER (PARTITION BY endpoint_id ORDER BY is_behind, is_later, id) AS place
        FROM (
          SELECT p.stage, p.org_id, p.id, p.endpoint_id, ${room} AS room,
            ${isBehind('p')} AS is_behind, ${FRESH_FIRST} AS is_later
          FROM ${endpoints} CROSS JOIN deliveries p
          WHERE ep.pace IS NOT NULL AND ep.status = 'enabled'
            AND p.org_id = ep.org_id AND p.stage = 'pending' AND p.id IN (
              SELECT id FROM (SELECT b.id FROM deliveries b INDEXED BY deliveries_parked
                WHERE b.endpoint_id = ep.id AND b.stage = 'pending' AND b.sweep_at IS NULL
                  AND b.org_id = ep.org_id
                ORDER BY b.id LIMIT ${literal(LOOKED_AT)})
              UNION ALL ${freshOnes()})))
      WHERE place <= room AND (NOT is_behind OR ${isStuck}))
    RETURNING org_id AS "orgId", id, version`
}
