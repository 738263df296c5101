// Bugs in the SQL of events, of deliveries and of what must happen once.
import { bend, without, type Mutant } from './mutant.ts'

const BROWSE = 'test/db/views/browse.test.ts'
const OVERVIEW = 'test/db/views/overview.test.ts'
const IDEMPOTENCY = 'test/api/http/repeats.test.ts'
const REPEATED = 'test/journeys/repeated-writes.test.ts'

/** Mutants of this room. */
export const RECORDS: Mutant[] = [
  without('the idempotency key', 'D6', [
    'db/idempotency.ts',
    'isFree: use ? sql`NOT EXISTS',
    'isFree: use ? sql`true OR NOT EXISTS',
  ]),
  bend('disabled endpoints get new events', 'D7', [
    'db/lifecycle/accept.ts',
    "WHERE ep.org_id = ${orgId} AND ep.status = 'enabled'",
    'WHERE ep.org_id = ${orgId}',
  ]),
  bend('a redelivery delivers', 'S1', [
    'db/lifecycle/redeliver.ts',
    "status = 'pending', version = version + 1, is_manual = 1,",
    "status = 'delivered', version = version + 1, is_manual = 1,",
  ]),
  bend('a redelivery counts twice', 'S4', [
    'db/lifecycle/redeliver.ts',
    'manual_retry_count = manual_retry_count + 1',
    'manual_retry_count = manual_retry_count + 2',
  ]),
  bend('a redelivery does not fence off what is in flight', 'S5', [
    'db/lifecycle/redeliver.ts',
    "status = 'pending', version = version + 1, is_manual = 1,",
    "status = 'pending', is_manual = 1,",
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
  bend('what was refused among many is made', 'test/journeys/redeliver-many.test.ts', [
    'db/lifecycle/redeliver.ts',
    "\n      AND ${hasEntry(actor.orgId, sql`asked.value->>'entryId'`)}",
    '',
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
  bend('a search ends when its page is full', BROWSE, [
    'db/views/browse.ts',
    'if (found.length > limit || !hasMore)',
    'if (found.length >= limit || !hasMore)',
  ]),
  bend('a search reads its second round again', BROWSE, [
    'db/views/browse.ts',
    'last = rows.at(-1)',
    'last ??= rows.at(-1)',
  ]),
  bend('a search does not say how far it came', BROWSE, [
    'db/views/browse.ts',
    'searchedTo: last?.createdAt',
    'searchedTo: undefined',
  ]),
  bend('a time leaves out its first instant', BROWSE, [
    'db/views/deliveries.ts',
    'gte(id, lowestIdAt(createdFrom))',
    'gte(id, lowestIdAt(createdFrom + 1))',
  ]),
  bend('a time takes in its end', BROWSE, [
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
    'WHERE died_at > ${now - DEAD_LETTER_TTL_MS} LIMIT',
    'WHERE true LIMIT',
  ]),
  bend('a call in capitals has no event to show', 'test/dashboard/delivery/odd-calls.test.ts', [
    'db/views/inspect.ts',
    'ev.listed_under = lower(d.call_id)',
    'ev.listed_under = d.call_id',
  ]),
]
