// The numbers by which the engine promises to act, stated again: a model that read them from the engine
// would agree with whatever they become. All are in ms, but for the counts.

/** What was handed to a queue is left alone for so long. */
export const LEASE_MS = 120_000

/** A lease doubles each time it lapses, up to this. */
const LONGEST_LEASE_MS = 900_000

/** What keeps its place behind another of its call is put off for so long at most. */
export const LONGEST_PUT_OFF_MS = 3_600_000

/** What has waited for long enough waits no more for one whose leases came to nothing so often. */
export const LAPSES_WAITED_FOR = 2

/** A lease may lapse so often before the delivery is given up. */
export const MOST_LAPSES = 200

/** A sweep takes what comes due within so long. */
export const LOOK_AHEAD_MS = 60_000

/** An endpoint that has been unwell for so long is let back in by degrees. */
export const UNWELL_MS = 60_000

/** Of an unwell endpoint's deliveries one sweep sends so many; the others are parked. */
export const CROWD = 10

/** Deliveries of one recovery in flight at a time, at most. */
export const MOST_PACE = 64

/** First attempts that leave behind the request that stored them. */
export const DIRECT_SHARE = 100

/** One destination has one in so many of the room for these. */
export const ROOM_SHARE = 4

/** A share of the fresh lane that was used up is full again after so long. */
export const SHARE_FULL_AFTER_MS = 10_000

/** An attempt that takes longer is slow. */
export const SLOW_MS = 1000

/** The URL of what is listened to, and of its deliveries: nothing is ever sent there. */
export const LISTEN_URL = 'listen:'

/** What a listener was offered is left to it for so long. */
export const OFFER_MS = 30_000

/** Offers of one stream without an answer, at most. */
export const MOST_OFFERS = 10

/** The share by which a wait varies. */
export const JITTER = 0.2

/** A replay sends what is due within so long in one step. */
export const SLICE_MS = 5000

/** While an endpoint recovers, a replay looks so often whether it may add to what is parked. */
export const REFILL_MS = 1000

/** The first ones of a replay to an endpoint: all of them have to fail for it to be held. */
export const CANARY = 10

/** What nothing is heard of for so long after a canary was sent, is sent again. */
export const SILENCE_MS = 600_000

/** So many of an endpoint's are parked at most before a replay adds none. */
export const ENOUGH_PARKED = 128

/** Nothing that is younger is pruned, whatever clocks say: so old an event may be for an endpoint to have missed it. */
export const MISSED_FOR_MS = 30 * 24 * 3_600_000 - 15 * 60_000

/** A step that is so late is told again by cron. */
export const OVERDUE_MS = 60_000

/** The wait after so many automatic attempts: before the first and after the last, the nearest one. */
export function waitMs(waitsS: number[], attemptsMade: number): number {
  const place = Math.min(Math.max(attemptsMade, 1), waitsS.length) - 1
  return (waitsS[place] ?? 0) * 1000
}

/** How long a delivery is left alone that was taken after its lease had lapsed so often. */
export function leaseMs(lapses: number): number {
  return Math.min(LONGEST_LEASE_MS, LEASE_MS * 2 ** lapses)
}

/** When the lease of a delivery that is new ends: it runs from the instant at the beginning of its id. */
export function firstLeaseEnd(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16) + LEASE_MS
}
