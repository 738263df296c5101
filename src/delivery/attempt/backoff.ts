// When the next automatic attempt is due.

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
