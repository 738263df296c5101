// Somebody who has no API key: comes by a portal link.
import { env } from 'cloudflare:workers'
import type { Answered, Json, World } from '../../world.ts'
import { ORIGIN, Visitor } from '../visitor.ts'

/** A minute and an hour, in ms. */
export const MINUTE = 60_000
export const HOUR = 3_600_000

/** Makes a link with the org's key. */
export function makeLink(world: World, body?: Json, options = {}): Promise<Answered> {
  return world.call('POST', '/v1/portal_links', body, options)
}

/** Where a link leads, below /dashboard. */
export function pathOf({ body }: Answered): string {
  return String(body.url).replace(`${ORIGIN}/dashboard`, '')
}

/** Somebody who has come by a link with these scopes. */
export async function guest(
  world: World,
  scopes: string[] = ['read'],
  more: Json = {},
): Promise<Visitor> {
  const visitor = new Visitor(world)
  await visitor.send(pathOf(await makeLink(world, { scopes, ...more })))
  return visitor
}

/** Whether the visitor gets to see a page. */
export async function isSignedIn(visitor: Visitor): Promise<boolean> {
  return (await visitor.get('/deliveries')).path === ''
}

/** The newest entries of the org's audit log of an action. */
export async function entriesOf(world: World, action: string): Promise<Json[]> {
  const { body } = await world.call('GET', '/v1/audit_log')
  return body.data.filter((entry: Json) => entry.action === action)
}

/** How many rows a table has. */
export async function countRows(table: string): Promise<number | null> {
  return env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first('n')
}
