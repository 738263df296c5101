// What each route of the dashboard takes: one table, and who has less is refused.
import type { MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { insufficientScope, type Scope } from '../account/scopes.ts'
import { BASE, SETTINGS, type DashboardEnv, type PageContext } from './context.ts'
import { fieldsOf } from './sent-form.ts'

/** A scope; or what the field `status` tells of it, where one route both enables and disables. */
type Taken = Scope | 'by status'

/** By the method and the path below /dashboard. A route that is not here takes what only keys have. */
export const SCOPE_OF: Readonly<Record<string, Taken>> = {
  'GET /': 'read',
  'GET /deliveries': 'read',
  'GET /deliveries/live': 'read',
  'GET /deliveries/export': 'read',
  'GET /deliveries/redeliver': 'operate',
  'POST /deliveries/redeliver': 'operate',
  'GET /deliveries/:id': 'read',
  'GET /deliveries/:id/body': 'read',
  'GET /deliveries/:id/redeliver': 'operate',
  'POST /deliveries/:id/redeliver': 'operate',
  'GET /events': 'read',
  'GET /events/:id': 'read',
  'GET /events/:id/forget': 'manage',
  'POST /events/:id/forget': 'manage',
  'GET /replays': 'read',
  'GET /replays/new': 'operate',
  'POST /replays/new': 'operate',
  'GET /replays/:id': 'read',
  'GET /replays/:id/rate': 'operate',
  'POST /replays/:id/rate': 'operate',
  'GET /replays/:id/pause': 'operate',
  'POST /replays/:id/pause': 'operate',
  'GET /replays/:id/resume': 'operate',
  'POST /replays/:id/resume': 'operate',
  'GET /replays/:id/cancel': 'operate',
  'POST /replays/:id/cancel': 'operate',
  'GET /endpoints': 'read',
  'GET /endpoints/new': 'manage',
  'POST /endpoints/new': 'manage',
  'GET /endpoints/:id': 'read',
  'POST /endpoints/:id': 'manage',
  'GET /endpoints/:id/change': 'manage',
  'POST /endpoints/:id/change': 'manage',
  'GET /endpoints/:id/status': 'by status',
  'POST /endpoints/:id/status': 'by status',
  'GET /endpoints/:id/dismiss': 'read',
  'POST /endpoints/:id/dismiss': 'operate',
  'GET /endpoints/:id/check': 'read',
  'POST /endpoints/:id/check': 'operate',
  'GET /endpoints/:id/headers': 'manage',
  'POST /endpoints/:id/headers': 'manage',
  'GET /endpoints/:id/notes': 'manage',
  'POST /endpoints/:id/notes': 'manage',
  'GET /endpoints/:id/rotate': 'manage',
  'POST /endpoints/:id/rotate': 'manage',
  'GET /endpoints/:id/test': 'operate',
  'POST /endpoints/:id/test': 'operate',
  'GET /endpoints/:id/filter': 'manage',
  'POST /endpoints/:id/filter': 'manage',
  'GET /endpoints/:id/delete': 'manage',
  'POST /endpoints/:id/delete': 'manage',
  'GET /settings': 'manage',
  'GET /settings/audit-log': 'manage',
  'GET /settings/keys': 'manage',
  'POST /settings/keys': 'manage',
  'GET /settings/keys/:id/revoke': 'manage',
  'POST /settings/keys/:id/revoke': 'manage',
  'GET /settings/secret/reveal': 'manage',
  'POST /settings/secret/reveal': 'manage',
  'GET /settings/secret/rotate': 'manage',
  'POST /settings/secret/rotate': 'manage',
  'GET /settings/sessions/:id/end': 'manage',
  'POST /settings/sessions/:id/end': 'manage',
}

/** What is in the way of whoever came by a link that lets them only look, or operate. */
const REFUSALS: Record<Scope, string> = {
  send: 'The link that you came by does not let you send events.',
  read: 'The link that you came by does not let you look at this.',
  operate:
    'The link that you came by lets you look, and nothing else. Ask whoever gave it to you for one with the scope “operate”.',
  manage:
    'The link that you came by does not let you do this: endpoints, secrets and settings are managed by whoever has an API key.',
}

/**
 * Lets through who may do what is asked, by the very route that is going to be run.
 * @throws AppError `insufficient_scope`.
 */
export function requireScope(): MiddlewareHandler<DashboardEnv> {
  return async function hasScope(c, next) {
    const route = matchedRoutes(c).find(({ method }) => method !== 'ALL')
    const scope = route && (await scopeOf(c, `${route.method} ${pathBelow(route.path)}`))
    const { scopes, linkId } = c.get('session')
    if (scope === undefined || scopes.includes(scope)) return next()
    // There is nothing else for them, and no other page to begin with.
    if (pathBelow(route?.path ?? '') === '/' && scopes.includes('manage')) {
      return c.redirect(SETTINGS, 303)
    }
    const message = linkId === undefined ? refusalOfKey(scope, scopes) : REFUSALS[scope]
    throw insufficientScope(message, [scope])
  }
}

function refusalOfKey(scope: Scope, scopes: readonly Scope[]): string {
  return `The key that you signed in by may not do this. It takes one with the scope “${scope}”; yours has: ${scopes.join(', ')}.`
}

/** A route's path as the table has it. */
export function pathBelow(path: string): string {
  return path.slice(BASE.length).replace(/\/$/, '') || '/'
}

async function scopeOf(c: PageContext, route: string): Promise<Scope> {
  const taken = SCOPE_OF[route] ?? 'manage'
  if (taken !== 'by status') return taken
  // Read as the handler reads it: a field that is sent twice must not be judged by one and acted on by the other.
  const status = (await fieldsOf(c)).get('status')
  // Whoever was only given a link is not to stop what goes to a receiver.
  const isOfLink = c.get('session').linkId !== undefined
  return status === 'enabled' || !isOfLink ? 'operate' : 'manage'
}
