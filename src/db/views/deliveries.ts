// Deliveries as customers see them: listed, and looked at.
import { and, eq, getTableColumns, gte, inArray, lt, sql, type SQL } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/sqlite-core'
import type { Database } from '../client.ts'
import { eventIdOf, isOfCallSql, isOfEventSql, lowestIdAt } from '../ids.ts'
import { isBeyondCursor, nearestFirst, rowsToRead, toPage, type Page } from '../page.ts'
import { deliveries, events } from '../schema.ts'
import {
  isDelivery,
  stagesOf,
  STATUSES,
  type Delivery,
  type DeliveryStatus,
  type Stage,
  type LinedUp,
} from '../words.ts'
import {
  lookUp,
  PLAIN,
  rowsToSearch,
  SHOWN,
  type ListedDelivery,
  type SearchedPage,
} from './look-up.ts'

/** A delivery with its attempt log: JSON text, an array, oldest first. */
export type DeliveryWithLog = Delivery & { attempts: string } & LinedUp

/** The same with its stage, which nobody is told. */
const PLACED = { ...PLAIN, stage: deliveries.stage }

/** Which deliveries a list shows; all that is given must match. */
export type DeliveryFilter = {
  endpointId?: string | undefined
  /** OPERATIONAL for those about the service itself, which are listed so alone. */
  callId?: string | undefined
  status?: DeliveryStatus | undefined
  /** No index knows it. */
  eventType?: string | undefined
  /** The host that it is sent to has one of these in it, in lower case. No index knows it. */
  host?: readonly string[] | undefined
  /** Its id begins so, in lower case. */
  idPrefix?: string | undefined
  /** Created at this instant or later, in Unix ms. */
  createdFrom?: number | undefined
  /** Created before this instant, in Unix ms. */
  createdBefore?: number | undefined
}

/**
 * One page, newest first, in one round trip. Where no index knows the filter it reads MAX_READ rows at most: the
 * page may be short then, or empty, and the next one goes on from there.
 */
export function listDeliveries(
  db: Database,
  orgId: string,
  filter: DeliveryFilter,
  page: Page,
): Promise<SearchedPage<Delivery & LinedUp>> {
  return list(db, orgId, filter, page, PLAIN)
}

/** The same as a person is shown them: for each that is parked one row more. */
export function listShown(
  db: Database,
  orgId: string,
  filter: DeliveryFilter,
  page: Page,
): Promise<SearchedPage<ListedDelivery>> {
  return list(db, orgId, filter, page, SHOWN)
}

/** The delivery, or undefined when it is not there or another org's. */
export async function findDelivery(
  db: Database,
  orgId: string,
  id: string,
): Promise<DeliveryWithLog | undefined> {
  const [row] = await db
    .select({ ...getTableColumns(deliveries), waitingFor: SHOWN.waitingFor })
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
): Promise<SearchedPage<ListedDelivery>> {
  const { eventType, host } = filter
  if (eventType !== undefined || host !== undefined) return search(db, orgId, filter, page, columns)
  const rows = await select(db, orgId, filter, page, { columns, most: rowsToRead(page) })
  return { ...toPage(rows, page), searchedTo: undefined }
}

function search(
  db: Database,
  orgId: string,
  filter: DeliveryFilter,
  page: Page,
  columns: typeof SHOWN,
): Promise<SearchedPage<ListedDelivery>> {
  const isPlain = filter.endpointId === undefined && filter.callId === undefined
  const most = rowsToSearch(isPlain, page)
  const source = sql`${select(db, orgId, filter, page, { columns: PLACED, most })}`
  const isFound = sql`${isOfType(filter)} AND ${isToHost(filter)}`
  return lookUp(db, orgId, { source, isFound, most, columns }, page)
}

function isOfType({ eventType }: DeliveryFilter): SQL {
  return eventType === undefined ? sql`true` : sql`event_type = ${eventType}`
}

/** A URL's host, with its port, ends where its path, query or fragment begins. */
function isToHost({ host }: DeliveryFilter): SQL {
  if (host === undefined) return sql`true`
  const rest = sql`substr(url, instr(url, '://') + 3)`
  const end = sql`min(instr(${rest} || '/', '/'), instr(${rest} || '?', '?'), instr(${rest} || '#', '#'))`
  const found = sql`lower(substr(${rest}, 1, ${end} - 1))`
  const each = host.map((one) => sql`instr(${found}, ${one}) > 0`)
  return sql`(${sql.join(each, sql` OR `)})`
}

/** What a query answers, and how many rows of it at most. */
type Wanted = { columns: typeof SHOWN; most: number }

function select(db: Database, orgId: string, filter: DeliveryFilter, page: Page, wanted: Wanted) {
  const { callId } = filter
  return callId === undefined
    ? selectByStatus(db, orgId, filter, page, wanted)
    : selectByCall(db, orgId, { ...filter, callId }, page, wanted)
}

// Each arm is in id order already (the primary key, or the endpoint's index), so SQLite merges them
// and reads little more than a page, however many rows there are. Of an endpoint it also reads all that is
// new of the org: mostly the last second's, and at most what lapses until the sweep has come to it.
function selectByStatus(
  db: Database,
  orgId: string,
  filter: DeliveryFilter,
  page: Page,
  { columns, most }: Wanted,
) {
  const { endpointId } = filter
  const ofCalls = isOfCallSql(sql`${deliveries.id}`)
  const ofEndpoint = endpointId ? eq(deliveries.endpointId, endpointId) : undefined
  // The unary plus takes the primary key away from the planner, and what the endpoint's index has is not
  // new, which leaves that index.
  const isOwn = (stage: Stage) =>
    ofEndpoint && stage !== 'new'
      ? sql`+${deliveries.orgId} = ${orgId} AND ${deliveries.stage} <> 'new'`
      : eq(deliveries.orgId, orgId)
  const arm = (stage: Stage) =>
    db
      .select(columns)
      .from(deliveries)
      .where(
        and(eq(deliveries.stage, stage), isOwn(stage), ofEndpoint, ofCalls, isWithin(filter, page)),
      )
  const order = nearestFirst(deliveries.id, page)
  const { status } = filter
  if (status === 'delivered' || status === 'exhausted')
    return arm(status).orderBy(order).limit(most)
  const over = status ? [] : [arm('delivered'), arm('exhausted')]
  return unionAll(arm('new'), arm('pending'), ...over)
    .orderBy(order)
    .limit(most)
}

/** Walks the call's events, nearest to the cursor first, and each one's few deliveries. */
function selectByCall(
  db: Database,
  orgId: string,
  filter: DeliveryFilter & { callId: string },
  page: Page,
  { columns, most }: Wanted,
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
        inArray(deliveries.stage, (status ? [status] : STATUSES).flatMap(stagesOf)),
        isOfEventSql(sql`${deliveries.id}`, sql`${events.id}`),
        endpointId ? sql`+${deliveries.endpointId} = ${endpointId}` : undefined,
        isWithin(filter, page),
      ),
    )
    .orderBy(nearestFirst(events.id, page), nearestFirst(deliveries.id, page))
    .limit(most)
}

/** The events that may have deliveries beyond the cursor; an event's id sorts before its deliveries'. */
function isEventBeyondCursor({ startingAfter, endingBefore }: Page): SQL | undefined {
  if (endingBefore !== undefined) return gte(events.id, eventIdOf(endingBefore))
  return startingAfter === undefined ? undefined : lt(events.id, startingAfter)
}

/** The ids carry their instant, so a range of time is a range of ids. */
function isWithin({ createdFrom, createdBefore, idPrefix }: DeliveryFilter, page: Page) {
  const { id } = deliveries
  return and(
    isBeyondCursor(id, page),
    // No character of an id sorts behind g.
    idPrefix === undefined ? undefined : and(gte(id, idPrefix), lt(id, `${idPrefix}g`)),
    createdFrom === undefined ? undefined : gte(id, lowestIdAt(createdFrom)),
    createdBefore === undefined ? undefined : lt(id, lowestIdAt(createdBefore)),
  )
}
