// API keys: made, listed, found, revoked.
import { and, asc, eq, getTableColumns, isNull, lt, or, sql } from 'drizzle-orm'
import { audited, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { guardByKey, type Idempotency } from '../idempotency.ts'
import { readRow, rowAsJson } from '../row-json.ts'
import { apiKeys } from '../schema.ts'
import { transaction } from '../transaction.ts'

/** An API key's row; never leaves the service with its `keyHash`. */
export type ApiKey = typeof apiKeys.$inferSelect

/** What may be shown of a key, and kept for an answer. */
export type PublicApiKey = Omit<ApiKey, 'keyHash'>

const { keyHash: _hash, ...publicColumns } = getTableColumns(apiKeys)

/** What an Idempotency-Key keeps of a key that was issued: its row without the hash, the key sealed. */
export type KeptApiKey = { stored: PublicApiKey; sealed: string }

/**
 * Stores a key, unless the Idempotency-Key is taken; not stored, and with no earlier use either, is one
 * whose public id is taken, which asks for another key.
 */
export async function createApiKey(
  db: Database,
  actor: Actor,
  key: ApiKey,
  idempotency: { request: Idempotency; kept: KeptApiKey } | undefined,
): Promise<{ isStored: boolean; first: KeptApiKey | undefined }> {
  const { id, orgId, publicId, createdAt: now } = key
  const guard = guardByKey(db, idempotency?.request, { token: id, now })
  const isKey = sql`org_id = ${orgId} AND public_id = ${publicId} AND id = ${id}`
  const snapshot = sql`SELECT ${JSON.stringify(idempotency?.kept ?? null)} AS snapshot
    WHERE EXISTS (SELECT 1 FROM api_keys WHERE ${isKey})`
  const details = { public_id: publicId }
  const change = { action: 'api_key.create', targetId: id, at: now, details } as const
  const insert = sql`
    INSERT INTO api_keys (org_id, public_id, id, name, key_hash, created_at, expires_at)
    SELECT ${orgId}, ${publicId}, ${id}, ${key.name}, ${key.keyHash}, ${now}, ${key.expiresAt}
    WHERE ${guard.isFree} ON CONFLICT (public_id) DO NOTHING`
  const { stored, found } = await transaction(db, {
    created: audited(db, actor, change, statement(db, insert)),
    claimed: guard.claim(snapshot),
    stored: statement(db, sql`SELECT 1 FROM api_keys WHERE ${isKey}`),
    found: guard.find,
  })
  return { isStored: stored.length > 0, first: guard.firstOf(found, readIssued) }
}

/** What the Idempotency-Key of a key that was issued has kept. */
export function readIssued(snapshot: unknown): KeptApiKey {
  // createApiKey wrote what it was given.
  return snapshot as KeptApiKey
}

/** The org's keys, revoked ones included, oldest first; as many as the operator has issued. */
export function listApiKeys(db: Database, orgId: string): Promise<ApiKey[]> {
  return db.select().from(apiKeys).where(eq(apiKeys.orgId, orgId)).orderBy(asc(apiKeys.id))
}

/** One indexed read: the key with this public id, whatever its state. */
export async function findApiKey(db: Database, publicId: string): Promise<ApiKey | undefined> {
  const [row] = await db.select().from(apiKeys).where(eq(apiKeys.publicId, publicId))
  return row
}

/**
 * Revokes a key for good; `key` is undefined when it is not this org's, and `first` what the first use
 * of the Idempotency-Key kept. Revoking again keeps the first instant.
 */
export async function revokeApiKey(
  db: Database,
  actor: Actor,
  id: string,
  { token, now, idempotency }: { token: string; now: number; idempotency: Idempotency | undefined },
): Promise<{ key: PublicApiKey | undefined; first: PublicApiKey | undefined }> {
  const guard = guardByKey(db, idempotency, { token, now })
  const isKey = and(eq(apiKeys.orgId, actor.orgId), eq(apiKeys.id, id))
  const snapshot = sql`SELECT ${rowAsJson(publicColumns, 'k')} AS snapshot FROM api_keys k
    WHERE k.org_id = ${actor.orgId} AND k.id = ${id}`
  const change = { action: 'api_key.revoke', targetId: id, at: now } as const
  const revoke = db
    .update(apiKeys)
    .set({ revokedAt: now })
    .where(and(isKey, isNull(apiKeys.revokedAt), guard.isFree))
  const { keys, found } = await transaction(db, {
    revoked: audited(db, actor, change, revoke),
    claimed: guard.claim(snapshot),
    keys: db.select(publicColumns).from(apiKeys).where(isKey),
    found: guard.find,
  })
  // A row of these columns, as it was kept above.
  const first = guard.firstOf(found, (kept) => readRow(publicColumns, kept) as PublicApiKey)
  return { key: keys[0], first }
}

/** Notes that a key was used, if it was not since. */
export async function touchApiKey(db: Database, publicId: string, now: number): Promise<void> {
  const isLater = or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, now))
  await db
    .update(apiKeys)
    .set({ lastUsedAt: now })
    .where(and(eq(apiKeys.publicId, publicId), isLater))
}
