// The session: a sealed cookie that names a key, and the key's row, read anew on every request.
import type { MiddlewareHandler } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { z } from 'zod'
import { isLive } from '../account/keys.ts'
import { VaultError } from '../credentials/vault.ts'
import { findSessionOwner } from '../db/account/sessions.ts'
import { BASE, type DashboardEnv, type PageContext } from './context.ts'

const COOKIE = 'callingbox_session'

/** How long a session lasts, in seconds: 12 hours. */
const SESSION_S = 12 * 3600

/** The vault binds a text to its place; a session's is no secret's. */
const PLACE = { orgId: '', ownerId: 'dashboard', secretId: 'session' }

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]'])

/** An empty page; without an icon of its own a browser would ask for /favicon.ico. */
const SAME_AGAIN =
  '<!doctype html><title>CallingBox webhooks</title><link rel="icon" href="data:,">'

const Sealed = z.object({ keyId: z.string(), expiresAt: z.number() })

/**
 * Lets through who is signed in. A revoked or expired key ends its sessions with the next request
 * (X4); whoever has none is sent to sign in, and back to the same page afterwards.
 */
export function requireSession(): MiddlewareHandler<DashboardEnv> {
  return async function signedIn(c, next) {
    const keyId = await readCookie(c)
    const engine = c.get('engine')
    const owner = keyId === undefined ? undefined : await findSessionOwner(engine.db, keyId)
    if (!owner || !isLive(owner.key, engine.now())) return askToSignIn(c)
    const { orgId, publicId } = owner.key
    c.set('session', { orgId, orgName: owner.orgName, keyId: publicId })
    return next()
  }
}

/** Opens a session for a key. */
export async function openSession(c: PageContext, keyId: string): Promise<void> {
  const { vault, now } = c.get('engine')
  const expiresAt = now() + SESSION_S * 1000
  const sealed = await vault.seal(JSON.stringify({ keyId, expiresAt }), PLACE)
  setCookie(c, COOKIE, sealed, { ...attributes(c), maxAge: SESSION_S })
}

/** Forgets the session in this browser. */
export function closeSession(c: PageContext): void {
  deleteCookie(c, COOKIE, attributes(c))
}

// Browsers drop a Secure cookie that came over plain http, where local development runs.
function attributes(c: PageContext) {
  const { protocol, hostname } = new URL(c.req.url)
  const isLocal = protocol === 'http:' && LOCAL_HOSTS.has(hostname)
  return { path: BASE, httpOnly: true, secure: !isLocal, sameSite: 'Strict' as const }
}

async function readCookie(c: PageContext): Promise<string | undefined> {
  const { vault, now } = c.get('engine')
  const sealed = getCookie(c, COOKIE)
  if (!sealed) return undefined
  try {
    const { keyId, expiresAt } = Sealed.parse(JSON.parse(await vault.unseal(sealed, PLACE)))
    return expiresAt > now() ? keyId : undefined
  } catch (error) {
    // Tampered with, or sealed under an encryption key that is gone: no session.
    if (error instanceof VaultError) return undefined
    throw error
  }
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
