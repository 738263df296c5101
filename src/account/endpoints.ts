// Endpoints as both doors use them: created with a secret that is shown once, and given a new one.
import type { Actor } from '../db/audit.ts'
import {
  createEndpoint,
  rotateEndpointSecret,
  type Endpoint,
  type FirstSecret,
} from '../db/account/endpoints.ts'
import { newId } from '../db/ids.ts'
import type { Idempotency } from '../delivery/accept.ts'
import type { Engine } from '../delivery/engine.ts'
import { openSecret } from '../delivery/secrets.ts'
import { AppError, notFound } from '../errors.ts'
import { makeSecret } from './secrets.ts'

/** Characters of a description, at most. */
export const MAX_DESCRIPTION = 1000

/** What a customer says of a new endpoint; its URL has passed `findRefusal`. */
export type WantedEndpoint = Pick<Endpoint, 'url' | 'description' | 'enabledEvents'>

/** An endpoint and its newest secret in plain text, which is shown this once. */
export type WithSecret = { endpoint: Endpoint; plaintext: string }

/**
 * Creates an endpoint. The same Idempotency-Key and request answer the same, secret included.
 * @throws AppError `endpoint_limit_reached`, `idempotency_key_reused`.
 */
export async function addEndpoint(
  engine: Engine,
  actor: Actor,
  wanted: WantedEndpoint,
  idempotency: Idempotency | undefined,
): Promise<WithSecret> {
  const endpoint = toNewEndpoint(actor.orgId, wanted, engine.now())
  const { secret, plaintext } = await makeSecret(engine, actor.orgId, endpoint.id)
  const request = idempotency && { ...idempotency, token: endpoint.id }
  const result = await createEndpoint(engine.db, actor, endpoint, secret, request)
  const { record } = result
  if (record && record.token !== endpoint.id) {
    const isSame = record.requestHash === idempotency?.requestHash
    if (!isSame) throw new AppError('idempotency_key_reused')
    return answerAgain(engine, record.snapshot)
  }
  if (!result.endpoint) throw new AppError('endpoint_limit_reached')
  return { endpoint, plaintext }
}

/**
 * Gives an endpoint a new secret; the ones before it go on signing for `overlapMs`.
 * @throws AppError `not_found`, `too_many_live_secrets`.
 */
export async function replaceSecret(
  engine: Engine,
  actor: Actor,
  id: string,
  overlapMs: number,
): Promise<WithSecret> {
  const { secret, plaintext } = await makeSecret(engine, actor.orgId, id)
  const timing = { now: engine.now(), overlapMs }
  const { endpoint, isRotated } = await rotateEndpointSecret(engine.db, actor, id, secret, timing)
  if (!endpoint) throw notFound('endpoint')
  if (!isRotated) throw new AppError('too_many_live_secrets')
  return { endpoint, plaintext }
}

/** The secret is kept sealed in the snapshot too, so that the first answer can be given again whole. */
async function answerAgain(engine: Engine, snapshot: string): Promise<WithSecret> {
  // createEndpoint wrote it from exactly these two.
  const { endpoint, secret } = JSON.parse(snapshot) as { endpoint: Endpoint; secret: FirstSecret }
  const { orgId, id: ownerId } = endpoint
  return { endpoint, plaintext: await openSecret(engine, { orgId, ownerId, ...secret }) }
}

function toNewEndpoint(orgId: string, wanted: WantedEndpoint, now: number): Endpoint {
  return {
    ...wanted,
    orgId,
    id: newId(now),
    status: 'enabled',
    disabledReason: null,
    disabledAt: null,
    consecutiveFailures: 0,
    backlogAt: null,
    unwellSince: null,
    pace: null,
    createdAt: now,
    updatedAt: now,
  }
}
