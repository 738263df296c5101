// What a dashboard request carries through its handlers.
import type { Context } from 'hono'
import type { SignedIn } from '../account/sessions.ts'
import type { Actor } from '../db/audit.ts'
import type { Database } from '../db/client.ts'
import { isUuid } from '../db/ids.ts'
import { BY_LINK } from '../db/openers.ts'
import type { World } from '../world.ts'

/** Where the dashboard lives. */
export const BASE = '/dashboard'

/** The list of deliveries; the page of one is below, by its id. */
export const DELIVERIES = `${BASE}/deliveries`

/** Events: of a call, by `?call=`, or of all; the page of one is below, by its id or a delivery's. */
export const EVENTS = `${BASE}/events`

/** The list of endpoints; the page of one is below, by its id. */
export const ENDPOINTS = `${BASE}/endpoints`

/** The list of replays; the page of one is below, by its id. */
export const REPLAYS = `${BASE}/replays`

/** The settings. */
export const SETTINGS = `${BASE}/settings`

/** The person at the other end: an org, what the session was opened with, and what it may do. */
export type Session = SignedIn

/** Hono's environment: the Worker's bindings, and what the middleware before a handler found out. */
export type DashboardEnv = {
  Bindings: Env
  Variables: {
    world: World
    requestId: string
    /** Set behind `requireSession`. */
    session: Session
  }
}

/** The context of a handler here. */
export type PageContext = Context<DashboardEnv>

/** Whether an open page asks for a part of itself, and not a person for the page. */
export function isFragment(c: PageContext): boolean {
  return c.req.header('HX-Request') === 'true'
}

/** The person as the audit log names it: told apart from the same key used through the API. */
export function actorOf(c: PageContext): Actor {
  const { orgId, keyId, linkId } = c.get('session')
  const name = linkId === undefined ? `dashboard:${keyId}` : BY_LINK + linkId
  return { orgId, name, ...fromOf(c) }
}

/** Where a request came from, as the audit log has it. */
export function fromOf(c: PageContext): Pick<Actor, 'ip' | 'requestId'> {
  return { ip: c.req.header('CF-Connecting-IP') ?? null, requestId: c.get('requestId') }
}

/** An id as a URL or a form has it, in lower case; undefined for what is none. */
export function readId(text: string | undefined): string | undefined {
  const id = text?.trim().toLowerCase() ?? ''
  return isUuid(id) ? id : undefined
}

/** The id in the path of a page. */
export function idOf(c: PageContext): string {
  return (c.req.param('id') ?? '').toLowerCase()
}

/** Where the data of the person's org is. */
export function dataOf(c: PageContext): Database {
  return c.get('world').store.of(c.get('session').orgId)
}
