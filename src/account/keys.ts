// API keys as both doors use them: let in, issued.
import { createApiKey, hashApiKey, isSameDigest, parseApiKey } from '../credentials/api-key.ts'
import type { Actor } from '../db/audit.ts'
import { newId } from '../db/ids.ts'
import {
  createApiKey as storeApiKey,
  findApiKey,
  touchApiKey,
  type ApiKey,
} from '../db/account/orgs.ts'
import type { Engine } from '../delivery/engine.ts'

/** `last_used_at` is as exact as this many ms: noting every use would cost a row written a request. */
const LAST_USE_GRAIN_MS = 3600 * 1000

/**
 * The row of a key that may be used now, in one indexed read, and none for a text that is no key at
 * all. The row is read anew on each call, so a revoked key fails on the next one (X4).
 */
export async function findLiveKey(
  engine: Engine,
  key: string,
  pepper: string,
): Promise<ApiKey | undefined> {
  const parts = parseApiKey(key)
  if (!parts) return undefined
  const [stored, digest] = await Promise.all([
    findApiKey(engine.db, parts.publicId),
    hashApiKey(key, pepper),
  ])
  const now = engine.now()
  if (!stored || !isSameDigest(stored.keyHash, digest) || !isLive(stored, now)) return undefined
  return noteUse(engine, stored)
}

/** Notes that a key was used, unless that was noted lately; answers the row as it is then. */
export function noteUse(engine: Engine, key: ApiKey): ApiKey {
  const now = engine.now()
  if (now - (key.lastUsedAt ?? 0) < LAST_USE_GRAIN_MS) return key
  engine.defer(touchApiKey(engine.db, key.publicId, now))
  return { ...key, lastUsedAt: now }
}

/** Neither revoked nor expired at an instant in Unix ms. */
export function isLive({ revokedAt, expiresAt }: ApiKey, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now)
}

/** What a new key is asked with; `expiresAt` is in Unix ms, null for never. */
export type WantedKey = { name: string; mode: 'live' | 'test'; expiresAt: number | null }

/**
 * Makes and stores a key of the actor's org; `key` is its only copy. Public ids are eight characters,
 * so two may meet: then another key is drawn.
 */
export async function issueKey(
  engine: Engine,
  actor: Actor,
  wanted: WantedKey,
  pepper: string,
): Promise<{ stored: ApiKey; key: string }> {
  const { key, publicId } = createApiKey(wanted.mode)
  const keyHash = await hashApiKey(key, pepper)
  const createdAt = engine.now()
  const stored = {
    id: newId(createdAt),
    orgId: actor.orgId,
    name: wanted.name,
    publicId,
    keyHash,
    createdAt,
    expiresAt: wanted.expiresAt,
    revokedAt: null,
    lastUsedAt: null,
  }
  const isStored = await storeApiKey(engine.db, actor, stored)
  return isStored ? { stored, key } : issueKey(engine, actor, wanted, pepper)
}
