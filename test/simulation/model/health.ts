// What a batch's attempts make of an endpoint: its failure counter, its health, and its pace.
import type { Row } from '../world/history.ts'
import { LEASE_MS, LISTEN_URL, MOST_PACE, UNWELL_MS } from './rules.ts'

/**
 * What one attempt came to: `counts` is an exhaustion that counts against the endpoint; `isLate`, a success
 * after another attempt of the same version had come back.
 */
export type Verdict = { isDelivered: boolean; isWell: boolean; counts: boolean; isLate: boolean }

/** The time, and the number of consecutive exhausted deliveries that disable. */
export type Noting = { now: number; disable: number }

/** The pace when so many attempts went well, or any did not: one more for each, or half. */
function nextPace(pace: number, verdicts: Verdict[]): number {
  const well = verdicts.filter(({ isWell }) => isWell).length
  if (well < verdicts.length) return Math.max(1, Math.floor(pace / 2))
  return Math.min(MOST_PACE, pace + well)
}

/** How many of what is parked go next: what came back is replaced, and the pace followed. */
export function roomAfter(pace: number, verdicts: Verdict[]): number {
  const next = nextPace(pace, verdicts)
  const returned = verdicts.filter(({ isLate }) => !isLate)
  return Math.min(next, returned.length + next - pace)
}

/** The endpoint's row when a batch with these verdicts, in their order, is recorded. */
export function afterVerdicts(before: Row, verdicts: Verdict[], { now, disable }: Noting): Row {
  const isWell = verdicts.at(-1)?.isWell ?? true
  const failures = failuresAfter(Number(before['consecutive_failures']), verdicts)
  const isTripped = before['status'] === 'enabled' && failures >= disable
  const isPaced = typeof before['pace'] === 'number'
  const unwellSince = before['unwell_since']
  const isOld = typeof unwellSince === 'number' && unwellSince <= now - UNWELL_MS
  const isBack = isWell && isOld && before['url'] !== LISTEN_URL
  const isWritten =
    isPaced ||
    failures !== before['consecutive_failures'] ||
    failuresAfter(0, verdicts) > 0 ||
    isWell === (typeof unwellSince === 'number')
  if (verdicts.length === 0 || !isWritten) return before
  const disabled = { status: 'disabled', disabled_reason: 'too_many_failures', disabled_at: now }
  const opened = { pace: 1, sweep_at: now }
  const paced = { pace: nextPace(Number(before['pace']), verdicts), sweep_at: now + LEASE_MS }
  return {
    ...before,
    ...(isTripped ? disabled : {}),
    consecutive_failures: failures,
    unwell_since: isWell ? null : (unwellSince ?? now),
    ...(isPaced ? paced : isBack ? opened : {}),
    updated_at: now,
  }
}

/** Exhaustions in a row: a success sets them back. */
function failuresAfter(before: number, verdicts: Verdict[]): number {
  return verdicts.reduce(
    (count, { isDelivered, counts }) => (isDelivered ? 0 : count + (counts ? 1 : 0)),
    before,
  )
}
