// What came of one attempt becomes its record: decided, told, and put into words for the log.
import type { DeliveryToSend } from '../../db/lifecycle/consume.ts'
import type { AttemptRecord } from '../../db/lifecycle/record.ts'
import { replayOf } from '../../db/lifecycle/replay-outcomes.ts'
import type { World } from '../../world.ts'
import { answerOf, explain, isSuccess, type Outcome } from '../send/outcome.ts'
import { decide } from './decide.ts'
import { logAttempt } from './lines.ts'
import { toLogEntry } from './log.ts'
import type { Prepared } from './prepare.ts'

/** What of a delivery, as it was when the attempt began, its record takes. */
export type Attempted = Pick<
  DeliveryToSend,
  | 'orgId'
  | 'id'
  | 'version'
  | 'copiedBy'
  | 'endpointId'
  | 'isManual'
  | 'manualRetryCount'
  | 'redeliveredBy'
  | 'attemptCount'
  | 'attemptsMade'
  | 'resumeAt'
  | 'trace'
  | 'isOrdered'
  | 'waitingFor'
>

/** An attempt as it was begun. */
export type Begun = Pick<Prepared, 'attemptId' | 'startedAt' | 'sent'>

/** The record of an attempt that has ended, by itself now (Unix ms). */
export function conclude(
  world: Pick<World, 'config' | 'isolate' | 'log' | 'now' | 'random'>,
  delivery: Attempted,
  { attemptId, sent }: Begun,
  outcome: Outcome,
  endedAt = world.now(),
): AttemptRecord {
  const { orgId, id, version, copiedBy, endpointId, isManual, manualRetryCount } = delivery
  const decision = decide(delivery, outcome, endedAt, world.random(), world.config)
  logAttempt(world, delivery, outcome, decision.status)
  const replayId = isManual ? replayOf(delivery.redeliveredBy) : undefined
  return {
    orgId,
    id,
    version,
    endpointId,
    attemptId,
    entry: JSON.stringify(toLogEntry(attemptId, delivery, { sent, outcome })),
    isManual,
    manualRetryCount,
    ...decision,
    durationMs: outcome.durationMs,
    endedAt,
    isWell: isSuccess(outcome),
    error: explain(outcome)?.message ?? null,
    responseStatus: answerOf(outcome)?.status ?? null,
    ...(replayId !== undefined && { replayId }),
    ...(copiedBy !== undefined && { copiedBy }),
    ...(delivery.isOrdered && { isOrdered: true }),
  }
}
