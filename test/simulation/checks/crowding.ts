// X8: a host that gets so many sends a second, and what becomes of those beyond.
import { hasNoTurn, type Actor, type Row } from '../world/history.ts'
import { copyIn } from './copied.ts'
import { idIn, type Evidence } from './evidence.ts'
import { isWaitingAt } from './lines.ts'

/** An attempt may start so many ms before its time. */
export const EARLY_TOLERANCE_MS = 1000

/** What had no turn and cannot be parked is tried again after so long, and up to as long again. */
export const NO_TURN_MS = 60_000

/** No request is made to a host that has no turn for whoever read what it sends. It uses up no attempt (A2). */
export function X8(evidence: Evidence): string[] {
  const wrong = evidence.requests.filter(({ url, readTx }) => isCrowded(evidence, url, readTx))
  return wrong.map(
    (post) => `${copyIn(evidence, post) ?? idIn(post)} was sent though its host had no turn`,
  )
}

/** Whether there is no turn for a URL's host, after an operation. */
export function isCrowded({ run: { history } }: Evidence, url: unknown, tx: number): boolean {
  const host = URL.canParse(String(url)) ? new URL(String(url)).hostname : ''
  return hasNoTurn(history, host, tx)
}

/** Whether there ever was none until then. */
export function wasCrowded(evidence: Evidence, url: unknown, tx: number): boolean {
  const { crowds } = evidence.run.history
  return crowds.some((one) => one.tx <= tx && isCrowded(evidence, url, one.tx))
}

/** Whether a consumer puts a delivery aside because its host has no turn: nothing else keeps it from being sent. */
export function lacksTurn(evidence: Evidence, actor: Actor, row: Row | undefined): boolean {
  if (!row || !isCrowded(evidence, row['url'], actor.readTx)) return false
  const endpoint = evidence.rowAt('endpoints', row['endpoint_id'], actor.readTx)
  const isHandedOn = actor.lane === 'fresh' && endpoint && endpoint['unwell_since'] !== null
  return !isHandedOn && earlyByMs(evidence, row, actor) <= EARLY_TOLERANCE_MS
}

/** Only a retry can be early, and what waits for another of its call. */
export function earlyByMs(evidence: Evidence, row: Row, actor: Actor): number {
  const { readTx, readAt, skewMs } = actor
  const isFirst = row['attempts'] === 0 && !isWaitingAt(evidence, row, readTx)
  if (isFirst || row['is_manual'] === 1) return 0
  return Number(row['next_attempt_at']) - (readAt + skewMs)
}
