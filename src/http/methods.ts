// Which methods a path has, read from the very table that requests are routed by.
import type { MiddlewareHandler } from 'hono'
import { AppError } from '../errors.ts'

/** A route as Hono keeps it: `ALL` is middleware, `:name` stands for one segment. */
type Route = { method: string; path: string }

/** What can be asked at a path: the pattern that it matches, and the methods of that. */
export type PathRoutes = { pattern: string; methods: ReadonlySet<string> }

/** Finds what can be asked at a path; undefined where nothing can. */
export type FindRoutes = (path: string) => PathRoutes | undefined

/**
 * Makes the finder. The routes are read on its first use, when all have been added. Where a path fits
 * two patterns it is the one with fewer variables that counts: `/events/batch` is no `/events/:id`.
 */
export function createRouteFinder(listRoutes: () => Route[]): FindRoutes {
  let table: (PathRoutes & { regexp: RegExp })[] | undefined
  return function findRoutes(path) {
    table ??= toTable(listRoutes())
    return table.find(({ regexp }) => regexp.test(path))
  }
}

/**
 * Refuses what a path has no route for, OPTIONS included: Allow tells what was asked. What is no path
 * is left to the 404.
 * @throws AppError `method_not_allowed`.
 */
export function refuseOtherMethods(findRoutes: FindRoutes): MiddlewareHandler {
  return async function hasMethod(c, next) {
    const methods = findRoutes(c.req.path)?.methods
    if (!methods || methods.has(c.req.method)) return next()
    const headers = { Allow: [...methods].toSorted().join(', ') }
    throw new AppError('method_not_allowed', { headers })
  }
}

function toTable(routes: Route[]) {
  const byPattern = Map.groupBy(
    routes.filter(({ method }) => method !== 'ALL'),
    ({ path }) => path,
  )
  const table = [...byPattern].map(([pattern, own]) => ({
    pattern,
    methods: withHead(own.map(({ method }) => method)),
    regexp: toRegExp(pattern),
  }))
  return table.toSorted((a, b) => countVariables(a.pattern) - countVariables(b.pattern))
}

/** Hono answers HEAD wherever it answers GET. */
function withHead(methods: string[]): Set<string> {
  return new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)
}

function countVariables(pattern: string): number {
  return pattern.split('/:').length
}

function toRegExp(pattern: string): RegExp {
  const source = pattern.replaceAll('.', String.raw`\.`).replaceAll(/:[^/]+/g, '[^/]+')
  return new RegExp(`^${source}$`)
}
