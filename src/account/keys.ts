// API keys as both doors use them: let in, issued.
import { createApiKey, parseApiKey } from '../credentials/api-key.ts'
import { digestOf, isSameDigest } from '../credentials/digest.ts'
import {
  createApiKey as storeApiKey,
  findApiKey,
  readKeptApiKey,
  revokeApiKey,
  touchApiKey,
  type ApiKey,
  type KeptApiKey,
  type PublicApiKey,
} from '../db/account/api-keys.ts'
import type { Actor } from '../db/audit.ts'
import { findFirstAnswer, firstAnswer, type Idempotency, type Once } from '../db/idempotency.ts'
import { newId } from '../db/ids.ts'
import { openSecret } from '../delivery/attempt/open-secret.ts'
import { notFound } from '../errors.ts'
import type { World } from '../world.ts'

/** `last_used_at` is as exact as this many ms: noting every use would cost a row written a request. */
const LAST_USE_GRAIN_MS = 3600 * 1000

/**
 * The row of a key that may be used now, in one indexed read, and none for a text that is no key at
 * all. The row is read anew on each call, so a revoked key fails on the next one (X4).
 */
export async function findLiveKey(
  world: World,
  key: string,
  pepper: string,
): Promise<ApiKey | undefined> {
  const parts = parseApiKey(key)
  if (!parts) return undefined
  const [stored, digest] = await Promise.all([
    findApiKey(world.store.shared, parts.publicId),
    digestOf(key, pepper),
  ])
  const now = world.now()
  if (!stored || !isSameDigest(stored.keyHash, digest) || !isLive(stored, now)) return undefined
  return noteUse(world, stored)
}

/** Notes that a key was used, unless that was noted lately; answers the row as it is then. */
export function noteUse(world: World, key: ApiKey): ApiKey {
  const now = world.now()
  if (now - (key.lastUsedAt ?? 0) < LAST_USE_GRAIN_MS) return key
  world.defer(touchApiKey(world.store.of(key.orgId), key.publicId, now))
  return { ...key, lastUsedAt: now }
}

/** Neither revoked nor expired at an instant in Unix ms. */
export function isLive({ revokedAt, expiresAt }: ApiKey, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now)
}

/** What a new key is asked with; `expiresAt` is in Unix ms, null for never. */
export type WantedKey = { name: string; mode: 'live' | 'test'; expiresAt: number | null }

/** A key that was just made, in plain text, which is shown this once. */
export type IssuedKey = { stored: PublicApiKey; key: string }

/** What a key is issued with: the pepper for its digest, and the Idempotency-Key of the request. */
export type Issuing = { pepper: string; idempotency?: Idempotency | undefined }

/**
 * What an earlier request with this Idempotency-Key was answered, or undefined while that is free. It is
 * asked before the clock is, by which the end of a key may lie in the past by now.
 * @throws AppError `idempotency_key_reused`.
 */
export async function findIssued(
  world: World,
  idempotency: Idempotency | undefined,
): Promise<Once<IssuedKey> | undefined> {
  return answerAgain(world, await findFirstAnswer(world.store, idempotency, world.now()))
}

/**
 * Makes and stores a key of the actor's org; `key` is its only copy, but for the sealed one that an
 * Idempotency-Key keeps for a day, so as to answer the same again. Public ids are eight characters, so
 * two may meet: then another key is drawn.
 * @throws AppError `idempotency_key_reused`.
 */
export async function issueKey(
  world: World,
  actor: Actor,
  wanted: WantedKey,
  issuing: Issuing,
): Promise<Once<IssuedKey>> {
  const { key, publicId } = createApiKey(wanted.mode)
  const stored = toNewKey(actor.orgId, publicId, wanted, world.now())
  const keyHash = await digestOf(key, issuing.pepper)
  const { idempotency } = issuing
  const use = idempotency && { ...idempotency, token: stored.id }
  const kept = use && {
    use,
    kept: { stored, sealed: await world.vault.seal(key, placeOf(stored)) },
  }
  const { isStored, record } = await storeApiKey(
    world.store.of(actor.orgId),
    actor,
    { ...stored, keyHash },
    kept,
  )
  const again = await answerAgain(world, firstAnswer(record, use))
  if (again) return again
  if (!isStored) return issueKey(world, actor, wanted, issuing)
  return { answer: { stored, key }, isRepeated: false }
}

/**
 * Revokes a key of the actor's org; answers it as it is then.
 * @throws AppError `not_found`, `idempotency_key_reused`.
 */
export async function revokeKey(
  world: World,
  actor: Actor,
  id: string,
  idempotency?: Idempotency,
): Promise<Once<PublicApiKey>> {
  const now = world.now()
  const use = idempotency && { ...idempotency, token: newId(now) }
  const { key, record } = await revokeApiKey(world.store.of(actor.orgId), actor, id, {
    now,
    idempotency: use,
  })
  const first = firstAnswer(record, use)
  if (first !== undefined) return { answer: readKeptApiKey(first), isRepeated: true }
  if (!key) throw notFound('API key')
  return { answer: key, isRepeated: false }
}

function toNewKey(orgId: string, publicId: string, wanted: WantedKey, now: number): PublicApiKey {
  const { name, expiresAt } = wanted
  const neverUsed = { revokedAt: null, lastUsedAt: null }
  return { id: newId(now), orgId, name, publicId, createdAt: now, expiresAt, ...neverUsed }
}

async function answerAgain(world: World, snapshot: unknown): Promise<Once<IssuedKey> | undefined> {
  if (snapshot === undefined) return undefined
  // storeApiKey keeps what it is given.
  const { stored, sealed } = snapshot as KeptApiKey
  const { orgId, ownerId, secretId: id } = placeOf(stored)
  const key = await openSecret(world, { orgId, ownerId, id, sealed })
  return { answer: { stored, key }, isRepeated: true }
}

/** Where a key that is kept for a repetition belongs, for the vault. */
function placeOf({ orgId, id }: PublicApiKey) {
  return { orgId, ownerId: orgId, secretId: id }
}
