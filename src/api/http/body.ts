// Request bodies: limited, then parsed strictly, before anything looks at them.
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { every } from 'hono/combine'
import { z } from 'zod'
import { AppError, invalidRequest } from '../../errors.ts'
import { findBodyProblem } from '../../http/media-type.ts'
import { readJson, refuseFlaws, strictly, type JsonText } from '../../json/strict-json.ts'
import type { ApiEnv } from './context.ts'
import { toIssues } from './problem.ts'

/** Bytes of one event, and of any other body but a batch. */
export const MAX_BODY_BYTES = 256 * 1024

/** Bytes of a batch of events. */
export const MAX_BATCH_BYTES = 1024 * 1024

/**
 * Reads a JSON body of at most `maxBytes` into `c.get('json')`; no body at all is left to the schema.
 * What its member `untouched` holds is only known to be JSON then: the handler judges it.
 * @throws AppError `payload_too_large`, `unsupported_media_type`, `invalid_json`.
 */
export function jsonBody(maxBytes: number, untouched?: string): MiddlewareHandler<ApiEnv> {
  return every(limitBody(maxBytes), async function parse(c: Context<ApiEnv>, next) {
    const bytes = new Uint8Array(await c.req.arrayBuffer())
    if (bytes.length > 0) {
      const problem = findBodyProblem(c.req.raw.headers, 'json')
      if (problem) throw new AppError('unsupported_media_type', { message: problem })
      const json = readBody(bytes, untouched)
      c.set('json', json)
      // What the framework would read from a response that it makes of the body, and parse once more.
      Object.assign(c.req, { json: () => Promise.resolve(json.value) })
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
    if (json === undefined) return next()
    const parsed = z.strictObject({}).safeParse(json.value)
    if (parsed.error) throw invalidRequest(toIssues(parsed.error, json.value))
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
 * The framework judges types once more, and knows fewer spellings than HTTP does: it is shown the plain
 * one, or none where there is no body.
 */
function nameContentType(c: Context<ApiEnv>, hasBody: boolean): void {
  const plain = hasBody ? 'application/json' : undefined
  if (c.req.header('Content-Type') === plain) return
  const headers = new Headers(c.req.raw.headers)
  headers.delete('Content-Type')
  if (plain) headers.set('Content-Type', plain)
  c.req.raw = new Request(c.req.url, { method: c.req.method, headers })
}

function readBody(bytes: Uint8Array, untouched: string | undefined): JsonText {
  return strictly(() => {
    const json = readJson(bytes)
    refuseFlaws(json.text, untouched)
    return json
  })
}
