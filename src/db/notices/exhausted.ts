// Noting exhausted deliveries: summed up by endpoint, the first of them by name.
import { sql, type SQL } from 'drizzle-orm'
import { literal } from '../client.ts'
import { isOfCallSql } from '../ids.ts'
import { isWanted } from './note.ts'

/** Deliveries that a notice has by name, and that are told one by one. */
export const TOLD_EACH = 10

/** What the id of a notice begins with that still counts. */
const OPEN = 'open:'

/**
 * SQL: counts deliveries into the open notice of their endpoint. `found` is a query for each one's `org_id`,
 * `endpoint_id`, `id`, and itself as JSON under `delivery`, which must find none when the transaction is repeated.
 */
function count(found: SQL, now: number): SQL {
  return sql`
    INSERT INTO notices (org_id, id, type, about, data, count, at)
    SELECT org_id, ${OPEN} || coalesce(endpoint_id, ''), 'delivery.exhausted', endpoint_id,
      json_group_array(json(delivery)) FILTER (WHERE place <= ${literal(TOLD_EACH)}), count(*), ${now}
    FROM (SELECT *, row_number() OVER (PARTITION BY org_id, endpoint_id ORDER BY id) AS place FROM (${found}))
    WHERE true GROUP BY org_id, endpoint_id
    ON CONFLICT (org_id, id) DO UPDATE SET count = notices.count + excluded.count,
      data = (SELECT json_group_array(json(value)) FROM (
        SELECT value FROM json_each(notices.data) UNION ALL SELECT value FROM json_each(excluded.data)
        LIMIT ${literal(TOLD_EACH)}))`
}

/**
 * SQL: notes deliveries that outcomes exhaust, before these are written; `outcomes` is the batch's JSON text,
 * `isCurrent` the condition under which an attempt `a` on a delivery `d` counts. Operational ones are left out.
 */
export function noteExhausted(outcomes: string, isCurrent: SQL, now: number): SQL {
  return count(
    sql`
    SELECT d.org_id, d.endpoint_id, d.id, ${deliveryData({
      attempts: sql`d.attempt_count + (NOT a.value->>'isManual')`,
      error: sql`a.value->>'error'`,
      status: sql`a.value->>'responseStatus'`,
    })} AS delivery
    FROM json_each(${outcomes}) a CROSS JOIN deliveries d
    WHERE a.value->>'status' = 'exhausted' AND ${isWanted(sql`a.value->>'orgId'`, 'delivery.exhausted', now)}
      AND ${isOfCallSql(sql`a.value->>'id'`)} AND ${isCurrent}`,
    now,
  )
}

/** SQL: notes deliveries that are given up; `refs` is JSON text, `isCurrent` the condition for `ref` and `d`. */
export function noteGivenUp(refs: string, isCurrent: SQL, error: string, now: number): SQL {
  return count(
    sql`
    SELECT d.org_id, d.endpoint_id, d.id, ${deliveryData({
      attempts: sql`d.attempt_count`,
      error: sql`${error}`,
      status: sql`d.last_response_status`,
    })} AS delivery
    FROM json_each(${refs}) ref CROSS JOIN deliveries d
    WHERE ${isWanted(sql`ref.value->>'orgId'`, 'delivery.exhausted', now)}
      AND ${isOfCallSql(sql`ref.value->>'id'`)} AND ${isCurrent}`,
    now,
  )
}

function deliveryData({ attempts, error, status }: Record<'attempts' | 'error' | 'status', SQL>) {
  return sql`json_object('id', d.id, 'event_type', d.event_type, 'call_id', d.call_id, 'url', d.url,
    'attempt_count', ${attempts}, 'last_error', ${error}, 'last_response_status', ${status})`
}

/**
 * SQL: ends the counting of what has counted for `everyMs`: from then on it is told as it is, and what comes is counted
 * anew. It is named by the first delivery at its instant, which is exhausted then once.
 */
export function closeCounts(now: number, everyMs: number): SQL {
  return sql`
    UPDATE notices SET id = 'delivery.exhausted:' || (data->0->>'id') || ':' || at
    WHERE told_at IS NULL AND at <= ${now - everyMs} AND ${IS_OPEN}`
}

/** SQL condition: the notice still counts. */
export const IS_OPEN: SQL = sql`substr(id, 1, ${OPEN.length}) = ${OPEN}`
