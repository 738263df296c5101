// One attempt at one delivery: signed, sent, decided, and put into words for the log.
import { newId } from '../../db/ids.ts'
import { loadCall, type DeliveryToSend } from '../../db/lifecycle/consume.ts'
import type { AttemptRecord } from '../../db/lifecycle/record.ts'
import { composeBody, composeHeaders } from '../../webhook/request.ts'
import { signWebhook } from '../../webhook/signature.ts'
import type { World } from '../../world.ts'
import { answerOf, explain, isSuccess, type Outcome } from '../send/outcome.ts'
import { findRefusal } from '../send/refusal.ts'
import { send } from '../send/send.ts'
import { decide } from './decide.ts'
import type { Keyring } from './keyring.ts'
import { toLogEntry, type Sent } from './log.ts'

/** An attempt that takes longer, in ms, is slow: its endpoint leaves the lane of the healthy. */
export const SLOW_MS = 1000

/**
 * Makes one attempt. The only exceptions are our own faults before anything was sent: a call that cannot
 * be read, a secret that does not decrypt, or none at all (A4: such a fault uses up no attempt).
 */
export async function attempt(
  world: World,
  keysOf: Keyring,
  delivery: DeliveryToSend,
): Promise<AttemptRecord> {
  const call = delivery.call ?? (await loadCall(world.store.of(delivery.orgId), delivery))
  const startedAt = world.now()
  const body = composeBody({ ...delivery, type: delivery.eventType, call })
  const keys = await keysOf(delivery)
  const timestampS = Math.floor(startedAt / 1000)
  const signature = await signWebhook({ id: delivery.id, timestampS, body, keys })
  const prefix = world.config.headerPrefix
  const sent = { prefix, timestampS, signature, attempt: delivery.attemptsMade + 1 }
  const outcome = await sendIfAllowed(world, delivery, toHeaders(delivery, sent), body)
  const finishedAt = world.now()
  const attempted = { ...delivery, isManual: delivery.isManual === 1 }
  const decision = decide(attempted, outcome, finishedAt, world.random(), world.config)
  const error = explain(outcome)
  const attemptId = newId(startedAt)
  logAttempt(world, delivery, outcome, decision.status)
  return {
    orgId: delivery.orgId,
    id: delivery.id,
    version: delivery.version,
    endpointId: delivery.endpointId,
    attemptId,
    entry: JSON.stringify(toLogEntry({ id: attemptId, delivery, startedAt, sent, outcome })),
    isManual: attempted.isManual,
    manualRetryCount: delivery.manualRetryCount,
    status: decision.status,
    nextAttemptAt: decision.nextAttemptAt,
    countsAsFailure: decision.countsAsFailure,
    isWell: isSuccess(outcome) && outcome.durationMs <= SLOW_MS,
    error: error && error.message,
    responseStatus: answerOf(outcome)?.status ?? null,
  }
}

function toHeaders(delivery: DeliveryToSend, sent: Sent): Record<string, string> {
  const { id, eventType: type, callId, isManual } = delivery
  return composeHeaders({ ...sent, id, type, callId, isManual: isManual === 1 })
}

/** The URL is judged again at each attempt: names change where they lead (X5). */
async function sendIfAllowed(
  world: World,
  { url, ownHosts }: DeliveryToSend,
  headers: Record<string, string>,
  body: string,
): Promise<Outcome> {
  const askedAt = world.now()
  // The query that read it makes exactly this.
  const message = await findRefusal(world, url, JSON.parse(ownHosts) as string[])
  if (message) return { kind: 'refused_target', message, durationMs: world.now() - askedAt }
  return send({ url, headers, body, timeoutMs: world.config.attemptTimeoutMs }, world)
}

function logAttempt(
  world: World,
  delivery: DeliveryToSend,
  outcome: Outcome,
  status: AttemptRecord['status'],
): void {
  world.log({
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
