// What an organization may have and do at most, and what is said once it is.
import { AppError } from './errors.ts'

const DAY_MS = 24 * 3_600_000

/** A quota: what nobody says otherwise, what the operator may set, and the window in seconds, if it has one. */
type Quota = { usual: number; least: number; most: number; windowS?: number; what: string }

/**
 * The quotas, by name. None of the usual ones is met below 60,000 events a minute, until the database has no room.
 */
export const QUOTAS = {
  /** At least ten a second: they are counted by a limiter that lets 600 calls a minute through. */
  events_per_minute: {
    usual: 60_000,
    least: 600,
    most: 6_000_000,
    windowS: 60,
    what: 'events a minute',
  },
  events_per_day: {
    usual: 86_400_000,
    least: 1,
    most: 1_000_000_000,
    windowS: 86_400,
    what: 'events a day',
  },
  /** Of the 10 GB that D1 takes in a database. */
  stored_bytes: {
    usual: 8_000_000_000,
    least: 1,
    most: 10_000_000_000,
    what: 'bytes stored',
  },
  /** Neither revoked nor over, at a time: each is read when one is made. */
  keys: { usual: 100, least: 1, most: 1000, what: 'live API keys' },
  /** Deleted ones included: what is left of them stays until the last delivery to them is pruned. */
  endpoints_per_day: {
    usual: 1000,
    least: 1,
    most: 100_000,
    windowS: 86_400,
    what: 'endpoints made a day',
  },
  /** About as many as a database has room for: each run of the cron may count them. */
  pending_deliveries: {
    usual: 4_000_000,
    least: 1,
    most: 10_000_000,
    what: 'pending deliveries',
  },
} as const satisfies Record<string, Quota>

/** One of the quotas. */
export type QuotaName = keyof typeof QUOTAS

/** Every quota there is. */
// The table's own keys.
export const QUOTA_NAMES = Object.keys(QUOTAS) as QuotaName[]

/** Figures that an org has of its own, by quota. */
export type OwnQuotas = Partial<Record<QuotaName, number>>

/** What an org may have of it. */
export function mostOf(quota: QuotaName, own: OwnQuotas): number {
  return own[quota] ?? QUOTAS[quota].usual
}

/** A day in UTC as a whole number, counted from 1970. */
export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS)
}

/** What a figure that the operator sets must be, in a sentence. */
export function hintOf(quota: QuotaName): string {
  const { least, most, what } = QUOTAS[quota]
  const range = `${least.toLocaleString('en')} to ${most.toLocaleString('en')}`
  return `must be a whole number of ${what} from ${range}, or null for the usual one; to stop an organization, send "sending": "paused"`
}

/** How far an org has come: what it may have at most, and what it has, as far as that is known. */
type Met = { most: number; used?: number | undefined; now: number }

/** The refusal of what would be more than a quota of a day, which goes on with the next one, in UTC. */
export function dayIsFull(quota: QuotaName, { most, used, now }: Met): AppError {
  const waitS = Math.max(1, Math.ceil(((dayOf(now) + 1) * DAY_MS - now) / 1000))
  return quotaExceeded(quota, { most, used, waitS }, 'It goes on at midnight UTC')
}

/** The refusal of events beyond those of a minute. */
export function minuteIsFull(most: number): AppError {
  const { windowS: waitS } = QUOTAS.events_per_minute
  return quotaExceeded('events_per_minute', { most, waitS }, 'It goes on within a minute')
}

/** An org that is over a quota, as the cron has found it. */
export type Over = { quota: QuotaName; most: number; used: number }

/** So often, in seconds, the cron looks again whether an org is over what lasts. */
export const JUDGED_EVERY_S = 300

/** The refusal of events of an org that is over. */
export function isOver({ quota, ...met }: Over, now: number): AppError {
  if (quota === 'events_per_day') return dayIsFull(quota, { ...met, now })
  const goesOn =
    quota === 'stored_bytes'
      ? 'It goes on as old events are pruned'
      : 'It goes on once some are delivered, or discarded'
  return quotaExceeded(quota, { ...met, waitS: JUDGED_EVERY_S }, goesOn)
}

function quotaExceeded(
  quota: QuotaName,
  { most, used, waitS }: { most: number; used?: number | undefined; waitS: number },
  goesOn: string,
): AppError {
  const { what } = QUOTAS[quota]
  const told = used === undefined ? '' : ` and has come to ${used.toLocaleString('en')}`
  const message = `The organization's quota "${quota}" is used up: it may have ${most.toLocaleString('en')} ${what}${told}. ${goesOn}; the operator can raise it.`
  const headers = {
    'Retry-After': String(waitS),
    RateLimit: `"${quota}";r=0;t=${waitS}`,
    'RateLimit-Policy': describeQuota(quota, most),
  }
  return new AppError('quota_exceeded', { message, headers })
}

/** A quota as RateLimit-Policy announces it. Source: draft-ietf-httpapi-ratelimit-headers-10. */
export function describeQuota(quota: QuotaName, most: number): string {
  const policy: Quota = QUOTAS[quota]
  return `"${quota}";q=${most}${policy.windowS === undefined ? '' : `;w=${policy.windowS}`}`
}
