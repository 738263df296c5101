// S1–S5: the states of a delivery, and what a redelivery does.
import type { NumberedEntry } from '../../../src/delivery/attempt/log.ts'
import type { Actor, ClientCall, Row } from '../world/history.ts'
import { isControl, isStart } from '../world/range-acts.ts'
import {
  askerOf,
  countAutomatic,
  isClosed,
  isManual,
  isIntake,
  isRecorder,
  isRedeliver,
  isStepping,
  nameOf,
  type Evidence,
  type Step,
} from './evidence.ts'
import { isLeftToNobody } from './records.ts'

/** The answers that say no. After a 5xx, or none, it is not known what was done. */
const REFUSALS = new Set([
  'not_found',
  'endpoint_disabled',
  'endpoint_deleted',
  'payload_deleted',
  'redeliver_limit_reached',
  'idempotency_key_reused',
  'rate_limited',
  'too_many_replays',
  'replay_not_running',
  'replay_not_paused',
  'replay_is_over',
])

/**
 * A delivery begins pending, with its event, or made by a replay. Then an attempt may deliver or exhaust it, or leave it
 * pending; the sweep, a delete, a discard and a deletion of its payload may end it as exhausted; a redelivery makes it pending from anywhere.
 */
export function S1(evidence: Evidence): string[] {
  const wrong = evidence.changesOf('deliveries').filter((step) => !isAllowed(step))
  return wrong.map(
    ({ id, actor, before, row }) =>
      `${actor.name} took ${id} from ${before?.['status']} to ${row['status']}`,
  )
}

/** What is delivered becomes something else by a redelivery alone, which counts itself. */
export function S2(evidence: Evidence): string[] {
  const left = evidence.changesOf('deliveries').filter(({ before, row, actor }) => {
    if (before?.['status'] !== 'delivered' || row['status'] === 'delivered') return false
    const isAsked = askerOf(actor) !== undefined
    return !isAsked || row['manual_retry_count'] === before['manual_retry_count']
  })
  return left.map(({ id, actor }) => `${id} was delivered until ${actor.name}`)
}

/** What was refused, a redelivery above all, has changed no row of any table, by any of its repetitions. */
export function S3(evidence: Evidence): string[] {
  const refused = evidence.run.history.calls.filter(
    ({ actor, error }) =>
      (isRedeliver(actor) || isOfReplay(actor)) && error && REFUSALS.has(error.code),
  )
  return refused.flatMap(({ actor, error }) =>
    evidence.steps
      .filter((step) => step.actor === actor)
      .map(({ kind }) => `${actor.name}: ${error?.code}, but it changed ${kind}`),
  )
}

/**
 * `attempt_count` is the number of automatic attempts in the log that no redelivery overtook;
 * `manual_retry_count` the number of redeliveries that were carried out, each once, however often it was
 * repeated; `delivered_at` is set by the first success and never moves. The answer shown is that of the
 * attempt that started last, or that has changed the delivery since.
 */
export function S4(evidence: Evidence): string[] {
  return evidence.deliveries.flatMap((row) => {
    const states = evidence.statesOf('deliveries', String(row['id']))
    const redeliveries = redeliveriesIn(evidence, states)
    const firstAt =
      states.find((one) => one.row['status'] === 'delivered')?.row['delivered_at'] ?? null
    const {
      id,
      attempt_count: attempts,
      manual_retry_count: manual,
      delivered_at: deliveredAt,
    } = row
    return [
      ...(attempts === countAutomatic(evidence, row)
        ? []
        : [`attempt_count of ${id} is ${attempts}`]),
      ...(manual === redeliveries.size ? [] : [`manual_retry_count of ${id} is ${manual}`]),
      ...(deliveredAt === firstAt ? [] : [`delivered_at of ${id} moved`]),
      ...(isShown(evidence.logOf(row), row) ? [] : [`${id} shows another answer`]),
    ]
  })
}

/**
 * After a redelivery was stored, the next request read from then on is a manual one; and there is one,
 * unless the endpoint is disabled or deleted by the end, or nobody listens to it, or the delivery could never be
 * processed, was discarded, or its payload was deleted.
 */
export function S5(evidence: Evidence): string[] {
  const asked = evidence.changesOf('deliveries').filter(({ actor }) => askerOf(actor) !== undefined)
  return asked.flatMap(({ id, tx, actor, row }) => {
    const next = evidence.postsOf(id).find((post) => post.readTx >= tx)
    if (next) return isManual(next) ? [] : [`${actor.name} was followed by an automatic attempt`]
    const isExcused =
      isClosed(evidence.rowAt('endpoints', row['endpoint_id'], Infinity)) ||
      isLeftToNobody(evidence, row) ||
      ['could not be processed', 'discarded', 'payload deleted'].includes(
        String(evidence.rowAt('deliveries', id, Infinity)?.['last_error']),
      )
    return isExcused ? [] : [`${actor.name} was followed by no attempt`]
  })
}

/** What is said of a delivery that ended without an attempt, which stays. */
const ENDED = new Set<unknown>([
  'endpoint deleted',
  'could not be processed',
  'discarded',
  'payload deleted',
])

function isShown(log: NumberedEntry[], delivery: Row): boolean {
  const shown = log.findLast(
    ({ superseded, started_at: at }, place) =>
      !superseded || log.slice(0, place).every(({ started_at: before }) => before < at),
  )
  const isStatus = delivery['last_response_status'] === (shown?.response?.status ?? null)
  const isError = !shown?.error || delivery['last_error'] === shown.error.message
  return isStatus && (isError || ENDED.has(delivery['last_error']))
}

function isAllowed({ before, row, actor }: Step): boolean {
  const to = row['status']
  if (!before) return to === 'pending' && (isIntake(actor) || isStepping(actor))
  if (askerOf(actor) !== undefined) return to === 'pending'
  if (before['status'] !== 'pending') return to === before['status']
  if (isRecorder(actor)) return true
  const enders = ['sweep', 'delete', 'discard', 'forget']
  return to === 'pending' || (to === 'exhausted' && enders.includes(nameOf(actor)))
}

/** Whether a process is a call that starts a replay, or controls one. */
function isOfReplay(actor: Actor): boolean {
  return isStart(nameOf(actor)) || isControl(nameOf(actor))
}

/** The redeliveries carried out: by intention where they had a key, else by call; a replay's is one. */
function redeliveriesIn(evidence: Evidence, states: Step[]): Set<string> {
  const calls = evidence.run.history.calls
  const callOf = (step: Step): ClientCall | undefined =>
    calls.find(({ actor }) => actor === step.actor)
  const made = states.filter(({ actor }) => isRedeliver(actor)).map(callOf)
  const replayed = states.flatMap(({ actor }) => actor.step?.replayId ?? [])
  return new Set([...made.map((call) => call?.key ?? call?.actor.name ?? ''), ...replayed])
}
