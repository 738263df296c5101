// What each route of the API takes: one table, and a key that has less is refused before its body is read.
import type { Context, MiddlewareHandler } from 'hono'
import { insufficientScope, type Scope } from '../../account/scopes.ts'
import type { FindRoutes } from '../../http/methods.ts'
import type { ApiEnv } from './context.ts'

/** A scope; or what the body says, where one route both changes an endpoint and enables it. */
type Taken = Scope | 'by members'

/** By the method and the path. A route of /v1 that is not here takes what most keys are not given. */
export const ROUTE_SCOPES: Readonly<Record<string, Taken>> = {
  'POST /v1/events': 'send',
  'POST /v1/events/batch': 'send',
  'GET /v1/events': 'read',
  'GET /v1/events/:id': 'read',
  'DELETE /v1/events/:id/payload': 'manage',
  'GET /v1/webhook_endpoints': 'read',
  'POST /v1/webhook_endpoints': 'manage',
  'GET /v1/webhook_endpoints/:id': 'read',
  'PATCH /v1/webhook_endpoints/:id': 'by members',
  'DELETE /v1/webhook_endpoints/:id': 'manage',
  'POST /v1/webhook_endpoints/:id/rotate_secret': 'manage',
  'POST /v1/webhook_endpoints/:id/test': 'operate',
  'POST /v1/webhook_endpoints/:id/check': 'operate',
  'POST /v1/webhook_endpoints/:id/filter/try': 'read',
  // Whoever listens is the receiver: handed every body, as a URL of theirs would be.
  'GET /v1/webhook_endpoints/:id/stream': 'manage',
  'POST /v1/webhook_endpoints/:id/answers': 'manage',
  'GET /v1/webhook_deliveries': 'read',
  'GET /v1/webhook_deliveries/:id': 'read',
  'POST /v1/webhook_deliveries/:id/redeliver': 'operate',
  'POST /v1/webhook_deliveries/discard': 'operate',
  'GET /v1/webhook_replays': 'read',
  'POST /v1/webhook_replays': 'operate',
  'GET /v1/webhook_replays/:id': 'read',
  'PATCH /v1/webhook_replays/:id': 'operate',
  'GET /v1/webhook_replays/:id/deliveries': 'read',
  'POST /v1/webhook_replays/:id/pause': 'operate',
  'POST /v1/webhook_replays/:id/resume': 'operate',
  'POST /v1/webhook_replays/:id/cancel': 'operate',
  'GET /v1/api_keys': 'manage',
  'POST /v1/api_keys': 'manage',
  'DELETE /v1/api_keys/:id': 'manage',
  'POST /v1/portal_links': 'manage',
  'GET /v1/audit_log': 'manage',
}

/**
 * Lets through whose key has what the route takes; where that is up to the body, whose key has either.
 * @throws AppError `insufficient_scope` naming it.
 */
export function requireKeyScope(findRoutes: FindRoutes): MiddlewareHandler<ApiEnv> {
  return async function hasScope(c, next) {
    const pattern = findRoutes(c.req.path)?.pattern
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method
    if (pattern?.startsWith('/v1/')) refuseWithout(c, scopesAt(`${method} ${pattern}`))
    return next()
  }
}

/** The scopes that an operation may take, one of which is enough; the path as OpenAPI has it. */
export function scopesOf(method: string, path: string): Scope[] {
  return scopesAt(`${method.toUpperCase()} ${path.replaceAll(/\{(.+?)\}/g, ':$1')}`)
}

function scopesAt(route: string): Scope[] {
  const taken = ROUTE_SCOPES[route] ?? 'manage'
  return taken === 'by members' ? ['manage', 'operate'] : [taken]
}

/**
 * Behind `jsonBody`, where what is asked decides: nothing but the status takes `operate`, all else `manage`.
 * @throws AppError `insufficient_scope` naming it.
 */
export function requireScopeOfMembers(): MiddlewareHandler<ApiEnv> {
  return async function hasScopeOfMembers(c, next) {
    // Of what is no object the schema will say so.
    const members = Object.keys(Object(c.get('json')?.value))
    const isStatus = members.length === 1 && members[0] === 'status'
    refuseWithout(c, [isStatus ? 'operate' : 'manage'])
    return next()
  }
}

/**
 * Behind `jsonBody`, where a body with a `url` sends what is stored to wherever the caller likes: that is as much as
 * to make an endpoint, and takes `manage` besides.
 * @throws AppError `insufficient_scope` naming it.
 */
export function requireScopeOfUrl(): MiddlewareHandler<ApiEnv> {
  return async function hasScopeOfUrl(c, next) {
    // Of what is no object the schema will say so.
    const { url = null }: { url?: unknown } = Object(c.get('json')?.value)
    if (url !== null) refuseWithout(c, ['manage'])
    return next()
  }
}

function refuseWithout(c: Context<ApiEnv>, anyOf: Scope[]): void {
  const own = c.get('grant').scopes
  if (anyOf.some((scope) => own.includes(scope))) return
  const wanted = anyOf.map((scope) => `"${scope}"`).join(' or ')
  const message = `This takes a key with the scope ${wanted}. Yours has: ${own.join(', ')}.`
  throw insufficientScope(message, anyOf)
}
