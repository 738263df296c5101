// The session's cookie: an org and a random token, whose row at the server says whom it belongs to.
import type { MiddlewareHandler } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { usePortalLink, type LinkFault } from '../account/portal-links.ts'
import {
  endSession,
  findSession,
  SESSION_S,
  startSession,
  type AskedSession,
} from '../account/sessions.ts'
import {
  BASE,
  fromOf,
  isFragment,
  type DashboardEnv,
  type PageContext,
  type Session,
} from './context.ts'
import { writeForm } from './sent-form.ts'

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]'])

/** An empty page; without an icon of its own a browser would ask for /favicon.ico. */
const SAME_AGAIN =
  '<!doctype html><title>CallingBox webhooks</title><link rel="icon" href="data:,">'

/** What a file's address ends with, behind that of its page: saved, it leaves the reader where he was. */
const FILE = /\/(?:body|export)$/

/** Characters of an address to go back to, at most. Cloudflare takes one of 16 KB. */
const MAX_NEXT = 15_000

/** Answers with the form to sign in, which leads on to `next`. */
export type AskToSignIn = (c: PageContext, next: string) => Response | Promise<Response>

/**
 * Lets through who is signed in. A revoked or expired key ends its sessions with the next request
 * (X4); whoever has none is asked to sign in, and led back to the page that he was on. A form that he sent
 * is not acted on: its page shows it again, as it was filled in.
 */
export function requireSession(ask: AskToSignIn): MiddlewareHandler<DashboardEnv> {
  return async function signedIn(c, next) {
    return (await recognize(c)) ? next() : askToSignIn(c, ask)
  }
}

/** Finds out who asks; false where nobody is signed in. */
export async function recognize(c: PageContext): Promise<boolean> {
  // Not set before.
  const known: Session | undefined = c.get('session')
  const session = known ?? (await findSession(c.get('world'), readToken(c), c.env.API_KEY_PEPPER))
  if (session) c.set('session', session)
  return session !== undefined
}

/** Opens a session for a key. */
export async function openSession(
  c: PageContext,
  key: { orgId: string; publicId: string },
): Promise<void> {
  const token = await startSession(c.get('world'), key, askedOf(c))
  setCookie(c, cookieName(c), token, { ...attributes(c), maxAge: SESSION_S })
}

/** Opens the session of a portal link, which uses it up; answers why not, where it cannot. */
export async function openByLink(c: PageContext, link: string): Promise<LinkFault | undefined> {
  const begun = await usePortalLink(c.get('world'), link, askedOf(c))
  if (typeof begun === 'string') return begun
  const { token, sessionS } = begun
  setCookie(c, cookieName(c), token, { ...attributes(c), maxAge: sessionS })
  return undefined
}

/** Ends the session at the server, and forgets it in this browser. */
export async function closeSession(c: PageContext): Promise<void> {
  await endSession(c.get('world'), askedOf(c))
  deleteCookie(c, cookieName(c), attributes(c))
}

function askedOf(c: PageContext): AskedSession {
  return { pepper: c.env.API_KEY_PEPPER, token: readToken(c), from: fromOf(c) }
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

async function askToSignIn(c: PageContext, ask: AskToSignIn): Promise<Response> {
  if (isLinkedFromElsewhere(c)) return c.html(SAME_AGAIN, 200, { Refresh: '0' })
  const next = await pageToReturnTo(c)
  const signIn = `${BASE}/sign-in`
  const location = next === BASE ? signIn : `${signIn}?next=${encodeURIComponent(next)}`
  // htmx would put the sign-in page in the place of a fragment; this header makes it navigate.
  if (isFragment(c)) return c.body(null, 204, { 'HX-Redirect': location })
  // A form's fields, encoded twice, would be too long for an address.
  if (c.req.method === 'POST') return ask(c, next)
  return c.redirect(location, 303)
}

/**
 * The page that a person was on: of a fragment the one around it, of a file the one it belongs to, and of a form
 * the one that shows it, at the address it is posted to, with its fields.
 */
async function pageToReturnTo(c: PageContext): Promise<string> {
  const { pathname, search } = new URL(c.req.url)
  if (c.req.method === 'POST') return withinLimit(pathname, await writeForm(c))
  if (c.req.method !== 'GET') return BASE
  if (isFragment(c)) return pageAround(c)
  return withinLimit(pathname.replace(FILE, ''), search)
}

function withinLimit(path: string, search: string): string {
  return path.length + search.length > MAX_NEXT ? path : path + search
}

/** Source: htmx sends the address of the page as HX-Current-URL. */
function pageAround(c: PageContext): string {
  const around = c.req.header('HX-Current-URL') ?? ''
  if (!URL.canParse(around)) return BASE
  const { origin, pathname, search } = new URL(around)
  return origin === new URL(c.req.url).origin ? withinLimit(pathname, search) : BASE
}

/**
 * A click on a link of another site comes without the cookie, SameSite=Strict as it is. The same page
 * asked for once more by ourselves comes with it. Only a click is marked ?1, so this happens once.
 */
function isLinkedFromElsewhere(c: PageContext): boolean {
  const isClick = c.req.header('Sec-Fetch-User') === '?1'
  return c.req.method === 'GET' && isClick && c.req.header('Sec-Fetch-Site') === 'cross-site'
}
