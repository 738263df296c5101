// Ids: time-ordered UUIDs, and how a delivery's id names its event.
import { sql, type SQL } from 'drizzle-orm'
import { v7 } from 'uuid'

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Whether a text is a UUID in lower case, of any version. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/** Characters at the beginning of an id that are its instant in ms: 48 bits, and a hyphen among them. */
export const ID_INSTANT_LENGTH = 13

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
 * number them from 0001: far more than an org may have endpoints.
 */
export function newEventId(now: number): string {
  return eventIdOf(newId(now))
}

/** The last instant that a UUIDv7 has room for, in Unix ms. */
const LAST_MS = 2 ** 48 - 1

/** The lowest id that newId can give at an instant in Unix ms, or the nearest one that an id can have. */
export function lowestIdAt(at: number): string {
  const hex = Math.min(Math.max(0, at), LAST_MS).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}

/** The id of the event that made a delivery. */
export function eventIdOf(deliveryId: string): string {
  return `${deliveryId.slice(0, -4)}0000`
}

/** SQL expression: the same of `deliveryId`. */
export function eventIdSql(deliveryId: SQL): SQL {
  return sql`substr(${deliveryId}, 1, 32) || '0000'`
}

/** SQL condition: the id is one of the event's deliveries': a range, so that an index serves it. */
export function isOfEventSql(id: SQL, eventId: SQL): SQL {
  return sql`(${id} > ${eventId} AND ${id} <= substr(${eventId}, 1, 32) || 'ffff')`
}
