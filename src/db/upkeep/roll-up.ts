// The roll-up: deliveries counted into the hours that charts show.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { lowestIdAt } from '../ids.ts'
import { transaction } from '../transaction.ts'
import { ANY_STAGE, isAway } from '../words.ts'
import { addBuckets, bucketOf } from './buckets.ts'
import { lastBeat } from './heartbeats.ts'
import { countUsage } from './usage.ts'

/** An hour, in ms. */
export const HOUR_MS = 3_600_000

/** A whole number in the SQL itself: D1 binds numbers as reals, and a real does not divide to hours. */
export const HOUR_SQL = sql.raw(String(HOUR_MS))

/** The heartbeat that says up to when was counted. */
const COUNTED = 'stats'

/** SQL expression: up to when was counted (Unix ms), NULL before the first run. */
export const COUNTED_UNTIL: SQL = lastBeat(COUNTED)

/**
 * Counts the deliveries made from `begin` up to `until` (Unix ms) into their hours, if what was counted
 * before ends at `from`: another run may have been faster. Reads each delivery twice and each event once;
 * writes a row for each hour and endpoint that had any, and one for each org. Repeating it changes nothing.
 */
export async function rollUp(
  db: Database,
  from: number,
  { begin, until }: { begin: number; until: number },
): Promise<void> {
  const isCounted = (id: SQL) =>
    sql`${id} >= ${lowestIdAt(begin)} AND ${id} < ${lowestIdAt(until)} AND ${isUncounted(id)}`
  const isDue = sql`coalesce(${COUNTED_UNTIL}, ${from}) = ${from}`
  await transaction(db, {
    counted: statement(
      db,
      countInto(
        sql`orgs CROSS JOIN deliveries d`,
        sql`d.org_id = orgs.id AND ${isCounted(sql`d.id`)}`,
        isDue,
      ),
    ),
    usage: countUsage(db, { isCounted, isDue }),
    noted: statement(
      db,
      sql`INSERT INTO heartbeats (name, beat_at) VALUES (${COUNTED}, ${until})
        ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at WHERE beat_at = ${from}`,
    ),
  })
}

/**
 * SQL condition: what has this id, of an org of `orgs`, is for this database to count: the org is here, and it was not
 * counted where the org came from.
 */
function isUncounted(id: SQL): SQL {
  const orgId = sql`orgs.id`
  return sql`${id} >= ${countedBeforeArrival(orgId)} AND NOT ${isAway(orgId)}`
}

/** SQL expression: the id before which an org's deliveries were counted where it came from; '' for none. */
export function countedBeforeArrival(orgId: SQL): SQL {
  return sql`coalesce((SELECT came.counted_to FROM arrivals came WHERE came.org_id = ${orgId}), '')`
}

/** SQL: adds the deliveries `d` of a source to what is counted of their hours, if `isDue`. */
export function countInto(source: SQL, condition: SQL, isDue: SQL): SQL {
  return sql`
    INSERT INTO hourly_stats (org_id, hour, endpoint_id, created, first_ok, timed, latency_ms, slowest_ms,
      latencies)
    SELECT org_id, hour, endpoint_id, created, first_ok, timed, latency_ms, slowest_ms, latencies
    FROM (${countByHour(source, condition)}) WHERE ${isDue}
    ON CONFLICT (org_id, hour, endpoint_id) DO UPDATE SET
      created = created + excluded.created, first_ok = first_ok + excluded.first_ok,
      timed = timed + excluded.timed, latency_ms = latency_ms + excluded.latency_ms,
      slowest_ms = max(slowest_ms, excluded.slowest_ms),
      latencies = ${addBuckets(sql`hourly_stats.latencies`, sql`excluded.latencies`)}`
}

/** Up to when was counted (Unix ms); undefined before the first run. */
export async function findCountedUntil(db: Database): Promise<number | undefined> {
  const [row] = await db.all<{ at: number | null }>(sql`SELECT ${COUNTED_UNTIL} AS at`)
  return row?.at ?? undefined
}

/** When the first delivery at or after an instant was made (Unix ms); undefined when there is none. */
export async function findFirstSince(db: Database, at: number): Promise<number | undefined> {
  const [row] = await db.all<{ at: number | null }>(sql`
    SELECT min(first) AS at FROM (
      SELECT (SELECT d.created_at FROM deliveries d WHERE d.org_id = orgs.id
        AND d.stage = stage.value AND d.id >= ${lowestIdAt(at)} ORDER BY d.id LIMIT 1) AS first
      FROM orgs CROSS JOIN json_each('["new", "pending", "delivered", "exhausted"]') stage)`)
  return row?.at ?? undefined
}

/** Latency is the last attempt's, if it was answered. */
export function countByHour(source: SQL, condition: SQL): SQL {
  const lastMs = sql`CASE WHEN d.last_response_status IS NOT NULL AND json_valid(d.attempts)
    THEN CAST(d.attempts->>'$[#-1][1]' AS INTEGER) END`
  return sql`
    SELECT org_id, hour, endpoint_id, sum(created) AS created, sum(first_ok) AS first_ok,
      sum(timed) AS timed, sum(latency_ms) AS latency_ms, max(slowest_ms) AS slowest_ms,
      json_group_object(bucket, timed) FILTER (WHERE bucket IS NOT NULL) AS latencies
    FROM (SELECT org_id, hour, endpoint_id, ${bucketOf(sql`ms`)} AS bucket, count(*) AS created,
        sum(status = 'delivered') AS first_ok, count(ms) AS timed, coalesce(sum(ms), 0) AS latency_ms,
        coalesce(max(ms), 0) AS slowest_ms
      FROM (SELECT d.org_id, d.created_at / ${HOUR_SQL} AS hour, coalesce(d.endpoint_id, '') AS endpoint_id,
          d.status, ${lastMs} AS ms
        FROM ${source} WHERE ${condition} AND d.stage IN ${ANY_STAGE})
      GROUP BY org_id, hour, endpoint_id, bucket)
    GROUP BY org_id, hour, endpoint_id`
}
