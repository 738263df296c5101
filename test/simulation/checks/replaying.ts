// Y1–Y5: what a replay of a range redelivers, when, and how it ends.
import { lowestIdAt } from '../../../src/db/ids.ts'
import { isHeld } from '../model/replaying.ts'
import { OVERDUE_MS } from '../model/rules.ts'
import type { Row } from '../world/history.ts'
import { isStart } from '../world/range-acts.ts'
import { copiedBy, isCopying, oneOf } from './copied.ts'
import {
  isClosed,
  isDeleted,
  isForgotten,
  isStepping,
  nameOf,
  type Evidence,
  type Step,
} from './evidence.ts'
import { wasPaused } from './stopping.ts'

/** Two ticks of the cron. */
const CRON_MS = 120_000

/** What calls of a run by chance may take, beside what the faults take. */
const SLACK_MS = 15_000

/** Where nothing goes wrong a step is made within so long after it is due: queues count in seconds. */
const PROMPT_MS = 3000

/** A step is due at the latest so long after the one before. */
const LONGEST_STEP_MS = 10_000

/** A replay: its states, what its steps have redelivered or copied, and from which endpoints it does not. */
type Replaying = {
  id: string
  start: Step
  states: Step[]
  moved: Step[]
  createdAt: number
  isShut: (endpoint: Row | undefined) => boolean
}

function replaysIn(evidence: Evidence): Replaying[] {
  const starts = evidence.changesOf('replays').filter(({ before }) => !before)
  return starts.map((start) => ({
    id: start.id,
    start,
    states: evidence.statesOf('replays', start.id),
    moved: isCopying(start.row) ? copiedBy(evidence, start.id) : movedBy(evidence, start.id),
    createdAt: Number(start.row['created_at']),
    isShut: isCopying(start.row) ? isDeleted : isClosed,
  }))
}

function movedBy(evidence: Evidence, replayId: string): Step[] {
  return evidence
    .changesOf('deliveries')
    .filter(({ actor }) => isStepping(actor) && actor.step?.replayId === replayId)
}

/**
 * A replay redelivers each delivery of its set once, and none twice. When it is completed, those that it has not
 * redelivered have changed since its start, their endpoint was closed or their payload deleted meanwhile; its parts say how many it has.
 * Asked for again with its Idempotency-Key, it is the same replay.
 */
export function Y1(evidence: Evidence): string[] {
  return [
    ...startedTwice(evidence),
    ...replaysIn(evidence).flatMap((replay) => {
      const ids = replay.moved.map(({ id }) => id)
      const twice = ids.filter((id, place) => ids.indexOf(id) < place)
      const isCompleted = replay.states.at(-1)?.row['status'] === 'completed'
      const left = isCompleted ? passedOver(evidence, replay) : []
      return twice
        .map((id) => `${id} was redelivered twice by ${replay.id}`)
        .concat(left.map((id) => `${id} was passed over by ${replay.id}`))
        .concat(miscounted(evidence, replay))
    }),
  ]
}

/**
 * A replay's set is fixed at its start: what it redelivers was created before, and had not changed since. By
 * stored instants: where clocks differ, it is what rows and ids say that counts, by whichever clock that was.
 */
export function Y2(evidence: Evidence): string[] {
  const ofRanges = replaysIn(evidence).filter(({ start }) => oneOf(start.row) === undefined)
  return ofRanges.flatMap(({ id, moved, createdAt }) =>
    moved
      .filter(({ before }) => before && !isInSet(before, createdAt))
      .map((step) => `${step.id} is not of the set of ${id}`),
  )
}

/** A replay redelivers nothing of an endpoint that is disabled or deleted, and copies nothing of one that is deleted. */
export function Y3(evidence: Evidence): string[] {
  return replaysIn(evidence).flatMap(({ id, moved, isShut }) =>
    moved
      .filter(({ row, tx }) => isShut(evidence.rowAt('endpoints', row['endpoint_id'], tx - 1)))
      .map((step) => `${id} redelivered ${step.id}, whose endpoint is closed`),
  )
}

/**
 * From one delivery of a replay to the next it is as long as its rate says, whatever was lost, late or double; a
 * person who resumes it begins anew. None is due before its step was made: lost time is not made up for.
 */
export function Y4(evidence: Evidence): string[] {
  return replaysIn(evidence).flatMap(({ id, moved, states }) => {
    const due = moved.toSorted((a, b) => dueAt(a) - dueAt(b))
    const early = moved.filter((step) => dueAt(step) < step.actor.startAt + step.actor.skewMs)
    const tight = due.filter((step, place) => {
      const last = due[place - 1]
      if (!last || hasResumed(states, last.tx, step.tx)) return false
      const rate = Number(evidence.rowAt('replays', id, last.tx)?.['rate_per_second'])
      return dueAt(step) - dueAt(last) < Math.floor(1000 / rate)
    })
    return early
      .map((step) => `${step.id} is to make up for lost time of ${id}`)
      .concat(tight.map((step) => `${step.id} comes too soon for the rate of ${id}`))
  })
}

/**
 * What is not running redelivers nothing. What runs has a next step, soon, which is made when it is due, or brought
 * on by the cron a minute later; in the end a replay is over, or is paused: by a person, or because each endpoint
 * that is left is held.
 */
export function Y5(evidence: Evidence): string[] {
  return replaysIn(evidence).flatMap(({ id, moved, states }) => {
    const stopped = moved.filter(
      ({ tx, actor }) =>
        isStepping(actor) && evidence.rowAt('replays', id, tx - 1)?.['status'] !== 'running',
    )
    const late = states.filter((step, place) => isLate(evidence, step, states[place + 1]))
    const last = states.at(-1)
    const isOver = last && (isFinal(last.row) || isRightlyPaused(evidence, states))
    return stopped
      .map((step) => `${id} redelivered ${step.id} though it was not running`)
      .concat(late.map(({ row }) => `step ${row['step']} of ${id} is never due, or was late`))
      .concat(isOver ? [] : `${id} is left ${last?.row['status']}`)
  })
}

function startedTwice(evidence: Evidence): string[] {
  const calls = evidence.run.history.calls.filter(({ action }) => isStart(action))
  const starts = evidence.changesOf('replays').filter(({ before }) => !before)
  const intentions = Map.groupBy(calls, ({ intention }) => intention)
  return [...intentions.values()].flatMap((some) => {
    const [made, ...others] = starts.filter(({ actor }) =>
      some.some((call) => call.actor === actor),
    )
    const named = some.flatMap(({ answer }) => {
      // A start answers its replay, and that of one delivery names it.
      const { id, replayId = id } = (answer?.value ?? {}) as { id?: string; replayId?: string }
      return replayId ?? []
    })
    const isOne = others.length === 0 && named.every((id) => id === made?.id)
    return isOne ? [] : [`${some[0]?.intention} started ${named.join()}`]
  })
}

/** Whether a delivery, as its row and its id say, is of the set of a replay that was started then. */
export function isInSet(row: Row, createdAt: number): boolean {
  return String(row['id']) < lowestIdAt(createdAt) && Number(row['updated_at']) < createdAt
}

/** Of the set, what was left out though nothing is said against it: not even that it was pruned. */
function passedOver(evidence: Evidence, replay: Replaying): string[] {
  const { start, states, moved, createdAt, isShut } = replay
  const until = states.at(-1)?.tx ?? 0
  const isMeanwhile = ({ tx }: Step): boolean => tx > start.tx && tx <= until
  const { deletions } = evidence.run.history
  const one = oneOf(start.row)
  return [...evidence.rowsAt('deliveries', start.tx)].flatMap(([id, row]) => {
    const endpointId = row['endpoint_id']
    const closings = evidence.statesOf('endpoints', String(endpointId)).filter(isMeanwhile)
    const isExcused =
      isForgotten(row) ||
      isShut(evidence.rowAt('endpoints', endpointId, start.tx)) ||
      closings.some((step) => isShut(step.row)) ||
      evidence.statesOf('deliveries', id).some(isMeanwhile) ||
      deletions.some((gone) => gone.kind === 'deliveries' && gone.id === id)
    const isMeant = one === undefined ? isInSet(row, createdAt) : one === id
    return isExcused || !isMeant || moved.some((step) => step.id === id) ? [] : [id]
  })
}

/** Each part counts what was redelivered of its endpoint, and what came of that at most once. */
function miscounted(evidence: Evidence, { id, moved }: Replaying): string[] {
  const parts = [...evidence.rowsAt('replay_parts', Infinity).values()]
  return parts.flatMap((part) => {
    if (part['replay_id'] !== id) return []
    const own = moved.filter(({ row }) => (row['endpoint_id'] ?? '') === part['endpoint_id'])
    const outcomes = Number(part['delivered']) + Number(part['failed'])
    const isRight = part['replayed'] === own.length && outcomes <= own.length
    return isRight ? [] : [`${id} counts ${part['replayed']} and ${outcomes}, not ${own.length}`]
  })
}

function dueAt({ row }: Step): number {
  return Number(row['next_attempt_at'])
}

function hasResumed(states: Step[], one: number, other: number): boolean {
  return states.some(
    ({ actor, tx }) =>
      nameOf(actor) === 'resume' && tx > Math.min(one, other) && tx < Math.max(one, other),
  )
}

/** Whether a state is not left in time for the next one, or says of no time when it will be. */
function isLate(evidence: Evidence, step: Step, next: Step | undefined): boolean {
  const { run } = evidence
  const { history, schedule, endAt } = run
  // It waits until it is let go on, and is brought on then.
  if (wasPaused(evidence, step.tx, next?.tx ?? history.tx)) return false
  const { row, before, at, now } = step
  const nextAt = row['next_step_at']
  if (typeof nextAt !== 'number') return row['status'] === 'running'
  const latest = Math.max(now, Number(before?.['next_step_at'] ?? 0)) + LONGEST_STEP_MS
  if (row['status'] !== 'running' || nextAt > latest) return true
  const [, consumer = 0, sweep = 0] = schedule.skew
  const behindMs = Math.max(0, -consumer, -sweep) * 1000
  const takenAt = next?.at ?? endAt
  const isCalm = history.faults === 0 && schedule.seed === 0 && schedule.databases === 1
  if (isCalm && behindMs === 0 && schedule.skew.every((one) => one === 0))
    return takenAt > Math.max(nextAt, at) + PROMPT_MS
  const due = Math.max(nextAt + behindMs, at, history.quietAt)
  return takenAt > due + OVERDUE_MS + CRON_MS + SLACK_MS
}

function isFinal({ status }: Row): boolean {
  return status === 'completed' || status === 'canceled'
}

function isRightlyPaused(evidence: Evidence, states: Step[]): boolean {
  const paused = states.findLast(({ before }) => before?.['status'] !== 'paused')
  if (paused?.row['status'] !== 'paused') return false
  if (nameOf(paused.actor) === 'pause') return true
  const parts = [...evidence.rowsAt('replay_parts', paused.tx).values()]
  const left = parts.filter((part) => part['replay_id'] === paused.id && part['is_over'] === 0)
  return left.length > 0 && left.every(isHeld)
}
