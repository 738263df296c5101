// Request bodies: limited, then parsed strictly, before anything looks at them.
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { every } from 'hono/combine'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { findBodyProblem } from '../../http/media-type.ts'
import type { Idempotency } from '../../delivery/accept.ts'
import type { ApiEnv } from './context.ts'
import { invalidRequest, toIssues } from './problem.ts'
import { parseStrictJson, StrictJsonError, type StrictJson } from './strict-json.ts'

/** Bytes of one event, and of any other body but a batch. */
export const MAX_BODY_BYTES = 256 * 1024

/** Bytes of a batch of events. */
export const MAX_BATCH_BYTES = 1024 * 1024

/** Printable ASCII, as HTTP header values go without surprises. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/

/**
 * Reads a JSON body of at most `maxBytes` into `c.get('json')`; no body at all is left to the schema.
 * @throws AppError `payload_too_large`, `unsupported_media_type`, `invalid_json`.
 */
export function jsonBody(maxBytes: number): MiddlewareHandler<ApiEnv> {
  return every(limitBody(maxBytes), async function parse(c: Context<ApiEnv>, next) {
    const bytes = new Uint8Array(await c.req.arrayBuffer())
    if (bytes.length > 0) {
      const problem = findBodyProblem(c.req.raw.headers, 'json')
      if (problem) throw new AppError('unsupported_media_type', { message: problem })
      c.set('json', parseBody(bytes))
    }
    nameContentType(c, bytes.length > 0)
    await next()
  })
}

/** Behind `jsonBody`, where no member is needed but a body is. @throws AppError `invalid_request`. */
export function requireBody(): MiddlewareHandler<ApiEnv> {
  return async function hasBody(c, next) {
    if (c.get('json') !== undefined) return next()
    const message = 'The request has no body: send a JSON object.'
    throw invalidRequest([{ path: '', message }])
  }
}

/**
 * Reads the body of a route that needs none: nothing, or an object without members.
 * @throws AppError `invalid_request` naming what it has.
 */
export function noBody(): MiddlewareHandler<ApiEnv> {
  return every(jsonBody(MAX_BODY_BYTES), async function refuseMembers(c: Context<ApiEnv>, next) {
    const json = c.get('json')
    const parsed = json && z.strictObject({}).safeParse(json.value)
    if (parsed?.error) throw invalidRequest(toIssues(parsed.error))
    return next()
  })
}

/** @throws AppError `payload_too_large` for a body of more than `maxBytes`, before it is read whole. */
function limitBody(maxBytes: number): MiddlewareHandler<ApiEnv> {
  return bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      const message = `The body is too large: at most ${maxBytes / 1024} KB.`
      throw new AppError('payload_too_large', { message })
    },
  })
}

/**
 * The Idempotency-Key of a request with the hash of what it asks, or undefined when it has none.
 * @throws AppError `invalid_request` when the key is not 1–255 printable ASCII characters.
 */
export async function readIdempotency(c: Context<ApiEnv>): Promise<Idempotency | undefined> {
  const key = c.req.header('Idempotency-Key')
  if (key === undefined) return undefined
  if (!IDEMPOTENCY_KEY.test(key)) {
    const message = 'must be 1 to 255 printable ASCII characters without spaces'
    throw invalidRequest([{ path: 'Idempotency-Key', message }])
  }
  const asked = new Blob([`${c.req.method} ${c.req.path}\n`, await c.req.arrayBuffer()])
  const digest = await crypto.subtle.digest('SHA-256', await asked.arrayBuffer())
  return { key, requestHash: toHex(new Uint8Array(digest)) }
}

/**
 * The framework judges types once more, and knows fewer spellings than HTTP does: it is shown the plain
 * one, or none where there is no body. The body itself it takes from the request's cache.
 */
function nameContentType(c: Context<ApiEnv>, hasBody: boolean): void {
  const headers = new Headers(c.req.raw.headers)
  headers.delete('Content-Type')
  if (hasBody) headers.set('Content-Type', 'application/json')
  c.req.raw = new Request(c.req.url, { method: c.req.method, headers })
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function parseBody(bytes: Uint8Array): StrictJson {
  try {
    return parseStrictJson(bytes)
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error
    const { message, path } = error
    throw new AppError('invalid_json', { message, issues: [{ path: path.join('.'), message }] })
  }
}
