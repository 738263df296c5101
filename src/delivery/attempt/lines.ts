// What the operator's log says of attempts: each that failed or was by hand, and how many others succeeded.
import type { DeliveryToSend } from '../../db/lifecycle/consume.ts'
import type { AttemptRecord } from '../../db/lifecycle/record.ts'
import type { Lane, World } from '../../world.ts'
import { answerOf, explain, isSuccess, type Outcome } from '../send/outcome.ts'

/**
 * Logs an attempt in a line of its own, unless it is an automatic success: these are nearly all, a line is
 * billed, and where each of them went is in the database.
 */
export function logAttempt(
  { log }: Pick<World, 'log'>,
  delivery: DeliveryToSend,
  outcome: Outcome,
  status: AttemptRecord['status'],
): void {
  if (isSuccess(outcome) && !delivery.isManual) return
  log({
    event: 'attempt',
    delivery_id: delivery.id,
    org_id: delivery.orgId,
    endpoint_id: delivery.endpointId,
    number: delivery.attemptsMade + 1,
    trigger: delivery.isManual ? 'manual' : 'automatic',
    outcome: isSuccess(outcome) ? 'success' : (explain(outcome)?.kind ?? null),
    response_status: answerOf(outcome)?.status ?? null,
    duration_ms: outcome.durationMs,
    status,
  })
}

/** What the line of a set says, or asks, of one of its attempts. */
export type Success = Pick<
  AttemptRecord,
  'orgId' | 'endpointId' | 'status' | 'isManual' | 'durationMs'
>

/** Logs the attempts of a set that have no line of their own, in one; none where there is none. */
export function logSuccesses({ log }: Pick<World, 'log'>, lane: Lane, attempts: Success[]): void {
  const successes = attempts.filter(({ status, isManual }) => status === 'delivered' && !isManual)
  if (successes.length === 0) return
  const durations = successes.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b)
  log({
    event: 'attempts_succeeded',
    lane,
    count: successes.length,
    orgs: new Set(successes.map(({ orgId }) => orgId)).size,
    endpoints: new Set(successes.map(({ endpointId }) => endpointId)).size,
    p50_ms: durations[Math.floor((durations.length - 1) / 2)],
    max_ms: durations.at(-1),
  })
}
