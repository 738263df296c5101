// How an error is answered: the one place that maps what was thrown to what the caller reads.
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { routePath } from 'hono/route'
import { AppError, invalidRequest, toAppError, type ErrorCode, type Issue } from '../../errors.ts'
import { logFailure } from '../../http/failure.ts'
import type { ApiEnv } from './context.ts'

const IssueSchema = z
  .object({
    path: z.string().openapi({
      description: 'Where: names with dots between them; empty for the whole.',
      example: 'url',
    }),
    message: z.string().openapi({ description: 'What to do about it.', example: 'is missing' }),
  })
  .openapi('Issue')

/** The error shape that the contract documents; `error` is always a sentence. */
export const Problem = z
  .object({
    error: z.string().openapi({
      description: 'What is wrong, and what to do about it, in a sentence for a person.',
      example: 'The request is not valid: see issues.',
    }),
    code: z.string().openapi({
      description: 'What is wrong, for a program: it never changes its meaning.',
      example: 'invalid_request',
    }),
    request_id: z.string().openapi({
      description: 'Names the request, as X-Request-Id does.',
      example: '0d0a6c1e-3a52-4f0c-9d4b-8d6f1c2e7a90',
    }),
    issues: z
      .array(IssueSchema)
      .optional()
      .openapi({ description: 'Of a 400: each fault, ten at most.' }),
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

/** What zod begins a sentence with where a schema has none of its own, and what it expected. */
const OF_THE_LIBRARY = /^Invalid input: expected (\w+)/

/** The types that zod expects, in words for the caller. */
const KINDS: Record<string, string> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'text',
}

const NO_MEMBER = 'there is no such member here'

// What is found has no schema with it any more, so the names that there are have to be told while it is being found.
z.config({
  customError: ({ code, inst }) => {
    if (code !== 'unrecognized_keys' || !(inst instanceof z.ZodObject)) return undefined
    const names = Object.keys(inst.shape)
    return names.length > 0
      ? `${NO_MEMBER}, only ${names.join(', ')}`
      : `${NO_MEMBER}: leave it out`
  },
})

/** Zod's findings in a value as issues, in words for the caller. */
export function toIssues(error: z.ZodError, value: unknown): Issue[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.join('.')
    if (issue.code !== 'unrecognized_keys') return [{ path, message: explain(issue, value) }]
    const { keys, message } = issue
    return keys.map((key) => ({ path: path ? `${path}.${key}` : key, message }))
  })
}

function explain({ path, message }: z.core.$ZodIssue, value: unknown): string {
  if (path.length > 0 && valueAt(value, path) === undefined) return 'is missing'
  const [, expected] = OF_THE_LIBRARY.exec(message) ?? []
  return expected === undefined ? message : `must be ${KINDS[expected] ?? expected}`
}

function valueAt(value: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    // An object has members by any name; of what is none there is nothing inside.
    (inside, step) => (inside as Record<PropertyKey, unknown> | null | undefined)?.[step],
    value,
  )
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
