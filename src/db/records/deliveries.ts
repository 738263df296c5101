// Deliveries as customers see them: listed, looked at, asked for again.
import { and, eq, getTableColumns, gte, inArray, lt, sql, type SQL } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/sqlite-core'
import { auditIf, JUST_CHANGED, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { guardByKey, type IdempotencyRecord, type KeyUse } from '../idempotency.ts'
import { eventIdOf, isOfEventSql, lowestIdAt } from '../ids.ts'
import { isBeyondCursor, nearestFirst, rowsToRead, toPage, type Page, type Paged } from '../page.ts'
import { readRow, rowAsJson } from '../row-json.ts'
import { deliveries, events } from '../schema.ts'

/** What a delivery can be; `pending` is also: held while its endpoint is disabled. */
export const STATUSES = ['pending', 'delivered', 'exhausted'] as const

/** One of STATUSES. */
export type DeliveryStatus = (typeof STATUSES)[number]

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
  /** Created at this instant or later, in Unix ms. */
  createdFrom?: number | undefined
  /** Created before this instant, in Unix ms. */
  createdBefore?: number | undefined
}

/** One page, newest first, in one round trip. */
export async function listDeliveries(
  db: Database,
  orgId: string,
  filter: DeliveryFilter,
  page: Page,
): Promise<Paged<Delivery>> {
  const { callId } = filter
  const rows =
    callId === undefined
      ? await selectByStatus(db, orgId, filter, page)
      : await selectByCall(db, orgId, { ...filter, callId }, page)
  return toPage(rows, page)
}

/** The delivery, or undefined when it is not there or another org's. */
export async function findDelivery(
  db: Database,
  orgId: string,
  id: string,
): Promise<DeliveryWithLog | undefined> {
  const [row] = await selectDelivery(db, orgId, id)
  return row
}

/** The query for one delivery with its log: one row, or none. */
export function selectDelivery(db: Database, orgId: string, id: string) {
  return db.select().from(deliveries).where(isDelivery(orgId, id))
}

/**
 * Characters of the redeliveries' tokens that are kept: eight UUIDs. A redelivery whose answer was lost
 * is repeated within a second, and must be known although others came in between.
 */
const KEPT_TOKENS_LENGTH = 8 * 36

/** Redeliveries of one delivery, ever; they bound the size of its attempt log. */
const MAX_MANUAL_RETRIES = 1000

/** What a redelivery is asked with; the token makes its repetition harmless, the lease is in ms. */
export type RedeliverRequest = {
  actor: Actor
  id: string
  token: string
  now: number
  leaseMs: number
  idempotency: KeyUse | undefined
}

/**
 * What a redelivery found: the delivery as it is now, its endpoint's status, which a deleted one and an
 * inline delivery have not, and the key's first use.
 */
export type RedeliverResult = {
  delivery: Delivery | undefined
  endpointStatus: string | undefined
  record: IdempotencyRecord | undefined
}

/**
 * Makes a delivery due now, by hand, unless its endpoint is disabled or deleted or the key was used
 * (S3: then nothing changes). It was done when the delivery's `redeliverTokens` have this request's.
 * Writes 4 rows: the delivery, its entries in two indexes, and one in the audit log; one more for a key.
 */
export async function redeliver(db: Database, request: RedeliverRequest): Promise<RedeliverResult> {
  const { actor, id, token, now, idempotency } = request
  const { orgId } = actor
  const key = guardByKey(db, idempotency, now)
  const snapshot = sql`SELECT ${rowAsJson(summary, 'd')} AS snapshot FROM deliveries d
    WHERE ${isDeliverySql(orgId, id)} AND instr(d.redeliver_tokens, ${token})`
  const act = [
    statement(db, makeDueNow(request, key.isFree)),
    auditIf(db, JUST_CHANGED, actor, { action: 'delivery.redeliver', targetId: id, at: now }),
    db.select(summary).from(deliveries).where(isDelivery(orgId, id)),
    statement<{ status: string }>(
      db,
      sql`
      SELECT ep.status FROM deliveries d
      JOIN endpoints ep ON ep.org_id = d.org_id AND ep.id = d.endpoint_id
      WHERE ${isDeliverySql(orgId, id)}`,
    ),
  ] as const
  // Without a key no statement more than these: one request may redeliver 200, and D1 allows it 1,000.
  if (!idempotency) {
    const [, , rows, endpoints] = await db.batch(act)
    return { delivery: rows[0], endpointStatus: endpoints[0]?.status, record: undefined }
  }
  const [, , rows, endpoints, , records] = await db.batch([...act, key.claim(snapshot), key.find])
  return { delivery: rows[0], endpointStatus: endpoints[0]?.status, record: records[0] }
}

/** The delivery that a redelivery's key has kept, with which a repeated request is answered. */
export function readKeptDelivery(snapshot: unknown): Delivery {
  // redeliver wrote it from these columns.
  return readRow(summary, snapshot) as Delivery
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
      .where(and(owner, eq(deliveries.status, status), isWithin(filter, page)))
  const order = nearestFirst(deliveries.id, page)
  const most = rowsToRead(page)
  if (filter.status) return arm(filter.status).orderBy(order).limit(most)
  return unionAll(arm('pending'), arm('delivered'), arm('exhausted')).orderBy(order).limit(most)
}

/** Walks the call's events, nearest to the cursor first, and each one's few deliveries. */
function selectByCall(
  db: Database,
  orgId: string,
  filter: DeliveryFilter & { callId: string },
  page: Page,
) {
  const { callId, endpointId, status } = filter
  return db
    .select(summary)
    .from(events)
    .crossJoin(deliveries)
    .where(
      and(
        eq(events.orgId, orgId),
        eq(events.listKey, callId.toLowerCase()),
        isEventBeyondCursor(page),
        eq(deliveries.orgId, orgId),
        inArray(deliveries.status, status ? [status] : [...STATUSES]),
        isOfEventSql(sql`${deliveries.id}`, sql`${events.id}`),
        endpointId ? sql`+${deliveries.endpointId} = ${endpointId}` : undefined,
        isWithin(filter, page),
      ),
    )
    .orderBy(nearestFirst(events.id, page), nearestFirst(deliveries.id, page))
    .limit(rowsToRead(page))
}

/** The events that may have deliveries beyond the cursor; an event's id sorts before its deliveries'. */
function isEventBeyondCursor({ startingAfter, endingBefore }: Page): SQL | undefined {
  if (endingBefore !== undefined) return gte(events.id, eventIdOf(endingBefore))
  return startingAfter === undefined ? undefined : lt(events.id, startingAfter)
}

/** The ids carry their instant, so a range of time is a range of ids. */
function isWithin({ createdFrom, createdBefore }: DeliveryFilter, page: Page) {
  const { id } = deliveries
  return and(
    isBeyondCursor(id, page),
    createdFrom === undefined ? undefined : gte(id, lowestIdAt(createdFrom)),
    createdBefore === undefined ? undefined : lt(id, lowestIdAt(createdBefore)),
  )
}

function isDelivery(orgId: string, id: string): SQL | undefined {
  return and(
    eq(deliveries.orgId, orgId),
    inArray(deliveries.status, [...STATUSES]),
    eq(deliveries.id, id),
  )
}

/** SQL condition: the delivery `d` is this one, whatever its status. */
export function isDeliverySql(orgId: string, id: string): SQL {
  return sql`d.org_id = ${orgId} AND d.status IN ('pending', 'delivered', 'exhausted') AND d.id = ${id}`
}

// A manual attempt that fails gives the turn back to the automatic schedule: resume_at is where it was,
// and a second click before the first one's attempt must not lose it.
function makeDueNow(request: RedeliverRequest, isFree: SQL): SQL {
  const { actor, id, token, now, leaseMs } = request
  const { orgId } = actor
  return sql`
    UPDATE deliveries AS d SET
      status = 'pending', version = version + 1, is_manual = 1,
      redeliver_tokens = substr(${token} || redeliver_tokens, 1, ${KEPT_TOKENS_LENGTH}),
      redelivered_by = ${actor.name}, manual_retry_count = manual_retry_count + 1, laps = 0,
      resume_at = CASE WHEN status <> 'pending' THEN NULL WHEN is_manual THEN resume_at
        ELSE next_attempt_at END,
      next_attempt_at = ${now}, sweep_at = ${now + leaseMs}, updated_at = ${now}
    WHERE ${isDeliverySql(orgId, id)} AND NOT instr(redeliver_tokens, ${token})
      AND manual_retry_count < ${MAX_MANUAL_RETRIES}
      AND ${isFree}
      AND (d.endpoint_id IS NULL OR EXISTS (SELECT 1 FROM endpoints ep
        WHERE ep.org_id = d.org_id AND ep.id = d.endpoint_id AND ep.status = 'enabled'))`
}
