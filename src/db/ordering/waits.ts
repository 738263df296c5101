// Whom a delivery waits for, as every query asks it.
import { sql, type SQL } from 'drizzle-orm'
import { literal } from '../client.ts'

/**
 * SQL condition: the delivery of this id has not been over yet, so that another may wait for it. One that was, and was asked for again,
 * is pending by hand with nowhere to go on from; or has been delivered.
 */
export function isHoldingUp(orgId: SQL, id: SQL): SQL {
  return sql`(EXISTS (SELECT 1 FROM deliveries f WHERE f.stage = 'new' AND f.org_id = ${orgId} AND f.id = ${id})
    OR EXISTS (SELECT 1 FROM deliveries f WHERE f.stage = 'pending' AND f.org_id = ${orgId} AND f.id = ${id}
      AND f.delivered_at IS NULL AND NOT (f.is_manual AND f.resume_at IS NULL)))`
}

/** After so many leases of the one in front that came to nothing, nobody waits for it any longer than it may. */
const LAPSES_WAITED_FOR = 2

/**
 * SQL condition: the delivery of this name, whose wait is over, is behind one that is parked, or that somebody is on, or that was
 * never attempted; and for which there is hope. Of what is not as it was accepted, and of an endpoint that orders nothing, it reads no row.
 */
export function isBehind(name: 'p' | 'd'): SQL {
  const row = sql.raw(name)
  return sql`(${row}.version = 1 AND EXISTS (
    SELECT 1 FROM call_waits w CROSS JOIN deliveries f
    WHERE w.org_id = ${row}.org_id AND w.endpoint_id = ${row}.endpoint_id AND w.id = ${row}.id
      AND f.stage IN ('new', 'pending') AND f.org_id = w.org_id AND f.id = w.behind
      AND f.lapses < ${literal(LAPSES_WAITED_FOR)}
      AND (f.situation <> 'waiting' OR f.version = 1)))`
}

/**
 * SQL expression: the id of the delivery that the delivery `d` waits for; NULL: for none. Whatever has happened to it raised its
 * version, and then it waits no more. Of what is not as it was accepted, and of an endpoint that orders nothing, it reads no row.
 */
export function waitingFor(d: 'd' | 'deliveries' | 'b' = 'd'): SQL<string | null> {
  const row = sql.raw(d)
  return sql<string | null>`CASE WHEN ${row}.stage = 'pending' AND ${row}.version = 1 THEN (
    SELECT w.behind FROM call_waits w
    WHERE w.org_id = ${row}.org_id AND w.endpoint_id = ${row}.endpoint_id AND w.id = ${row}.id
      AND ${isHoldingUp(sql`w.org_id`, sql`w.behind`)}) END`
}
