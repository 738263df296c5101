// API keys: made, listed, found, revoked.
import { and, asc, eq, getTableColumns, isNull, sql } from 'drizzle-orm'
import { auditIf, JUST_CHANGED, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { guardByKey, type IdempotencyRecord, type KeyUse } from '../idempotency.ts'
import { readRow, rowAsJson } from '../row-json.ts'
import { apiKeys } from '../schema.ts'

/** An API key's row; never leaves the service with its `keyHash`. */
export type ApiKey = typeof apiKeys.$inferSelect

/** What may be shown of a key, and kept for an answer. */
export type PublicApiKey = Omit<ApiKey, 'keyHash'>

const { keyHash: _hash, ...publicColumns } = getTableColumns(apiKeys)

/** What an Idempotency-Key keeps of a key that was issued: its row without the hash, the key sealed. */
export type KeptApiKey = { stored: PublicApiKey; sealed: string }

/**
 * Stores a key, unless the Idempotency-Key is taken; not stored, and with no record of an earlier use
 * either, is one whose public id is taken, which asks for another key.
 */
export async function createApiKey(
  db: Database,
  actor: Actor,
  key: ApiKey,
  idempotency: { use: KeyUse; kept: KeptApiKey } | undefined,
): Promise<{ isStored: boolean; record: IdempotencyRecord | undefined }> {
  const { id, orgId, publicId, createdAt: now } = key
  const once = guardByKey(db, idempotency?.use, now)
  const isKey = sql`org_id = ${orgId} AND public_id = ${publicId} AND id = ${id}`
  const snapshot = sql`SELECT ${JSON.stringify(idempotency?.kept ?? null)} AS snapshot
    WHERE EXISTS (SELECT 1 FROM api_keys WHERE ${isKey})`
  const details = { public_id: publicId }
  const [, , , stored, records] = await db.batch([
    statement(
      db,
      sql`
      INSERT INTO api_keys (org_id, public_id, id, name, key_hash, created_at, expires_at)
      SELECT ${orgId}, ${publicId}, ${id}, ${key.name}, ${key.keyHash}, ${now}, ${key.expiresAt}
      WHERE ${once.isFree} ON CONFLICT (public_id) DO NOTHING`,
    ),
    auditIf(db, JUST_CHANGED, actor, { action: 'api_key.create', targetId: id, at: now, details }),
    once.claim(snapshot),
    statement(db, sql`SELECT 1 FROM api_keys WHERE ${isKey}`),
    once.find,
  ])
  return { isStored: stored.length > 0, record: records[0] }
}

/** The org's keys, revoked ones included, oldest first. */
export function listApiKeys(db: Database, orgId: string): Promise<ApiKey[]> {
  return db.select().from(apiKeys).where(eq(apiKeys.orgId, orgId)).orderBy(asc(apiKeys.id))
}

/** One indexed read: the key with this public id, whatever its state. */
export async function findApiKey(db: Database, publicId: string): Promise<ApiKey | undefined> {
  const [row] = await db.select().from(apiKeys).where(eq(apiKeys.publicId, publicId))
  return row
}

/** Revokes a key for good; undefined when it is not this org's. Revoking again keeps the first instant. */
export async function revokeApiKey(
  db: Database,
  actor: Actor,
  id: string,
  { now, idempotency }: { now: number; idempotency?: KeyUse | undefined },
): Promise<{ key: PublicApiKey | undefined; record: IdempotencyRecord | undefined }> {
  const once = guardByKey(db, idempotency, now)
  const isKey = and(eq(apiKeys.orgId, actor.orgId), eq(apiKeys.id, id))
  const snapshot = sql`SELECT ${rowAsJson(publicColumns, 'k')} AS snapshot FROM api_keys k
    WHERE k.org_id = ${actor.orgId} AND k.id = ${id}`
  const [, , , rows, records] = await db.batch([
    db
      .update(apiKeys)
      .set({ revokedAt: now })
      .where(and(isKey, isNull(apiKeys.revokedAt), once.isFree)),
    auditIf(db, JUST_CHANGED, actor, { action: 'api_key.revoke', targetId: id, at: now }),
    once.claim(snapshot),
    db.select(publicColumns).from(apiKeys).where(isKey),
    once.find,
  ])
  return { key: rows[0], record: records[0] }
}

/** The key that the Idempotency-Key of a revocation has kept. */
export function readKeptApiKey(snapshot: unknown): PublicApiKey {
  // revokeApiKey wrote it from these columns.
  return readRow(publicColumns, snapshot) as PublicApiKey
}

/** Notes that a key was used. */
export async function touchApiKey(db: Database, publicId: string, now: number): Promise<void> {
  await db.update(apiKeys).set({ lastUsedAt: now }).where(eq(apiKeys.publicId, publicId))
}
