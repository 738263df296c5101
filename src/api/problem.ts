// How an error is answered: the one place that maps what was thrown to what the caller reads.
import { z } from '@hono/zod-openapi'
import type { Context, Hono } from 'hono'
import { AppError, type Issue } from '../errors.ts'
import type { ApiEnv } from './context.ts'

/** The error shape that the contract documents; `error` is always a sentence. */
export const Problem = z
  .object({
    error: z.string().openapi({ example: 'There is no such delivery.' }),
    code: z.string().openapi({ example: 'not_found' }),
    request_id: z.string(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Error')

/** Answers AppErrors as they say; anything else is our bug: logged with its cause, answered as a plain 500. */
export function answerError(thrown: Error, c: Context<ApiEnv>): Response {
  const error =
    thrown instanceof AppError ? thrown : new AppError('internal_error', { cause: thrown })
  if (error.status >= 500) logFault(error, c)
  for (const [name, value] of Object.entries(error.headers)) c.header(name, value)
  const requestId = c.get('requestId')
  return c.json({ ...presentError(error), request_id: requestId }, error.status)
}

/** An error's members, without the request's id. */
export function presentError({ message, code, issues }: AppError) {
  return { error: message, code, ...(issues && { issues }) }
}

/** A 400 whose sentence is the first of its issues. */
export function invalidRequest(issues: Issue[]): AppError {
  const [first] = issues
  const message = first && (first.path ? `${first.path}: ${first.message}` : first.message)
  return new AppError('invalid_request', { issues, ...(message && { message }) })
}

/** Zod's findings as issues, in words for the caller. */
export function toIssues(error: z.ZodError): Issue[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.join('.')
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
    const message = 'there is no such member here: leave it out'
    return issue.keys.map((key) => ({ path: path ? `${path}.${key}` : key, message }))
  })
}

/** Answers what no route took: 405 with Allow when the path exists under another method, else 404. */
export function answerUnrouted(app: Hono<ApiEnv>) {
  return function unrouted(c: Context<ApiEnv>): Response {
    const allowed = app.routes
      .filter(({ method, path }) => method !== 'ALL' && toPattern(path).test(c.req.path))
      .map(({ method }) => method)
    if (allowed.length > 0) {
      const headers = { Allow: [...new Set(allowed)].toSorted().join(', ') }
      return answerError(new AppError('method_not_allowed', { headers }), c)
    }
    const message = 'There is nothing at this path. /openapi.json lists what there is.'
    return answerError(new AppError('not_found', { message }), c)
  }
}

function toPattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:[^/]+/g, '[^/]+')}$`)
}

function logFault({ code, cause }: AppError, c: Context<ApiEnv>): void {
  const detail = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  console.error(
    JSON.stringify({
      event: 'request_failed',
      code,
      request_id: c.get('requestId'),
      method: c.req.method,
      path: c.req.path,
      cause: detail,
    }),
  )
}
