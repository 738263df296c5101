// T2–T4: each link between a delivery that is due and its attempt, with its latest instant.
import type { Lane } from '../../../src/world.ts'
import { MOST_LAPSES, SLOW_MS } from '../model/rules.ts'
import type { Actor, MessageRef, Post } from '../world/history.ts'
import { HOLD_MS } from '../world/world.ts'
import { directFaults, directOf, isForWell, sendersOf } from './direct.ts'
import {
  askerOf,
  idIn,
  isAccepted,
  isAttempting,
  isDeleted,
  isDirect,
  isFaultless,
  isListening,
  isStepping,
  nameOf,
  type Evidence,
  type Step,
} from './evidence.ts'
import { frontsOf, isLetGo } from './lines.ts'
import { isListenedTo, recordedPosts } from './records.ts'
import { EARLY_TOLERANCE_MS, earlyByMs, lacksTurn } from './crowding.ts'
import { isStopped } from './stopping.ts'
import { isClaim } from './sweeping.ts'

/** What a consumer could not deal with comes back after so many ms, as wrangler.toml and the code say. */
const RETURN_MS = 5000

/** What a message may wait for its turn. */
const SLACK_MS = 15_000

/** Between two sends to an endpoint that comes back. */
const SPACING_MS = 8

/** Attempts to one destination at a time, where there are others. */
const AT_ONCE = 3

/**
 * What a process takes it sends once, right then: what was accepted, redelivered, swept up or
 * released. A retry is kept back until its time, to the second; all else is not kept back at all. New
 * deliveries take the fresh lane, those of unwell endpoints the retry lane, or the bulk lane (R6 says which).
 */
export function T2(evidence: Evidence): string[] {
  const { sents } = evidence.run.history
  const handedOut = evidence.changesOf('deliveries').filter((step) => isHandedOut(evidence, step))
  const vain = sents
    .filter(({ actor }) => actor.role === 'sweep')
    .flatMap(({ actor, refs }) =>
      refs.filter(({ id }) => !handedOut.some((step) => step.actor === actor && step.id === id)),
    )
  const wrong = handedOut.flatMap((step) => {
    const senders = sendersOf(evidence, step)
    if (senders.some(({ faults }) => faults > 0)) return []
    const { id, row, actor, tx } = step
    const direct = directOf(evidence, step)
    if (direct) {
      const isRight = isForWell(evidence, step)
      return isRight ? [] : [`${direct.name} attempts ${id}, whose endpoint is not well`]
    }
    const own = sents.filter((one) => senders.includes(one.actor) && one.tx >= tx)
    const sent = own.flatMap(({ refs, lane }) =>
      refs
        .filter((ref) => ref.id === id && ref.version === row['version'])
        .map(({ delayMs }) => ({ delayMs, lane })),
    )
    const [first] = sent
    if (!first || sent.length > 1)
      return [`${actor.name} took ${id}, and sent it ${sent.length} times`]
    const isRight =
      first.delayMs === keptBackMs(step) && lanesOf(evidence, step).includes(first.lane)
    return isRight ? [] : [`${id} was sent down ${first.lane}, kept back for ${first.delayMs} ms`]
  })
  return [
    ...wrong,
    ...directFaults(evidence),
    ...vain.map(({ id }) => `${id} was sent, though nobody took it`),
  ]
}

/**
 * A consumer that suffers no fault deals with each message at once: it makes the attempt, or hands the
 * message on, when the delivery is at that version and due; else it does neither. Those of unwell
 * endpoints it hands on from the fresh lane. It waits a second at most for what is slow.
 */
export function T3(evidence: Evidence): string[] {
  const consumers = evidence.run.history.actors.filter(
    (actor) => isAttempting(actor) && isFaultless(evidence, actor) && actor.end?.how === 'returned',
  )
  return consumers.flatMap((actor) => {
    const posts = evidence.postsBy(actor)
    const longestMs = longestOf(evidence, actor)
    const endAt = actor.end?.at ?? 0
    // Behind an answer, nobody waits.
    if (!isDirect(actor) && endAt > actor.readAt + longestMs)
      return [`${actor.name} waited for the slow`]
    return unique(actor.messages).flatMap((ref) => {
      const post = posts.find((one) => isFor(evidence, one, ref))
      const isRightLane = !post || actor.lane !== 'fresh' || !isUnwell(evidence, actor, ref)
      if (!isRightLane) return [`${actor.name} sent ${ref.id} among the healthy`]
      const isDealtWith = post !== undefined || isHandedOn(evidence, actor, ref)
      if (isDealtWith !== isSendable(evidence, actor, ref))
        return [`${actor.name} did wrong by ${ref.id} at version ${ref.version}`]
      const lateMs = post ? post.at - actor.readAt : 0
      return lateMs <= longestMs ? [] : [`${actor.name} waited for ${lateMs} ms with ${ref.id}`]
    })
  })
}

/**
 * What a consumer could not deal with comes back: after a fault of its own in five seconds, a message
 * that was early when the delivery is due; not that of a slow attempt, which goes on after its batch.
 * What came back too often is buried, and noted once.
 */
export function T4(evidence: Evidence): string[] {
  const { actors, lost } = evidence.run.history
  const consumers = actors.filter(isAttempting)
  const recorded = recordedPosts(evidence)
  const buried = actors.filter((actor) => nameOf(actor) === 'burial' && actor.faults === 0)
  const unnoted = buried.flatMap(({ messages }) =>
    messages.filter(
      ({ id, version }) => evidence.statesOf('dead_letters', `${id} ${version}`).length !== 1,
    ),
  )
  const missed = consumers.flatMap((actor) => {
    if (actor.end?.how !== 'returned') return []
    const endAt = actor.end.at
    return unique(actor.messages).flatMap((ref) => {
      const dueAt = endAt + returnMs(evidence, recorded, actor, ref)
      const isBack = actors.some((one) => {
        const wantedAt = nameOf(one) === 'burial' ? endAt : dueAt - spentMs(actor)
        const isInTime = one.startAt >= wantedAt && one.startAt <= dueAt + SLACK_MS
        return isInTime && one.messages.some((held) => isSame(held, ref))
      })
      // A request has no message that could come back by itself: it sends one, and that may go wrong.
      const isUnsent = isDirect(actor) && actor.sendFaults > 0
      const isExcused = dueAt === Infinity || isUnsent || lost.some((one) => isSame(one, ref))
      return isBack || isExcused ? [] : [`${ref.id} did not come back to ${actor.name}`]
    })
  })
  return [...missed, ...unnoted.map(({ id }) => `${id} was buried without a note`)]
}

/** How long before its end it may have sent what comes back: behind an answer, since it began. */
function spentMs(actor: Actor): number {
  return actor.end && actor.beganAt !== undefined ? actor.end.at - actor.beganAt : 0
}

function isHandedOn({ run }: Evidence, actor: Actor, ref: MessageRef): boolean {
  const own = run.history.sents.filter((sent) => sent.actor === actor)
  return own.some(({ refs }) => refs.some((one) => isSame(one, ref)))
}

function isHandedOut(evidence: Evidence, step: Step): boolean {
  const { before, row, actor, size, now } = step
  if (isAccepted(step)) return !frontsOf(evidence).has(step.id)
  // What a sweep is to take is due; what goes on at once has a lease.
  if (isLetGo(evidence, step)) return Number(row['sweep_at']) > now
  if (isListening(actor)) return false
  if (row['status'] !== 'pending' || row['sweep_at'] === null) return false
  // The sweep takes what was new in a second step, as it takes all else.
  if (before?.['stage'] === 'new' && isClaim({ actor, size })) return false
  if (askerOf(actor) !== undefined) return true
  // What was put aside before anything had happened to it, until later.
  if (before?.['stage'] === 'new') return false
  if (isClaim({ actor, size })) {
    // What it puts off has no lease.
    const isLeased = row['sweep_at'] !== row['next_attempt_at']
    return (
      isLeased && Number(row['lapses']) <= MOST_LAPSES && before?.['sweep_at'] !== row['sweep_at']
    )
  }
  return before?.['sweep_at'] === null && before['version'] === row['version']
}

// Only a sweep has something to wait for, and a replay, which keeps its pace; what was parked is overdue.
function keptBackMs({ before, row, actor, size, now }: Step): number {
  const dueAt = Number(row['next_attempt_at'])
  if (isStepping(actor))
    return Math.max(0, Math.floor((dueAt - actor.startAt - actor.skewMs) / 1000) * 1000)
  if (!before || before['sweep_at'] === null || !isClaim({ actor, size })) return 0
  return Math.max(0, Math.ceil((dueAt - now) / 1000) * 1000)
}

function lanesOf(evidence: Evidence, step: Step): Lane[] {
  const { row, tx } = step
  const endpoint = evidence.rowAt('endpoints', row['endpoint_id'], tx - 1)
  const isWell = endpoint === undefined || endpoint['unwell_since'] === null
  if (!isAccepted(step) && !isLetGo(evidence, step)) return ['retry']
  return [isWell ? 'fresh' : 'retry', 'bulk']
}

/** A message's request is one of what was read at its version. */
function isFor(evidence: Evidence, post: Post, { id, version }: MessageRef): boolean {
  return idIn(post) === id && evidence.rowAt('deliveries', id, post.readTx)?.['version'] === version
}

/**
 * How long after its read a consumer may start its last attempt, and end: those before it have to end
 * or to be found slow. By chance a call may take seconds, and that waits which a step goes before.
 */
function longestOf({ run }: Evidence, { name, messages, copies }: Actor): number {
  const { length } = [...messages, ...copies]
  const isKept = run.schedule.steps.some(({ at }) => String(at).startsWith(`${name}.`))
  const waves = Math.ceil(length / AT_ONCE) + 1
  const chanceMs = run.schedule.seed === 0 ? 0 : SLACK_MS
  return waves * SLOW_MS + length * SPACING_MS + chanceMs + (isKept ? HOLD_MS : 0)
}

function isSendable(evidence: Evidence, actor: Actor, ref: MessageRef): boolean {
  const row = evidence.rowAt('deliveries', ref.id, actor.readTx)
  if (!row || !isCurrent(evidence, actor, ref)) return false
  return earlyByMs(evidence, row, actor) <= EARLY_TOLERANCE_MS
}

/** Whether the endpoint failed or was slow when the consumer read it. */
function isUnwell(evidence: Evidence, actor: Actor, { id }: MessageRef): boolean {
  const row = evidence.rowAt('deliveries', id, actor.readTx)
  const endpoint = evidence.rowAt('endpoints', row?.['endpoint_id'], actor.readTx)
  return endpoint !== undefined && endpoint['unwell_since'] !== null
}

/** Whether a message's delivery was at its version, and its endpoint open, when the consumer read it. */
function isCurrent(evidence: Evidence, actor: Actor, { id, version }: MessageRef): boolean {
  const row = evidence.rowAt('deliveries', id, actor.readTx)
  const endpoint = evidence.rowAt('endpoints', row?.['endpoint_id'], actor.readTx)
  const isStoppedThen = isStopped(evidence, row?.['url'], actor.readTx)
  const isHeld = isListenedTo(row) || isStoppedThen || lacksTurn(evidence, actor, row)
  const isSentTo = !isHeld && endpoint?.['status'] !== 'disabled'
  const isOpen = !isDeleted(endpoint) && isSentTo
  return row?.['status'] === 'pending' && row['version'] === version && isOpen
}

function isSame(a: MessageRef, b: MessageRef): boolean {
  return a.id === b.id && a.version === b.version
}

/** After how many ms a message comes back from a consumer that ended; Infinity when it does not. */
function returnMs(evidence: Evidence, recorded: Set<Post>, actor: Actor, ref: MessageRef): number {
  if (actor.readTx === 0) return RETURN_MS
  const post = evidence.postsBy(actor).find((one) => isFor(evidence, one, ref))
  const isOver = post?.answered && post.answered.at <= batchOverAt(actor)
  if (post) return isOver && !recorded.has(post) ? RETURN_MS : Infinity
  const row = evidence.rowAt('deliveries', ref.id, actor.readTx)
  if (isSendable(evidence, actor, ref)) {
    const isRefused = evidence.run.schedule.faults.some(({ call }) => call.includes('vault'))
    return isRefused && !isHandedOn(evidence, actor, ref) ? RETURN_MS : Infinity
  }
  const isEarly =
    row && isCurrent(evidence, actor, ref) && earlyByMs(evidence, row, actor) > EARLY_TOLERANCE_MS
  return isEarly ? Math.ceil(earlyByMs(evidence, row, actor) / 1000) * 1000 : Infinity
}

/**
 * When a consumer waits for its attempts no longer: it begins to write what came of them, or has nothing to
 * write. Those that are not over then go on without it.
 */
function batchOverAt({ writesAt, end }: Actor): number {
  return Math.min(writesAt ?? Infinity, end?.at ?? Infinity)
}

function unique(refs: MessageRef[]): MessageRef[] {
  return [...new Map(refs.map((ref) => [`${ref.id} ${ref.version}`, ref])).values()]
}
