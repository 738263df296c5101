// How an error is answered: the one place that maps what was thrown to what the caller reads.
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { routePath } from 'hono/route'
import { AppError, invalidRequest, toAppError, type ErrorCode, type Issue } from '../../errors.ts'
import { logFailure } from '../../http/failure.ts'
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

/** What an exception of the framework is called here, by its status. */
const FRAMEWORK_CODES: Partial<Record<number, ErrorCode>> = {
  404: 'not_found',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
}

/** Answers AppErrors as they say; anything else is our bug: answered as a plain 500. All are logged. */
export function answerError(thrown: Error, c: Context<ApiEnv>): Response {
  const error = toAppError(fromFramework(thrown))
  logFailure(c.get('world'), error, {
    request_id: c.get('requestId'),
    method: c.req.method,
    route: routePath(c),
    org_id: c.get('orgId'),
    key_id: c.get('keyId'),
  })
  for (const [name, value] of Object.entries(error.headers)) c.header(name, value)
  const requestId = c.get('requestId')
  return c.json({ ...presentError(error), request_id: requestId }, error.status)
}

/** An error's members, without the request's id. */
export function presentError({ message, code, issues }: AppError) {
  return { error: message, code, ...(issues && { issues }) }
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

/** The 404 of a path that no route has. */
export function nothingHere(): AppError {
  const message = 'There is nothing at this path. /openapi.json lists what there is.'
  return new AppError('not_found', { message })
}

/**
 * The framework's own exceptions are about what was sent: each becomes the error of its status, and
 * one that we have no word for a plain 400.
 */
function fromFramework(thrown: Error): Error {
  if (!(thrown instanceof HTTPException) || thrown.status >= 500) return thrown
  const code = FRAMEWORK_CODES[thrown.status]
  return code ? new AppError(code) : invalidRequest([{ path: '', message: thrown.message }])
}
