// What orgs have sent by day, counted with what charts are drawn from.
import { sql, type SQL } from 'drizzle-orm'
import { literal, statement, type Database } from '../client.ts'
import { eventIdSql } from '../ids.ts'
import { ANY_STAGE } from '../words.ts'

/** A whole number in the SQL itself: D1 binds numbers as reals, and a real does not divide to days. */
const DAY_SQL = sql.raw(String(24 * 3_600_000))

/** Bytes of an event beside its call, and of a delivery with its places in indexes and its attempts, as they mostly are. */
const EVENT_BYTES = 150
const DELIVERY_BYTES = 600

/** What to count: SQL conditions of an id of an org of `orgs`, and of whether anything counts at all. */
export type Stretch = { isCounted: (id: SQL) => SQL; isDue: SQL }

/**
 * The statement that counts what was accepted in a stretch into its days. Reads each delivery and each event once. Each
 * is known by the instant in its id, so what a replay makes of an old event counts no more.
 */
export function countUsage(db: Database, { isCounted, isDue }: Stretch) {
  // Each event by its deliveries, which lead to it; and those that have none, by themselves.
  const sent = sql`SELECT d.org_id, lower(d.call_id) AS listed_under, ${eventIdSql(sql`d.id`)} AS id, count(*) AS deliveries
    FROM orgs CROSS JOIN deliveries d
    WHERE d.org_id = orgs.id AND d.stage IN ${ANY_STAGE} AND ${isCounted(sql`d.id`)}
    GROUP BY d.org_id, listed_under, ${eventIdSql(sql`d.id`)}`
  const event = sql`ev.org_id, ev.accepted_at / ${DAY_SQL} AS day, octet_length(ev.call) AS bytes`
  const events = sql`SELECT ${event}, s.deliveries FROM (${sent}) s CROSS JOIN events ev
    WHERE ev.org_id = s.org_id AND ev.listed_under = s.listed_under AND ev.id = s.id`
  const lone = sql`SELECT ${event}, 0 FROM orgs CROSS JOIN events ev
    WHERE ev.org_id = orgs.id AND ev.listed_under = '' AND ${isCounted(sql`ev.id`)}`
  return statement(
    db,
    sql`INSERT INTO usage (org_id, day, events, deliveries, bytes)
      SELECT org_id, day, count(*), sum(deliveries),
        sum(bytes) + count(*) * ${literal(EVENT_BYTES)} + sum(deliveries) * ${literal(DELIVERY_BYTES)}
      FROM (${events} UNION ALL ${lone}) WHERE ${isDue} GROUP BY org_id, day
      ON CONFLICT (org_id, day) DO UPDATE SET events = events + excluded.events,
        deliveries = deliveries + excluded.deliveries, bytes = bytes + excluded.bytes`,
  )
}
