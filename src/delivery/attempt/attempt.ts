// One attempt at one delivery: signed, sent, decided, and put into words for the log.
import { newId } from '../../db/ids.ts'
import { loadCall, type DeliveryToSend } from '../../db/lifecycle/consume.ts'
import type { AttemptRecord } from '../../db/lifecycle/record.ts'
import { explainFault } from '../../errors.ts'
import { composeBody, composeHeaders } from '../../webhook/request.ts'
import { signWebhook } from '../../webhook/signature.ts'
import type { World } from '../../world.ts'
import { answerOf, explain, isSuccess, type Outcome } from '../send/outcome.ts'
import { findRefusal, type TargetJudge } from '../send/refusal.ts'
import { send, type Sender } from '../send/send.ts'
import { decide, type Decision } from './decide.ts'
import type { Keyring } from './keyring.ts'
import { logAttempt } from './lines.ts'
import { toLogEntry, type Made } from './log.ts'
import { SLOW_MS } from './watch.ts'

/**
 * Makes one attempt. Undefined after a fault of ours, before anything was sent: a call that cannot be read,
 * a secret that does not decrypt, or none at all. It is logged, and uses up no attempt (A4). Never throws.
 */
export async function attempt(
  world: World,
  keysOf: Keyring,
  delivery: DeliveryToSend,
): Promise<AttemptRecord | undefined> {
  try {
    return await make(world, keysOf, delivery)
  } catch (error) {
    world.log({ event: 'attempt_faulted', delivery_id: delivery.id, error: explainFault(error) })
    return undefined
  }
}

async function make(
  world: World,
  keysOf: Keyring,
  delivery: DeliveryToSend,
): Promise<AttemptRecord> {
  const call = delivery.call ?? (await loadCall(world.store.of(delivery.orgId), delivery))
  const startedAt = world.now()
  const body = composeBody({ ...delivery, type: delivery.eventType, call })
  const keys = await keysOf(delivery.secrets)
  const timestampS = Math.floor(startedAt / 1000)
  const signature = await signWebhook({ id: delivery.id, timestampS, body, keys })
  const prefix = world.config.headerPrefix
  const sent = { prefix, timestampS, signature, attempt: delivery.attemptsMade + 1 }
  const headers = composeHeaders({ ...delivery, ...sent, type: delivery.eventType })
  const outcome = await sendIfAllowed(world, delivery, headers, body)
  const decision = decide(delivery, outcome, world.now(), world.random(), world.config)
  logAttempt(world, delivery, outcome, decision.status)
  return toRecord(delivery, { startedAt, sent, outcome }, decision)
}

/** The URL is judged again at each attempt: names change where they lead (X5). */
async function sendIfAllowed(
  world: TargetJudge & Sender,
  { url, ownHosts }: DeliveryToSend,
  headers: Record<string, string>,
  body: string,
): Promise<Outcome> {
  const askedAt = world.now()
  const message = await findRefusal(world, url, ownHosts)
  if (message) return { kind: 'refused_target', message, durationMs: world.now() - askedAt }
  return send({ url, headers, body, timeoutMs: world.config.attemptTimeoutMs }, world)
}

function toRecord(delivery: DeliveryToSend, made: Made, decision: Decision): AttemptRecord {
  const { orgId, id, version, endpointId, isManual, manualRetryCount } = delivery
  const { outcome } = made
  const attemptId = newId(made.startedAt)
  return {
    orgId,
    id,
    version,
    endpointId,
    attemptId,
    entry: JSON.stringify(toLogEntry(attemptId, delivery, made)),
    isManual,
    manualRetryCount,
    ...decision,
    durationMs: outcome.durationMs,
    isWell: isSuccess(outcome) && outcome.durationMs <= SLOW_MS,
    error: explain(outcome)?.message ?? null,
    responseStatus: answerOf(outcome)?.status ?? null,
  }
}
