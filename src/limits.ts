// How often things may be asked for, and what is answered when it is too often.
import { BoundedMap } from './bounded-map.ts'
import { AppError } from './errors.ts'

/**
 * The policies: so many within so many seconds, for each address, key or delivery. They are counted in
 * blocks by the bindings in wrangler.toml, whose figures must be these; near enough, and by each
 * Cloudflare location for itself: a guard against abuse, not a meter.
 */
export const POLICIES = {
  /** Wrong credentials, by address. */
  auth_failures: { quota: 60, windowS: 60, block: 1 },
  /** Requests, by API key. */
  api_key: { quota: 60_000, windowS: 60, block: 100 },
  /** Redeliveries, by delivery; checks of a receiver, by endpoint. */
  redeliver: { quota: 10, windowS: 60, block: 1 },
  /** Plans and starts of replays, by org: each looks at 100,000 deliveries. */
  plan_replay: { quota: 30, windowS: 60, block: 1 },
  /** Events, by org, whose own quota makes its blocks larger or smaller. */
  org_events: { quota: 60_000, windowS: 60, block: 100 },
} as const

/** One of the policies. */
export type Policy = keyof typeof POLICIES

/** What is sent to a host in a second, counted in so many blocks, within so many seconds. */
export const HOST_BLOCKS = { quota: 10, windowS: 10 } as const

/** Counts one block more, and says whether it is still within the policy, or the sends of a host's second. */
export type Limiter = (counted: Policy | 'unproven_host', key: string) => Promise<boolean>

/** @throws AppError `rate_limited` when that was one too many. */
export async function enforceLimit(
  { isWithinLimit }: { isWithinLimit?: Limiter | undefined },
  policy: Policy,
  key: string,
): Promise<void> {
  if (!isWithinLimit || (await isWithinLimit(policy, key))) return
  throw tooOften(policy)
}

function tooOften(policy: Policy): AppError {
  const { windowS } = POLICIES[policy]
  // The counters do not tell when they fall back; a whole window is enough in any case.
  const headers = {
    'Retry-After': String(windowS),
    RateLimit: `"${policy}";r=0;t=${windowS}`,
    'RateLimit-Policy': describePolicy(policy),
  }
  return new AppError('rate_limited', { headers })
}

/** Who is shut out, and until when, in Unix ms. */
type Door = { isolate: { shutOut: BoundedMap<number> }; now: () => number }

/**
 * Notes that an address sent too many wrong tokens: for a window, it is shut out from this isolate. The counters
 * cannot say so without counting.
 */
export function shutOut({ isolate, now }: Door, address: string): void {
  isolate.shutOut.set(address, now() + POLICIES.auth_failures.windowS * 1000)
}

/** @throws AppError `rate_limited` for whoever is shut out, whatever they bring. */
export function refuseShutOut({ isolate, now }: Door, address: string): void {
  if ((isolate.shutOut.get(address) ?? 0) > now()) throw tooOften('auth_failures')
}

/**
 * The same by an isolate's own count: what asks is the last of each block of requests, for all of it, and
 * after a refusal each, until one is let through. To ask takes longer than most of what a request does
 * here. What may pass beyond the quota is less than a block for each isolate.
 */
export function countInBlocks(policy: Policy) {
  const { block } = POLICIES[policy]
  /** How many more do not ask. */
  const free = new BoundedMap<number>()
  return async (world: { isWithinLimit?: Limiter | undefined }, key: string): Promise<void> => {
    const left = free.get(key) ?? block - 1
    free.set(key, left === 0 ? block - 1 : left - 1)
    if (left > 0) return
    await enforceLimit(world, policy, key).catch((error: unknown) => {
      free.set(key, 0)
      throw error
    })
  }
}

/** Calls of the limiter that are let through in a window: a quota is as many blocks. */
const BLOCKS = POLICIES.org_events.quota / POLICIES.org_events.block

/** Counts events of an org that may have `most` a minute, and says whether these are still within that. */
export type CountEvents = (
  world: { isWithinLimit?: Limiter | undefined },
  orgId: string,
  events: number,
  most: number,
) => Promise<boolean>

/**
 * Counts many at once by an isolate's own count: it asks for as many blocks as they begin, for all or for none of
 * them. What may pass beyond the quota is a block for each isolate.
 */
export function countEvents(): CountEvents {
  /** How many more do not ask. */
  const free = new BoundedMap<number>()
  return async (world, orgId, events, most) => {
    const block = Math.max(1, Math.floor(most / BLOCKS))
    const left = Math.min(free.get(orgId) ?? block, block)
    const blocks = Math.max(0, Math.ceil((events - left) / block))
    free.set(orgId, left + blocks * block - events)
    if (blocks === 0 || !world.isWithinLimit) return true
    const { isWithinLimit } = world
    const asked = Array.from({ length: blocks }, () => isWithinLimit('org_events', orgId))
    const isWithin = (await Promise.all(asked)).every(Boolean)
    if (!isWithin) free.set(orgId, 0)
    return isWithin
  }
}

/** A policy as RateLimit-Policy announces it. Source: draft-ietf-httpapi-ratelimit-headers-10. */
export function describePolicy(policy: Policy): string {
  const { quota, windowS } = POLICIES[policy]
  return `"${policy}";q=${quota};w=${windowS}`
}

/**
 * What an address is counted under. An IPv6 subscriber has a /64 at least (RFC 6177), so its first
 * four groups count as one; all whose address is unknown are one, too.
 */
export function addressGroup(ip: string | null): string {
  const url = `http://[${ip}]/`
  if (!ip?.includes(':') || !URL.canParse(url)) return ip ?? 'unknown'
  const [head = '', tail] = new URL(url).hostname.slice(1, -1).split('::')
  const groups = head === '' ? [] : head.split(':')
  const after = tail ? tail.split(':').length : 0
  const zeros = tail === undefined ? 0 : 8 - groups.length - after
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...(tail ? tail.split(':') : [])]
  return all.slice(0, 4).join(':')
}
