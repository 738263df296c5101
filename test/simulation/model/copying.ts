// What becomes of a copy: made, sent again when its lease has ended, and over with its one attempt.
import type { Answered, Row } from '../world/history.ts'
import { errorOf, isSuccess } from './outcome.ts'
import { LEASE_MS, leaseMs, MOST_LAPSES } from './rules.ts'

/** What a copy is of: the replay and its delivery. */
export type Of = { replayId: string; delivery: Row }

/** A copy that a replay makes of a delivery, to be sent at an instant. */
export function copiedRow({ replayId, delivery }: Of, at: number, now: number): Row {
  return {
    org_id: delivery['org_id'] ?? null,
    replay_id: replayId,
    delivery_id: delivery['id'] ?? null,
    endpoint_id: delivery['endpoint_id'] ?? '',
    status: 'pending',
    sweep_at: at + LEASE_MS,
    lapses: 0,
    response_status: null,
    error: null,
    updated_at: now,
    entry: null,
  }
}

/** A copy whose lease has ended: with a new one, or over, and why. */
export function lapsedRow(before: Row, whatIsGone: string | undefined, now: number): Row {
  const lapses = Number(before['lapses'])
  const error = lapses >= MOST_LAPSES ? 'could not be processed' : (whatIsGone ?? null)
  return {
    ...before,
    lapses: lapses + 1,
    status: error === null ? 'pending' : 'failed',
    error,
    sweep_at: error === null ? now + leaseMs(lapses) : null,
    updated_at: now,
  }
}

/** A copy when its attempt is recorded; undefined: it is over, and this is no success that comes late. */
export function attemptedRow(before: Row, answered: Answered, now: number): Row | undefined {
  const isLate = before['status'] === 'failed' && isSuccess(answered)
  if (before['status'] !== 'pending' && !isLate) return undefined
  return {
    ...before,
    status: isSuccess(answered) ? 'delivered' : 'failed',
    sweep_at: null,
    response_status: answered.status,
    error: errorOf(answered) ?? null,
    updated_at: now,
  }
}

/** An endpoint as its copies see it: whether it is there. */
export function asCopied(endpoint: Row | undefined): Row | undefined {
  return endpoint && { ...endpoint, status: 'enabled', unwell_since: null, pace: null }
}
