// How much endpoints have missed: counted, and bounded whatever that is.
import { sql, type SQL } from 'drizzle-orm'
import type { Database } from '../client.ts'
import { eventIdOf, isFirstSql } from '../ids.ts'
import { walk, type Missed, type RangeFilter } from '../walk.ts'
import { isSubscribed } from '../words.ts'
import { isAsked } from './missed.ts'
import { isDrawn } from './plan.ts'

/** Rows that are looked at: deliveries of whatever endpoint, and events that have none. */
const MOST = 100_000

/** Events whose calls are measured. */
const MOST_MEASURED = 100

/** Events of a type that an endpoint has missed; what a disabled one has is told, but nothing is made of it. */
export type MissedGroup = {
  endpointId: string
  eventType: string
  isEnabled: boolean
  count: number
}

/**
 * What enabled and disabled endpoints have missed: at least so much, unless it is exact. Of all events of the
 * types that are missed, whether or not each is, the ids of the first, the last and some.
 */
export type MissedCount = {
  groups: MissedGroup[]
  isExact: boolean
  oldest: string | null
  newest: string | null
  sample: Missed[]
}

/**
 * Counts the events from `since` until `before` (Unix ms) that deliveries would be made of. Each has one row that
 * is its first, of itself or of its first delivery: there are as many as these, for each endpoint that takes their
 * type, less the deliveries that it has. So none is looked for; since `since` none may have been pruned.
 */
export async function countMissed(
  db: Database,
  orgId: string,
  filter: RangeFilter,
  { since, before }: { since: number; before: number },
): Promise<MissedCount> {
  const [found] = await db.all<Counted>(sql`
    WITH kind AS MATERIALIZED (${selectKinds(orgId, filter, since, before)})
    SELECT (SELECT sum(seen) FROM kind) AS seen,
      (SELECT json_group_array(json_object('eventType', event_type, 'endpointId', endpoint_id,
        'made', made, 'events', events, 'sample', json(sample)))
        FROM kind) AS kinds,
      (SELECT json_group_array(json_object('endpointId', ep.id, 'eventType', type.event_type,
        'isEnabled', json(iif(ep.status = 'enabled', 'true', 'false'))))
        FROM ${selectTakers(orgId, filter)}) AS takers`)
  if (!found) throw new Error('a SELECT without FROM answers one row')
  // Both are lists, as they were asked for.
  const kinds = JSON.parse(found.kinds) as Kind[]
  const takers = JSON.parse(found.takers) as Taker[]
  return toCount(kinds, takers, (found.seen ?? 0) > MOST)
}

type Counted = { seen: number | null; kinds: string; takers: string }

/** Events of a type by their first row, and deliveries of that type to an endpoint. */
type Kind = {
  eventType: string | null
  endpointId: string | null
  made: number
  events: number
  /** The first event, the last one, and some. */
  sample: [id: string, callId: string][]
}

/** An endpoint that takes a type. */
type Taker = Pick<MissedGroup, 'endpointId' | 'eventType' | 'isEnabled'>

// Of the last event, where there are more, some deliveries may not have been looked at.
function toCount(kinds: Kind[], takers: Taker[], isCut: boolean): MissedCount {
  const groups = takers.map((taker) => {
    const own = kinds.filter(({ eventType }) => eventType === taker.eventType)
    const events = own.reduce((sum, kind) => sum + kind.events, 0)
    const made = own.find(({ endpointId }) => endpointId === taker.endpointId)?.made ?? 0
    return { ...taker, count: events - made - Number(isCut) }
  })
  const missed = groups.filter(({ count }) => count > 0)
  const types = new Set(missed.flatMap((group) => (group.isEnabled ? group.eventType : [])))
  const met = kinds.filter(({ eventType, events }) => events > 0 && types.has(eventType ?? ''))
  const callIds = new Map(
    met.flatMap((kind) => kind.sample).map(([id, callId]) => [eventIdOf(id), callId]),
  )
  const sample = Array.from(callIds, ([id, callId]) => ({ id, callId })).toSorted((a, b) =>
    a.id < b.id ? -1 : 1,
  )
  return {
    groups: missed,
    isExact: !isCut,
    oldest: sample[0]?.id ?? null,
    newest: sample.at(-1)?.id ?? null,
    sample: someOf(sample),
  }
}

/** Some, evenly. */
function someOf<One>(all: One[]): One[] {
  const step = Math.ceil(all.length / MOST_MEASURED)
  return all.filter((_, place) => place % step === 0)
}

function selectKinds(orgId: string, filter: RangeFilter, since: number, before: number): SQL {
  const createdBefore = Math.min(before, filter.createdBefore ?? before)
  const about = { orgId, filter: { ...filter, createdBefore }, after: '', most: MOST + 1 }
  const rows = walk({ ...about, hasEvents: true }, ['endpoint_id', 'call_id', 'event_type'])
  const isMet = sql`is_asked AND is_first`
  // The text of a pair sorts by its id.
  const pair = sql`json_array(id, call_id)`
  const end = (which: 'min' | 'max') =>
    sql`json(${sql.raw(which)}(${pair}) FILTER (WHERE ${isMet}))`
  return sql`
    SELECT event_type, endpoint_id, count(*) AS seen, sum(is_asked) AS made, sum(${isMet}) AS events,
      json_insert(json_group_array(${pair}) FILTER (WHERE ${isMet} AND ${isDrawn(sql`id`)}),
        '$[#]', ${end('min')}, '$[#]', ${end('max')}) AS sample
    FROM (SELECT w.id, w.endpoint_id, w.call_id, w.event_type,
      (${isAsked(filter, since)}) IS TRUE AS is_asked, ${isFirstSql(sql`w.id`)} AS is_first
      FROM ${rows} AS w)
    GROUP BY event_type, endpoint_id`
}

/** SQL: which endpoints `ep` take which of the types that were met. */
function selectTakers(orgId: string, { endpointId }: RangeFilter): SQL {
  const isOwn = endpointId === undefined ? sql`true` : sql`ep.id = ${endpointId}`
  return sql`(SELECT DISTINCT event_type FROM kind WHERE events > 0) AS type CROSS JOIN endpoints ep
    WHERE ep.org_id = ${orgId} AND ${isOwn} AND ${isSubscribed(sql`type.event_type`)}`
}
