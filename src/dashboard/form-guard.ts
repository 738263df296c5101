// What a change must be before any handler sees it: asked for by a page of ours, with a form that can be read.
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { AppError } from '../errors.ts'
import { findBodyProblem } from '../http/media-type.ts'
import type { DashboardEnv, PageContext } from './context.ts'

/** 200 selected ids are 8 KB; the call of a test event may fill the rest. */
const MAX_FORM_BYTES = 64 * 1024

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses what another site asks for, whatever the type of its content: with `no-cors` a page elsewhere
 * can send any body, or none. A browser tells by Sec-Fetch-Site, an older one by Origin; both must agree,
 * and who sends neither is no browser.
 * @throws HTTPException 403.
 */
export function sameOriginOnly(): MiddlewareHandler<DashboardEnv> {
  return async function refuseOtherSites(c, next) {
    if (!SAFE_METHODS.has(c.req.method) && !isFromHere(c)) throw new HTTPException(403)
    await next()
  }
}

/**
 * Refuses a form that is longer than any of ours.
 * @throws AppError `payload_too_large`.
 */
export function boundedForm(): MiddlewareHandler<DashboardEnv> {
  return bodyLimit({
    maxSize: MAX_FORM_BYTES,
    onError: () => {
      throw new AppError('payload_too_large')
    },
  })
}

/**
 * Reads the form of a change once; handlers get it by `c.req.parseBody` or `readForm`.
 * @throws AppError `invalid_request` when there is a body and it is no form, or a broken one.
 */
export function readableForm(): MiddlewareHandler<DashboardEnv> {
  return async function readForm(c, next) {
    if (!SAFE_METHODS.has(c.req.method) && !(await canReadForm(c))) {
      throw new AppError('invalid_request', { message: 'This form cannot be read.' })
    }
    await next()
  }
}

function isFromHere(c: PageContext): boolean {
  const site = c.req.header('Sec-Fetch-Site')
  const origin = c.req.header('Origin')
  if (site === undefined && origin === undefined) return false
  return (
    (site ?? 'same-origin') === 'same-origin' &&
    (origin ?? new URL(c.req.url).origin) === new URL(c.req.url).origin
  )
}

async function canReadForm(c: PageContext): Promise<boolean> {
  // Nobody could tell what it is, and no field of it would be read.
  if (c.req.header('Content-Type') === undefined)
    return (await c.req.arrayBuffer()).byteLength === 0
  if (findBodyProblem(c.req.raw.headers, 'form') !== undefined) return false
  try {
    await c.req.parseBody()
    return true
  } catch (error) {
    // What the platform says of a broken form. Anything else, such as one too large, has its own answer.
    if (error instanceof TypeError) return false
    throw error
  }
}
