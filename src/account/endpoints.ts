// Endpoints as both doors use them: created with a secret that is shown once, and given a new one.
import {
  createEndpoint,
  readKeptEndpoint,
  rotateEndpointSecret,
  type Endpoint,
  type KeptEndpoint,
} from '../db/account/endpoints.ts'
import type { Actor } from '../db/audit.ts'
import { findFirst, once, type Idempotency, type Once } from '../db/idempotency.ts'
import { newId } from '../db/ids.ts'
import { deleteEndpoint } from '../db/lifecycle/delete-endpoint.ts'
import { openSecret } from '../delivery/attempt/open-secret.ts'
import { AppError, notFound } from '../errors.ts'
import type { World } from '../world.ts'
import { makeSecret } from './secrets.ts'

/** What a customer says of a new endpoint; its URL has passed `findRefusal`. */
export type WantedEndpoint = Pick<Endpoint, 'url' | 'description' | 'enabledEvents'>

/** An endpoint and its newest secret in plain text, which is shown this once. */
export type WithSecret = { endpoint: Endpoint; plaintext: string }

/**
 * What an earlier request with this key was answered, or undefined while the key is free. It is asked
 * before the world outside is, which may answer otherwise by now.
 * @throws AppError `idempotency_key_reused`.
 */
export async function findAdded(
  world: World,
  idempotency: Idempotency | undefined,
): Promise<Once<WithSecret> | undefined> {
  const first = await findFirst(world.store, idempotency, world.now(), readKeptEndpoint)
  return first && { answer: await openKept(world, first), isRepeated: true }
}

/**
 * Creates an endpoint. The same Idempotency-Key and request answer the same, secret included.
 * @throws AppError `endpoint_limit_reached`, `idempotency_key_reused`.
 */
export async function addEndpoint(
  world: World,
  actor: Actor,
  wanted: WantedEndpoint,
  idempotency: Idempotency | undefined,
): Promise<Once<WithSecret>> {
  const endpoint = toNewEndpoint(actor.orgId, wanted, world.now())
  const { secret, plaintext } = await makeSecret(world, actor.orgId, endpoint.id)
  const db = world.store.of(actor.orgId)
  const made = await createEndpoint(db, actor, endpoint, secret, idempotency)
  const answerAgain = (kept: KeptEndpoint) => openKept(world, kept)
  return once(made.first, answerAgain, () => {
    if (!made.endpoint) throw new AppError('endpoint_limit_reached')
    return { endpoint, plaintext }
  })
}

/** Deletes an endpoint; its pending deliveries end with it. @throws AppError `not_found`. */
export async function removeEndpoint(
  { store, now }: Pick<World, 'store' | 'now'>,
  actor: Actor,
  id: string,
): Promise<void> {
  const isDeleted = await deleteEndpoint(store.of(actor.orgId), actor, id, now())
  if (!isDeleted) throw notFound('endpoint')
}

/**
 * Gives an endpoint a new secret; the ones before it go on signing for `overlapMs`. The same
 * Idempotency-Key and request answer the same secret.
 * @throws AppError `not_found`, `too_many_live_secrets`, `idempotency_key_reused`.
 */
export async function replaceSecret(
  world: World,
  actor: Actor,
  id: string,
  { overlapMs, idempotency }: { overlapMs: number; idempotency?: Idempotency | undefined },
): Promise<Once<WithSecret>> {
  const { secret, plaintext } = await makeSecret(world, actor.orgId, id)
  const db = world.store.of(actor.orgId)
  const rotation = { now: world.now(), overlapMs, idempotency }
  const { endpoint, isRotated, first } = await rotateEndpointSecret(db, actor, id, secret, rotation)
  const answerAgain = (kept: KeptEndpoint) => openKept(world, kept)
  return once(first, answerAgain, () => {
    if (!endpoint) throw notFound('endpoint')
    if (!isRotated) throw new AppError('too_many_live_secrets')
    return { endpoint, plaintext }
  })
}

/** The secret is kept, too, sealed, so that the first answer can be given again whole. */
async function openKept(world: World, { endpoint, secret }: KeptEndpoint): Promise<WithSecret> {
  const { orgId, id: ownerId } = endpoint
  return { endpoint, plaintext: await openSecret(world, { orgId, ownerId, ...secret }) }
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
    sweepAt: null,
    unwellSince: null,
    pace: null,
    health: 'well',
    createdAt: now,
    updatedAt: now,
  }
}
