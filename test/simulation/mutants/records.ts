// Bugs in the SQL of events, of deliveries and of what must happen once.
import { bend, without, type Mutant } from './mutant.ts'

const EVENTS = 'test/api/event-list.test.ts'
const SEARCH = 'test/db/views/search.test.ts'
const OVERVIEW = 'test/db/views/overview.test.ts'
const IDEMPOTENCY = 'test/api/http/repeats.test.ts'
const REPEATED = 'test/journeys/repeated-writes.test.ts'
const TOGETHER = 'test/journeys/together.test.ts'

/** Mutants of this room. */
export const RECORDS: Mutant[] = [
  without('the idempotency key of a redelivery', 'S4', [
    'db/idempotency.ts',
    "AND k.key = ${use}->>'key' AND k.created_at >",
    "AND k.key = '' AND k.created_at >",
  ]),
  bend('disabled endpoints get new events', 'D7', [
    'db/lifecycle/accept.ts',
    "WHERE ep.org_id = ${orgId} AND ep.status = 'enabled'",
    'WHERE ep.org_id = ${orgId}',
  ]),
  bend('a redelivery delivers', 'S1', [
    'db/lifecycle/redeliver.ts',
    "stage = 'pending', version = d.version + 1, is_manual = 1,",
    "stage = 'delivered', version = d.version + 1, is_manual = 1,",
  ]),
  bend('a redelivery counts twice', 'S4', [
    'db/lifecycle/redeliver.ts',
    'manual_retry_count = d.manual_retry_count + 1',
    'manual_retry_count = d.manual_retry_count + 2',
  ]),
  bend('a redelivery does not fence off what is in flight', 'S5', [
    'db/lifecycle/redeliver.ts',
    "stage = 'pending', version = d.version + 1, is_manual = 1,",
    "stage = 'pending', is_manual = 1,",
  ]),
  bend('an event without deliveries is stored again', IDEMPOTENCY, [
    'db/lifecycle/accept.ts',
    "stored.listed_under IN ('', lower(e.value->>'callId')) AND stored.id = e.value->>'id')`",
    "stored.listed_under IN (lower(e.value->>'callId')) AND stored.id = e.value->>'id')`",
  ]),
  bend('a redelivery that is repeated is made again', REPEATED, [
    'db/lifecycle/redeliver.ts',
    ' AND ${JUST_CHANGED}\n      AND ${hasEntry(',
    ' AND ${hasEntry(',
  ]),
  bend('a redelivery keeps its key for whoever is refused', TOGETHER, [
    'db/lifecycle/redeliver.ts',
    "IS NOT NULL AND ${isDelivery(orgId, sql`asked.value->>'id'`)}\n      AND ${hasEntry(orgId, sql`asked.value->>'entryId'`)}",
    "IS NOT NULL AND ${isDelivery(orgId, sql`asked.value->>'id'`)}",
  ]),
  bend('redeliveries of one delivery are one', TOGETHER, [
    'delivery/redeliver.ts',
    'one.id === other.id || (key',
    '(key',
  ]),
  bend('redeliveries with one key are made together', TOGETHER, [
    'delivery/redeliver.ts',
    '(key !== undefined && key === other.idempotency?.key)',
    'false',
  ]),
  bend('what was refused among many is made', 'test/journeys/redeliver-many.test.ts', [
    'db/lifecycle/redeliver.ts',
    "${JUST_CHANGED}\n      AND ${hasEntry(orgId, sql`asked.value->>'entryId'`)}",
    '${JUST_CHANGED}',
  ]),
  bend('a repetition of many makes what was refused', 'test/journeys/redeliver-many.test.ts', [
    'db/lifecycle/redeliver.ts',
    "AND NOT EXISTS (SELECT 1 FROM ${asked} WHERE ${hasEntry(orgId, sql`asked.value->>'entryId'`)})",
    '',
  ]),
  bend('a rotation that is repeated ends what is newer', REPEATED, [
    'db/account/secrets.ts',
    'AND s.owner_id = ${ownerId} AND s.id = ${id} AND s.expires_at IS NULL)`',
    'AND s.owner_id = ${ownerId} AND s.id = ${id})`',
  ]),
  bend('a rotation that is repeated stores its secret again', REPEATED, [
    'db/account/secrets.ts',
    'insertSecret(secret, now, JUST_CHANGED)',
    'insertSecret(secret, now, change.condition)',
  ]),
  bend('a first secret that is repeated comes back', REPEATED, [
    'db/account/secrets.ts',
    'sql`${isOwner} AND NOT ${hasOne}`',
    'isOwner',
  ]),
  bend('a first use that is repeated is the last one', REPEATED, [
    'db/account/api-keys.ts',
    'eq(apiKeys.publicId, publicId), isLater)',
    'eq(apiKeys.publicId, publicId))',
  ]),
  bend('a host that is seen again late was not seen since', REPEATED, [
    'db/account/own-hosts.ts',
    'sql`max(seen_at, ${now})`',
    'now',
  ]),
  bend('an endpoint comes back when its making is repeated', REPEATED, [
    'db/account/endpoints.ts',
    'WHERE ${JUST_CHANGED}`',
    'WHERE true ON CONFLICT DO NOTHING`',
  ]),
  bend('a search ends where it is cut short', SEARCH, [
    'db/views/look-up.ts',
    'about && about.seen === most ?',
    'about && about.seen > most ?',
  ]),
  bend('a search goes on where it began', SEARCH, [
    'db/views/look-up.ts',
    'page.endingBefore === undefined ? sql`min(id)` : sql`max(id)`',
    'page.endingBefore === undefined ? sql`max(id)` : sql`min(id)`',
  ]),
  bend('a full page goes on where its search was cut short', SEARCH, [
    'db/page.ts',
    'read.length > limit ? rows.at(-1)?.id : cutAt',
    'cutAt ?? (read.length > limit ? rows.at(-1)?.id : undefined)',
  ]),
  bend('a search does not say how far it came', SEARCH, [
    'db/views/look-up.ts',
    'isCut ? instantOf(cutAt) : undefined',
    'undefined',
  ]),
  bend('an event is listed for each of its deliveries', EVENTS, [
    'db/views/events.ts',
    'SELECT DISTINCT f.event_id',
    'SELECT f.event_id',
  ]),
  bend('a list of events ends where it is cut short', EVENTS, [
    'db/views/events.ts',
    'seen < most || furthest === null',
    'true',
  ]),
  bend('a page of events begins with the one before', EVENTS, [
    'db/views/events.ts',
    'sql`d.id > ${lastIdOf(endingBefore)}`',
    'sql`d.id > ${endingBefore}`',
  ]),
  bend('a cursor within an event passes it over', EVENTS, [
    'db/views/events.ts',
    'startingAfter === eventIdOf(startingAfter) ? startingAfter : lastIdOf(startingAfter)',
    'startingAfter',
  ]),
  bend('a time leaves out its first instant', SEARCH, [
    'db/views/deliveries.ts',
    'gte(id, lowestIdAt(createdFrom))',
    'gte(id, lowestIdAt(createdFrom + 1))',
  ]),
  bend('a time takes in its end', SEARCH, [
    'db/views/deliveries.ts',
    'lt(id, lowestIdAt(createdBefore))',
    'lt(id, lowestIdAt(createdBefore + 1))',
  ]),
  bend('what is held is overdue', OVERVIEW, [
    'db/views/overview.ts',
    `min(next_attempt_at) FILTER (WHERE situation <> 'parked')`,
    'min(next_attempt_at)',
  ]),
  bend('what failed first is shown first', OVERVIEW, [
    'db/views/overview.ts',
    'ORDER BY updated_at DESC LIMIT',
    'ORDER BY updated_at LIMIT',
  ]),
  bend('dead letters count for ever', 'test/delivery/upkeep/retention.test.ts', [
    'db/views/health.ts',
    'WHERE died_at > ${at.now - DEAD_LETTER_TTL_MS} LIMIT',
    'WHERE true LIMIT',
  ]),
  bend('a call in capitals has no event to show', 'test/dashboard/delivery/odd-calls.test.ts', [
    'db/views/inspect.ts',
    'ev.listed_under = lower(d.call_id)',
    'ev.listed_under = d.call_id',
  ]),
]
