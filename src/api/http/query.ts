// Which members a query may have: what no schema names is refused, as in bodies.
import { z } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { invalidRequest, type Issue } from '../../errors.ts'
import type { FindRoutes } from '../../http/methods.ts'
import type { ApiEnv } from './context.ts'
import type { Router } from './router.ts'

/**
 * Refuses a member that the route does not have, or that comes twice: whoever misspells a filter must
 * not be answered everything.
 * @throws AppError `invalid_request` naming each of them.
 */
export function refuseUnknownQuery(app: Router, findRoutes: FindRoutes): MiddlewareHandler<ApiEnv> {
  let known: Map<string, string[]> | undefined
  return async function hasQuery(c, next) {
    if (!c.req.url.includes('?')) return next()
    const { searchParams } = new URL(c.req.url)
    known ??= listQueries(app)
    const pattern = findRoutes(c.req.path)?.pattern
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method
    const issues = findIssues([...searchParams.keys()], known.get(`${method} ${pattern}`) ?? [])
    if (pattern !== undefined && issues.length > 0) throw invalidRequest(issues)
    return next()
  }
}

function findIssues(names: string[], known: string[]): Issue[] {
  return [...Map.groupBy(names, (name) => name)].flatMap(([path, same]) => {
    if (!known.includes(path)) {
      return [{ path, message: 'there is no such member in this query: leave it out' }]
    }
    return same.length === 1 ? [] : [{ path, message: 'must be given once' }]
  })
}

/** The names that each route's schema has, by method and pattern. */
function listQueries(app: Router): Map<string, string[]> {
  const routes = app.openAPIRegistry.definitions.flatMap((definition) =>
    definition.type === 'route' ? [definition.route] : [],
  )
  return new Map(
    routes.map(({ method, path, request }) => {
      const pattern = path.replaceAll(/\{(.+?)\}/g, ':$1')
      const names = request?.query instanceof z.ZodObject ? Object.keys(request.query.shape) : []
      return [`${method.toUpperCase()} ${pattern}`, names]
    }),
  )
}
