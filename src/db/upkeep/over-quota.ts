// Which orgs are over a quota of what they have sent, found by what is counted of that.
import { sql, type SQL } from 'drizzle-orm'
import { dayOf, QUOTAS, type QuotaName } from '../../quotas.ts'
import { literal, statement, type Database } from '../client.ts'
import { KNOWN_TO_INTAKE } from '../quota-marks.ts'
import { transaction } from '../transaction.ts'
import { isAway } from '../words.ts'

/** Orgs that are told of in one run, at most: their marks are one parameter, of 2 MB at most. */
const MAX_SENDERS = 2000

/** An org that is over, with what it has of each quota. */
export type HeavySender = {
  orgId: string
  events: number
  bytes: number
  pending: number
  maxEvents: number
  maxBytes: number
  maxPending: number
}

/** An org that is over a quota: what it has of it, and until when (Unix ms) that counts, unless it is found again. */
export type Excess = { orgId: string; quota: QuotaName; most: number; used: number; until: number }

/**
 * The orgs that are over, in one query, however many may be: what of a day, and what is stored, is told by what they
 * have sent. What is pending is counted where they have sent as much in the days that are kept, so that what waits
 * for longer, or was made by a replay of missed events, is passed over with them. Reads a row for each org and day,
 * and what is pending of those that are counted: not much more than their quota, or it would not have been let in.
 */
export function findHeavySenders(db: Database, now: number): Promise<HeavySender[]> {
  const today = sql`FILTER (WHERE u.day = ${dayOf(now)})`
  const pending = sql`SELECT count(*) FROM deliveries d
    WHERE d.org_id = s."orgId" AND d.stage IN ('new', 'pending')`
  // Each materialized, so that what is pending is counted once.
  return db.all<HeavySender>(sql`
    WITH sent AS MATERIALIZED (
      SELECT o.id AS "orgId", sums.events, sums.bytes, sums.deliveries,
        ${own('events_per_day')} AS "maxEvents", ${own('stored_bytes')} AS "maxBytes",
        ${own('pending_deliveries')} AS "maxPending"
      FROM (SELECT u.org_id, coalesce(sum(u.events) ${today}, 0) AS events, sum(u.bytes) AS bytes,
          sum(u.deliveries) AS deliveries FROM usage u GROUP BY u.org_id) sums
      CROSS JOIN orgs o WHERE o.id = sums.org_id AND NOT ${isAway(sql`o.id`)}),
    judged AS MATERIALIZED (
      SELECT s.*, iif(s.deliveries >= s."maxPending", (${pending}), 0) AS pending FROM sent s)
    SELECT "orgId", events, bytes, pending, "maxEvents", "maxBytes", "maxPending" FROM judged
    WHERE events >= "maxEvents" OR bytes >= "maxBytes" OR pending >= "maxPending"
    LIMIT ${literal(MAX_SENDERS)}`)
}

/** SQL expression: what the org `o` may have. */
function own(quota: QuotaName): SQL {
  return sql`coalesce(o.quotas->>${quota}, ${literal(QUOTAS[quota].usual)})`
}

/** Marks those that are over, and takes the marks of all others away, but for figures of their own. */
export async function markExcesses(db: Database, excesses: Excess[]): Promise<void> {
  const all = JSON.stringify(excesses)
  const isListed = sql`(quota_marks.org_id, quota_marks.quota) IN (
    SELECT e.value->>'orgId', e.value->>'quota' FROM json_each(${all}) e)`
  const isOwn = sql`(quota_marks.quota IN ${KNOWN_TO_INTAKE} AND EXISTS (SELECT 1 FROM orgs o
    WHERE o.id = quota_marks.org_id AND o.quotas->>quota_marks.quota IS NOT NULL))`
  const isPast = sql`until IS NOT NULL AND NOT ${isListed} AND NOT ${isAway(sql`quota_marks.org_id`)}`
  await transaction(db, {
    past: statement(db, sql`DELETE FROM quota_marks WHERE ${isPast} AND NOT ${isOwn}`),
    own: statement(db, sql`UPDATE quota_marks SET used = NULL, until = NULL WHERE ${isPast}`),
    over: statement(
      db,
      sql`INSERT INTO quota_marks (org_id, quota, most, used, until)
        SELECT o.id, e.value->>'quota', e.value->>'most', e.value->>'used', e.value->>'until'
        FROM json_each(${all}) e CROSS JOIN orgs o
        WHERE o.id = e.value->>'orgId' AND NOT ${isAway(sql`o.id`)}
        ON CONFLICT (org_id, quota) DO UPDATE SET most = excluded.most, used = excluded.used,
          until = excluded.until`,
    ),
  })
}
