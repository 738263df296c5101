// A1–A8: what an attempt is, when it may be made, and what it may change.
import type { NumberedEntry } from '../../../src/delivery/attempt/log.ts'
import { REDIRECT_URL, RETRY_AFTER_S } from '../outside/receiver.ts'
import type { Post } from '../world/history.ts'
import { OWN_HEADER } from '../world/set-up.ts'
import {
  countAutomatic,
  idIn,
  isManual,
  isRecorder,
  startOf,
  type Evidence,
  type Step,
} from './evidence.ts'
import { wasCrowded } from './crowding.ts'
import { isLetGo } from './lines.ts'
import { isStopped } from './stopping.ts'

/** An attempt may start so many ms before its time, as the consumer says. */
const EARLY_TOLERANCE_MS = 1000

/** The share by which a wait varies. */
const JITTER = 0.2

/** What an outcome that comes too late leaves as it is: all but the log, and the answer that is shown. */
const STATE = [
  'status',
  'attempt_count',
  'manual_retry_count',
  'next_attempt_at',
  'resume_at',
  'is_manual',
  'delivered_at',
  'lapses',
]

/** The answer that is shown. */
const SHOWN = ['last_error', 'last_error_at', 'last_response_status']

/**
 * No delivery's log has more automatic attempts than the schedule has, and `attempt_count` was never
 * higher. An attempt that a redelivery overtook (`superseded`) is in the log, but does not count.
 */
export function A1(evidence: Evidence): string[] {
  const most = evidence.run.schedule.waits.length + 1
  const counted = evidence
    .changesOf('deliveries')
    .filter(({ row }) => Number(row['attempt_count']) > most)
  const logged = evidence.deliveries.filter((row) => countAutomatic(evidence, row) > most)
  return [...counted.map(({ id }) => id), ...logged.map((row) => `in the log: ${row['id']}`)]
}

/**
 * The log's entries are numbered by their place, so: it only ever grew, by one entry at a time; no two
 * entries are the same attempt; each is a request that was really made. A request's own number is one
 * more than the log had entries when it was read: requests that overlap may share a number. An entry
 * says what superseded it if something did.
 */
export function A2(evidence: Evidence): string[] {
  const jumps = evidence.changesOf('deliveries').filter(({ before, row }) => {
    const grown = Number(row['attempts']) - Number(before?.['attempts'] ?? 0)
    return grown !== 0 && grown !== 1
  })
  const phantoms = evidence.deliveries.flatMap((row) => {
    const unclaimed = evidence.postsOf(String(row['id'])).slice()
    return evidence.logOf(row).filter((entry) => {
      const place = unclaimed.findIndex((post) => isEntryOf(entry, post))
      if (place >= 0) unclaimed.splice(place, 1)
      return place < 0
    })
  })
  const misnamed = evidence.changesOf('deliveries').filter((step) => {
    const entry = isLogged(step) && entryOf(evidence, step)
    return entry && entry.superseded !== supersederIn(evidence, step)
  })
  const misnumbered = evidence.run.history.posts.filter((post) => {
    const logged = Number(evidence.rowAt('deliveries', idIn(post), post.readTx)?.['attempts'])
    return post.headers['CallingBox-Attempt'] !== String(logged + 1)
  })
  return [
    ...jumps.map(({ id }) => `the log of ${id} jumps`),
    ...phantoms.map(({ id }) => `entry ${id} is no request`),
    ...misnamed.map(({ id, row }) => `entry ${String(row['attempts'])} of ${id} is misnamed`),
    ...misnumbered.map((post) => `${idIn(post)} was sent with a wrong number`),
  ]
}

/**
 * When the consumer read what it sends, the delivery was pending at the very version of a message that
 * the consumer holds. Where nothing goes wrong, clocks agree and no endpoint is switched, each version
 * is sent once: a duplicate needs a fault, or another who listens.
 */
export function A3(evidence: Evidence): string[] {
  const { history, schedule } = evidence.run
  const stale = history.posts.filter((post) => {
    const row = evidence.rowAt('deliveries', idIn(post), post.readTx)
    const held = post.actor.messages.some(
      ({ id, version }) => id === row?.['id'] && version === row['version'],
    )
    return row?.['status'] !== 'pending' || !held
  })
  const isCalm = history.faults === 0 && schedule.skew.every((one) => one === 0)
  const isSwitched = schedule.steps.some(({ action }) =>
    ['disable', 'enable', 'delete'].includes(action),
  )
  const isTakenOver = schedule.steps.filter(({ action }) => action === 'listen').length > 1
  const versions = history.posts.map((post) => {
    const row = evidence.rowAt('deliveries', idIn(post), post.readTx)
    return `${idIn(post)} at version ${row?.['version']}`
  })
  const twice =
    isCalm && !isSwitched && !isTakenOver
      ? versions.filter((one, place) => versions.indexOf(one) < place)
      : []
  return [...stale.map((post) => `stale: ${idIn(post)}`), ...twice.map((one) => `twice: ${one}`)]
}

/** A delivery has used up no more automatic attempts than requests were begun for it. */
export function A4(evidence: Evidence): string[] {
  const wrong = evidence.deliveries.filter((row) => {
    const automatic = evidence.postsOf(String(row['id'])).filter((post) => !isManual(post))
    return Number(row['attempt_count']) > automatic.length
  })
  return wrong.map((row) => `${row['id']} used up more attempts than it made`)
}

/**
 * By the clock of its own consumer, an automatic retry starts at `next_attempt_at` or later, but for a
 * second; and that instant is the schedule's wait after the attempt before it had ended, within the
 * jitter, or what the receiver asked for.
 */
export function A5(evidence: Evidence): string[] {
  const early = evidence.run.history.posts.filter((post) => {
    const row = evidence.rowAt('deliveries', idIn(post), post.readTx)
    if (!row || isManual(post) || row['attempt_count'] === 0) return false
    return post.at + post.actor.skewMs < Number(row['next_attempt_at']) - EARLY_TOLERANCE_MS
  })
  const misplanned = evidence.changesOf('deliveries').filter((step) => {
    const post = isOutcome(step) && step.row['status'] === 'pending' && evidence.postBehind(step)
    return post && !isInPlan(evidence, step, post)
  })
  return [
    ...early.map((post) => `early: ${idIn(post)}`),
    ...misplanned.map(({ id, row }) => `wait of ${id} after attempt ${row['attempt_count']}`),
  ]
}

/**
 * Whatever a consumer changed of a delivery's state, it changed from a version that it holds a message
 * of, or by a success of the current schedule, and raised the version by one. Else it changed nothing
 * but the log, the answer that is shown along with it, and `sweep_at`; and of what is stopped, when it is due.
 */
export function A6(evidence: Evidence): string[] {
  const stale = evidence.changesOf('deliveries').filter((step) => {
    const { before, row, actor, id } = step
    if (!isRecorder(actor) || !before || isOfOrder(evidence, step)) return false
    const isSame = (name: string): boolean => before[name] === row[name]
    const isDueLater = row['sweep_at'] === row['next_attempt_at']
    const { url } = row
    const hasRested = isStopped(evidence, url, step.tx) || wasCrowded(evidence, url, step.tx)
    const isPostponed = isDueLater && hasRested
    if (STATE.every((name) => isSame(name) || (isPostponed && name === 'next_attempt_at')))
      return !isSame('version') || (isSame('attempts') && !SHOWN.every(isSame))
    const isHeld = evidence
      .membersOf(step)
      .some(({ actor: { messages } }) =>
        messages.some((one) => one.id === id && one.version === before['version']),
      )
    const isCurrent = isHeld || isLateSuccess(evidence, step)
    return !isCurrent || row['version'] !== Number(before['version']) + 1
  })
  return stale.map(({ id, actor }) => `${actor.name} changed ${id} with a stale outcome`)
}

/**
 * A delivery becomes delivered by an attempt that got 200–299, and by no other; and by each that did
 * while it was pending, unless a redelivery was asked for since. No redirect is followed.
 */
export function A7(evidence: Evidence): string[] {
  const { posts } = evidence.run.history
  const changes = evidence.changesOf('deliveries')
  const wrong = changes.filter((step) => {
    if (!isOutcome(step)) return false
    return (step.row['status'] === 'delivered') !== isSuccess(evidence.postBehind(step))
  })
  const thrownAway = changes.filter((step) => {
    if (!isLogged(step) || isOutcome(step) || step.before?.['status'] !== 'pending') return false
    const post = evidence.postBehind(step)
    return isSuccess(post) && !isRedeliveredSince(evidence, step, post)
  })
  const followed = posts.filter(
    ({ url, redirect }) => url === REDIRECT_URL || redirect !== 'manual',
  )
  return [
    ...wrong.map(({ id }) => `wrong verdict: ${id}`),
    ...thrownAway.map(({ id }) => `a success was thrown away: ${id}`),
    ...followed.map(({ url }) => `followed: ${url}`),
  ]
}

/** No automatic request is made from a read at which the delivery was delivered, or exhausted. */
export function A8(evidence: Evidence): string[] {
  const late = evidence.run.history.posts.filter((post) => {
    const row = evidence.rowAt('deliveries', idIn(post), post.readTx)
    return !isManual(post) && row?.['status'] !== 'pending'
  })
  return late.map((post) => `${idIn(post)} was over`)
}

/** Whether a change has a delivery wait for another, with which it is stored, or go on because that is over. */
function isOfOrder(evidence: Evidence, step: Step): boolean {
  return isLetGo(evidence, step) || evidence.statesOf('deliveries', step.id)[0]?.tx === step.tx
}

/** Whether a change is the outcome of an attempt, in time. */
function isOutcome({ actor, before, row }: Step): boolean {
  return isRecorder(actor) && before !== undefined && before['version'] !== row['version']
}

/** A consumer added an entry to the log. */
function isLogged({ actor, before, row }: Step): boolean {
  return isRecorder(actor) && before !== undefined && before['attempts'] !== row['attempts']
}

function isSuccess(post: Post | undefined): boolean {
  const status = post?.answered?.status ?? 0
  return status >= 200 && status <= 299
}

/** A success of the current schedule, brought by a consumer that had read an earlier version. */
function isLateSuccess(evidence: Evidence, step: Step): boolean {
  const post = evidence.postBehind(step)
  return isSuccess(post) && !isRedeliveredSince(evidence, step, post)
}

/** A redelivery was asked for after the attempt's delivery had been read. */
function isRedeliveredSince(
  evidence: Evidence,
  { id, row }: Step,
  post: Post | undefined,
): boolean {
  const read = post && evidence.rowAt('deliveries', id, post.readTx)
  return read?.['manual_retry_count'] !== row['manual_retry_count']
}

/** What ends a delivery without an attempt, by what is said of it then. */
const ENDED_BY: Record<string, string> = {
  'endpoint deleted': 'deletion',
  discarded: 'discard',
  'payload deleted': 'payload_deletion',
}

/** What an entry must say that was logged with this change. */
function supersederIn(evidence: Evidence, step: Step): string | undefined {
  if (isOutcome(step)) return undefined
  if (isRedeliveredSince(evidence, step, evidence.postBehind(step))) return 'redelivery'
  const { last_error: error, status } = step.row
  if (status !== 'exhausted') return 'attempt'
  return ENDED_BY[String(error)] ?? 'attempt'
}

/** The entry that was logged with this change; undefined when the delivery was pruned since. */
function entryOf(evidence: Evidence, { id, row }: Step): NumberedEntry | undefined {
  const delivery = evidence.deliveries.find((one) => one['id'] === id)
  return delivery && evidence.logOf(delivery)[Number(row['attempts']) - 1]
}

/** The entry shows the request as it was sent, but for the end of each signature. */
function isEntryOf(entry: NumberedEntry, post: Post): boolean {
  const logged = entry.request?.headers ?? {}
  const isSent = Object.entries(post.headers).every(([name, value]) =>
    /signature$/i.test(name)
      ? value.startsWith(logged[name]?.split('…')[0] ?? '-')
      : logged[name] === (name === OWN_HEADER ? `…${value.slice(-4)}` : value),
  )
  return entry.started_at === startOf(post) && isSent
}

function isInPlan(evidence: Evidence, { before, row }: Step, post: Post): boolean {
  const { waits } = evidence.run.schedule
  const endedAt = (post.answered?.at ?? post.at) + post.actor.skewMs
  const place = isManual(post) ? 1 : Number(row['attempt_count'])
  const waitMs = (waits[place - 1] ?? 0) * 1000
  const plannedMs = Number(row['next_attempt_at']) - endedAt
  if (plannedMs < waitMs * (1 - JITTER) - 1) return false
  const resumeMs = Number(before?.['resume_at'] ?? 0) - endedAt
  const lastWaitMs = (waits[Math.max(Number(row['attempt_count']), 1) - 1] ?? 0) * 1000
  const longestMs = Math.max(lastWaitMs * (1 + JITTER), resumeMs, waitMs * (1 + JITTER))
  return (
    plannedMs <= Math.max(longestMs, post.answered?.status === 429 ? RETRY_AFTER_S * 1000 : 0) + 1
  )
}
