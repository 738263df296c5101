// What charts are drawn from: deliveries counted by hour and endpoint, some minutes after they were made.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { lowestIdAt } from '../ids.ts'

const HOUR_MS = 3_600_000

/** A whole number in the SQL itself: D1 binds numbers as reals, and a real does not divide to hours. */
const HOUR_SQL = sql.raw(String(HOUR_MS))

/** Deliveries of one status that are counted one by one for a chart, newest first, at most. */
export const COUNT_LIMIT = 10_000

/** One hour of one endpoint; the endpoint is '' for inline deliveries, `hour` is in Unix hours. */
type HourlyStat = {
  hour: number
  endpointId: string
  created: number
  /** Delivered when they were counted. */
  firstOk: number
  /** Answered last attempts, what they took together in ms, and the slowest of them. */
  timed: number
  latencyMs: number
  slowestMs: number
}

/** How many of an hour's deliveries of an endpoint are at present in a status. */
type HourlyCount = {
  hour: number
  endpointId: string
  status: 'pending' | 'exhausted'
  count: number
  /** Those of them whose last attempt failed. */
  failed: number
}

/** All that the charts of an org need. `untilAt`: what was made later is not counted yet (Unix ms). */
export type Stats = { hours: HourlyStat[]; counts: HourlyCount[]; untilAt: number }

/**
 * Counts the deliveries made from `begin` up to `until` (Unix ms) into their hours, if what was counted
 * before ends at `from`: another run may have been faster. Reads each delivery once; writes a row for
 * each hour and endpoint that had any. Repeating it changes nothing.
 */
export async function rollUp(
  db: Database,
  from: number,
  { begin, until }: { begin: number; until: number },
): Promise<void> {
  const range = sql`d.id >= ${lowestIdAt(begin)} AND d.id < ${lowestIdAt(until)}`
  await db.batch([
    statement(
      db,
      sql`
      INSERT INTO hourly_stats (org_id, hour, endpoint_id, created, first_ok, timed, latency_ms, slowest_ms)
      SELECT org_id, hour, endpoint_id, created, first_ok, timed, latency_ms, slowest_ms
      FROM (${countByHour(sql`orgs CROSS JOIN deliveries d`, sql`d.org_id = orgs.id AND ${range}`)})
      WHERE coalesce((SELECT beat_at FROM heartbeats WHERE name = 'stats'), ${from}) = ${from}
      ON CONFLICT (org_id, hour, endpoint_id) DO UPDATE SET
        created = created + excluded.created, first_ok = first_ok + excluded.first_ok,
        timed = timed + excluded.timed, latency_ms = latency_ms + excluded.latency_ms,
        slowest_ms = max(slowest_ms, excluded.slowest_ms)`,
    ),
    statement(
      db,
      sql`INSERT INTO heartbeats (name, beat_at) VALUES ('stats', ${until})
        ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at WHERE beat_at = ${from}`,
    ),
  ])
}

/** Up to when was counted (Unix ms); undefined before the first run. */
export async function findCountedUntil(db: Database): Promise<number | undefined> {
  const [row] = await db.all<{ at: number }>(
    sql`SELECT beat_at AS at FROM heartbeats WHERE name = 'stats'`,
  )
  return row?.at
}

/** When the first delivery at or after an instant was made (Unix ms); undefined when there is none. */
export async function findFirstSince(db: Database, at: number): Promise<number | undefined> {
  const [row] = await db.all<{ at: number | null }>(sql`
    SELECT min(first) AS at FROM (
      SELECT (SELECT d.created_at FROM deliveries d WHERE d.org_id = orgs.id
        AND d.status = status.value AND d.id >= ${lowestIdAt(at)} ORDER BY d.id LIMIT 1) AS first
      FROM orgs CROSS JOIN json_each('["pending", "delivered", "exhausted"]') status)`)
  return row?.at ?? undefined
}

/**
 * An org's hours since `since` (Unix ms), for one endpoint or all, in one round trip. What the cron has
 * not counted yet is counted here, and so are the present pending and exhausted ones: at most
 * COUNT_LIMIT rows of each kind, however many deliveries there are.
 */
export async function readStats(
  db: Database,
  orgId: string,
  { since, endpointId }: { since: number; endpointId?: string },
): Promise<Stats> {
  const sinceHour = Math.floor(since / HOUR_MS)
  const isEndpoint = endpointId === undefined ? sql`true` : sql`s.endpoint_id = ${endpointId}`
  const [hours, fresh, pending, exhausted, beats] = await db.batch([
    statement<HourlyStat>(
      db,
      sql`SELECT s.hour, s.endpoint_id AS "endpointId", s.created, s.first_ok AS "firstOk", s.timed,
        s.latency_ms AS "latencyMs", s.slowest_ms AS "slowestMs"
      FROM hourly_stats s WHERE s.org_id = ${orgId} AND s.hour >= ${sinceHour} AND ${isEndpoint}`,
    ),
    statement<HourlyStat>(db, countFresh(orgId, since, isEndpoint)),
    statement<HourlyCount>(db, countStatus(orgId, 'pending', sinceHour, isEndpoint)),
    statement<HourlyCount>(db, countStatus(orgId, 'exhausted', sinceHour, isEndpoint)),
    statement<{ at: number }>(db, sql`SELECT beat_at AS at FROM heartbeats WHERE name = 'stats'`),
  ])
  return {
    hours: [...hours, ...fresh],
    counts: [...pending, ...exhausted],
    untilAt: beats[0]?.at ?? since,
  }
}

// Newest first, so that with very many of them it is the oldest that are left out.
function countStatus(orgId: string, status: string, sinceHour: number, isEndpoint: SQL): SQL {
  return sql`
    SELECT s.created_at / ${HOUR_SQL} AS hour, s.endpoint_id AS "endpointId", ${status} AS status,
      count(*) AS count, sum(s.has_failed) AS failed
    FROM (SELECT d.created_at, d.last_error IS NOT NULL AS has_failed,
        coalesce(d.endpoint_id, '') AS endpoint_id
      FROM deliveries d
      WHERE d.org_id = ${orgId} AND d.status = ${status} AND d.id >= ${lowestIdAt(sinceHour * HOUR_MS)}
      ORDER BY d.id DESC LIMIT ${COUNT_LIMIT}) AS s
    WHERE ${isEndpoint} GROUP BY 1, 2`
}

/** What was made since the cron last counted, the newest COUNT_LIMIT of each status. */
function countFresh(orgId: string, since: number, isEndpoint: SQL): SQL {
  const lowest = sql`max(${lowestIdAt(since)}, coalesce((SELECT printf('%08x-%04x-7000-8000-000000000000',
    beat_at >> 16, beat_at & 65535) FROM heartbeats WHERE name = 'stats'), ''))`
  const newest = (status: string) => sql`SELECT * FROM (
    SELECT * FROM deliveries WHERE org_id = ${orgId} AND status = ${status} AND id >= ${lowest}
    ORDER BY id DESC LIMIT ${COUNT_LIMIT})`
  const source = sql`(${newest('pending')} UNION ALL ${newest('delivered')}
    UNION ALL ${newest('exhausted')}) AS d`
  return sql`SELECT s.hour, s.endpoint_id AS "endpointId", s.created, s.first_ok AS "firstOk", s.timed,
      s.latency_ms AS "latencyMs", s.slowest_ms AS "slowestMs"
    FROM (${countByHour(source, sql`true`)}) AS s WHERE ${isEndpoint}`
}

/** Latency is the last attempt's, if it was answered. */
function countByHour(source: SQL, condition: SQL): SQL {
  const lastMs = sql`CASE WHEN d.last_response_status IS NOT NULL AND json_valid(d.attempts)
    THEN d.attempts->>'$[#-1].duration_ms' END`
  return sql`
    SELECT org_id, hour, endpoint_id, count(*) AS created, sum(status = 'delivered') AS first_ok,
      count(ms) AS timed, coalesce(sum(ms), 0) AS latency_ms, coalesce(max(ms), 0) AS slowest_ms
    FROM (SELECT d.org_id, d.created_at / ${HOUR_SQL} AS hour, coalesce(d.endpoint_id, '') AS endpoint_id,
        d.status, ${lastMs} AS ms
      FROM ${source} WHERE ${condition} AND d.status IN ('pending', 'delivered', 'exhausted'))
    GROUP BY org_id, hour, endpoint_id`
}
