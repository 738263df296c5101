// The session's cookie: a random token, whose row at the server says whom it belongs to.
import type { MiddlewareHandler } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { endSession, findSession, SESSION_S, startSession } from '../account/sessions.ts'
import { BASE, type DashboardEnv, type PageContext } from './context.ts'

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]'])

/** An empty page; without an icon of its own a browser would ask for /favicon.ico. */
const SAME_AGAIN =
  '<!doctype html><title>CallingBox webhooks</title><link rel="icon" href="data:,">'

/**
 * Lets through who is signed in. A revoked or expired key ends its sessions with the next request
 * (X4); whoever has none is sent to sign in, and back to the same page afterwards.
 */
export function requireSession(): MiddlewareHandler<DashboardEnv> {
  return async function signedIn(c, next) {
    const owner = await findSession(c.get('world'), readToken(c), c.env.API_KEY_PEPPER)
    if (!owner) return askToSignIn(c)
    const { orgId, publicId } = owner.key
    c.set('session', { orgId, orgName: owner.orgName, keyId: publicId })
    return next()
  }
}

/** Opens a session for a key. */
export async function openSession(c: PageContext, keyId: string): Promise<void> {
  const pepper = c.env.API_KEY_PEPPER
  const token = await startSession(c.get('world'), keyId, pepper, readToken(c))
  setCookie(c, cookieName(c), token, { ...attributes(c), maxAge: SESSION_S })
}

/** Ends the session at the server, and forgets it in this browser. */
export async function closeSession(c: PageContext): Promise<void> {
  await endSession(c.get('world'), readToken(c), c.env.API_KEY_PEPPER)
  deleteCookie(c, cookieName(c), attributes(c))
}

function readToken(c: PageContext): string {
  return getCookie(c, cookieName(c)) ?? ''
}

/** With the prefix no other host, a sibling's included, can have set it (RFC 6265bis, section 4.1.3). */
function cookieName(c: PageContext): string {
  return isLocal(c) ? 'callingbox_session' : '__Host-callingbox_session'
}

function attributes(c: PageContext) {
  return { path: '/', httpOnly: true, secure: !isLocal(c), sameSite: 'Strict' as const }
}

/** Browsers drop a Secure cookie that came over plain http, where local development runs. */
function isLocal(c: PageContext): boolean {
  const { protocol, hostname } = new URL(c.req.url)
  return protocol === 'http:' && LOCAL_HOSTS.has(hostname)
}

function askToSignIn(c: PageContext): Response {
  if (isLinkedFromElsewhere(c)) return c.html(SAME_AGAIN, 200, { Refresh: '0' })
  const { pathname, search } = new URL(c.req.url)
  const signIn = `${BASE}/sign-in`
  const next = c.req.method === 'GET' && pathname !== BASE ? pathname + search : ''
  const location = next ? `${signIn}?next=${encodeURIComponent(next)}` : signIn
  // htmx would put the sign-in page in the place of a fragment; this header makes it navigate.
  if (c.req.header('HX-Request')) return c.body(null, 204, { 'HX-Redirect': location })
  return c.redirect(location, 303)
}

/**
 * A click on a link of another site comes without the cookie, SameSite=Strict as it is. The same page
 * asked for once more by ourselves comes with it. Only a click is marked ?1, so this happens once.
 */
function isLinkedFromElsewhere(c: PageContext): boolean {
  const isClick = c.req.header('Sec-Fetch-User') === '?1'
  return c.req.method === 'GET' && isClick && c.req.header('Sec-Fetch-Site') === 'cross-site'
}
