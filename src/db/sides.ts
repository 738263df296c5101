// The two sides of an org: its id says which one it is, and what the other one's is.
import { sql, type SQL } from 'drizzle-orm'
import { invalidRequest } from '../errors.ts'

/** `live`; or `test`, the org's twin, which is an org of its own in all but how it is made, moved and deleted. */
export type Side = 'live' | 'test'

/** Where a UUID has its version: 7 of a live side; 8, which has no other meaning (RFC 9562), of its twin. */
const VERSION_AT = 14
const TEST_VERSION = '8'
const LIVE_VERSION = '7'

/** Which side of an org this one is. */
export function sideOf(orgId: string): Side {
  return orgId[VERSION_AT] === TEST_VERSION ? 'test' : 'live'
}

/**
 * The id of an org's side, of whichever side the id given is. An org has one twin because there is one such id, and
 * nobody has to look up whose twin it is.
 */
export function idOfSide(orgId: string, side: Side): string {
  const version = side === 'test' ? TEST_VERSION : LIVE_VERSION
  return orgId.slice(0, VERSION_AT) + version + orgId.slice(VERSION_AT + 1)
}

/** SQL condition: the org is a live side. */
export function isLiveSide(orgId: SQL): SQL {
  return sql`substr(${orgId}, 15, 1) <> '8'`
}

/**
 * Refuses a twin where what is asked is done to both sides by asking it of the live one.
 * @throws AppError `invalid_request`, which names that.
 */
export function refuseTwin(
  orgId: string,
  what: 'moved' | 'deleted' | 'renamed' | 'stopped' | 'given a client certificate',
  path = 'id',
): void {
  if (sideOf(orgId) === 'live') return
  const message = `this is the test side of an organization, and is ${what} with it: ask it of ${idOfSide(orgId, 'live')}`
  throw invalidRequest([{ path, message }])
}
