// What charts are drawn from: what the roll-up has counted, and what is younger.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { lowestIdAt } from '../ids.ts'
import { transaction } from '../transaction.ts'
import { COUNTED_UNTIL, countByHour, HOUR_MS, HOUR_SQL } from '../upkeep/roll-up.ts'

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
  const { hours, fresh, pending, exhausted, counted } = await transaction(db, {
    hours: statement<HourlyStat>(
      db,
      sql`SELECT s.hour, s.endpoint_id AS "endpointId", s.created, s.first_ok AS "firstOk", s.timed,
        s.latency_ms AS "latencyMs", s.slowest_ms AS "slowestMs"
      FROM hourly_stats s WHERE s.org_id = ${orgId} AND s.hour >= ${sinceHour} AND ${isEndpoint}`,
    ),
    fresh: statement<HourlyStat>(db, countFresh(orgId, since, isEndpoint)),
    pending: statement<HourlyCount>(db, countStatus(orgId, 'pending', sinceHour, isEndpoint)),
    exhausted: statement<HourlyCount>(db, countStatus(orgId, 'exhausted', sinceHour, isEndpoint)),
    counted: statement<{ at: number | null }>(db, sql`SELECT ${COUNTED_UNTIL} AS at`),
  })
  return {
    hours: [...hours, ...fresh],
    counts: [...pending, ...exhausted],
    untilAt: counted[0]?.at ?? since,
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
    at >> 16, at & 65535) FROM (SELECT ${COUNTED_UNTIL} AS at) WHERE at IS NOT NULL), ''))`
  const newest = (status: string) => sql`SELECT * FROM (
    SELECT * FROM deliveries WHERE org_id = ${orgId} AND status = ${status} AND id >= ${lowest}
    ORDER BY id DESC LIMIT ${COUNT_LIMIT})`
  const source = sql`(${newest('pending')} UNION ALL ${newest('delivered')}
    UNION ALL ${newest('exhausted')}) AS d`
  return sql`SELECT s.hour, s.endpoint_id AS "endpointId", s.created, s.first_ok AS "firstOk", s.timed,
      s.latency_ms AS "latencyMs", s.slowest_ms AS "slowestMs"
    FROM (${countByHour(source, sql`true`)}) AS s WHERE ${isEndpoint}`
}
