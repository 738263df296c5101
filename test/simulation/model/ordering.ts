// What stands behind another of its call, and what lets it go.
import type { Row } from '../world/history.ts'
import { LAPSES_WAITED_FOR, LEASE_MS, LISTEN_URL } from './rules.ts'
import { change, type Tables } from './tables.ts'

/** What is due so soon is on its way by itself, in ms. */
const SOON_MS = 1000

/** Whether a delivery keeps its place behind one that is parked, or that somebody is on, or that was never attempted. */
export function isBehind({ deliveries, fronts }: Tables, row: Row): boolean {
  const front = deliveries.get(fronts?.get(String(row['id'])) ?? '')
  if (row['version'] !== 1 || front?.['status'] !== 'pending') return false
  if (Number(front['lapses']) >= LAPSES_WAITED_FOR) return false
  const isWaiting = front['stage'] === 'pending' && front['sweep_at'] === front['next_attempt_at']
  return !isWaiting || front['version'] === 1
}

/** Whether nothing has happened to a delivery that waits, and nobody is on it. */
export function waitsStill(row: Row, now: number): boolean {
  const isTaken = row['sweep_at'] !== null && row['sweep_at'] !== row['next_attempt_at']
  const isOnItsWay = isTaken && Number(row['next_attempt_at']) <= now + SOON_MS
  return row['stage'] === 'pending' && row['version'] === 1 && !isOnItsWay
}

/** Those go on that wait for one of these, which attempts have ended: due now, or parked where their endpoint is not sent to. */
export function letFollow(tables: Tables, over: ReadonlySet<string>, now: number): void {
  for (const [id, front] of tables.fronts ?? []) {
    const row = tables.deliveries.get(id)
    if (!row || !over.has(front) || !waitsStill(row, now)) continue
    const { status, pace } = tables.endpoints.get(String(row['endpoint_id'])) ?? {}
    const rests = status !== 'enabled' || pace !== null || row['url'] === LISTEN_URL
    const sweepAt = rests ? null : now + LEASE_MS
    change(tables.deliveries, row, { version: 2, next_attempt_at: now, sweep_at: sweepAt })
  }
}
