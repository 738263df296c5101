// Ids: time-ordered UUIDs, and how a delivery's id names its event.
import { sql, type SQL } from 'drizzle-orm'
import { v7 } from 'uuid'

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Whether a text is a UUID in lower case, of any version. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/** Characters at the beginning of an id that are its instant in ms: 48 bits, and a hyphen among them. */
const ID_INSTANT_LENGTH = 13

/** A UUIDv7 (RFC 9562) for an instant in Unix ms: newer ids sort after older ones. */
export function newId(now: number): string {
  return v7({ msecs: now })
}

/** The instant of a UUIDv7, in Unix ms. */
export function instantOf(id: string): number {
  return Number.parseInt(id.slice(0, ID_INSTANT_LENGTH).replace('-', ''), 16)
}

/**
 * A UUIDv7 ending in 0000. The event's deliveries have the same id but for these four hex digits, which
 * number them from 0001: far more than an org may have endpoints. The one of a test has 8001, operational ones have
 * 4001 and on, and the test of one has c001.
 */
export function newEventId(now: number): string {
  return eventIdOf(newId(now))
}

/** A test's delivery is numbered beyond this: what was meant for one endpoint no other has missed. */
export const BEFORE_TESTS = 0x8000

/** Added to the numbers of operational deliveries, tests of theirs included: an index that has the id tells them apart. */
export const BEFORE_OPERATIONAL = 0x4000

/** The id of the delivery of a test, of the event with this id. */
export function testIdOf(eventId: string, isOperational: boolean): string {
  const number = BEFORE_TESTS + (isOperational ? BEFORE_OPERATIONAL : 0) + 1
  return eventId.slice(0, -4) + number.toString(16)
}

/** SQL condition: the id is not that of an operational delivery. */
export function isOfCallSql(id: SQL): SQL {
  return sql`substr(${id}, 33, 1) NOT IN ('4', 'c')`
}

/** SQL condition: the id, an event's or a delivery's, is not that of a test's delivery. */
export function isNoTestSql(id: SQL): SQL {
  return sql`substr(${id}, 33, 1) < '8'`
}

/** SQL condition: the id is the first of all that there are of its event, be it the event's own or a delivery's. */
export function isFirstSql(id: SQL): SQL {
  return sql`substr(${id}, 33) <= '0001'`
}

/** Hex digits at the beginning of an attempt's id that are its instant in ms. */
export const ATTEMPT_INSTANT_LENGTH = 12

/** What an attempt is stored by: 24 hex digits, its instant in Unix ms and 48 bits at random. */
export function newAttemptId(now: number): string {
  const hex = newId(now).replaceAll('-', '')
  return hex.slice(0, ATTEMPT_INSTANT_LENGTH) + hex.slice(-12)
}

/** Its place in a trace: 16 hexadecimal digits, 12 of them random. */
export function spanOf(attemptId: string): string {
  return attemptId.slice(-16)
}

/** The same as a UUIDv7, whose other bits are zero. */
export function attemptUuid(attemptId: string): string {
  const [instant, random] = [attemptId.slice(0, 12), attemptId.slice(12)]
  return `${instant.slice(0, 8)}-${instant.slice(8)}-7000-8000-${random}`
}

/** The last instant that a UUIDv7 has room for, in Unix ms. */
const LAST_MS = 2 ** 48 - 1

/** The lowest id that newId can give at an instant in Unix ms, or the nearest one that an id can have. */
export function lowestIdAt(at: number): string {
  const hex = Math.min(Math.max(0, at), LAST_MS).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}

/** SQL expression: the same of an instant that the database knows; NULL where that is. */
export function lowestIdSql(at: SQL): SQL {
  return sql`(SELECT printf('%08x-%04x-7000-8000-000000000000', t.at >> 16, t.at & 65535)
    FROM (SELECT ${at} AS at) t WHERE t.at IS NOT NULL)`
}

/** The id of the event that made a delivery. */
export function eventIdOf(deliveryId: string): string {
  return `${deliveryId.slice(0, -4)}0000`
}

/** SQL expression: the id of the event that made a delivery; of an event's own id that. */
export function eventIdSql(deliveryId: SQL): SQL {
  return sql`substr(${deliveryId}, 1, 32) || '0000'`
}

/** Whether a delivery is that of a test, as its number tells. */
export function isTest(deliveryId: string): boolean {
  return Number.parseInt(deliveryId.slice(-4), 16) > BEFORE_TESTS
}

/** The highest id that a delivery of the event can have. */
export function lastIdOf(eventId: string): string {
  return `${eventId.slice(0, -4)}ffff`
}

/** SQL condition: the id is one of the event's deliveries': a range, so that an index serves it. */
export function isOfEventSql(id: SQL, eventId: SQL): SQL {
  return sql`(${id} > ${eventId} AND ${id} <= substr(${eventId}, 1, 32) || 'ffff')`
}
