// C9: what the operator has stopped, and what becomes of it meanwhile.
import { LEASE_MS, LISTEN_URL } from '../model/rules.ts'
import { change, type Tables } from '../model/tables.ts'
import type { Row } from '../world/history.ts'
import { homeAt } from '../world/homes.ts'
import { copyIn } from './copied.ts'
import { isCrowded } from './crowding.ts'
import { idIn, isDeleted, type Evidence, type Moment } from './evidence.ts'

/** No attempt starts later than so many ms after its batch was read, as the consumer says. */
const BATCH_WINDOW_MS = 15_000

/** What is stopped and cannot be parked is tried again after so long, and up to as long again. */
export const STOPPED_MS = 300_000

/** Between what a consumer reads and what it writes. */
const SLACK_MS = 60_000

/**
 * No request is made from a read at which the operator had stopped its org, the host of its URL, or everything; and
 * so none starts later than a batch's window after that was committed. What is stopped uses up no attempt: its log
 * has requests that were made, and nothing else (A2).
 */
export function C9(evidence: Evidence): string[] {
  const wrong = evidence.requests.filter(
    ({ url, readTx, at, readAt }) =>
      isStopped(evidence, url, readTx) || at - readAt > BATCH_WINDOW_MS,
  )
  return wrong.map(
    (post) => `${copyIn(evidence, post) ?? idIn(post)} was sent though it is stopped`,
  )
}

/** Whether nothing may be sent to a URL, after an operation. */
export function isStopped(evidence: Evidence, url: unknown, tx: number): boolean {
  const host = URL.canParse(String(url)) ? new URL(String(url)).hostname : undefined
  return stopsAt(evidence, tx).some((one) => one === '' || one === host)
}

/** Whether nothing is sent to a URL by whoever read then: it is stopped, or its host had no turn. */
export function isSentNothing(evidence: Evidence, url: unknown, readTx: number): boolean {
  return isStopped(evidence, url, readTx) || isCrowded(evidence, url, readTx)
}

/** Whether nothing of the org may be sent at all. */
export function isPaused(evidence: Evidence, tx: number): boolean {
  return stopsAt(evidence, tx).includes('')
}

/** Whether that was so at any time from one operation to another. */
export function wasPaused(evidence: Evidence, from: number, to: number): boolean {
  const { stops } = evidence.run.history
  const within = stops.filter(({ tx }) => tx > from && tx <= to)
  return [from, ...within.map(({ tx }) => tx)].some((tx) => isPaused(evidence, tx))
}

/** The hosts that are stopped where the org is at home; '' is one of them when all are. */
function stopsAt(evidence: Evidence, tx: number): string[] {
  const { history } = evidence.run
  if (history.stops.length === 0) return []
  const database = homeAt(history, tx)
  const held = new Map<string, string>()
  for (const one of history.stops) {
    if (one.tx > tx || one.database !== database) continue
    if (one.isLifted) held.delete(one.id)
    else held.set(one.id, one.host)
  }
  return [...held.values()]
}

/**
 * Puts aside what a consumer held because it is stopped, or its host had no turn: parked for its endpoint, which is given a pace of one and
 * looked at by the sweep; else to be tried again after so many ms, and up to as many more.
 */
export function putAside(
  tables: Tables,
  { now }: Moment,
  row: Row,
  { left, restMs }: { left: Row | undefined; restMs: number },
): void {
  const endpoint = tables.endpoints.get(String(row['endpoint_id']))
  if (endpoint && !isDeleted(endpoint) && endpoint['url'] === row['url']) {
    change(tables.deliveries, row, { stage: 'pending', sweep_at: null })
    rest(tables, endpoint, now)
    return
  }
  const wanted = Number(left?.['next_attempt_at'])
  const earliest = now - SLACK_MS + restMs
  const until = Math.min(Math.max(wanted, earliest), now + 2 * restMs)
  change(tables.deliveries, row, { stage: 'pending', next_attempt_at: until, sweep_at: until })
}

function rest(tables: Tables, endpoint: Row, now: number): void {
  const isOpen = endpoint['status'] === 'enabled' && endpoint['url'] !== LISTEN_URL
  if (!isOpen || endpoint['pace'] === 1) return
  change(tables.endpoints, endpoint, { pace: 1, sweep_at: endpoint['sweep_at'] ?? now + LEASE_MS })
}

/** A copy that was held so: its lease is longer, and its end no lapse. */
export function restingCopy(before: Row, row: Row, now: number, restMs: number): Row {
  const wanted = Number(row['sweep_at'])
  const until = Math.min(Math.max(wanted, now - SLACK_MS + restMs), now + 2 * restMs)
  return { ...before, lapses: 0, sweep_at: until }
}
