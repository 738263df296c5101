// Deliveries as customers see them: listed, looked at, asked for again.
import { and, desc, eq, getTableColumns, inArray, lt, sql, type SQL } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/sqlite-core'
import { statement, type Database } from './client.ts'
import {
  claimKey,
  isKeyFree,
  selectKey,
  type IdempotencyRecord,
  type IdempotentRequest,
} from './idempotency.ts'
import { deliveries } from './schema.ts'

/** What a delivery can be; `pending` is also: held while its endpoint is disabled. */
export const STATUSES = ['pending', 'delivered', 'exhausted'] as const

/** One of STATUSES. */
type DeliveryStatus = (typeof STATUSES)[number]

const { attempts: _log, ...summary } = getTableColumns(deliveries)

/** A delivery without its attempt log, which a list never needs. */
export type Delivery = Omit<typeof deliveries.$inferSelect, 'attempts'>

/** A delivery with its attempt log: JSON text, an array, oldest first. */
export type DeliveryWithLog = typeof deliveries.$inferSelect

/** Which deliveries a list shows; all that is given must match. */
export type DeliveryFilter = {
  endpointId?: string | undefined
  callId?: string | undefined
  status?: DeliveryStatus | undefined
}

/** Where a page begins, exclusively, and how many rows it has at most. */
export type Page = { startingAfter?: string | undefined; limit: number }

/**
 * One page, newest first, in one round trip; a row more than the limit when there are more.
 * `undefined` when the cursor is no delivery of this org under this endpoint and call (X7); its status
 * may have changed since the page before it was read.
 */
export async function listDeliveries(
  db: Database,
  orgId: string,
  filter: DeliveryFilter,
  page: Page,
): Promise<Delivery[] | undefined> {
  const [cursor, rows] = await db.batch([
    db
      .select({ id: deliveries.id })
      .from(deliveries)
      .where(cursorMatches(orgId, filter, page)),
    filter.callId === undefined
      ? selectByStatus(db, orgId, filter, page)
      : selectByCall(db, orgId, { ...filter, callId: filter.callId }, page),
  ])
  return page.startingAfter !== undefined && cursor.length === 0 ? undefined : rows
}

/** The delivery, or undefined when it is not there or another org's. */
export async function findDelivery(
  db: Database,
  orgId: string,
  id: string,
): Promise<DeliveryWithLog | undefined> {
  const [row] = await db.select().from(deliveries).where(isDelivery(orgId, id))
  return row
}

/** Redeliveries of one delivery, ever; they bound the size of its attempt log. */
const MAX_MANUAL_RETRIES = 1000

/** What a redelivery is asked with; the token makes its repetition harmless, the lease is in ms. */
export type RedeliverRequest = {
  orgId: string
  id: string
  token: string
  now: number
  leaseMs: number
  idempotency: IdempotentRequest | undefined
}

/** What a redelivery found: the delivery as it is now, its endpoint's state, the key's first use. */
export type RedeliverResult = {
  delivery: Delivery | undefined
  endpoint: { status: string; deletedAt: number | null } | undefined
  record: IdempotencyRecord | undefined
}

/**
 * Makes a delivery due now, by hand, unless its endpoint is disabled or deleted or the key was used
 * (S3: then nothing changes). It was done when the delivery's `redeliverToken` is this request's.
 */
export async function redeliver(db: Database, request: RedeliverRequest): Promise<RedeliverResult> {
  const { orgId, id, token, now, idempotency } = request
  const snapshot = sql`SELECT ${snapshotOf()} AS snapshot FROM deliveries d
    WHERE ${isDeliverySql(orgId, id)} AND d.redeliver_token = ${token}`
  const [, , rows, endpoints, records] = await db.batch([
    statement(db, makeDueNow(request)),
    statement(db, claimKey(orgId, idempotency, now, snapshot)),
    db.select(summary).from(deliveries).where(isDelivery(orgId, id)),
    statement<{ status: string; deletedAt: number | null }>(
      db,
      sql`
      SELECT ep.status, ep.deleted_at AS "deletedAt" FROM deliveries d
      JOIN endpoints ep ON ep.org_id = d.org_id AND ep.id = d.endpoint_id
      WHERE ${isDeliverySql(orgId, id)}`,
    ),
    statement<IdempotencyRecord>(db, selectKey(orgId, idempotency)),
  ])
  return { delivery: rows[0], endpoint: endpoints[0], record: records[0] }
}

// Each arm is in id order already (the primary key, or the endpoint's index), so SQLite merges them
// and reads little more than a page, however many rows there are.
function selectByStatus(db: Database, orgId: string, filter: DeliveryFilter, page: Page) {
  const { endpointId } = filter
  // The unary plus takes the primary key away from the planner, which leaves the endpoint's index.
  const owner = endpointId
    ? and(eq(deliveries.endpointId, endpointId), sql`+${deliveries.orgId} = ${orgId}`)
    : eq(deliveries.orgId, orgId)
  const arm = (status: DeliveryStatus) =>
    db
      .select(summary)
      .from(deliveries)
      .where(and(owner, eq(deliveries.status, status), isOlder(page)))
  const newestFirst = desc(deliveries.id)
  if (filter.status)
    return arm(filter.status)
      .orderBy(newestFirst)
      .limit(page.limit + 1)
  return unionAll(arm('pending'), arm('delivered'), arm('exhausted'))
    .orderBy(sql`id DESC`)
    .limit(page.limit + 1)
}

/** Walks the call's events, newest first, and each one's few deliveries. */
function selectByCall(
  db: Database,
  orgId: string,
  filter: DeliveryFilter & { callId: string },
  page: Page,
) {
  const { callId, endpointId, status } = filter
  const wanted = status ? [status] : STATUSES
  return db
    .select(summary)
    .from(
      sql`(SELECT id AS event_id FROM events WHERE org_id = ${orgId}
        AND list_key = ${callId.toLowerCase()}
        ${page.startingAfter ? sql`AND id < ${page.startingAfter}` : sql``}
        ORDER BY id DESC) AS event CROSS JOIN ${deliveries}`,
    )
    .where(
      and(
        eq(deliveries.orgId, orgId),
        inArray(deliveries.status, [...wanted]),
        sql`${deliveries.id} > event_id AND ${deliveries.id} <= substr(event_id, 1, 32) || 'ffff'`,
        endpointId ? sql`+${deliveries.endpointId} = ${endpointId}` : undefined,
        isOlder(page),
      ),
    )
    .orderBy(sql`event_id DESC`, desc(deliveries.id))
    .limit(page.limit + 1)
}

function isOlder({ startingAfter }: Page): SQL | undefined {
  return startingAfter ? lt(deliveries.id, startingAfter) : undefined
}

function cursorMatches(orgId: string, filter: DeliveryFilter, { startingAfter }: Page) {
  if (!startingAfter) return sql`false`
  return and(
    isDelivery(orgId, startingAfter),
    filter.endpointId ? sql`+${deliveries.endpointId} = ${filter.endpointId}` : undefined,
    filter.callId ? sql`lower(${deliveries.callId}) = lower(${filter.callId})` : undefined,
  )
}

function isDelivery(orgId: string, id: string): SQL | undefined {
  return and(
    eq(deliveries.orgId, orgId),
    inArray(deliveries.status, [...STATUSES]),
    eq(deliveries.id, id),
  )
}

function isDeliverySql(orgId: string, id: string): SQL {
  return sql`d.org_id = ${orgId} AND d.status IN ('pending', 'delivered', 'exhausted') AND d.id = ${id}`
}

// A manual attempt that fails gives the turn back to the automatic schedule: resume_at is where it was,
// and a second click before the first one's attempt must not lose it.
function makeDueNow({ orgId, id, token, now, leaseMs, idempotency }: RedeliverRequest): SQL {
  return sql`
    UPDATE deliveries AS d SET
      status = 'pending', version = version + 1, is_manual = 1, redeliver_token = ${token},
      manual_retry_count = manual_retry_count + 1, laps = 0,
      resume_at = CASE WHEN status <> 'pending' THEN NULL WHEN is_manual THEN resume_at
        ELSE next_attempt_at END,
      next_attempt_at = ${now}, sweep_at = ${now + leaseMs}, updated_at = ${now}
    WHERE ${isDeliverySql(orgId, id)} AND redeliver_token IS NOT ${token}
      AND manual_retry_count < ${MAX_MANUAL_RETRIES}
      AND ${isKeyFree(orgId, idempotency, now)}
      AND NOT EXISTS (SELECT 1 FROM endpoints ep WHERE ep.org_id = d.org_id AND ep.id = d.endpoint_id
        AND (ep.status <> 'enabled' OR ep.deleted_at IS NOT NULL))`
}

/** The delivery as JSON under the names of Delivery: what a repeated request is answered with. */
function snapshotOf(): SQL {
  const members = Object.entries(summary).map(
    ([name, column]) => sql`${sql.raw(`'${name}'`)}, d.${sql.identifier(column.name)}`,
  )
  return sql`json_object(${sql.join(members, sql`, `)})`
}
