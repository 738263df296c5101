// O1–O3: the order within a call.
import type { NumberedEntry } from '../../../src/delivery/attempt/log.ts'
import { waitsStill } from '../model/ordering.ts'
import { LEASE_MS } from '../model/rules.ts'
import type { Post, Row } from '../world/history.ts'
import { isAccepted, isClosed, startOf, type Evidence } from './evidence.ts'
import {
  isBehindPending,
  isOver,
  linesOf,
  mustWait,
  orderOf,
  wasOver,
  wasUnordered,
  type Lined,
} from './lines.ts'

/** An attempt may start so many ms before its time; what is due so soon is on its way by itself. */
const EARLY_MS = 1000

const MINUTE_MS = 60_000

/** What calls of a run by chance may take, beside what the faults take. */
const SLACK_MS = 15_000

/**
 * Of one call an ordered endpoint is sent a delivery for the first time only once the one that was stored before it was
 * over: delivered, exhausted or ended. Or it has waited for as long as it may, which the attempt says, and no other does; or its
 * endpoint orders no more; or a person asks for it.
 */
export function O1(evidence: Evidence): string[] {
  const lines = linesOf(evidence)
  return evidence.run.history.posts.flatMap((post) => {
    const id = post.headers['CallingBox-Event-Id'] ?? ''
    const read = evidence.rowAt('deliveries', id, post.readTx)
    const { front } = lines.get(id) ?? {}
    const { overtook } = entryOf(evidence, id, post) ?? {}
    if (overtook !== undefined) {
      const isThere = evidence.rowAt('deliveries', front, post.readTx)?.['status'] === 'pending'
      return overtook === front && isThere ? [] : [`${id} says that it overtook ${overtook}`]
    }
    const lined = lines.get(id)
    if (!read || !lined || mayGo(evidence, lined, read, post)) return []
    return [`${id} was sent before ${front} was over`]
  })
}

/** Whether a delivery may be sent, as it was read, though no word is said of whom it waited for. */
function mayGo(evidence: Evidence, lined: Lined, read: Row, post: Post): boolean {
  const isFirst = read['attempts'] === 0 && read['manual_retry_count'] === 0
  const { front = '' } = lined
  if (!isFirst || !mustWait(evidence, lined) || wasOver(evidence, front, post.readTx)) return true
  if (wasUnordered(evidence, lined.endpointId, lined.tx, post.readTx)) return true
  // Whether the attempt says so nobody can tell where it was not logged.
  const hasWaited = post.at + post.actor.skewMs >= lined.until - EARLY_MS
  return hasWaited && entryOf(evidence, lined.id, post) === undefined
}

function entryOf(evidence: Evidence, id: string, post: Post): NumberedEntry | undefined {
  const delivery = evidence.deliveries.find((row) => row['id'] === id)
  if (!delivery) return undefined
  return evidence.logOf(delivery).find(({ started_at: at }) => at === startOf(post))
}

/**
 * What waits for another of its call is due when it has waited for as long as it may, by itself; and goes on before in the very write by
 * which that other one is over: due then, with a lease or for the next sweep, or parked where its endpoint is not sent to.
 * It is attempted, or over, within two minutes from when it was due, or its endpoint was to order no more, whatever was lost.
 */
export function O2(evidence: Evidence): string[] {
  const wrong: string[] = []
  const waiting = [...linesOf(evidence).values()].filter((lined) => mustWait(evidence, lined))
  for (const { id, tx, until } of waiting) {
    const row = evidence.rowAt('deliveries', id, tx)
    const isDue = row?.['next_attempt_at'] === until && row['sweep_at'] === until
    if (!isDue) wrong.push(`${id} waits, and is not due by ${until}`)
  }
  const behind = Map.groupBy(waiting, ({ front }) => front)
  for (const { id: front, before, row, tx, now } of evidence.changesOf('deliveries')) {
    if (before?.['status'] !== 'pending' || !isOver(row)) continue
    for (const { id } of behind.get(front) ?? []) {
      const [was, is] = [tx - 1, tx].map((at) => evidence.rowAt('deliveries', id, at))
      const isLeft = was && is && waitsStill(was, now) && !hasGoneOn(is, now)
      if (isLeft) wrong.push(`${id} waits still, though ${front} is over`)
    }
  }
  return [
    ...wrong,
    ...waiting.filter((one) => isLate(evidence, one)).map(({ id }) => `${id} waited for too long`),
  ]
}

function hasGoneOn(row: Row, now: number): boolean {
  const isDue = Number(row['next_attempt_at']) <= now && Number(row['sweep_at']) <= now + LEASE_MS
  return row['version'] === 2 && (row['status'] !== 'pending' || isDue)
}

/** Of an endpoint that was sent to all the time. */
function isLate(evidence: Evidence, { id, endpointId, until }: Lined): boolean {
  const { history, schedule, endAt } = evidence.run
  const skewMs = Math.max(...schedule.skew.map(Math.abs)) * 1000
  const dueAt = Math.min(until + 2 * skewMs, unorderedAt(evidence, endpointId))
  const latest = Math.max(dueAt, history.quietAt) + 2 * MINUTE_MS + SLACK_MS
  const isHindered = evidence
    .statesOf('endpoints', endpointId)
    .some(({ at, row }) => at <= latest && (isClosed(row) || row['pace'] !== null))
  if (isHindered || history.stops.length + history.crowds.length > 0) return false
  const [first] = evidence.postsOf(id)
  const end = evidence.statesOf('deliveries', id).find(({ row }) => isOver(row))
  return Math.min(first?.at ?? endAt, end?.at ?? endAt) > latest
}

/** When an endpoint was switched off that orders nothing in the end; Infinity: it was not. */
function unorderedAt(evidence: Evidence, endpointId: string): number {
  const states = evidence.statesOf('endpoints', endpointId)
  const last = states.findLastIndex(({ row }) => orderOf(row) > 0)
  return states[last + 1]?.at ?? Infinity
}

/**
 * No call waits for another: what is accepted behind nothing that is pending of its call is due now, and left to its own message; so is
 * all for an endpoint that orders nothing.
 */
export function O3(evidence: Evidence): string[] {
  const lines = linesOf(evidence)
  return evidence
    .changesOf('deliveries')
    .filter(isAccepted)
    .flatMap(({ id, tx, now }) => {
      const lined = lines.get(id)
      const mayWait = lined !== undefined && isBehindPending(evidence, lined)
      const row = evidence.rowAt('deliveries', id, tx)
      const isFree = row?.['stage'] === 'new' && row['next_attempt_at'] === now
      return isFree || mayWait ? [] : [`${id} waits for nothing of its call`]
    })
}
