// What is stored for ordered endpoints lines up: each delivery behind the one before it of the same call, if that is pending.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { OPERATIONAL } from '../../webhook/event-types.ts'
import { isOfEventSql } from '../ids.ts'
import { isHoldingUp } from './waits.ts'

/** Events whose deliveries are being stored, in the order in which they count, and when; Unix ms. */
type LiningUp = {
  orgId: string
  events: { id: string; callId: string; endpointId?: string | undefined }[]
  fit: { isOrdered: boolean }
  now: number
}

/** SQL condition: an endpoint of the org gets the events of a call in order. Where none does, it reads no row. */
export function isOrderedSql(orgId: string): SQL {
  return sql`EXISTS (SELECT 1 FROM endpoints ep INDEXED BY endpoints_ordered
    WHERE ep.org_id = ${orgId} AND ep.ordering_max_wait > 0)`
}

/**
 * The statements by which the deliveries of these events line up, the order being the one in which they are stored. The
 * first two stand between the insert of the deliveries and that of the events, which `isNew` asks for on the event `e`; the
 * third stands behind all that asks for new deliveries. Each delivery writes a row more, and one that has to wait six: its own
 * anew with two entries in indexes, as it is new no more, and what it waits for with another.
 */
export function liningUp(db: Database, { orgId, events, fit, now }: LiningUp, isNew: SQL) {
  const ofCalls = fit.isOrdered ? events.filter(isOfCall) : []
  if (ofCalls.length === 0) return undefined
  const created = createdFor(orgId, ofCalls)
  return {
    waits: statement<{ id: string }>(db, insertWaits(sql`${created} AND ${isNew}`)),
    ends: statement(db, moveEnds(sql`${created} AND ${isNew}`)),
    postponed: statement(db, postpone(created, now)),
  }
}

/** A test is no event of its call, and what tells of the service is of none. */
function isOfCall({ endpointId, callId }: LiningUp['events'][number]): boolean {
  return endpointId === undefined && callId !== OPERATIONAL
}

/** SQL: a FROM with its WHERE: the new deliveries `d` of the events `e` to the ordered endpoints `ep`. */
function createdFor(orgId: string, events: LiningUp['events']): SQL {
  const list = JSON.stringify(events.map(({ id, callId }) => ({ id, callId })))
  return sql`FROM json_each(${list}) e CROSS JOIN deliveries d CROSS JOIN endpoints ep
    WHERE d.stage = 'new' AND d.org_id = ${orgId} AND ${isOfEventSql(sql`d.id`, sql`e.value->>'id'`)}
      AND ep.org_id = d.org_id AND ep.id = d.endpoint_id AND ep.ordering_max_wait > 0`
}

function insertWaits(created: SQL): SQL {
  return sql`
    INSERT INTO call_waits (org_id, endpoint_id, id, behind)
    SELECT lined.org_id, lined.endpoint_id, lined.id, lined.behind FROM (
      SELECT d.org_id, d.endpoint_id, d.id, coalesce(
        lag(d.id) OVER (PARTITION BY d.endpoint_id, lower(d.call_id) ORDER BY e.key),
        (SELECT last.delivery_id FROM call_ends last WHERE last.org_id = d.org_id
          AND last.endpoint_id = d.endpoint_id AND last.call_id = lower(d.call_id)
          AND ${isHoldingUp(sql`last.org_id`, sql`last.delivery_id`)})) AS behind
      ${created}) lined
    WHERE lined.behind IS NOT NULL
    RETURNING id`
}

function moveEnds(created: SQL): SQL {
  return sql`
    INSERT INTO call_ends (org_id, endpoint_id, call_id, delivery_id)
    SELECT d.org_id, d.endpoint_id, lower(d.call_id), d.id ${created} ORDER BY e.key
    ON CONFLICT (org_id, endpoint_id, call_id) DO UPDATE SET delivery_id = excluded.delivery_id`
}

// Due when it has waited for long enough, by itself: so the sweep owns its exit, whatever becomes of the one before it (O2).
function postpone(created: SQL, now: number): SQL {
  const until = sql`${now} + 1000 * (SELECT own.ordering_max_wait FROM endpoints own
    WHERE own.org_id = deliveries.org_id AND own.id = deliveries.endpoint_id)`
  return sql`
    UPDATE deliveries SET stage = 'pending', next_attempt_at = ${until}, sweep_at = ${until}
    WHERE (stage, org_id, id) IN (
      SELECT d.stage, d.org_id, d.id ${created} AND EXISTS (SELECT 1 FROM call_waits w
        WHERE w.org_id = d.org_id AND w.endpoint_id = d.endpoint_id AND w.id = d.id))`
}
