// What keeps an answer from everybody but the one who asked.
import type { MiddlewareHandler } from 'hono'

/** An answer is data for one caller: no cache keeps it, not even the browser's. */
export function privately(): MiddlewareHandler {
  return async function keepNothing(c, next) {
    await next()
    // Set with `c.header`, it would make the answer anew.
    c.res.headers.set('Cache-Control', 'no-store')
  }
}
