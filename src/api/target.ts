// Whether a URL may be an endpoint, asked with this service's own rules and names.
import type { Context } from 'hono'
import { findTargetProblem } from '../webhook/target.ts'
import type { ApiEnv } from './context.ts'
import { invalidRequest } from './problem.ts'

/** What is wrong with a URL as a target, in a sentence for the customer; undefined when nothing is. */
export function targetProblem(c: Context<ApiEnv>, url: string): string | undefined {
  const allowHttp = c.get('engine').config.allowHttpEndpoints
  return findTargetProblem(url, { allowHttp, ownHosts: [new URL(c.req.url).hostname] })
}

/** @throws AppError `invalid_request` naming the member `url`. */
export function checkTarget(c: Context<ApiEnv>, url: string): void {
  const message = targetProblem(c, url)
  if (message) throw invalidRequest([{ path: 'url', message }])
}
