// The roll-up: deliveries counted into the hours that charts show.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { lowestIdAt } from '../ids.ts'
import { transaction } from '../transaction.ts'
import { ANY_STATUS } from '../words.ts'
import { lastBeat } from './heartbeats.ts'

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
 * before ends at `from`: another run may have been faster. Reads each delivery once; writes a row for
 * each hour and endpoint that had any. Repeating it changes nothing.
 */
export async function rollUp(
  db: Database,
  from: number,
  { begin, until }: { begin: number; until: number },
): Promise<void> {
  const range = sql`d.id >= ${lowestIdAt(begin)} AND d.id < ${lowestIdAt(until)}`
  await transaction(db, {
    counted: statement(
      db,
      sql`
      INSERT INTO hourly_stats (org_id, hour, endpoint_id, created, first_ok, timed, latency_ms, slowest_ms)
      SELECT org_id, hour, endpoint_id, created, first_ok, timed, latency_ms, slowest_ms
      FROM (${countByHour(sql`orgs CROSS JOIN deliveries d`, sql`d.org_id = orgs.id AND ${range}`)})
      WHERE coalesce(${COUNTED_UNTIL}, ${from}) = ${from}
      ON CONFLICT (org_id, hour, endpoint_id) DO UPDATE SET
        created = created + excluded.created, first_ok = first_ok + excluded.first_ok,
        timed = timed + excluded.timed, latency_ms = latency_ms + excluded.latency_ms,
        slowest_ms = max(slowest_ms, excluded.slowest_ms)`,
    ),
    noted: statement(
      db,
      sql`INSERT INTO heartbeats (name, beat_at) VALUES (${COUNTED}, ${until})
        ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at WHERE beat_at = ${from}`,
    ),
  })
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
        AND d.status = status.value AND d.id >= ${lowestIdAt(at)} ORDER BY d.id LIMIT 1) AS first
      FROM orgs CROSS JOIN json_each('["pending", "delivered", "exhausted"]') status)`)
  return row?.at ?? undefined
}

/** Latency is the last attempt's, if it was answered. */
export function countByHour(source: SQL, condition: SQL): SQL {
  const lastMs = sql`CASE WHEN d.last_response_status IS NOT NULL AND json_valid(d.attempts)
    THEN d.attempts->>'$[#-1].duration_ms' END`
  return sql`
    SELECT org_id, hour, endpoint_id, count(*) AS created, sum(status = 'delivered') AS first_ok,
      count(ms) AS timed, coalesce(sum(ms), 0) AS latency_ms, coalesce(max(ms), 0) AS slowest_ms
    FROM (SELECT d.org_id, d.created_at / ${HOUR_SQL} AS hour, coalesce(d.endpoint_id, '') AS endpoint_id,
        d.status, ${lastMs} AS ms
      FROM ${source} WHERE ${condition} AND d.status IN ${ANY_STATUS})
    GROUP BY org_id, hour, endpoint_id`
}
