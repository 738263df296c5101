// What charts are drawn from: what the roll-up has counted, and what is younger.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { lowestIdAt, lowestIdSql } from '../ids.ts'
import { transaction, type Answers } from '../transaction.ts'
import {
  countByHour,
  countedBeforeArrival,
  COUNTED_UNTIL,
  HOUR_MS,
  HOUR_SQL,
} from '../upkeep/roll-up.ts'
import { stagesOf, type Stage } from '../words.ts'
import { HAS_FAILED_LAST } from './last-attempt.ts'

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
  /** Those answers by bucket, as `quantilesOf` reads them. */
  latencies: string
}

/** How many of an hour's deliveries of an endpoint are at present in a status. */
type HourlyCount = {
  hour: number
  endpointId: string
  status: 'pending' | 'exhausted'
  count: number
  /** Those of them whose last attempt failed, and that are not asked for again. */
  failed: number
}

/** All that the charts of an org need. `untilAt`: what was made later is not counted yet (Unix ms). */
export type Stats = { hours: HourlyStat[]; counts: HourlyCount[]; untilAt: number }

/** Since when (Unix ms), and of which endpoint, or of all. */
type Wanted = { since: number; endpointId?: string }

/**
 * An org's hours since `since`, for one endpoint or all, in one round trip. What the cron has
 * not counted yet is counted here, and so are the present pending and exhausted ones: at most
 * COUNT_LIMIT rows of each kind, however many deliveries there are.
 */
export async function readStats(db: Database, orgId: string, wanted: Wanted): Promise<Stats> {
  return toStats(await transaction(db, countStats(db, orgId, wanted)), wanted)
}

/** The statements for `toStats`, for one transaction. */
export function countStats(db: Database, orgId: string, { since, endpointId }: Wanted) {
  const sinceHour = Math.floor(since / HOUR_MS)
  const isEndpoint = endpointId === undefined ? sql`true` : sql`s.endpoint_id = ${endpointId}`
  return {
    hours: statement<HourlyStat>(
      db,
      sql`SELECT s.hour, s.endpoint_id AS "endpointId", s.created, s.first_ok AS "firstOk", s.timed,
        s.latency_ms AS "latencyMs", s.slowest_ms AS "slowestMs", s.latencies
      FROM hourly_stats s WHERE s.org_id = ${orgId} AND s.hour >= ${sinceHour} AND ${isEndpoint}`,
    ),
    fresh: statement<HourlyStat>(db, countFresh(orgId, since, isEndpoint)),
    pending: statement<HourlyCount>(db, countStatus(orgId, 'pending', sinceHour, isEndpoint)),
    exhausted: statement<HourlyCount>(db, countStatus(orgId, 'exhausted', sinceHour, isEndpoint)),
    counted: statement<{ at: number | null }>(db, sql`SELECT ${COUNTED_UNTIL} AS at`),
  }
}

/** What the statements answered, put together. */
export function toStats(
  { hours, fresh, pending, exhausted, counted }: Answers<ReturnType<typeof countStats>>,
  { since }: Wanted,
): Stats {
  return {
    hours: [...hours, ...fresh],
    counts: [...pending, ...exhausted],
    untilAt: counted[0]?.at ?? since,
  }
}

// Newest first, so that with very many of them it is the oldest that are left out.
function countStatus(
  orgId: string,
  status: HourlyCount['status'],
  sinceHour: number,
  isEndpoint: SQL,
): SQL {
  const arms = stagesOf(status).map(
    (stage) => sql`SELECT d.id, d.created_at, ${HAS_FAILED_LAST} AS has_failed,
        coalesce(d.endpoint_id, '') AS endpoint_id FROM deliveries d
      WHERE d.stage = ${stage} AND d.org_id = ${orgId} AND d.id >= ${lowestIdAt(sinceHour * HOUR_MS)}`,
  )
  return sql`
    SELECT s.created_at / ${HOUR_SQL} AS hour, s.endpoint_id AS "endpointId", ${status} AS status,
      count(*) AS count, sum(s.has_failed) AS failed
    FROM (${sql.join(arms, sql` UNION ALL `)} ORDER BY id DESC LIMIT ${COUNT_LIMIT}) AS s
    WHERE ${isEndpoint} GROUP BY 1, 2`
}

/** What was made since the cron last counted, the newest COUNT_LIMIT of each stage. */
function countFresh(orgId: string, since: number, isEndpoint: SQL): SQL {
  const lowest = sql`max(${lowestIdAt(since)}, coalesce(${lowestIdSql(COUNTED_UNTIL)}, ''),
    ${countedBeforeArrival(sql`${orgId}`)})`
  const newest = (stage: Stage) => sql`SELECT * FROM (
    SELECT * FROM deliveries WHERE stage = ${stage} AND org_id = ${orgId} AND id >= ${lowest}
    ORDER BY id DESC LIMIT ${COUNT_LIMIT})`
  const source = sql`(${newest('new')} UNION ALL ${newest('pending')}
    UNION ALL ${newest('delivered')} UNION ALL ${newest('exhausted')}) AS d`
  return sql`SELECT s.hour, s.endpoint_id AS "endpointId", s.created, s.first_ok AS "firstOk", s.timed,
      s.latency_ms AS "latencyMs", s.slowest_ms AS "slowestMs", s.latencies
    FROM (${countByHour(source, sql`true`)}) AS s WHERE ${isEndpoint}`
}
