// Deliveries as customers see them: listed, and looked at.
import { and, eq, gte, inArray, lt, sql, type SQL } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/sqlite-core'
import type { Database } from '../client.ts'
import { eventIdOf, isOfEventSql, lowestIdAt } from '../ids.ts'
import { isBeyondCursor, nearestFirst, rowsToRead, toPage, type Page, type Paged } from '../page.ts'
import { deliveries, events } from '../schema.ts'
import {
  DELIVERY_COLUMNS,
  isDelivery,
  parkedAs,
  STATUSES,
  type Delivery,
  type DeliveryStatus,
  type ParkedAs,
} from '../words.ts'

/** A delivery with its attempt log: JSON text, an array, oldest first. */
export type DeliveryWithLog = Delivery & { attempts: string }

/** A delivery as a person is shown it, in a list or by itself. */
export type ListedDelivery = Delivery & { parkedAs: ParkedAs | null }

/** What a person is shown of one. */
const SHOWN = { ...DELIVERY_COLUMNS, parkedAs: parkedAs('deliveries').as('parked_as') }

/** The same for whoever does not ask how it is parked, which costs a row. */
const PLAIN = { ...DELIVERY_COLUMNS, parkedAs: sql<ParkedAs | null>`NULL`.as('parked_as') }

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
export function listDeliveries(
  db: Database,
  orgId: string,
  filter: DeliveryFilter,
  page: Page,
): Promise<Paged<Delivery>> {
  return list(db, orgId, filter, page, PLAIN)
}

/** The same as a person is shown them: for each that is parked one row more. */
export function listShown(
  db: Database,
  orgId: string,
  filter: DeliveryFilter,
  page: Page,
): Promise<Paged<ListedDelivery>> {
  return list(db, orgId, filter, page, SHOWN)
}

/** The delivery, or undefined when it is not there or another org's. */
export async function findDelivery(
  db: Database,
  orgId: string,
  id: string,
): Promise<DeliveryWithLog | undefined> {
  const [row] = await db
    .select()
    .from(deliveries)
    .where(isDelivery(orgId, id, 'deliveries'))
  return row
}

/** The query for one as a person is shown it, with its log: one row, or none. */
export function selectShown(db: Database, orgId: string, id: string) {
  return db
    .select({ ...SHOWN, attempts: deliveries.attempts })
    .from(deliveries)
    .where(isDelivery(orgId, id, 'deliveries'))
}

async function list(
  db: Database,
  orgId: string,
  filter: DeliveryFilter,
  page: Page,
  columns: typeof SHOWN,
): Promise<Paged<ListedDelivery>> {
  const { callId } = filter
  const rows =
    callId === undefined
      ? await selectByStatus(db, orgId, filter, page, columns)
      : await selectByCall(db, orgId, { ...filter, callId }, page, columns)
  return toPage(rows, page)
}

// Each arm is in id order already (the primary key, or the endpoint's index), so SQLite merges them
// and reads little more than a page, however many rows there are.
function selectByStatus(
  db: Database,
  orgId: string,
  filter: DeliveryFilter,
  page: Page,
  columns: typeof SHOWN,
) {
  const { endpointId } = filter
  // The unary plus takes the primary key away from the planner, which leaves the endpoint's index.
  const owner = endpointId
    ? and(eq(deliveries.endpointId, endpointId), sql`+${deliveries.orgId} = ${orgId}`)
    : eq(deliveries.orgId, orgId)
  const arm = (status: DeliveryStatus) =>
    db
      .select(columns)
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
  columns: typeof SHOWN,
) {
  const { callId, endpointId, status } = filter
  return db
    .select(columns)
    .from(events)
    .crossJoin(deliveries)
    .where(
      and(
        eq(events.orgId, orgId),
        eq(events.listedUnder, callId.toLowerCase()),
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
