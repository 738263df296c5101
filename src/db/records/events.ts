// Events: stored with their deliveries in one transaction, and read back.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import {
  claimKey,
  holdsKey,
  selectKey,
  type IdempotencyRecord,
  type IdempotentRequest,
} from '../idempotency.ts'

/** An event to store; `call` is its JSON text, passed on byte for byte, `created` is in Unix seconds. */
export type NewEvent = {
  id: string
  type: string
  callId: string
  webhookUrl: string | null
  created: number
  call: string
  /** For this endpoint only; usually it is for all that match. */
  endpointId?: string | undefined
}

/** A delivery as the answer to the intake names it. */
export type CreatedDelivery = { id: string; endpointId: string | null; url: string }

/** `isUnwell`: its endpoint's attempts fail or are slow at the moment, so it takes the retry lane. */
export type StoredDelivery = CreatedDelivery & { isUnwell: number | null }

/** What events are stored with; the lease is in ms, `snapshot` is what an Idempotency-Key keeps. */
export type EventsToStore = {
  orgId: string
  events: NewEvent[]
  apiVersion: string
  now: number
  leaseMs: number
  idempotency: IdempotentRequest | undefined
  snapshot: string
}

/** What is stored: by this call, or under the same Idempotency-Key by an earlier one. */
export type StoredEvents = {
  deliveries: StoredDelivery[]
  record: IdempotencyRecord | undefined
}

/**
 * Stores events and their fan-out in one transaction: all or nothing (D1, D6), for exactly the
 * endpoints that match at that moment (D7). Repeated with the same ids it changes nothing.
 */
export async function storeEvents(db: Database, batch: EventsToStore): Promise<StoredEvents> {
  const { orgId, idempotency, snapshot, now } = batch
  const [, created, , stored, records] = await db.batch([
    statement(db, claimKey(orgId, idempotency, now, sql`SELECT ${snapshot} AS snapshot`)),
    statement<StoredDelivery>(db, insertDeliveries(batch)),
    statement(db, insertEvents(batch)),
    statement<StoredDelivery>(db, selectStored(batch)),
    statement<IdempotencyRecord>(db, selectKey(orgId, idempotency)),
  ])
  return { deliveries: created.length > 0 ? created : stored, record: records[0] }
}

/** An event as it was accepted; `skipped` is JSON text: endpoint ids by the reason they got none. */
export type EventRow = {
  id: string
  type: string
  callId: string
  created: number
  skipped: string
}

/** One delivery of an event, in short. */
export type EventDelivery = CreatedDelivery & { status: string }

/** The event and its deliveries, or undefined when it is not there or another org's. */
export async function findEvent(
  db: Database,
  orgId: string,
  id: string,
): Promise<{ event: EventRow; deliveries: EventDelivery[] } | undefined> {
  const ofEvent = sql`d.org_id = ${orgId} AND d.status IN ('pending', 'delivered', 'exhausted')
    AND d.id > ${id} AND d.id <= ${lastDeliveryId(sql`${id}`)}`
  const [events, deliveries] = await db.batch([
    statement<EventRow>(
      db,
      sql`
      SELECT id, type, call_id AS "callId", created, skipped FROM events
      WHERE org_id = ${orgId} AND id = ${id} AND list_key IN ('', coalesce(
        (SELECT lower(d.call_id) FROM deliveries d WHERE ${ofEvent} LIMIT 1), ''))`,
    ),
    statement<EventDelivery>(
      db,
      sql`
      SELECT d.id, d.endpoint_id AS "endpointId", d.url, d.status FROM deliveries d
      WHERE ${ofEvent} ORDER BY d.id`,
    ),
  ])
  const [event] = events
  return event && { event, deliveries }
}

// The guard asks for the event, not for the delivery: a delivery that has moved to another status
// would not conflict with its own repetition.
function insertDeliveries({ orgId, events, now, leaseMs, idempotency }: EventsToStore): SQL {
  const slim = JSON.stringify(events.map(({ call, ...event }) => event))
  const hasInline = events.some(({ webhookUrl }) => webhookUrl !== null)
  const inline = sql`SELECT e.value, NULL, e.value->>'webhookUrl' FROM json_each(${slim}) e
      WHERE e.value->>'webhookUrl' IS NOT NULL AND ${isNew(orgId)}`
  return sql`
    INSERT INTO deliveries (org_id, status, id, endpoint_id, call_id, event_type, url,
      next_attempt_at, sweep_at, created_at, updated_at)
    SELECT ${orgId}, 'pending', substr(event->>'id', 1, 32) || printf('%04x',
        row_number() OVER (PARTITION BY event->>'id' ORDER BY endpoint_id)),
      endpoint_id, event->>'callId', event->>'type', url, ${now}, ${now + leaseMs}, ${now}, ${now}
    FROM (
      SELECT e.value AS event, ep.id AS endpoint_id, ep.url
      FROM json_each(${slim}) e CROSS JOIN endpoints ep
      WHERE ep.org_id = ${orgId} AND ep.status = 'enabled'
        AND ${isMeant} AND ${isSubscribed(sql`e.value->>'type'`)} AND ${isNew(orgId)}
      ${hasInline ? sql`UNION ALL ${inline}` : sql``})
    WHERE ${holdsKey(orgId, idempotency)}
    RETURNING id, endpoint_id AS "endpointId", url, (SELECT ep.unwell_since IS NOT NULL
      FROM endpoints ep WHERE ep.org_id = deliveries.org_id AND ep.id = deliveries.endpoint_id)
      AS "isUnwell"`
}

// The calls go in as the JSON they are, not quoted, which could double their length; SQLite gives a
// member's text back as it came (P3, and a test over random JSON).
function insertEvents({ orgId, events, now, apiVersion, idempotency }: EventsToStore): SQL {
  const texts = events.map(
    ({ call, ...event }) => `${JSON.stringify(event).slice(0, -1)},"call":${call}}`,
  )
  return sql`
    INSERT INTO events (org_id, list_key, id, type, call_id, created, api_version, skipped,
      accepted_at, call)
    SELECT ${orgId}, CASE WHEN EXISTS (SELECT 1 FROM deliveries d WHERE d.org_id = ${orgId}
        AND d.status = 'pending' AND d.id > e.value->>'id'
        AND d.id <= ${lastDeliveryId(sql`e.value->>'id'`)}) THEN lower(e.value->>'callId') ELSE '' END,
      e.value->>'id', e.value->>'type', e.value->>'callId', e.value->>'created', ${apiVersion},
      (SELECT json_object(
          'disabled', json_group_array(ep.id) FILTER (WHERE ep.status = 'disabled'),
          'not_subscribed', json_group_array(ep.id) FILTER (WHERE ep.status = 'enabled'
            AND NOT ${isSubscribed(sql`e.value->>'type'`)}))
        FROM endpoints ep WHERE ep.org_id = ${orgId} AND ${isMeant}),
      ${now}, e.value->'call'
    FROM json_each(${`[${texts.join(',')}]`}) e
    WHERE ${holdsKey(orgId, idempotency)} AND ${isNew(orgId)}`
}

/** SQL condition: the event `e` is not stored yet, under either of the keys that it can have. */
function isNew(orgId: string): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM events stored WHERE stored.org_id = ${orgId}
    AND stored.list_key IN ('', lower(e.value->>'callId')) AND stored.id = e.value->>'id')`
}

// Only when no event was inserted: this is the repetition of a write whose answer was lost, or of a
// request whose key kept the ids of the first one.
function selectStored({ orgId, idempotency, snapshot }: EventsToStore): SQL {
  const kept = sql`(SELECT snapshot FROM (${selectKey(orgId, idempotency)}))`
  const ids = idempotency ? sql`coalesce(${kept}, ${snapshot})` : sql`${snapshot}`
  return sql`
    SELECT d.id, d.endpoint_id AS "endpointId", d.url, ep.unwell_since IS NOT NULL AS "isUnwell"
    FROM json_each(CASE WHEN changes() = 0 THEN ${ids} ELSE '[]' END) e CROSS JOIN deliveries d
    LEFT JOIN endpoints ep ON ep.org_id = d.org_id AND ep.id = d.endpoint_id
    WHERE d.org_id = ${orgId} AND d.status IN ('pending', 'delivered', 'exhausted')
      AND d.id > e.value->>'id' AND d.id <= ${lastDeliveryId(sql`e.value->>'id'`)}
    ORDER BY d.id`
}

/** SQL condition: the event `e` is for the endpoint `ep`, as far as it names one. */
const isMeant: SQL = sql`ep.id = coalesce(e.value->>'endpointId', ep.id)`

/** enabled_events is a JSON list over a closed set of names, so a quoted name occurs or it does not. */
function isSubscribed(type: SQL): SQL {
  return sql`(instr(ep.enabled_events, '"*"') OR instr(ep.enabled_events, '"' || (${type}) || '"'))`
}

function lastDeliveryId(eventId: SQL): SQL {
  return sql`substr(${eventId}, 1, 32) || 'ffff'`
}
