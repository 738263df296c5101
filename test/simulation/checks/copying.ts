// Y6: copies: what they leave alone, what becomes of each, and that none is lost.
import { readLog } from '../../../src/delivery/attempt/log.ts'
import { attemptedRow, copiedRow, lapsedRow } from '../model/copying.ts'
import { errorOf } from '../model/outcome.ts'
import { countedRow } from '../model/replaying.ts'
import { LEASE_MS } from '../model/rules.ts'
import { differenceOf } from '../model/tables.ts'
import type { Actor, Post, Row } from '../world/history.ts'
import { isMover } from '../world/homes.ts'
import { copyIn, copySteps, isCopying } from './copied.ts'
import {
  idIn,
  isDeleted,
  isFaultless,
  isForgotten,
  isManual,
  isRecorder,
  isStepping,
  nameOf,
  startOf,
  type Evidence,
  type Step,
} from './evidence.ts'
import { NO_TURN_MS, wasCrowded } from './crowding.ts'
import { isSentNothing, isStopped, restingCopy, STOPPED_MS } from './stopping.ts'

/**
 * A copy leaves its delivery and its endpoint as they are, to the last column. It is made once, as the model says; is
 * sent when it is made, and again when its lease has ended; its one attempt, which goes past the state of its
 * endpoint, ends it, and counts for its replay; and in the end each is over, for a reason.
 */
export function Y6(evidence: Evidence): string[] {
  if (evidence.changesOf('replays').length === 0) return []
  return [
    ...touched(evidence),
    ...copySteps(evidence).flatMap((step) => wrongly(evidence, step)),
    ...miscounted(evidence),
    ...sentWrong(evidence),
    ...attemptedWrong(evidence),
    ...left(evidence),
  ]
}

/** What was changed of deliveries and endpoints by whoever has to do with copies alone. */
function touched(evidence: Evidence): string[] {
  const changes = [...evidence.changesOf('deliveries'), ...evidence.changesOf('endpoints')]
  return changes
    .filter((step) => isOfCopies(evidence, step))
    .map(({ actor, kind, id }) => `${actor.name} changed ${kind} ${id}`)
}

function isOfCopies(evidence: Evidence, { actor, tx, at }: Step): boolean {
  if (['copy', 'elsewhere', 'overdue'].includes(nameOf(actor))) return true
  if (isStepping(actor)) return isCopying(evidence.rowAt('replays', actor.step?.replayId, tx))
  const members = evidence.membersOf({ actor, tx, at }).map((member) => member.actor)
  return members.every(({ copies, messages }) => copies.length > 0 && messages.length === 0)
}

/** How a change of a copy differs from the model's; what a step makes is Y7's. */
function wrongly(evidence: Evidence, step: Step): string[] {
  const { actor, id, before, row, now, tx } = step
  if (isStepping(actor)) return []
  const choices = before ? after(evidence, step, before) : made(evidence, step)
  const differences = choices.map((one) => differenceOf(one, row))
  if (differences.includes(undefined)) return []
  return [
    `${actor.name} left copy ${id} at ${now} (${tx}): ${differences[0] ?? 'not to be changed'}`,
  ]
}

function made(evidence: Evidence, { actor, row, tx }: Step): Row[] {
  const now = actor.startAt + actor.skewMs
  const delivery = evidence.rowAt('deliveries', row['delivery_id'], tx - 1)
  if (nameOf(actor) !== 'elsewhere' || !delivery || isForgotten(delivery)) return []
  const endpoint = evidence.rowAt('endpoints', delivery['endpoint_id'], tx - 1)
  return isDeleted(endpoint)
    ? []
    : [copiedRow({ replayId: String(row['replay_id']), delivery }, now, now)]
}

/** What may become of a copy: the answers of those who record are told apart by the row itself. */
function after(evidence: Evidence, step: Step, before: Row): Row[] {
  const { actor, tx, now } = step
  if (nameOf(actor) === 'overdue')
    return isLapsed(before, now) ? [lapsedRow(before, goneAt(evidence, before, tx - 1), now)] : []
  if (!isRecorder(actor)) return []
  const url = evidence.rowAt('replays', before['replay_id'], tx)?.['copies_to']
  if (isStopped(evidence, url, tx) && step.row['status'] === 'pending')
    return [restingCopy(before, step.row, now, STOPPED_MS)]
  const hadNoTurn = wasCrowded(evidence, url, tx) && step.row['status'] === 'pending'
  if (hadNoTurn) return [restingCopy(before, step.row, now, NO_TURN_MS)]
  return answersBehind(evidence, step).flatMap((post) => {
    const ended = post.answered && attemptedRow(before, post.answered, now)
    const isTold = ended && tells(evidence, step, post)
    return isTold ? [{ ...ended, entry: step.row['entry'] ?? null }] : []
  })
}

function isLapsed({ status, sweep_at: until }: Row, now: number): boolean {
  return status === 'pending' && Number(until) <= now
}

/** Why a copy cannot be sent any more. */
function goneAt(evidence: Evidence, copy: Row, tx: number): string | undefined {
  if (isDeleted(evidence.rowAt('endpoints', copy['endpoint_id'], tx))) return 'endpoint deleted'
  if (isPruned(evidence, String(copy['delivery_id']), tx)) return 'delivery pruned'
  const delivery = evidence.rowAt('deliveries', copy['delivery_id'], tx)
  return isForgotten(delivery) ? 'payload deleted' : undefined
}

function isPruned({ run }: Evidence, deliveryId: string, until: number): boolean {
  return run.history.deletions.some(
    ({ kind, id, tx }) => kind === 'deliveries' && id === deliveryId && tx <= until,
  )
}

/** The requests that carried this copy, of those whose outcome was written then. */
function answersBehind(evidence: Evidence, step: Step): Post[] {
  const members = new Set(evidence.membersOf(step).map(({ actor }) => actor))
  return evidence.run.history.copied.filter(
    (post) => members.has(post.actor) && post.tx < step.tx && copyIn(evidence, post) === step.id,
  )
}

/** Whether the entry that is kept says what happened. */
function tells(evidence: Evidence, { row }: Step, { at, actor, answered }: Post): boolean {
  const delivery = evidence.statesOf('deliveries', String(row['delivery_id'])).at(-1)?.row
  const { event_type: type, call_id: callId } = delivery ?? {}
  const about = { id: String(row['delivery_id']), eventType: String(type), callId: String(callId) }
  const log = readLog({ ...about, attempts: `[${row['entry']}]` })
  const [entry] = log
  return (
    log.length === 1 &&
    entry?.trigger === 'manual' &&
    entry.requested_by === `replay:${row['replay_id']}` &&
    entry.started_at === startOf({ at, actor } as Post) &&
    entry.duration_ms === (answered?.at ?? at) - at &&
    (entry.response?.status ?? null) === answered?.status &&
    (entry.error?.message ?? undefined) === errorOf(answered)
  )
}

/** A copy counts for its part when it is over, in the write that ends it, and nothing else does. */
function miscounted(evidence: Evidence): string[] {
  const parts = evidence.changesOf('replay_parts').filter((step) => isCounting(evidence, step))
  const ends = copySteps(evidence).filter(({ before, row }) => before?.['status'] !== row['status'])
  const byPart = Map.groupBy(
    ends.filter(({ before }) => before),
    ({ tx, row }) => `${tx} ${row['replay_id']} ${row['endpoint_id']}`,
  )
  const counted = new Set(parts.map(({ tx, id }) => `${tx} ${id}`))
  const uncounted = [...byPart.keys()].filter((key) => !counted.has(key))
  const wrong = parts.flatMap(({ actor, tx, id, before, row }) => {
    const difference =
      before && differenceOf(countedRow(before, countsIn(byPart.get(`${tx} ${id}`))), row)
    return difference ? [`${actor.name} counted copies for ${id}: ${difference}`] : []
  })
  return wrong.concat(uncounted.map((key) => `nothing was counted at ${key}`))
}

function isCounting(evidence: Evidence, { actor, before, id, tx }: Step): boolean {
  if (!before || isMover(actor) || isStepping(actor) || nameOf(actor) === 'resume') return false
  return isCopying(evidence.rowAt('replays', id.split(' ')[0], tx))
}

function countsIn(ends: Step[] = []) {
  const delivered = ends.filter(({ row }) => row['status'] === 'delivered').length
  return { delivered, failed: ends.length - delivered, late: ends.filter(isLate).length }
}

/** A success, of what had failed. */
function isLate({ before }: Step): boolean {
  return before?.['status'] === 'failed'
}

/** What is made or taken is sent by whoever did, once, right then: at its second, down the retry lane. */
function sentWrong(evidence: Evidence): string[] {
  const { sents } = evidence.run.history
  return copySteps(evidence).flatMap((step) => {
    const { actor, id, row } = step
    const isTaken = row['status'] === 'pending'
    if (isRecorder(actor) || actor.faults > 0 || !isTaken) return []
    const own = sents
      .filter((one) => one.actor === actor)
      .flatMap(({ copies, lane }) => copies.map((copy) => ({ ...copy, lane })))
      .filter((one) => `${one.copiedBy} ${one.id}` === id)
    const isRight = own.length === 1 && own[0]?.lane === 'retry' && own[0].delayMs === delayOf(step)
    return isRight ? [] : [`${actor.name} sent copy ${id} ${own.length} times, or not in time`]
  })
}

function delayOf({ actor, row, before }: Step): number {
  const dueAt = Number(row['sweep_at']) - LEASE_MS
  const now = actor.startAt + actor.skewMs
  return before || !isStepping(actor) ? 0 : Math.max(0, Math.floor((dueAt - now) / 1000) * 1000)
}

/**
 * A copy was pending when its attempt's consumer read it, by a message that this held; it is by hand and its first.
 * Where nothing goes wrong, each is attempted once, by its first message.
 */
function attemptedWrong(evidence: Evidence): string[] {
  const { history } = evidence.run
  const ids = history.copied.map((post) => copyIn(evidence, post))
  const stale = history.copied.filter((post, place) => {
    const copy = evidence.rowAt('replay_copies', ids[place], post.readTx)
    const isHeld = post.actor.copies.some((one) => `${one.copiedBy} ${one.id}` === ids[place])
    const isFirst = post.headers['CallingBox-Attempt'] === '1' && isManual(post)
    return copy?.['status'] !== 'pending' || !isHeld || !isFirst
  })
  const twice = isCalm(evidence) ? ids.filter((one, place) => ids.indexOf(one) < place) : []
  return [
    ...stale.map((post) => `a copy of ${idIn(post)} was sent to ${post.url} for nothing`),
    ...twice.map((id) => `copy ${id} was sent twice`),
    ...history.actors.flatMap((actor) => neglected(evidence, actor)),
  ]
}

/** Of a consumer that suffers no fault: what it holds of copies that are to be sent, and neither sends nor hands on. */
function neglected(evidence: Evidence, actor: Actor): string[] {
  if (!isFaultless(evidence, actor) || actor.end?.how !== 'returned') return []
  const { sents, copied } = evidence.run.history
  return actor.copies.flatMap((ref) => {
    const id = `${ref.copiedBy} ${ref.id}`
    const copy = evidence.rowAt('replay_copies', id, actor.readTx)
    const url = evidence.rowAt('replays', ref.copiedBy, actor.readTx)?.['copies_to']
    const isHeld = isSentNothing(evidence, url, actor.readTx)
    const isToSend =
      copy?.['status'] === 'pending' && !isHeld && !goneAt(evidence, copy, actor.readTx)
    const isSent = copied.some((post) => post.actor === actor && copyIn(evidence, post) === id)
    const isHandedOn = sents.some(
      (one) =>
        one.actor === actor && one.copies.some((sent) => `${sent.copiedBy} ${sent.id}` === id),
    )
    return isToSend && !isSent && !isHandedOn ? [`${actor.name} did nothing for copy ${id}`] : []
  })
}

/** In the end each copy is over: delivered when any of its attempts was, else failed for a reason; and in a calm run by its first message. */
function left(evidence: Evidence): string[] {
  const { run } = evidence
  if (!run.isSettled) return []
  return run.tables.replay_copies.flatMap((row) => {
    const id = `${row['replay_id']} ${row['delivery_id']}`
    const isOver = row['sweep_at'] === null && row['status'] !== 'pending'
    const hasLapsed = isCalm(evidence) && row['lapses'] !== 0
    return isOver && !hasLapsed && isRightlyOver(evidence, id, row)
      ? []
      : [`copy ${id} is left ${row['status']}`]
  })
}

function isRightlyOver(evidence: Evidence, id: string, row: Row): boolean {
  const posts = evidence.run.history.copied.filter((post) => copyIn(evidence, post) === id)
  const hasArrived = posts.some(
    ({ answered, actor }) =>
      answered && errorOf(answered) === undefined && isFaultless(evidence, actor),
  )
  if (row['status'] === 'delivered') return row['entry'] !== null
  return !hasArrived && (row['entry'] !== null || row['error'] !== null)
}

/** Nothing went wrong, and nobody lost or moved anything. */
function isCalm({ run }: Evidence): boolean {
  const { faults, seed, skew, steps, databases } = run.schedule
  const isOdd = steps.some(({ action }) =>
    ['down', 'purge', 'delete', 'stop', 'forget'].includes(action),
  )
  const isPlain = faults.length === 0 && seed === 0 && databases === 1
  return isPlain && !isOdd && skew.every((one) => one === 0)
}
