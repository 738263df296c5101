// What the operator's log says of attempts: each that failed or was by hand, and how many others succeeded.
import type { AttemptRecord } from '../../db/lifecycle/record.ts'
import type { Success, World } from '../../world.ts'
import type { Attempted } from './conclude.ts'
import { answerOf, explain, isSuccess, type Outcome } from '../send/outcome.ts'
import { traceIdOf } from '../../webhook/trace-context.ts'

/**
 * Counts an attempt, and logs it in a line of its own, unless it is an automatic success: these are nearly all, a line is
 * billed, and where each of them went is in the database.
 */
export function logAttempt(
  { isolate, log }: Pick<World, 'isolate' | 'log'>,
  delivery: Attempted,
  outcome: Outcome,
  status: AttemptRecord['status'],
): void {
  const came = isSuccess(outcome) ? 'success' : (explain(outcome)?.kind ?? null)
  isolate.meters.count('attempts_total', { outcome: String(came) })
  isolate.meters.time(outcome.durationMs)
  if (isSuccess(outcome) && !delivery.isManual) return
  log({
    event: 'attempt',
    delivery_id: delivery.id,
    copied_by: delivery.copiedBy,
    org_id: delivery.orgId,
    endpoint_id: delivery.endpointId,
    number: delivery.attemptsMade + 1,
    trigger: delivery.isManual ? 'manual' : 'automatic',
    outcome: came,
    response_status: answerOf(outcome)?.status ?? null,
    duration_ms: outcome.durationMs,
    status,
    ...(delivery.trace && { trace_id: traceIdOf(delivery.trace) }),
  })
}

/** What is asked of an attempt that ended. */
export type Noted = Success & Pick<AttemptRecord, 'status' | 'isManual'>

/** A line tells of so many successes, and is due so many ms after the first of them. */
const DUE = { successes: 100, ms: 10_000 }

/**
 * Notes the attempts that have no line of their own. They share one over all of an isolate's invocations:
 * when nearly each is a request's only one, a line for each would cost half of what storing it does.
 */
export function noteSuccesses(
  world: Pick<World, 'isolate' | 'log' | 'now'>,
  attempts: Noted[],
): void {
  const { untold } = world.isolate
  for (const { orgId, endpointId, durationMs, status, isManual } of attempts) {
    if (status !== 'delivered' || isManual) continue
    if (untold.successes.length === 0) untold.since = world.now()
    // Not all of it, which would hold on to its entry of the log.
    untold.successes.push({ orgId, endpointId, durationMs })
  }
  tellWhenDue(world)
}

/**
 * Tells of the successes that were noted, if it is time to: any invocation of the isolate does, whichever
 * is the next. A timer would have to keep one going. What an isolate that ends has not told is a number.
 */
export function tellWhenDue({ isolate, log, now }: Pick<World, 'isolate' | 'log' | 'now'>): void {
  const { successes, since } = isolate.untold
  const overMs = now() - since
  if (successes.length < DUE.successes && (successes.length === 0 || overMs < DUE.ms)) return
  isolate.untold.successes = []
  const durations = successes.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b)
  log({
    event: 'attempts_succeeded',
    count: successes.length,
    over_ms: overMs,
    orgs: new Set(successes.map(({ orgId }) => orgId)).size,
    endpoints: new Set(successes.map(({ endpointId }) => endpointId)).size,
    p50_ms: durations[Math.floor((durations.length - 1) / 2)],
    max_ms: durations.at(-1),
  })
}
