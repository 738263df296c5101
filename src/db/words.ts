// The words that queries about deliveries and endpoints share.
import { getTableColumns, sql, type SQL } from 'drizzle-orm'
import { deliveries } from './schema.ts'

/** A delivery at one version: what a queue message carries, and what fences a write. */
export type DeliveryRef = { orgId: string; id: string; version: number }

/** An endpoint of an org. */
export type EndpointRef = { orgId: string; endpointId: string }

/** What a delivery can be; `pending` is also: parked while its endpoint is disabled or comes back. */
export const STATUSES = ['pending', 'delivered', 'exhausted'] as const

/** One of STATUSES. */
export type DeliveryStatus = (typeof STATUSES)[number]

/**
 * SQL list for `status IN`, which names them all: the primary key begins with the org and the status, so a
 * query that leaves the status out walks every delivery of the org.
 */
export const ANY_STATUS: SQL = sql`('pending', 'delivered', 'exhausted')`

const { attempts: _log, ...summary } = getTableColumns(deliveries)

/** A delivery's columns but for its attempt log, which a list never needs. */
export const DELIVERY_COLUMNS = summary

/** A delivery without its attempt log. */
export type Delivery = Omit<typeof deliveries.$inferSelect, 'attempts'>

/** What a parked delivery waits for: that its endpoint is enabled, or its turn at one that recovers. */
export type ParkedAs = 'held' | 'paced'

/**
 * SQL expression: how the delivery `d` is parked, as ParkedAs says it. NULL: it is not, or its endpoint was
 * deleted, which ends it. Of one that is parked it reads a row more.
 */
export function parkedAs(d: 'd' | 'deliveries' = 'd'): SQL<ParkedAs | null> {
  const row = sql.raw(d)
  return sql<ParkedAs | null>`CASE ${row}.situation WHEN 'parked' THEN (
    SELECT iif(ep.status = 'disabled', 'held', 'paced') FROM endpoints ep
    WHERE ep.org_id = ${row}.org_id AND ep.id = ${row}.endpoint_id) END`
}

/** SQL condition: the delivery `d` is this one, whatever its status. */
export function isDelivery(orgId: string, id: string | SQL, d: 'd' | 'deliveries' = 'd'): SQL {
  const row = sql.raw(d)
  return sql`${row}.org_id = ${orgId} AND ${row}.status IN ${ANY_STATUS} AND ${row}.id = ${id}`
}

/** SQL condition: the delivery `d` is pending at the version of the reference, a JSON object. */
export function isCurrent(ref: SQL): SQL {
  return sql`d.org_id = ${ref}->>'orgId' AND d.status = 'pending' AND d.id = ${ref}->>'id'
    AND d.version = ${ref}->>'version'`
}
