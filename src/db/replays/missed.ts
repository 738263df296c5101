// What an endpoint has missed: stored events that it would get now, and of which it has no delivery.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { eventIdSql, isNoTestSql, isOfEventSql, lowestIdAt } from '../ids.ts'
import { transaction } from '../transaction.ts'
import {
  IS_FORGOTTEN,
  readWalked,
  selectWalked,
  walk,
  type RangeFilter,
  type StoredWalk,
  type Walk,
  type Walked,
} from '../walk.ts'
import { ANY_STAGE, isSubscribed } from '../words.ts'

/** A walk for an endpoint, which also looks for what that has missed since an instant, in Unix ms. */
export type MissedWalk = Walk & { filter: { endpointId: string }; missedSince: number }

/** Does several walks in one round trip; some also look for what their endpoints have missed. */
export async function walkAll(db: Database, walks: (Walk | MissedWalk)[]): Promise<Walked[]> {
  const selected = walks.map((one) =>
    'missedSince' in one ? selectMissedWalk(db, one) : selectWalked(db, one),
  )
  const found = await transaction(db, Object.fromEntries(selected.entries()))
  return walks.map((one, place) => readWalked(found[place] ?? [], one))
}

/**
 * The query for what such a walk finds. Both kinds are met in the order of their ids, an event's before its
 * deliveries'. It reads `most` rows; and of each event that might be missed its deliveries once more.
 */
function selectMissedWalk(db: Database, about: MissedWalk) {
  const columns = [
    'version',
    'manual_retry_count',
    'call_id',
    'event_type',
    'payload_deleted_at',
  ] as const
  return statement<StoredWalk>(
    db,
    sql`
    WITH w AS MATERIALIZED (SELECT * FROM ${walk({ ...about, hasEvents: true }, columns)})
    SELECT count(*) AS seen, max(id) AS furthest,
      json_group_array(json_array(id, version, manual_retry_count, ${IS_FORGOTTEN}))
        FILTER (WHERE is_match) AS matches,
      (SELECT json_group_array(json_array(missed.id, missed.call_id, missed.is_forgotten))
        FROM (${selectMissed(about)}) AS missed) AS missed
    FROM w`,
  )
}

function selectMissed({ orgId, filter, after, missedSince }: MissedWalk): SQL {
  return sql`
    SELECT e.id, e.call_id, e.is_forgotten
    FROM (SELECT DISTINCT ${eventIdSql(sql`w.id`)} AS id, w.call_id, w.event_type,
        ${IS_FORGOTTEN} AS is_forgotten FROM w
      WHERE ${isAsked(filter, missedSince)}) AS e CROSS JOIN endpoints ep
    WHERE e.id > ${after} AND ep.org_id = ${orgId} AND ep.id = ${filter.endpointId}
      AND ${isSubscribed(sql`e.event_type`)} AND ${hasNone(orgId, sql`e.id`)}`
}

/** SQL condition: the row `w` of a walk is about an event that may be missed, as far as the filter is about events. */
export function isAsked({ eventTypes, callId }: RangeFilter, since: number): SQL {
  const isOfType =
    eventTypes === undefined
      ? sql`true`
      : sql`w.event_type IN (SELECT value FROM json_each(${JSON.stringify(eventTypes)}))`
  const isOfCall =
    callId === undefined ? sql`true` : sql`lower(w.call_id) = ${callId.toLowerCase()}`
  return sql`w.id >= ${lowestIdAt(since)} AND ${isNoTest} AND ${isOfType} AND ${isOfCall}`
}

/**
 * SQL condition: the row `w` is not about a test, which was for one endpoint: its delivery's id says so, and what has none
 * names that endpoint itself.
 */
const isNoTest: SQL = sql`${isNoTestSql(sql`w.id`)} AND (w.stage IS NOT NULL OR w.endpoint_id IS NULL)`

/** SQL condition: the endpoint `ep` has no delivery of the event. */
export function hasNone(orgId: string, eventId: SQL): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM deliveries had WHERE had.org_id = ${orgId}
    AND had.stage IN ${ANY_STAGE} AND ${isOfEventSql(sql`had.id`, eventId)}
    AND +had.endpoint_id = ep.id)`
}
