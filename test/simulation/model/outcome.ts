// What the answer to one attempt makes of its delivery.
import { RETRY_AFTER_S } from '../outside/receiver.ts'
import type { Answered, Row } from '../world/history.ts'
import { waitMs } from './rules.ts'

/** An attempt that is over: how, and when by its consumer's clock. */
export type Over = { answered: Answered; overAt: number }

/** An attempt that may count: how and when it ended, and whether a person had asked for it. */
export type Counted = Over & { isManual: boolean }

/** The retry schedule's waits in s, and the share by which they vary. */
export type Plan = { waits: number[]; jitter: number }

/** Success is 200–299. */
export function isSuccess({ status }: Answered): boolean {
  return status !== null && status >= 200 && status <= 299
}

/** The delivery's row when the outcome is recorded; `next_attempt_at` and `sweep_at` as `dueWithin` allows. */
export function afterOutcome(
  before: Row,
  { answered, overAt, isManual }: Counted,
  { waits }: Plan,
  now: number,
): Row {
  const attempts = Number(before['attempt_count']) + (isManual ? 0 : 1)
  const failed = attempts > waits.length ? 'exhausted' : 'pending'
  const status = isSuccess(answered) ? 'delivered' : failed
  return {
    ...before,
    stage: status,
    status,
    version: Number(before['version']) + 1,
    attempt_count: attempts,
    is_manual: 0,
    resume_at: null,
    lapses: 0,
    last_error: errorOf(answered) ?? before['last_error'] ?? null,
    last_error_at: isSuccess(answered) ? (before['last_error_at'] ?? null) : overAt,
    last_response_status: answered.status,
    delivered_at: before['delivered_at'] ?? (status === 'delivered' ? now : null),
    updated_at: now,
    attempts: Number(before['attempts']) + 1,
  }
}

/**
 * The delivery's row when an attempt is recorded that came too late: its answer is shown, unless another
 * attempt (they started at `starts`) was not begun before it.
 */
export function afterSuperseded(
  before: Row,
  { answered, overAt, startedAt, starts }: Over & { startedAt: string; starts: string[] },
  now: number,
): Row {
  const isNewest = starts.every((start) => start < startedAt)
  const reasons: unknown[] = ['endpoint deleted', 'discarded', 'payload deleted']
  const isEnded = before['status'] === 'exhausted' && reasons.includes(before['last_error'])
  const error = isNewest && !isEnded ? errorOf(answered) : undefined
  return {
    ...before,
    last_response_status: isNewest ? answered.status : (before['last_response_status'] ?? null),
    last_error: error ?? before['last_error'] ?? null,
    last_error_at: error === undefined ? (before['last_error_at'] ?? null) : overAt,
    updated_at: now,
    attempts: Number(before['attempts']) + 1,
  }
}

/**
 * When the next automatic attempt may be, at the earliest and the latest: the schedule's wait after this
 * one, within the jitter. After a manual one it goes on where it was, yet not sooner than the first wait;
 * and never sooner than the receiver asked for.
 */
export function dueWithin(
  before: Row,
  { answered, overAt }: Over,
  { waits, jitter }: Plan,
): [number, number] {
  const isManual = before['is_manual'] === 1
  const resumeAt = isManual ? before['resume_at'] : null
  const made = Number(before['attempt_count']) + (isManual ? 0 : 1)
  const wait = waitMs(waits, typeof resumeAt === 'number' ? 1 : made)
  const askedMs = answered.status === 429 ? RETRY_AFTER_S * 1000 : 0
  const dueAt = (share: number): number =>
    Math.max(overAt + wait * (1 + share), Number(resumeAt ?? 0), overAt + askedMs)
  return [dueAt(-jitter), dueAt(jitter)]
}

/** The sentence that a failed attempt is shown with; undefined after a success. */
export function errorOf(answered: Answered): string | undefined {
  const { status, failure } = answered
  if (isSuccess(answered)) return undefined
  if (status === null)
    return failure === 'hang'
      ? 'no answer within 10 s'
      : 'the connection failed or was closed before an answer came'
  return status === 302 ? 'HTTP 302: redirects are not followed' : `HTTP ${status}`
}
