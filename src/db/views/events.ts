// Events as they were accepted, with what became of them: listed, and looked at.
import { sql, type SQL } from 'drizzle-orm'
import { literal, statement, type Database } from '../client.ts'
import { eventIdOf, eventIdSql, isOfCallSql, isOfEventSql, lastIdOf, lowestIdAt } from '../ids.ts'
import type { CreatedDelivery } from '../lifecycle/accept.ts'
import { MAX_READ, rowsToRead, toPage, type Page, type Paged } from '../page.ts'
import { readSkipped, type Skipped } from '../skipped.ts'
import { transaction } from '../transaction.ts'
import { ANY_STAGE, STAGES, type DeliveryStatus, type Stage } from '../words.ts'

/** An event as it was accepted. */
export type StoredEvent = {
  id: string
  type: string
  callId: string
  created: number
  skipped: Skipped[]
  /** When its payload was deleted, in Unix ms; null: it is there. */
  payloadDeletedAt: number | null
}

/** One delivery of an event, in short. */
export type EventDelivery = CreatedDelivery & { status: DeliveryStatus }

/** The event and its deliveries, or undefined when it is not there or another org's. */
export async function findEvent(
  db: Database,
  orgId: string,
  id: string,
): Promise<{ event: StoredEvent; deliveries: EventDelivery[] } | undefined> {
  const ofEvent = sql`d.org_id = ${orgId} AND d.stage IN ${ANY_STAGE}
    AND ${isOfEventSql(sql`d.id`, sql`${id}`)}`
  const { event, deliveries } = await transaction(db, {
    event: statement<Omit<StoredEvent, 'skipped'> & { skipped: string }>(
      db,
      sql`
      SELECT id, type, coalesce(call_id, listed_under) AS "callId", created, skipped,
        payload_deleted_at AS "payloadDeletedAt" FROM events
      WHERE org_id = ${orgId} AND id = ${id} AND listed_under IN ('', coalesce(
        (SELECT lower(d.call_id) FROM deliveries d WHERE ${ofEvent} LIMIT 1), ''))`,
    ),
    deliveries: statement<EventDelivery>(
      db,
      sql`
      SELECT d.id, d.endpoint_id AS "endpointId", d.url, d.status FROM deliveries d
      WHERE ${ofEvent} ORDER BY d.id`,
    ),
  })
  const [row] = event
  return row && { event: { ...row, skipped: readSkipped(row.skipped) }, deliveries }
}

/** Which events a list shows; all that is given must match. */
export type EventFilter = {
  /** No index knows it. */
  type?: string | undefined
  /** OPERATIONAL for those about the service itself, which are listed so alone. */
  callId?: string | undefined
  /** Those that made none alone. No index knows it of one to which a delivery was added later. */
  withoutDeliveries?: boolean | undefined
  /** Accepted at this instant or later, in Unix ms. */
  createdFrom?: number | undefined
  /** Accepted before this instant, in Unix ms. */
  createdBefore?: number | undefined
}

/** An event of a list, with its deliveries. */
export type ListedEvent = StoredEvent & { deliveries: CreatedDelivery[] }

/** Events that a search shows at most, so that what they cost leaves room for what it passes. */
const MOST_FOUND = 100

/** Rows that a page passes at most where nothing is searched for. */
const MOST_PASSED = 500

/**
 * One page, newest first, in one round trip. By time events lie apart: those that made no delivery by themselves,
 * all others under their calls, where their deliveries lead to them. So a page passes each delivery: MOST_PASSED at
 * most, and where no index knows what is looked for it reads MAX_READ rows in all. It may be short then, or empty,
 * and the next one goes on from there.
 */
export async function listEvents(
  db: Database,
  orgId: string,
  filter: EventFilter,
  page: Page,
): Promise<Paged<ListedEvent>> {
  const isSearch = Boolean(filter.type ?? filter.callId ?? filter.withoutDeliveries)
  const own = isSearch ? { ...page, limit: Math.min(page.limit, MOST_FOUND) } : page
  const most = isSearch ? rowsToSearch(own) : MOST_PASSED
  const rows = rowsOf(orgId, filter, own, most)
  const furthest = page.endingBefore === undefined ? sql`min(id)` : sql`max(id)`
  const { found, walked } = await transaction(db, {
    found: statement<FoundEvent>(db, selectFound(orgId, rows, filter, own)),
    walked: isSearch
      ? statement<Walked>(db, sql`SELECT count(*) AS seen, ${furthest} AS furthest FROM ${rows}`)
      : undefined,
  })
  const listed = found.map(readFound)
  const paged = toPage(listed, own, cutAt(walked[0] ?? seenIn(listed), most))
  return { ...paged, rows: paged.rows.flatMap(({ event }) => event ?? []) }
}

/** The statement for `toNewest`: the newest events, whatever they are, as a part of another's transaction. */
export function findNewest(db: Database, orgId: string, page: Page) {
  return statement<FoundEvent>(
    db,
    selectFound(orgId, rowsOf(orgId, {}, page, MOST_PASSED), {}, page),
  )
}

/** What `listEvents` gives where nothing is asked for, of what the statement answered. */
export function toNewest(found: FoundEvent[], { limit }: Page): ListedEvent[] {
  return found.slice(0, limit).flatMap((row) => readFound(row).event ?? [])
}

/** An event that was found; its own columns are NULL when it was pruned just now. */
type FoundEvent = Omit<StoredEvent, 'type' | 'skipped'> & {
  type: string | null
  skipped: string
  deliveries: string
}

/** How many rows were passed, and the furthest one's id. */
type Walked = { seen: number; furthest: string | null }

// Each is passed twice, once for how far the search came, and its deliveries are read when they are shown. Of what
// is shown the event is read, too, and of each stage in which it has nothing what comes next.
function rowsToSearch(page: Page): number {
  return Math.floor((MAX_READ - 5 * rowsToRead(page)) / 3)
}

/** An event without deliveries was one row. */
function seenIn(listed: { id: string; deliveries: CreatedDelivery[] }[]): Walked {
  const seen = listed.reduce((sum, { deliveries }) => sum + Math.max(1, deliveries.length), 0)
  return { seen, furthest: listed.at(-1)?.id ?? null }
}

function cutAt({ seen, furthest }: Walked, most: number): string | undefined {
  return seen < most || furthest === null ? undefined : eventIdOf(furthest)
}

function readFound({ type, skipped, deliveries: json, ...row }: FoundEvent) {
  // selectFound makes a list of these.
  const deliveries = (JSON.parse(json) as CreatedDelivery[]).toSorted((a, b) =>
    a.id < b.id ? -1 : 1,
  )
  const event = type === null ? undefined : { ...row, type, skipped: readSkipped(skipped) }
  return { id: row.id, deliveries, event: event && { ...event, deliveries } }
}

/** The events that the rows lead to, nearest to the cursor first. */
function selectFound(
  orgId: string,
  rows: SQL,
  { type, callId, withoutDeliveries }: EventFilter,
  page: Page,
): SQL {
  const ofEvent = sql`d.org_id = ${orgId} AND d.stage IN ${ANY_STAGE}
    AND ${isOfEventSql(sql`d.id`, sql`f.event_id`)}`
  const conditions = [
    ...(type === undefined ? [] : [sql`f.type = ${type}`]),
    ...(callId === undefined ? [] : [sql`lower(f.call_id) = ${callId}`]),
    ...(withoutDeliveries ? [sql`NOT EXISTS (SELECT 1 FROM deliveries d WHERE ${ofEvent})`] : []),
  ]
  const isMeant = conditions.length > 0 ? sql.join(conditions, sql` AND `) : sql`true`
  return sql`
    SELECT f.event_id AS id, ev.type, coalesce(ev.call_id, ev.listed_under) AS "callId", ev.created, ev.skipped,
      ev.payload_deleted_at AS "payloadDeletedAt",
      (SELECT json_group_array(json_object('id', d.id, 'endpointId', d.endpoint_id, 'url', d.url))
        FROM (${deliveriesOf(orgId)}) AS d) AS deliveries
    FROM (SELECT DISTINCT f.event_id, f.listed_under FROM ${rows} AS f WHERE ${isMeant}
      LIMIT ${rowsToRead(page)}) AS f
    LEFT JOIN events ev ON ev.org_id = ${orgId} AND ev.listed_under = f.listed_under AND ev.id = f.event_id`
}

// Stage by stage: for an IN each of its members would be read, too, for each event.
function deliveriesOf(orgId: string): SQL {
  const arms = STAGES.map(
    (stage) => sql`SELECT d.id, d.endpoint_id, d.url FROM deliveries d
      WHERE d.stage = ${stage} AND d.org_id = ${orgId} AND ${isOfEventSql(sql`d.id`, sql`f.event_id`)}`,
  )
  return sql.join(arms, sql` UNION ALL `)
}

// Each arm is in id order already, so SQLite merges them and reads no more than it is asked for. An event's id sorts
// just before its deliveries', so the order of the rows is that of their events.
function rowsOf(orgId: string, filter: EventFilter, page: Page, most: number): SQL {
  const under = (listedUnder: string) => sql`
    SELECT e.id, e.id AS event_id, e.listed_under, e.type, coalesce(e.call_id, e.listed_under) AS call_id
    FROM events e
    WHERE e.org_id = ${orgId} AND e.listed_under = ${listedUnder} AND ${isEventWithin(filter, page)}`
  const leading = (stage: Stage) => sql`
    SELECT d.id, ${eventIdSql(sql`d.id`)}, lower(d.call_id), d.event_type, d.call_id FROM deliveries d
    WHERE d.stage = ${stage} AND d.org_id = ${orgId} AND ${isOfCallSql(sql`d.id`)} AND ${isDeliveryWithin(filter, page)}`
  const others = filter.callId === undefined ? STAGES.map(leading) : [under(filter.callId)]
  const arms = [under(''), ...(filter.withoutDeliveries ? [] : others)]
  const order = page.endingBefore === undefined ? sql`DESC` : sql`ASC`
  return sql`(${sql.join(arms, sql` UNION ALL `)} ORDER BY id ${order} LIMIT ${literal(most)})`
}

function isEventWithin(filter: EventFilter, { startingAfter, endingBefore }: Page): SQL {
  const beyond =
    endingBefore !== undefined
      ? sql`e.id > ${endingBefore}`
      : startingAfter !== undefined
        ? sql`e.id < ${startingAfter}`
        : sql`true`
  return sql`${beyond} AND ${isInTime(sql`e.id`, filter)}`
}

/** The same of its deliveries: a cursor may be one of theirs, of which its event lies before, whole. */
function isDeliveryWithin(filter: EventFilter, { startingAfter, endingBefore }: Page): SQL {
  const beyond =
    endingBefore !== undefined
      ? sql`d.id > ${lastIdOf(endingBefore)}`
      : startingAfter !== undefined
        ? sql`d.id < ${startingAfter === eventIdOf(startingAfter) ? startingAfter : lastIdOf(startingAfter)}`
        : sql`true`
  return sql`${beyond} AND ${isInTime(sql`d.id`, filter)}`
}

/** The ids carry their instant. */
function isInTime(id: SQL, { createdFrom, createdBefore }: EventFilter): SQL {
  const from = createdFrom === undefined ? sql`true` : sql`${id} >= ${lowestIdAt(createdFrom)}`
  const before = createdBefore === undefined ? sql`true` : sql`${id} < ${lowestIdAt(createdBefore)}`
  return sql`${from} AND ${before}`
}
