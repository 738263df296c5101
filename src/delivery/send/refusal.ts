// Whether a webhook may go to a URL: judged by the URL, then by where its host leads.
import { invalidRequest } from '../../errors.ts'
import { findTargetProblem } from '../../webhook/target.ts'
import type { World } from '../../world.ts'

/** What of the world judging a target takes. */
export type TargetJudge = Pick<World, 'config' | 'log' | 'resolver'>

/** One sentence for a refused address and for a failed look-up: it must not tell what we found. */
const NOT_PUBLIC = "The URL's host does not lead to public addresses."

/**
 * What is wrong with a URL as a target, in a sentence for the customer; undefined when nothing is.
 * `ownHosts` are this service's, besides the configured ones. Never throws.
 */
export async function findRefusal(
  world: TargetJudge,
  url: string,
  ownHosts: readonly string[] = [],
): Promise<string | undefined> {
  const problem = findFormRefusal(world, url, ownHosts)
  if (problem !== undefined || world.config.allowHttpEndpoints || !world.resolver) return problem
  const host = new URL(url).hostname.replace(/\.+$/, '')
  const lookup = await world.resolver(host)
  if (lookup.isPublic) return undefined
  const { reason, detail } = lookup
  world.log({ event: 'target_refused', host, reason, detail })
  return NOT_PUBLIC
}

/**
 * Judges the URL that somebody gave as `url`; `host` is the one that this service was called by.
 * @throws AppError `invalid_request` naming `url`.
 */
export async function checkTarget(world: TargetJudge, url: string, host: string): Promise<void> {
  const message = await findRefusal(world, url, [host])
  if (message !== undefined) throw invalidRequest([{ path: 'url', message }])
}

/** The part of findRefusal that asks nobody: what is wrong with the URL's form. */
export function findFormRefusal(
  { config }: Pick<TargetJudge, 'config'>,
  url: string,
  ownHosts: readonly string[] = [],
): string | undefined {
  const { allowHttpEndpoints: allowHttp, ownHosts: configured } = config
  return findTargetProblem(url, { allowHttp, ownHosts: [...configured, ...ownHosts] })
}
