// How endpoints fare at this moment: what is behind one that is not well.
import { sql, type SQL } from 'drizzle-orm'
import { literal, type Database } from '../client.ts'
import type { DeliveryStatus } from '../words.ts'
import { HAS_FAILED_LAST } from './last-attempt.ts'

/**
 * `failing`: its last attempt failed. `slow`: it succeeds, but takes more than a second. `recovering`: it is
 * well again, and is sent what waited for it a few at a time. `trying`: it is sent what waited for it, and nothing has
 * come back since it was enabled or changed.
 */
export type Condition = 'well' | 'slow' | 'failing' | 'trying' | 'recovering'

/** Deliveries of an unwell endpoint that are looked at for its last outcome: the newest of each status. */
const LOOKED_AT = 50

/**
 * The conditions of those of an org's endpoints that are not well, by id; of one endpoint, or of all. In one
 * round trip, which reads LOOKED_AT rows of each status of each of them.
 */
export async function readConditions(
  db: Database,
  orgId: string,
  endpointId?: string,
): Promise<Map<string, Condition>> {
  const isWanted = endpointId === undefined ? sql`true` : sql`ep.id = ${endpointId}`
  const rows = await db.all<NotWell>(sql`
    SELECT ep.id, ep.health = 'recovering' AS "isWellAgain", ep.pace IS NOT NULL AS "isPaced",
      ep.consecutive_failures > 0 AS "hasExhausted", ep.updated_at AS "changedAt", (${lastOutcome()}) AS last
    FROM endpoints ep WHERE ep.org_id = ${orgId} AND ${isWanted} AND ep.health <> 'well'`)
  return new Map(rows.map((row) => [row.id, conditionOf(row)]))
}

/** An endpoint that is not well; SQLite knows no booleans. `last` is JSON: whether it failed, and when it was. */
type NotWell = {
  id: string
  isWellAgain: number
  isPaced: number
  hasExhausted: number
  changedAt: number
  last: string | null
}

function conditionOf(row: NotWell): Condition {
  if (row.isWellAgain === 1) return 'recovering'
  // lastOutcome writes such a list.
  const [hasFailed, at] = JSON.parse(row.last ?? '[]') as [number?, number?]
  // An outcome that counts changes an endpoint with a pace, at its own instant.
  if (row.isPaced === 1 && (at ?? 0) < row.changedAt) return 'trying'
  return (hasFailed ?? row.hasExhausted) === 1 ? 'failing' : 'slow'
}

/** When the oldest exhausted delivery of an org's endpoint was created; undefined: it has none. One row. */
export async function findExhaustedSince(
  db: Database,
  orgId: string,
  endpointId: string,
): Promise<number | undefined> {
  const [oldest] = await db.all<{ createdAt: number }>(sql`
    SELECT d.created_at AS "createdAt" FROM deliveries d
    WHERE d.endpoint_id = ${endpointId} AND d.stage = 'exhausted' AND d.stage <> 'new' AND +d.org_id = ${orgId}
    ORDER BY d.id LIMIT 1`)
  return oldest?.createdAt
}

/** What deliveries ended with, how many of the last ones, and when the latest did (Unix ms). */
export type LastEnding = { error: string; count: number; at: number }

/** Exhausted deliveries that are looked at for what came back last. */
const ENDINGS_LOOKED_AT = 10

/** What the newest exhausted deliveries of an org's endpoint ended with, the most frequent first. */
export function listLastEndings(
  db: Database,
  orgId: string,
  endpointId: string,
): Promise<LastEnding[]> {
  return db.all<LastEnding>(sql`
    SELECT last_error AS error, count(*) AS count, max(updated_at) AS at
    FROM (SELECT d.last_error, d.updated_at FROM deliveries d
      WHERE d.endpoint_id = ${endpointId} AND d.stage = 'exhausted' AND d.stage <> 'new'
        AND +d.org_id = ${orgId} AND d.last_error IS NOT NULL
      ORDER BY d.id DESC LIMIT ${literal(ENDINGS_LOOKED_AT)})
    GROUP BY last_error ORDER BY 2 DESC, 3 DESC`)
}

// What came last of the endpoint's attempts since it is unwell. NULL: nothing that is looked at, so that it
// keeps one waiting, or the newest were not attempted yet. What waits for one with a pace goes oldest first.
function lastOutcome(): SQL {
  const arms = [newest('delivered'), newest('exhausted'), newest('pending'), oldestOfPaced()]
  return sql`SELECT json_array(has_failed, updated_at) FROM (${sql.join(arms, sql` UNION ALL `)})
    WHERE has_failed IS NOT NULL AND updated_at >= ep.unwell_since
    ORDER BY updated_at DESC, has_failed DESC LIMIT 1`
}

function newest(status: DeliveryStatus): SQL {
  return sql`SELECT * FROM (${outcomesOf(status)} ORDER BY d.id DESC LIMIT ${literal(LOOKED_AT)})`
}

function oldestOfPaced(): SQL {
  return sql`SELECT * FROM (${outcomesOf('pending')} AND ep.pace IS NOT NULL
    ORDER BY d.id LIMIT ${literal(LOOKED_AT)})`
}

/**
 * Those of a status. `has_failed` is NULL of what was not attempted yet, or not since it was redelivered, and
 * of what ended without an attempt.
 */
function outcomesOf(status: DeliveryStatus): SQL {
  const hasFailed = status === 'delivered' ? sql`0` : sql`CASE WHEN ${HAS_FAILED_LAST} THEN 1 END`
  return sql`SELECT d.updated_at, ${hasFailed} AS has_failed FROM deliveries d
    WHERE d.endpoint_id = ep.id AND d.stage = ${status} AND d.stage <> 'new' AND +d.org_id = ep.org_id`
}
