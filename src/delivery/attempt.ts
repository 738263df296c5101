// One attempt at one delivery: signed, sent, decided, and put into words for the log.
import type { AttemptRecord, DeliveryToSend } from '../db/attempts.ts'
import { newId } from '../db/ids.ts'
import { composeBody, composeHeaders } from '../webhook/request.ts'
import { signWebhook } from '../webhook/signature.ts'
import { decide } from './decide.ts'
import type { Engine } from './engine.ts'
import { explain, isSuccess, type Outcome } from './outcome.ts'
import { send } from './send.ts'

/**
 * Makes one attempt. The only exceptions are our own faults before anything was sent: a secret that
 * does not decrypt, or none at all (A4: such a fault uses up no attempt).
 */
export async function attempt(engine: Engine, delivery: DeliveryToSend): Promise<AttemptRecord> {
  const startedAt = engine.now()
  const body = composeBody({ ...delivery, type: delivery.eventType })
  const headers = await signedHeaders(engine, delivery, body, Math.floor(startedAt / 1000))
  const { attemptTimeoutMs: timeoutMs } = engine.config
  const outcome = await send({ url: delivery.url, headers, body, timeoutMs }, engine)
  const finishedAt = engine.now()
  const attempted = { ...delivery, isManual: delivery.isManual === 1 }
  const decision = decide(attempted, outcome, finishedAt, engine.random(), engine.config)
  const error = explain(outcome)
  const attemptId = newId(startedAt)
  logAttempt(engine, delivery, outcome, decision.status)
  return {
    orgId: delivery.orgId,
    id: delivery.id,
    version: delivery.version,
    attemptId,
    attempt: toLogEntry(attemptId, delivery, startedAt, headers, outcome),
    ...decision,
    error: error && error.message,
    responseStatus: outcome.kind === 'response' ? outcome.status : null,
  }
}

async function signedHeaders(
  engine: Engine,
  delivery: DeliveryToSend,
  body: string,
  timestampS: number,
): Promise<Record<string, string>> {
  const secrets = await openSecrets(engine, delivery)
  const signature = await signWebhook({ id: delivery.id, timestampS, body, secrets })
  return composeHeaders({
    prefix: engine.config.headerPrefix,
    id: delivery.id,
    type: delivery.eventType,
    callId: delivery.callId,
    timestampS,
    signature,
    attempt: delivery.attemptsMade + 1,
    isManual: delivery.isManual === 1,
  })
}

function openSecrets({ vault }: Engine, delivery: DeliveryToSend): Promise<string[]> {
  const { orgId, endpointId } = delivery
  // The query that read it makes exactly this: pairs of id and sealed secret.
  const sealed = JSON.parse(delivery.secrets) as [id: string, sealed: string][]
  return Promise.all(
    sealed.map(([secretId, text]) =>
      vault.unseal(text, { orgId, ownerId: endpointId ?? orgId, secretId }),
    ),
  )
}

/** The attempt as `attempts[]` shows it. Signatures are shortened: a log must not let anyone replay. */
function toLogEntry(
  id: string,
  delivery: DeliveryToSend,
  startedAt: number,
  headers: Record<string, string>,
  outcome: Outcome,
): Record<string, unknown> {
  return {
    id,
    trigger: delivery.isManual ? 'manual' : 'automatic',
    started_at: new Date(startedAt).toISOString(),
    duration_ms: outcome.durationMs,
    error: explain(outcome),
    request: { headers: shortenSignatures(headers) },
    ...(outcome.kind === 'response' && {
      headers_ms: outcome.headersMs,
      response: { status: outcome.status, headers: outcome.headers, body: outcome.body },
    }),
  }
}

function shortenSignatures(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      /signature$/i.test(name) ? value.replaceAll(/(v1[=,][\w+/]{8})[\w+/=]+/g, '$1…') : value,
    ]),
  )
}

function logAttempt(
  engine: Engine,
  delivery: DeliveryToSend,
  outcome: Outcome,
  status: AttemptRecord['status'],
): void {
  engine.log({
    event: 'attempt',
    delivery_id: delivery.id,
    org_id: delivery.orgId,
    endpoint_id: delivery.endpointId,
    number: delivery.attemptsMade + 1,
    trigger: delivery.isManual ? 'manual' : 'automatic',
    outcome: isSuccess(outcome) ? 'success' : (explain(outcome)?.kind ?? null),
    response_status: outcome.kind === 'response' ? outcome.status : null,
    duration_ms: outcome.durationMs,
    status,
  })
}
