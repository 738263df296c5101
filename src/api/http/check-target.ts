// Whether a URL may be an endpoint, asked with this service's own rules and names.
import type { Context } from 'hono'
import { findFormRefusal, findRefusal } from '../../delivery/send/refusal.ts'
import type { ApiEnv } from './context.ts'
import { invalidRequest } from './problem.ts'

/** What is wrong with the form of a URL as a target, in a sentence for the customer. */
export function formProblem(c: Context<ApiEnv>, url: string): string | undefined {
  return findFormRefusal(c.get('world'), url, ownHosts(c))
}

/** @throws AppError `invalid_request` naming the member `url`. */
export async function checkTarget(c: Context<ApiEnv>, url: string): Promise<void> {
  const message = await findRefusal(c.get('world'), url, ownHosts(c))
  if (message) throw invalidRequest([{ path: 'url', message }])
}

function ownHosts(c: Context<ApiEnv>): string[] {
  return [new URL(c.req.url).hostname]
}
