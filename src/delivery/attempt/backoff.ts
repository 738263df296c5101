// How long the next automatic attempt waits: by the schedule, and because the receiver asks for it.
import type { Outcome } from '../send/outcome.ts'
import { parseRetryAfter } from '../send/retry-after.ts'

/** Waits in ms after attempt 1, 2, …, and the share by which each varies, both ways. */
export type RetryPolicy = { retryScheduleMs: number[]; retryJitter: number }

/** Automatic attempts a delivery gets: one more than there are waits between them (A1). */
export function maxAttempts({ retryScheduleMs }: RetryPolicy): number {
  return retryScheduleMs.length + 1
}

/**
 * The wait in ms after `attemptsMade` automatic attempts, with jitter from `random` (0 to 1). Before
 * the first one, and after the last, it is the nearest wait that the schedule has.
 */
export function backoffMs(attemptsMade: number, random: number, policy: RetryPolicy): number {
  const { retryScheduleMs, retryJitter } = policy
  const place = Math.min(Math.max(attemptsMade, 1), retryScheduleMs.length) - 1
  const waitMs = retryScheduleMs[place] ?? 0
  return Math.round(waitMs * (1 + retryJitter * (2 * random - 1)))
}

/** Longest postponement that a receiver may ask for: a day, in ms. */
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000

/** How long a 429 or 503 asks us to wait, in ms; 0 when it does not, or not in a way that can be read. */
export function retryAfterMs(outcome: Outcome, now: number): number {
  if (outcome.kind !== 'response' || (outcome.status !== 429 && outcome.status !== 503)) return 0
  if (outcome.retryAfter === null) return 0
  return Math.min(parseRetryAfter(outcome.retryAfter, now), MAX_RETRY_AFTER_MS)
}
