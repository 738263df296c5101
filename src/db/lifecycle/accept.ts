// Intake in the store: events and their deliveries, in one transaction.
import { sql, type SQL } from 'drizzle-orm'
import { OPERATIONAL } from '../../webhook/event-types.ts'
import { statement, type Database } from '../client.ts'
import {
  guardByKeys,
  type Idempotency,
  type IdempotencyRecord,
  type KeptUse,
} from '../idempotency.ts'
import { isOverQuota, selectMarks, type QuotaMark } from '../quota-marks.ts'
import { BEFORE_OPERATIONAL, BEFORE_TESTS, eventIdOf, isOfEventSql } from '../ids.ts'
import { isOrderedSql, liningUp } from '../ordering/line-up.ts'
import { waitingFor } from '../ordering/waits.ts'
import { packCall } from '../packed-call.ts'
import { readSkipped, type RefusedUrl, type Skipped, type StoredSkipped } from '../skipped.ts'
import { transaction } from '../transaction.ts'
import { ANY_STAGE, isSubscribed } from '../words.ts'
import type { DeliveryToSend } from './consume.ts'
import { isUnjudged, selectFilters, unmetOf, type Fit, type StoredFilter } from './fit.ts'
import {
  readOwners,
  selectOwners,
  toFirstAttempts,
  type Owner,
  type OwnerRow,
} from './first-attempt.ts'

/** An event to store; `call` is its JSON text, passed on byte for byte, `created` is in Unix seconds. */
export type NewEvent = {
  id: string
  type: string
  callId: string
  webhookUrl: string | null
  created: number
  call: string
  /** The call's own URL when it was refused. */
  refusedUrl?: RefusedUrl | undefined
  /** For this endpoint only; usually it is for all that match. */
  endpointId?: string | undefined
  /** What is kept of the trace that it was sent in, if it was. */
  trace?: string | undefined
  /** It is about this endpoint, which is not told. */
  aboutEndpointId?: string | undefined
}

/** A delivery as the answer to the intake names it. */
export type CreatedDelivery = { id: string; endpointId: string | null; url: string }

/**
 * `isUnwell`: its endpoint's last attempt failed or was slow, so it takes the retry lane. `isWaiting`: for another of its call,
 * so that nobody is sent it yet.
 */
export type StoredDelivery = CreatedDelivery & { isUnwell: boolean; isWaiting: boolean }

/** As SQLite says it; null where there is no endpoint. */
type StoredRow = CreatedDelivery & { isUnwell: number | null; isWaiting: number }

/**
 * What one request asks to be stored; `token` is the request. `snapshot` is what its Idempotency-Key keeps:
 * a JSON list in which each event is an object with its `id` and `callId`.
 */
export type Intake = {
  events: NewEvent[]
  idempotency: Idempotency | undefined
  token: string
  snapshot: string
}

/** What requests of one org ask to be stored. */
export type IntakeGroup = {
  orgId: string
  intakes: Intake[]
  apiVersion: string
  now: number
  /** Whether an org that is over a quota is refused; what the service tells by itself is not. */
  isMetered: boolean
  fit: Fit
}

/**
 * What is stored by event: now, or by an earlier request under the same Idempotency-Key, whose record is
 * in `earlier` by that key. `created` are those that this very transaction has stored, ready to be sent.
 */
export type StoredEvents = {
  deliveries: Map<string, StoredDelivery[]>
  created: Map<string, DeliveryToSend[]>
  skipped: Map<string, Skipped[]>
  earlier: Map<string, IdempotencyRecord>
  /** What the org is over, or has figures of its own of. Where it is over, nothing was stored. */
  marks: QuotaMark[]
  /** The filters that the endpoints have, if the events were not judged by these. Then, too, nothing was stored. */
  filters: StoredFilter[]
  /** Whether any endpoint gets the events of a call in order. Where that was not known, nothing was stored. */
  isOrdered: boolean
}

/**
 * Stores events and their fan-out in one transaction: all or nothing (D1, D6), for exactly the
 * endpoints that match at that moment (D7). Repeated with the same ids it changes nothing.
 */
export async function storeEvents(db: Database, group: IntakeGroup): Promise<StoredEvents> {
  const { orgId, intakes, now } = group
  const uses = intakes.flatMap(toKeptUse)
  const isOpen = isOpenTo(group)
  const keys = uses.length > 0 ? guardByKeys(db, orgId, uses, now, isOpen) : undefined
  const events = intakes.flatMap(toActs)
  const isFree = sql`${isOpen} AND ${keys?.isMine(sql`e.value`) ?? sql`true`}`
  const repeated = repeatedEvents(events, keys?.earlierAnswers)
  const line = liningUp(db, { ...group, events }, isNew(orgId))
  const stored = await transaction(db, {
    claimed: keys?.claim,
    created: statement<CreatedDelivery>(db, insertDeliveries(group, events, isFree)),
    waits: line?.waits,
    ends: line?.ends,
    inserted: statement<StoredSkipped>(db, insertEvents(group, events, isFree)),
    deliveries: statement<StoredRow>(db, selectStored(orgId, repeated)),
    skipped: statement<StoredSkipped>(db, selectSkipped(orgId, repeated)),
    earlier: keys?.earlier,
    owners: statement<OwnerRow>(db, selectOwnersOf(group, events)),
    marks: statement<QuotaMark>(db, selectMarks(orgId)),
    filters: statement<StoredFilter>(db, selectFilters(orgId, group.fit)),
    isOrdered: statement(db, sql`SELECT 1 WHERE ${isOrderedSql(orgId)}`),
    postponed: line?.postponed,
  })
  const owners = readOwners(orgId, stored.owners)
  const waiting = new Set(stored.waits.map(({ id }) => id))
  const created = toFirstAttempts(group, events, stored.created, owners, waiting)
  // One may be in both: when two of the group have the same key, and the second finds the first's.
  const rows = new Map([...stored.created, ...stored.deliveries].map((row) => [row.id, row]))
  const deliveries = [...rows.values()].map((row) => toDelivery(row, owners, waiting))
  const skipped = [...stored.inserted, ...stored.skipped]
  return {
    deliveries: Map.groupBy(deliveries, ({ id }) => eventIdOf(id)),
    created: Map.groupBy(created, ({ id }) => eventIdOf(id)),
    skipped: new Map(skipped.map(({ id, skipped: text }) => [id, readSkipped(text)])),
    earlier: new Map(stored.earlier.map((record) => [record.key, record])),
    marks: stored.marks,
    filters: stored.filters,
    isOrdered: stored.isOrdered.length > 0,
  }
}

/** SQL condition: the org is within its quotas, and how its endpoints are was known. */
function isOpenTo({ orgId, now, isMetered, fit }: IntakeGroup): SQL {
  const isWithinQuotas = isMetered ? sql`NOT ${isOverQuota(orgId, now)}` : sql`true`
  const isKnown = fit.isOrdered ? sql`true` : sql`NOT ${isOrderedSql(orgId)}`
  return sql`(${isWithinQuotas} AND NOT ${isUnjudged(orgId, fit)} AND ${isKnown})`
}

/** An act that changes nothing keeps no key. */
function toKeptUse({ idempotency, token, events, snapshot }: Intake): KeptUse[] {
  if (!idempotency) return []
  return [{ ...idempotency, token, snapshot: events.length > 0 ? snapshot : undefined }]
}

/** What is done under a key says so. */
function toActs({ idempotency, token, events }: Intake): NewEvent[] {
  if (!idempotency) return events
  return events.map((event) => ({ ...event, key: idempotency.key, token }))
}

function toDelivery(
  { id, endpointId, url, ...row }: CreatedDelivery | StoredRow,
  owners: Map<string | null, Owner>,
  waiting: Set<string>,
): StoredDelivery {
  const one = { id, endpointId, url, isWaiting: waiting.has(id) }
  if ('isUnwell' in row)
    return { ...one, isUnwell: row.isUnwell === 1, isWaiting: row.isWaiting === 1 || one.isWaiting }
  const { unwellSince = null } = owners.get(endpointId) ?? {}
  return { ...one, isUnwell: unwellSince !== null }
}

// The guard asks for the event, not for the delivery: a delivery that has moved to another stage
// would not conflict with its own repetition.
function insertDeliveries({ orgId, now, fit }: IntakeGroup, events: NewEvent[], isFree: SQL): SQL {
  const slim = JSON.stringify(events.map(({ call, refusedUrl, trace, ...event }) => event))
  const inline = sql`SELECT e.value, NULL, e.value->>'webhookUrl' FROM json_each(${slim}) e
      WHERE e.value->>'webhookUrl' IS NOT NULL AND ${isNew(orgId)} AND ${isFree}`
  return sql`
    INSERT INTO deliveries (stage, org_id, id, endpoint_id, call_id, event_type, url,
      next_attempt_at, created_at, updated_at)
    SELECT 'new', ${orgId}, substr(event->>'id', 1, 32) || printf('%04x',
        iif(event->>'endpointId' IS NULL, 0, ${BEFORE_TESTS})
          + iif(${isAboutCall(sql`event`)}, 0, ${BEFORE_OPERATIONAL})
          + row_number() OVER (PARTITION BY event->>'id' ORDER BY endpoint_id)),
      endpoint_id, event->>'callId', event->>'type', url, ${now}, ${now}, ${now}
    FROM (
      SELECT e.value AS event, ep.id AS endpoint_id, ep.url
      FROM json_each(${slim}) e CROSS JOIN endpoints ep
      WHERE ep.org_id = ${orgId} AND ep.status = 'enabled'
        AND ${isMeant} AND ${isSubscribed(sql`e.value->>'type'`)} AND ${unmetOf(fit)} IS NULL
        AND ${isNew(orgId)} AND ${isFree}
      ${hasInline(events) ? sql`UNION ALL ${inline}` : sql``})
    RETURNING id, endpoint_id AS "endpointId", url`
}

// Not by what was created, which is many rows for few owners.
function selectOwnersOf({ orgId, now }: IntakeGroup, events: NewEvent[]): SQL {
  const kinds = new Map(
    events.map(({ type, endpointId }) => [`${type} ${endpointId}`, { type, endpointId }]),
  )
  const matches = sql`EXISTS (SELECT 1 FROM json_each(${JSON.stringify([...kinds.values()])}) e
    WHERE ${isMeant} AND ${isSubscribed(sql`e.value->>'type'`)})`
  return selectOwners(orgId, matches, hasInline(events), now)
}

/** Whether a call brings a URL of its own. */
function hasInline(events: NewEvent[]): boolean {
  return events.some(({ webhookUrl }) => webhookUrl !== null)
}

// Calls that are not packed go in as the JSON they are, not quoted, which could double their length; SQLite
// gives a member's text back as it came (P3, and a test over random JSON). What else a producer may make long,
// the refused URLs, is a parameter of its own: each of both stays below D1's 2,000,000 bytes (R5).
function insertEvents(
  { orgId, now, apiVersion, fit }: IntakeGroup,
  events: NewEvent[],
  isFree: SQL,
): SQL {
  const unmet = sql`iif(ep.status = 'enabled' AND ${isSubscribed(sql`e.value->>'type'`)}, ${unmetOf(fit)}, NULL)`
  const texts = events.map(({ call, refusedUrl, webhookUrl, ...event }) => {
    const rest = JSON.stringify(event).slice(0, -1)
    const stored = packCall(call, event.callId)
    return `${rest},"call":${stored === call ? call : JSON.stringify(stored)}}`
  })
  const refused = JSON.stringify(events.map(({ refusedUrl }) => refusedUrl ?? null))
  return sql`
    INSERT INTO events (org_id, listed_under, id, type, call_id, created, api_version, skipped,
      accepted_at, call, endpoint_id, trace)
    SELECT ${orgId}, listed_under, e.value->>'id', e.value->>'type',
      nullif(e.value->>'callId', listed_under), e.value->>'created', ${apiVersion},
      (SELECT json_patch('{}', json_object(
          'disabled', ${listOfIds(sql`ep.status = 'disabled'`)},
          'not_subscribed', ${listOfIds(sql`ep.status = 'enabled'
            AND NOT ${isSubscribed(sql`e.value->>'type'`)}`)},
          'filtered', json(nullif(json_group_object(ep.id, ${unmet}) FILTER (WHERE ${unmet} IS NOT NULL), '{}')),
          'invalid_url', json(${refused}->e.key)))
        FROM endpoints ep WHERE ep.org_id = ${orgId} AND ${isMeant}),
      ${now}, e.value->>'call', e.value->>'endpointId', e.value->>'trace'
    FROM (SELECT e.key, e.value, ${listedUnder(orgId)} AS listed_under
      FROM json_each(${`[${texts.join(',')}]`}) e WHERE ${isFree} AND ${isNew(orgId)}) e
    WHERE ${isAboutCall(sql`e.value`)} OR listed_under <> ''
    RETURNING id, skipped`
}

/** SQL expression: under which call the event `e` is listed, once its deliveries are made; '' for none. */
function listedUnder(orgId: string): SQL {
  return sql`CASE WHEN EXISTS (SELECT 1 FROM deliveries d WHERE d.org_id = ${orgId} AND d.stage = 'new'
    AND ${isOfEventSql(sql`d.id`, sql`e.value->>'id'`)}) THEN lower(e.value->>'callId') ELSE '' END`
}

/** SQL: the ids of such endpoints as JSON; NULL for none, so that json_patch leaves the member out. */
function listOfIds(condition: SQL): SQL {
  return sql`json(nullif(json_group_array(ep.id) FILTER (WHERE ${condition}), '[]'))`
}

/** SQL condition: the event `e` is not stored yet, under either of the keys that it can have. */
function isNew(orgId: string): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM events stored WHERE stored.org_id = ${orgId}
    AND stored.listed_under IN ('', lower(e.value->>'callId')) AND stored.id = e.value->>'id')`
}

function selectStored(orgId: string, repeated: SQL): SQL {
  return sql`
    SELECT d.id, d.endpoint_id AS "endpointId", d.url, ep.unwell_since IS NOT NULL AS "isUnwell",
      ${waitingFor()} IS NOT NULL AS "isWaiting"
    FROM (${repeated}) e CROSS JOIN deliveries d
    LEFT JOIN endpoints ep ON ep.org_id = d.org_id AND ep.id = d.endpoint_id
    WHERE d.org_id = ${orgId} AND d.stage IN ${ANY_STAGE}
      AND ${isOfEventSql(sql`d.id`, sql`e.value->>'id'`)}
    ORDER BY d.id`
}

function selectSkipped(orgId: string, repeated: SQL): SQL {
  return sql`
    SELECT ev.id, ev.skipped FROM (${repeated}) e CROSS JOIN events ev
    WHERE ev.org_id = ${orgId} AND ev.listed_under IN ('', lower(e.value->>'callId'))
      AND ev.id = e.value->>'id'`
}

// Those that an earlier request stored under the same key; and if the statement before, the insert of
// the events, changed nothing, its own: then this repeats a write whose answer was lost.
function repeatedEvents(events: NewEvent[], earlierAnswers: SQL | undefined): SQL {
  const own = JSON.stringify(events.map(({ id, callId }) => ({ id, callId })))
  const again = sql`SELECT value FROM json_each(CASE WHEN changes() = 0 THEN ${own} ELSE '[]' END)`
  return earlierAnswers ? sql`${earlierAnswers} UNION ALL ${again}` : again
}

/** SQL condition: the event, JSON, is about a call; an operational one is stored where somebody gets it. */
function isAboutCall(event: SQL): SQL {
  return sql`${event}->>'callId' <> ${OPERATIONAL}`
}

/** SQL condition: the event `e` is for the endpoint `ep`, as far as it names one, and not about it. */
const isMeant: SQL = sql`ep.id = coalesce(e.value->>'endpointId', ep.id)
  AND ep.id IS NOT e.value->>'aboutEndpointId'`
