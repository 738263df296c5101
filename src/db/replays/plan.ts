// What a replay would have before it: counted, and bounded whatever matches.
import { sql, type SQL } from 'drizzle-orm'
import { literal, statement, type Database } from '../client.ts'
import { eventIdSql } from '../ids.ts'
import { LONG_CALL_BYTES, unpackCall } from '../packed-call.ts'
import { transaction } from '../transaction.ts'
import { walk, type Missed, type RangeFilter, type Walk } from '../walk.ts'
import { isDelivery, type DeliveryStatus } from '../words.ts'

/** Deliveries that are looked at; what matches beyond them is not counted. */
const MOST = 100_000

/** Those that are told apart when there are more than MOST: each is a row that is read, not an index alone. */
const MOST_TOLD_APART = 10_000

/** The newest ones in which the newest match is looked for, when there are more than MOST. */
const MOST_OF_NEWEST = 1000

/** Deliveries whose calls are measured; of more than these a sample is, whose calls are unpacked for it. */
const MOST_MEASURED = 200

const encoder = new TextEncoder()

/** How many match: at least so many, unless it is exact. Ids of the first and the last, and of some. */
export type MatchCount = {
  total: number
  totalIsExact: boolean
  oldest: string | null
  newest: string | null
  sample: string[]
}

/** A kind of what matches: how many, how many of these a consumer has taken, and whose URL is another now. */
export type MatchGroup = {
  status: DeliveryStatus
  endpointId: string | null
  eventType: string
  count: number
  taken: number
  elsewhere: number
}

/**
 * The kinds of what matches, the last match, and of `measured` deliveries the bytes together of what differs
 * from body to body but for their ids, which have one length.
 */
export type Matches = {
  groups: MatchGroup[]
  newest: string | null
  measured: number
  bytes: number
}

/** Counts what matches of what was created before an instant (Unix ms). */
export async function countMatches(
  db: Database,
  orgId: string,
  filter: RangeFilter,
  before: number,
): Promise<MatchCount> {
  // One more than may be looked at tells whether there are more.
  const rows = walk(walkOf(orgId, filter, before, MOST + 1), [])
  const [found] = await db.all<Omit<MatchCount, 'totalIsExact' | 'sample'> & Counted>(sql`
    SELECT count(*) AS seen, count(*) FILTER (WHERE is_match) AS total,
      min(id) FILTER (WHERE is_match) AS oldest, max(id) FILTER (WHERE is_match) AS newest,
      json_group_array(id) FILTER (WHERE is_match AND ${isDrawn(sql`id`)}) AS drawn
    FROM ${rows}`)
  if (!found) throw new Error('an aggregate answers one row')
  const { seen, total, oldest, newest, drawn } = found
  // A list of ids, as it was asked for.
  const sample = JSON.parse(drawn) as string[]
  return { total: Math.min(total, MOST), totalIsExact: seen <= MOST, oldest, newest, sample }
}

type Counted = { seen: number; drawn: string }

/**
 * Tells apart what `countMatches` has counted: all of it, or the first MOST_TOLD_APART where it is more. The
 * events of `missed` are measured with them.
 */
export async function describeMatches(
  db: Database,
  orgId: string,
  { filter, before, missed }: { filter: RangeFilter; before: number; missed: Missed[] },
  counted: MatchCount,
): Promise<Matches> {
  const { totalIsExact, total } = counted
  const walkFor = (most: number) => walkOf(orgId, filter, before, most)
  const measured =
    totalIsExact && total <= MOST_MEASURED
      ? sql`SELECT id, call_id FROM ${walk(walkFor(MOST), ['call_id'])} WHERE is_match`
      : selectByIds(orgId, sampleOf(counted))
  const { groups, last, events } = await transaction(db, {
    groups: statement<MatchGroup>(
      db,
      selectGroups(orgId, walkFor(totalIsExact ? MOST : MOST_TOLD_APART)),
    ),
    last: totalIsExact
      ? undefined
      : statement<{ newest: string | null }>(
          db,
          sql`SELECT max(id) AS newest
            FROM ${walk({ ...walkFor(MOST_OF_NEWEST), isBackwards: true }, [])} WHERE is_match`,
        ),
    events: statement<MeasuredEvent>(db, selectEvents(orgId, withMissed(measured, missed))),
  })
  const newest = last[0]?.newest ?? counted.newest
  const bytes = events.reduce((sum, event) => sum + bytesOf(event), 0)
  return { groups, newest, measured: events.length, bytes }
}

/** What is there at this instant has not changed since: no row is asked for that. */
function walkOf(orgId: string, filter: RangeFilter, before: number, most: number): Walk {
  const createdBefore = Math.min(before, filter.createdBefore ?? before)
  return { orgId, filter: { ...filter, createdBefore }, after: '', most }
}

/** SQL condition: the id is one of a sample, one of 64 by what of it is random. */
export function isDrawn(id: SQL): SQL {
  return sql`substr(${id}, 31, 2) < '04'`
}

/** Those drawn, or some evenly among them; and in any case the first and the last. */
function sampleOf({ sample, oldest, newest }: MatchCount): string[] {
  const step = Math.ceil(sample.length / MOST_MEASURED)
  const some = sample.filter((_, place) => place % step === 0)
  return [...new Set([oldest, newest, ...some])].filter((id) => id !== null)
}

function selectGroups(orgId: string, about: Walk): SQL {
  const rows = walk(about, ['status', 'endpoint_id', 'event_type', 'url', 'delivered_at'])
  return sql`
    SELECT m.status, m.endpoint_id AS "endpointId", m.event_type AS "eventType", count(*) AS count,
      count(m.delivered_at) AS taken, count(*) FILTER (WHERE m.url <> (SELECT ep.url FROM endpoints ep
        WHERE ep.org_id = ${orgId} AND ep.id = m.endpoint_id)) AS elsewhere
    FROM ${rows} AS m WHERE m.is_match GROUP BY m.status, m.endpoint_id, m.event_type`
}

function selectByIds(orgId: string, ids: string[]): SQL {
  return sql`SELECT d.id, d.call_id FROM json_each(${JSON.stringify(ids)}) AS drawn CROSS JOIN deliveries d
    WHERE ${isDelivery(orgId, sql`drawn.value`)}`
}

function withMissed(measured: SQL, missed: Missed[]): SQL {
  if (missed.length === 0) return measured
  return sql`SELECT * FROM (${measured}) UNION ALL SELECT value->>'id', value->>'callId'
    FROM json_each(${JSON.stringify(missed)})`
}

/** The events, each with the bytes of its head; a call that is long is told by its bytes, which are its own. */
function selectEvents(orgId: string, measured: SQL): SQL {
  return sql`
    SELECT m.call_id AS "callId", octet_length(ev.call) AS length,
      CASE WHEN octet_length(ev.call) <= ${literal(LONG_CALL_BYTES)} THEN ev.call END AS call,
      length(ev.type) + length(ev.created) + length(ev.api_version) AS head
    FROM (${measured}) AS m CROSS JOIN events ev
    WHERE ev.org_id = ${orgId} AND ev.listed_under IN (lower(m.call_id), '')
      AND ev.id = ${eventIdSql(sql`m.id`)}`
}

type MeasuredEvent = { callId: string; call: string | null; length: number; head: number }

function bytesOf({ callId, call, length, head }: MeasuredEvent): number {
  const text = call === null ? null : unpackCall(call, callId)
  return head + (text === null ? length : encoder.encode(text).byteLength)
}
