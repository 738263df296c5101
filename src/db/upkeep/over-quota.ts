// Which orgs are over a quota of what they have sent, found by what is counted of that.
import { sql, type SQL } from 'drizzle-orm'
import { dayOf, QUOTAS, type QuotaName } from '../../quotas.ts'
import { literal, statement, type Database } from '../client.ts'
import { KNOWN_TO_INTAKE } from '../quota-marks.ts'
import { transaction } from '../transaction.ts'
import { isAway } from '../words.ts'

/** Orgs that are looked at more closely in one run, at most. */
const MAX_HEAVY = 500

/** An org that has sent as much as one of its quotas, of what is over by how much it has sent. */
export type HeavySender = {
  orgId: string
  events: number
  bytes: number
  deliveries: number
  maxEvents: number
  maxBytes: number
  maxPending: number
}

/** An org that is over a quota: what it has of it, and until when (Unix ms) that counts, unless it is found again. */
export type Excess = { orgId: string; quota: QuotaName; most: number; used: number; until: number }

/**
 * The orgs that may be over: what of a day, and what is stored, is told by what they have sent; of what is pending it
 * cannot be more than that. Reads a row for each org and day that is kept.
 */
export function findHeavySenders(db: Database, now: number): Promise<HeavySender[]> {
  const today = sql`FILTER (WHERE u.day = ${dayOf(now)})`
  return db.all<HeavySender>(sql`
    SELECT * FROM (
      SELECT o.id AS "orgId", sent.events, sent.bytes, sent.deliveries,
        ${own('events_per_day')} AS "maxEvents", ${own('stored_bytes')} AS "maxBytes",
        ${own('pending_deliveries')} AS "maxPending"
      FROM (SELECT u.org_id, coalesce(sum(u.events) ${today}, 0) AS events, sum(u.bytes) AS bytes,
          sum(u.deliveries) AS deliveries FROM usage u GROUP BY u.org_id) sent
      CROSS JOIN orgs o WHERE o.id = sent.org_id AND NOT ${isAway(sql`o.id`)})
    WHERE events >= "maxEvents" OR bytes >= "maxBytes" OR deliveries >= "maxPending"
    LIMIT ${literal(MAX_HEAVY)}`)
}

/** SQL expression: what the org `o` may have. */
function own(quota: QuotaName): SQL {
  return sql`coalesce(o.quotas->>${quota}, ${literal(QUOTAS[quota].usual)})`
}

/** How many deliveries of an org are pending; it counts as far as `most`. */
export async function countPending(db: Database, orgId: string, most: number): Promise<number> {
  const [row] = await db.all<{ count: number }>(sql`SELECT count(*) AS count FROM (
    SELECT 1 FROM deliveries d WHERE d.org_id = ${orgId} AND d.stage IN ('new', 'pending')
    LIMIT ${literal(most)})`)
  return row?.count ?? 0
}

/** Marks those that are over, and takes the marks of all others away, but for figures of their own. */
export async function markExcesses(db: Database, excesses: Excess[]): Promise<void> {
  const all = JSON.stringify(excesses)
  const isListed = sql`EXISTS (SELECT 1 FROM json_each(${all}) e
    WHERE e.value->>'orgId' = quota_marks.org_id AND e.value->>'quota' = quota_marks.quota)`
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
