// What an attempt's outcome makes of its delivery: the whole rule book, as a pure function.
import { isSuccess, type Outcome } from '../send/outcome.ts'
import { backoffMs, maxAttempts, retryAfterMs, type RetryPolicy } from './backoff.ts'

/** How far a delivery had come before an attempt. */
export type Progress = {
  /** Automatic attempts made before this one. */
  attemptCount: number
  isManual: boolean
  /** Where the automatic schedule was when a redelivery interrupted it, in Unix ms. */
  resumeAt: number | null
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
  if (attemptCount >= maxAttempts(policy)) {
    return { ...settled, status: 'exhausted', countsAsFailure: !delivery.isManual }
  }
  const dueAt = nextDueAt(delivery, attemptCount, now, random, policy)
  const nextAttemptAt = Math.max(dueAt, now + retryAfterMs(outcome, now))
  return { ...settled, status: 'pending', nextAttemptAt }
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
