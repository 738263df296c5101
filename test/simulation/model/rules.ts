// The numbers by which the engine promises to act, stated again: a model that read them from the engine
// would agree with whatever they become. All are in ms, but for the counts.

/** What was handed to a queue is left alone for so long. */
export const LEASE_MS = 120_000

/** A lease doubles each time it lapses, up to this. */
const LONGEST_LEASE_MS = 900_000

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

/** An attempt that takes longer is slow. */
export const SLOW_MS = 1000

/** The share by which a wait varies. */
export const JITTER = 0.2

/** The wait after so many automatic attempts: before the first and after the last, the nearest one. */
export function waitMs(waitsS: number[], attemptsMade: number): number {
  const place = Math.min(Math.max(attemptsMade, 1), waitsS.length) - 1
  return (waitsS[place] ?? 0) * 1000
}

/** How long a delivery is left alone that was taken after its lease had lapsed so often. */
export function leaseMs(lapses: number): number {
  return Math.min(LONGEST_LEASE_MS, LEASE_MS * 2 ** lapses)
}
