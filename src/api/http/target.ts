// Whether a URL may be an endpoint, asked with this service's own rules and names.
import type { Context } from 'hono'
import { findRefusal } from '../../delivery/attempt/target.ts'
import type { ApiEnv } from './context.ts'
import { invalidRequest } from './problem.ts'

/** What is wrong with a URL as a target, in a sentence for the customer; undefined when nothing is. */
export function targetProblem(c: Context<ApiEnv>, url: string): Promise<string | undefined> {
  return findRefusal(c.get('engine'), url, [new URL(c.req.url).hostname])
}

/** @throws AppError `invalid_request` naming the member `url`. */
export async function checkTarget(c: Context<ApiEnv>, url: string): Promise<void> {
  const message = await targetProblem(c, url)
  if (message) throw invalidRequest([{ path: 'url', message }])
}
