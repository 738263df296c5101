// API keys as both doors use them: let in, issued.
import { createApiKey, parseApiKey } from '../credentials/api-key.ts'
import { digestOf, isSameDigest } from '../credentials/digest.ts'
import {
  createApiKey as storeApiKey,
  findApiKey,
  listApiKeys,
  listKeysOfBoth,
  logRefusedSignIn,
  readIssued,
  revokeApiKey,
  touchApiKey,
  type ApiKey,
  type KeptApiKey,
  type PublicApiKey,
} from '../db/account/api-keys.ts'
import type { SealedSecret } from '../db/account/secrets.ts'
import type { Actor } from '../db/audit.ts'
import { claimPublicId, placeTwin } from '../db/catalog.ts'
import type { Database } from '../db/client.ts'
import { findFirst, once, type Idempotency, type Once } from '../db/idempotency.ts'
import { newId } from '../db/ids.ts'
import { idOfSide, sideOf, type Side } from '../db/sides.ts'
import { openSecret, type SecretOpener } from '../delivery/attempt/open-secret.ts'
import { AppError, invalidRequest, notFound } from '../errors.ts'
import type { World } from '../world.ts'
import { readScopes, refuseBeyond, SCOPES, type Grant, type Scope } from './scopes.ts'
import { makeSecret } from './secrets.ts'

/** `last_used_at` is as exact as this many ms: noting every use would cost a row written a request. */
const LAST_USE_GRAIN_MS = 3600 * 1000

/** A key as somebody presents it: who it says it is, and its digest, which proves it. */
export type PresentedKey = { publicId: string; digest: string }

/** Reads a key; undefined for a text that is none, which is asked of nobody. */
export async function readKey(text: string, pepper: string): Promise<PresentedKey | undefined> {
  const publicId = parseApiKey(text)?.publicId
  return publicId === undefined ? undefined : { publicId, digest: await digestOf(text, pepper) }
}

/** Whether the key that is presented is this one. */
export function isSameKey({ keyHash }: ApiKey, { digest }: PresentedKey): boolean {
  return isSameDigest(keyHash, digest)
}

/**
 * The row of a key that may be used now, in one indexed read. It is read anew on each call, so a revoked
 * key fails on the next one (X4).
 */
export async function findLiveKey(
  world: Pick<World, 'defer' | 'now' | 'store'>,
  presented: PresentedKey,
): Promise<ApiKey | undefined> {
  const stored = await findApiKey(world.store, presented.publicId)
  if (!stored || !isSameKey(stored, presented) || !isLive(stored, world.now())) return undefined
  return noteUse(world, stored)
}

/**
 * Logs in its org that a key which is there was refused to sign in with: who tries keys is seen by whom they are.
 * Once in a while, however often it is tried.
 */
export async function noteRefusedSignIn(
  { now, store }: Pick<World, 'now' | 'store'>,
  presented: PresentedKey,
  from: Pick<Actor, 'ip' | 'requestId'>,
): Promise<void> {
  const key = await findApiKey(store, presented.publicId)
  if (!key) return
  const ended = key.revokedAt === null ? 'expired' : 'revoked'
  const reason = isSameKey(key, presented) ? ended : 'wrong'
  await logRefusedSignIn(store.of(key.orgId), key, reason, { ...from, at: now() })
}

/** Notes that a key was used, unless that was noted lately; answers the row as it is then. */
export function noteUse(world: Pick<World, 'defer' | 'now' | 'store'>, key: ApiKey): ApiKey {
  const now = world.now()
  if (now - (key.lastUsedAt ?? 0) < LAST_USE_GRAIN_MS) return key
  world.defer(touchApiKey(world.store.of(key.orgId), key.publicId, now))
  return { ...key, lastUsedAt: now }
}

/** Neither revoked nor expired at an instant in Unix ms. */
export function isLive({ revokedAt, expiresAt }: ApiKey, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now)
}

/**
 * What a new key is asked with; `expiresAt` is in Unix ms, null for never, no `scopes` are all, and no `mode` is that of
 * whoever asks.
 */
export type WantedKey = {
  name: string
  mode: Side | null
  expiresAt: number | null
  scopes: Scope[] | null
}

/** What whoever has a key may hand on. */
export function grantOf({ scopes, expiresAt }: Pick<ApiKey, 'expiresAt' | 'scopes'>): Grant {
  return { scopes: readScopes(scopes), expiresAt }
}

/**
 * A key as whoever has one may make it: of no more scope and no longer life than theirs, and of the same
 * where nothing is said.
 * @throws AppError `insufficient_scope`, `invalid_request`.
 */
export function withinGrant(wanted: WantedKey, own: Grant): WantedKey {
  refuseBeyond(own.scopes, wanted.scopes ?? [])
  const isAll = own.scopes.length === SCOPES.length
  const scopes = wanted.scopes ?? (isAll ? null : [...own.scopes])
  const expiresAt = wanted.expiresAt ?? own.expiresAt
  if (own.expiresAt !== null && expiresAt !== null && expiresAt > own.expiresAt) {
    const end = new Date(own.expiresAt).toISOString()
    const message = `must not be after the end of the key that makes it, ${end}`
    throw invalidRequest([{ path: 'expires_at', message }])
  }
  return { ...wanted, scopes, expiresAt }
}

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
  world: SecretOpener,
  idempotency: Idempotency | undefined,
): Promise<Once<IssuedKey> | undefined> {
  const first = await findFirst(world.store, idempotency, world.now(), readIssued)
  return first && { answer: await openKept(world, first), isRepeated: true }
}

/**
 * Makes and stores a key of the actor's org, or of its twin, which is made with it; `key` is its only copy, but for the
 * sealed one that an Idempotency-Key keeps for a day, so as to answer the same again. Public ids are eight characters, so
 * two may meet: then another key is drawn.
 * @throws AppError `idempotency_key_reused`, `api_key_limit_reached`; `invalid_request` for a twin that asks for a live key;
 * `unavailable` where the org is being deleted, and while its sides are in different databases.
 */
export async function issueKey(
  world: SecretOpener,
  actor: Actor,
  wanted: WantedKey,
  issuing: Issuing,
): Promise<Once<IssuedKey>> {
  const mode = modeFor(actor.orgId, wanted.mode)
  const orgId = idOfSide(actor.orgId, mode)
  const { key, publicId } = createApiKey(mode)
  const isFree = await reservePublicId(world.store, publicId, orgId)
  if (!isFree) return issueKey(world, actor, wanted, issuing)
  const stored = toNewKey(orgId, publicId, wanted, world.now())
  const keyHash = await digestOf(key, issuing.pepper)
  const { idempotency: request } = issuing
  const idempotency = request && {
    request,
    kept: { stored, sealed: await world.vault.seal(key, placeOf(stored)) },
  }
  const { db, twinSecret } = await homeOfKey(world, actor.orgId, orgId)
  const extras = { idempotency, twinSecret }
  const { outcome, first } = await storeApiKey(db, actor, { ...stored, keyHash }, extras)
  if (!first && outcome === 'full') throw new AppError('api_key_limit_reached')
  if (!first && outcome === 'missing')
    throw new AppError('unavailable', { headers: { 'Retry-After': '2' } })
  if (!first && outcome === 'taken') return issueKey(world, actor, wanted, issuing)
  const answerAgain = (kept: KeptApiKey) => openKept(world, kept)
  return once(first, answerAgain, () => ({ stored, key }))
}

/** The keys of an org, oldest first, and where it is a live side those of its twin among them. */
export function listKeys({ store }: Pick<World, 'store'>, orgId: string): Promise<ApiKey[]> {
  if (sideOf(orgId) === 'test') return listApiKeys(store.of(orgId), orgId)
  return listKeysOfBoth(store.ofBoth(orgId), orgId)
}

/**
 * Revokes a key of the actor's org, or of its twin; answers it as it is then.
 * @throws AppError `not_found`, `idempotency_key_reused`.
 */
export async function revokeKey(
  world: Pick<World, 'now' | 'store'>,
  actor: Actor,
  id: string,
  idempotency?: Idempotency,
): Promise<Once<PublicApiKey>> {
  const { orgId } = actor
  const now = world.now()
  const revocation = { orgId, id, token: newId(now), now, idempotency }
  const own = await revokeApiKey(world.store.of(orgId), actor, revocation)
  const isElsewhere = !own.first && !own.key && sideOf(orgId) === 'live'
  const { key, first } = isElsewhere
    ? await revokeApiKey(world.store.ofBoth(orgId), actor, {
        ...revocation,
        orgId: idOfSide(orgId, 'test'),
      })
    : own
  const answer = first ?? key
  if (!answer) throw notFound('API key')
  return { answer, isRepeated: first !== undefined }
}

/** The mode of a new key. @throws AppError `invalid_request`: what has test data alone opens no live data. */
function modeFor(orgId: string, wanted: Side | null): Side {
  const own = sideOf(orgId)
  if (own === 'live' || wanted !== 'live') return wanted ?? own
  const message = 'must be "test": a test key makes test keys alone. Make this one with a live key'
  throw invalidRequest([{ path: 'mode', message }])
}

/** Where a key is stored, and what a twin that is not there yet is made with. */
async function homeOfKey(
  world: Pick<World, 'now' | 'store' | 'vault'>,
  actorOrgId: string,
  orgId: string,
): Promise<{ db: Database; twinSecret?: SealedSecret }> {
  const { store } = world
  if (orgId === actorOrgId) return { db: store.of(orgId) }
  if (store.all.length > 1) await placeTwin(store.catalog, actorOrgId)
  const { secret } = await makeSecret(world, orgId, orgId)
  return { db: store.ofBoth(orgId), twinSecret: secret }
}

/** Where there are several databases, a key's is found by its public id, which the catalog has first. */
async function reservePublicId(
  { catalog, all }: World['store'],
  publicId: string,
  orgId: string,
): Promise<boolean> {
  return all.length === 1 || claimPublicId(catalog, publicId, orgId)
}

function toNewKey(orgId: string, publicId: string, wanted: WantedKey, now: number): PublicApiKey {
  const { name, expiresAt, scopes } = wanted
  const neverUsed = { revokedAt: null, lastUsedAt: null }
  return { id: newId(now), orgId, name, publicId, createdAt: now, expiresAt, scopes, ...neverUsed }
}

async function openKept(world: SecretOpener, { stored, sealed }: KeptApiKey): Promise<IssuedKey> {
  const { orgId, ownerId, secretId: id } = placeOf(stored)
  return { stored, key: await openSecret(world, { orgId, ownerId, id, sealed }) }
}

/** Where a key that is kept for a repetition belongs, for the vault. */
function placeOf({ orgId, id }: PublicApiKey) {
  return { orgId, ownerId: orgId, secretId: id }
}
