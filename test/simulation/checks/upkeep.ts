// L1–L3: the ends of life: what is pruned, which secrets live, and what is counted for charts.
import { eventIdOf, lowestIdAt } from '../../../src/db/ids.ts'
import { OVERLAP_MS } from '../world/clients.ts'
import type { Row } from '../world/history.ts'
import { isDeleted, nameOf, type Evidence, type Moment } from './evidence.ts'
import { rowsAfter } from './sweeping.ts'

const DAY_MS = 24 * 3_600_000
const HOUR_MS = 3_600_000

/** What is finished is kept so long. */
const RETENTION_MS = 30 * DAY_MS

/** What is younger is left for the next roll-up. */
const LAG_MS = 120_000

/** What is older when it is first counted is not. */
const MAX_BEHIND_MS = 7 * DAY_MS

/**
 * Pruning deletes a delivery that was made and finished thirty days ago, and an event with its last
 * delivery or, if it never had one, after thirty days; and of that it leaves nothing when no fault
 * stops it, and no move. An Idempotency-Key is forgotten after a day, and no sooner.
 */
export function L1(evidence: Evidence): string[] {
  const wrong: string[] = []
  for (const moment of evidence.moments()) {
    const { actor, deletions, before, now } = moment
    const beforeAt = actor.startAt + actor.skewMs - RETENTION_MS
    const after = rowsAfter('deliveries', moment)
    for (const { kind, id } of deletions) {
      const row =
        kind === 'deliveries' ? before.deliveries.get(id) : evidence.rowAt(kind, id, moment.tx)
      const isRight =
        (kind === 'deliveries' && isPrunable(row, beforeAt)) ||
        (kind === 'events' &&
          isFree(id, after) &&
          (wasLast(moment, id) || id < lowestIdAt(beforeAt))) ||
        (kind === 'idempotency_keys' && Number(row?.['created_at']) <= now - DAY_MS) ||
        !['deliveries', 'events', 'idempotency_keys'].includes(kind)
      if (!isRight) wrong.push(`${actor.name} deleted ${kind} ${id}`)
    }
    if (nameOf(actor) !== 'upkeep' || actor.faults > 0 || !isLastOf(evidence, moment)) continue
    if (isMovedMeanwhile(evidence, moment)) continue
    for (const [id, row] of after) if (isPrunable(row, beforeAt)) wrong.push(`${id} was not pruned`)
    for (const id of leftBy(evidence, moment, after, beforeAt)) wrong.push(`${id} was not pruned`)
  }
  return wrong
}

/**
 * A rotation ends the newest secret before it when its overlap does, and without one all that sign: else
 * each signs for just as long as was said, and none that has ended comes back. Only what has ended is
 * deleted, or goes with its endpoint.
 */
export function L2(evidence: Evidence): string[] {
  const wrong: string[] = []
  for (const { tx, actor, now, changes, deletions } of evidence.moments()) {
    const secrets = evidence.rowsAt('signing_secrets', tx - 1)
    const made = changes.find(({ kind, before }) => kind === 'signing_secrets' && !before)
    const overlapMs = nameOf(actor) === 'overlap' ? OVERLAP_MS : 0
    const until = now + overlapMs
    const hasToEnd = (expiresAt: unknown): boolean =>
      expiresAt === null || (overlapMs === 0 && Number(expiresAt) > now)
    for (const step of changes) {
      if (step.kind !== 'signing_secrets' || !step.before) continue
      const { owner_id: owner, expires_at: expiresAt } = step.before
      const isMeant = made?.row['owner_id'] === owner && hasToEnd(expiresAt)
      if (!isMeant || step.row['expires_at'] !== until)
        wrong.push(`${actor.name} moved the end of ${step.id}`)
    }
    for (const [id, row] of made ? secrets : []) {
      const isOwn = made !== undefined && row['owner_id'] === made.row['owner_id'] && id !== made.id
      const isOverdue = isOwn && hasToEnd(row['expires_at'])
      if (isOverdue && !changes.some((step) => step.id === id))
        wrong.push(`${id} goes on after ${actor.name}`)
    }
    if (made && liveAt(evidence, tx, now, made.row['owner_id']) > MOST_LIVE)
      wrong.push(`${actor.name} makes too many sign`)
    for (const { kind, id } of deletions) {
      if (kind !== 'signing_secrets') continue
      const expiresAt = secrets.get(id)?.['expires_at']
      const hasEnded = typeof expiresAt === 'number' && expiresAt <= now
      if (!hasEnded && nameOf(actor) !== 'delete') wrong.push(`${actor.name} deleted ${id}`)
    }
  }
  return wrong
}

/**
 * A roll-up counts each delivery once, into its own hour, as it is then: those made from where the one
 * before stopped up to two minutes ago, the first time up to a week back.
 */
export function L3(evidence: Evidence): string[] {
  const wrong: string[] = []
  for (const moment of evidence.moments()) {
    if (nameOf(moment.actor) !== 'count' || evidence.isFencedAt(moment.tx)) continue
    const { actor, changes } = moment
    const { run } = evidence
    const startedAt = actor.startAt + actor.skewMs
    const beat = changes.find(({ kind, id }) => kind === 'heartbeats' && id === 'stats')
    const until = Number(beat?.row['beat_at'] ?? 0)
    const from = Math.max(Number(beat?.before?.['beat_at'] ?? 0), startedAt - MAX_BEHIND_MS)
    const countedTo = run.history.homes.findLast(({ tx }) => tx < moment.tx)?.countedTo ?? ''
    if (until > startedAt - LAG_MS) wrong.push(`${actor.name} counts what is too young`)
    const expected = new Map<string, Counts>()
    for (const [id, row] of moment.before.deliveries) {
      if (id < lowestIdAt(from) || id >= lowestIdAt(until) || id < countedTo) continue
      const hour = `${Math.floor(Number(row['created_at']) / HOUR_MS)} ${row['endpoint_id'] ?? ''}`
      expected.set(hour, add(expected.get(hour), countsOf(evidence, moment, row)))
    }
    for (const step of changes) {
      if (step.kind !== 'hourly_stats') continue
      const counts = JSON.stringify(add(countsIn(step.before), expected.get(step.id)))
      if (counts !== JSON.stringify(countsIn(step.row)))
        wrong.push(`${actor.name} counts ${step.id} wrong`)
      if (bucketed(step.row) !== step.row['timed'])
        wrong.push(`${actor.name} counts other answers by time in ${step.id}`)
      expected.delete(step.id)
    }
    for (const hour of expected.keys()) wrong.push(`${actor.name} left out ${hour}`)
  }
  return wrong.concat(behind(evidence))
}

/** Secrets of one owner that sign at once, at most. */
const MOST_LIVE = 5

function liveAt(
  evidence: Evidence,
  tx: number,
  now: number,
  owner: Row[string] | undefined,
): number {
  const secrets = [...evidence.rowsAt('signing_secrets', tx).values()]
  return secrets.filter(
    (row) =>
      row['owner_id'] === owner && (row['expires_at'] === null || Number(row['expires_at']) > now),
  ).length
}

/** created, first_ok, timed, latency_ms, slowest_ms. */
type Counts = [number, number, number, number, number]

function isPrunable(row: Row | undefined, beforeAt: number): boolean {
  if (!row || row['status'] === 'pending' || isDeleted(row)) return false
  return Number(row['updated_at']) < beforeAt && String(row['id']) < lowestIdAt(beforeAt)
}

function isFree(eventId: string, deliveries: Map<string, Row>): boolean {
  return ![...deliveries.keys()].some((id) => eventIdOf(id) === eventId)
}

function wasLast({ before }: Moment, eventId: string): boolean {
  return !isFree(eventId, before.deliveries)
}

/** Of an org that is being moved nothing is pruned; nor by who had begun before, where it is no longer. */
function isMovedMeanwhile(evidence: Evidence, { actor }: Moment): boolean {
  const { from, to } = actor.span
  const { fences } = evidence.run.history
  return evidence.isMovedAt(from) || fences.some(({ tx }) => tx > from && tx <= to)
}

function isLastOf({ run }: Evidence, { actor, tx }: Moment): boolean {
  return run.history.operations.findLast((one) => one.actor === actor)?.tx === tx
}

function add(a: Counts = [0, 0, 0, 0, 0], b: Counts = [0, 0, 0, 0, 0]): Counts {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], Math.max(a[4], b[4])]
}

function countsIn(row: Row | undefined): Counts {
  const of = (name: string): number => Number(row?.[name] ?? 0)
  return [of('created'), of('first_ok'), of('timed'), of('latency_ms'), of('slowest_ms')]
}

/** How many answers there are in all buckets. */
function bucketed(row: Row): number {
  // The roll-up writes an object of counts.
  const counts = JSON.parse(String(row['latencies'])) as Record<string, number>
  return Object.values(counts).reduce((total, count) => total + count, 0)
}

/** Events without deliveries, and Idempotency-Keys, that are past their time and still there. */
function leftBy(
  evidence: Evidence,
  { tx, actor }: Moment,
  deliveries: Map<string, Row>,
  beforeAt: number,
): string[] {
  const now = actor.startAt + actor.skewMs
  const { deletions } = evidence.run.history
  const isThere = (id: string): boolean => !deletions.some((one) => one.id === id && one.tx <= tx)
  const events = [...evidence.rowsAt('events', tx).keys()].filter(
    (id) => id < lowestIdAt(beforeAt) && isFree(id, deliveries),
  )
  const keys = [...evidence.rowsAt('idempotency_keys', tx)].flatMap(([key, row]) =>
    Number(row['created_at']) <= now - DAY_MS ? [key] : [],
  )
  return [...events, ...keys].filter(isThere)
}

/** What one delivery counts for: the time is its last attempt's, if that was answered. */
function countsOf(evidence: Evidence, { tx }: Moment, row: Row): Counts {
  const states = evidence.statesOf('deliveries', String(row['id'])).filter((one) => one.tx < tx)
  const last = states.findLast(
    (one) => one.before && one.before['attempts'] !== one.row['attempts'],
  )
  const post = last && evidence.postBehind(last)
  const isTimed = row['last_response_status'] !== null
  const tookMs = isTimed && post?.answered ? post.answered.at - post.at : 0
  return [1, row['status'] === 'delivered' ? 1 : 0, isTimed ? 1 : 0, tookMs, tookMs]
}

/** A roll-up that no fault stopped has come up to two minutes ago, unless one before it still counts. */
function behind(evidence: Evidence): string[] {
  const { actors, operations } = evidence.run.history
  const counts = Map.groupBy(operations, ({ actor }) => actor)
  let overtakenTx = 0
  return actors.flatMap((actor) => {
    const [first, last] = [counts.get(actor)?.[0], counts.get(actor)?.at(-1)]
    if (nameOf(actor) !== 'count' || !first || !last) return []
    const isAlone = first.tx > overtakenTx
    overtakenTx = Math.max(overtakenTx, last.tx)
    if (actor.faults > 0 || !isAlone) return []
    const beatAt = evidence.rowAt('heartbeats', 'stats', last.tx)?.['beat_at']
    const wantedAt = actor.startAt + actor.skewMs - LAG_MS
    return Number(beatAt) >= wantedAt ? [] : [`${actor.name} stopped before its time`]
  })
}
