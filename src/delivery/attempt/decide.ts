// What an attempt's outcome makes of its delivery: the whole rule book, as a pure function.
import { isSuccess, type Outcome } from '../send/outcome.ts'
import { parseRetryAfter } from '../send/retry-after.ts'

/** Waits in ms after attempt 1, 2, …, and the share by which each varies, both ways. */
export type RetryPolicy = { retryScheduleMs: number[]; retryJitter: number }

/** How far a delivery had come before an attempt. */
export type Progress = {
  /** Automatic attempts made before this one. */
  attemptCount: number
  isManual: boolean
  /** Where the automatic schedule was when a redelivery interrupted it, in Unix ms. */
  resumeAt: number | null
  /** The replay that sends it as a copy. */
  copiedBy?: string
}

/** What to write. `nextAttemptAt` (Unix ms) has a meaning only while the delivery stays pending. */
export type Decision = {
  status: 'pending' | 'delivered' | 'exhausted'
  nextAttemptAt: number
  /** The endpoint has one more consecutive exhausted delivery. */
  countsAsFailure: boolean
}

/**
 * - A 2xx delivers, whoever asked for the attempt.
 * - An automatic failure uses up one attempt; the last one exhausts and counts against the endpoint.
 * - A manual failure uses up none: the automatic schedule goes on where it was, or, used up, the
 *   delivery is exhausted again without counting (C6).
 * - A copy has the one attempt.
 * - Retry-After on 429 and 503 can only postpone.
 */
export function decide(
  delivery: Progress,
  outcome: Outcome,
  now: number,
  random: number,
  policy: RetryPolicy,
): Decision {
  const attemptCount = delivery.attemptCount + (delivery.isManual ? 0 : 1)
  const settled = { nextAttemptAt: now, countsAsFailure: false }
  if (isSuccess(outcome)) return { ...settled, status: 'delivered' }
  if (delivery.copiedBy !== undefined) return { ...settled, status: 'exhausted' }
  if (attemptCount >= maxAttempts(policy)) {
    return { ...settled, status: 'exhausted', countsAsFailure: !delivery.isManual }
  }
  const dueAt = nextDueAt(delivery, attemptCount, now, random, policy)
  const nextAttemptAt = Math.max(dueAt, now + retryAfterMs(outcome, now))
  return { ...settled, status: 'pending', nextAttemptAt }
}

/** Automatic attempts a delivery gets: one more than there are waits between them (A1). */
export function maxAttempts({ retryScheduleMs }: RetryPolicy): number {
  return retryScheduleMs.length + 1
}

// After a manual failure the schedule's next attempt may be overdue: an attempt was superseded in
// flight. It keeps the first wait's distance, or the receiver would be asked twice in a row.
function nextDueAt(
  { isManual, resumeAt }: Progress,
  attemptCount: number,
  now: number,
  random: number,
  policy: RetryPolicy,
): number {
  if (!isManual || resumeAt === null) return now + backoffMs(attemptCount, random, policy)
  return Math.max(resumeAt, now + backoffMs(1, random, policy))
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
