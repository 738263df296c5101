// Organizations and their API keys.
import { and, asc, eq, getTableColumns, isNull, sql } from 'drizzle-orm'
import { auditIf, JUST_CHANGED, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { guardByKey, type IdempotencyRecord, type KeyUse } from '../idempotency.ts'
import { readRow, rowAsJson } from '../row-json.ts'
import { apiKeys, orgs } from '../schema.ts'
import {
  hasSecret,
  insertSecret,
  rotateSecret,
  selectLive,
  type LiveSecret,
  type SealedSecret,
} from './secrets.ts'

/** An organization's row. */
export type Org = typeof orgs.$inferSelect

/** An API key's row; never leaves the service with its `keyHash`. */
export type ApiKey = typeof apiKeys.$inferSelect

/** What may be shown of a key, and kept for an answer. */
export type PublicApiKey = Omit<ApiKey, 'keyHash'>

const { keyHash: _hash, ...publicColumns } = getTableColumns(apiKeys)

/** What a rotation of the default secret is asked with; durations are in ms. */
type RotationRequest = { now: number; overlapMs: number; idempotency: KeyUse | undefined }

/**
 * Stores an org with its default signing secret, unless the key is taken; answers the key's first use,
 * which keeps the org.
 */
export async function createOrg(
  db: Database,
  actor: Actor,
  org: Org,
  secret: SealedSecret,
  idempotency: KeyUse | undefined,
): Promise<IdempotencyRecord | undefined> {
  const { id, name, createdAt: now } = org
  const key = guardByKey(db, idempotency, now)
  const exists = sql`EXISTS (SELECT 1 FROM orgs WHERE id = ${id})`
  const [, , , , records] = await db.batch([
    statement(
      db,
      sql`
      INSERT INTO orgs (id, name, created_at) SELECT ${id}, ${name}, ${now} WHERE ${key.isFree}
      ON CONFLICT (id) DO NOTHING`,
    ),
    auditIf(db, JUST_CHANGED, actor, { action: 'org.create', targetId: id, at: now }),
    statement(db, insertSecret(secret, now, exists)),
    key.claim(sql`SELECT ${JSON.stringify(org)} AS snapshot WHERE ${exists}`),
    key.find,
  ])
  return records[0]
}

/** Every org, oldest first. */
export function listOrgs(db: Database): Promise<Org[]> {
  return db.select().from(orgs).orderBy(asc(orgs.id))
}

/** True when there is such an org. */
export async function hasOrg(db: Database, orgId: string): Promise<boolean> {
  const rows = await db.select({ id: orgs.id }).from(orgs).where(eq(orgs.id, orgId))
  return rows.length > 0
}

/**
 * Gives the org a new default secret, unless too many would be in force or the key is taken; the ones
 * before it sign for another `overlapMs`. The key keeps the secret, sealed.
 */
export async function rotateDefaultSecret(
  db: Database,
  actor: Actor,
  secret: SealedSecret,
  { now, overlapMs, idempotency }: RotationRequest,
): Promise<{ isRotated: boolean; record: IdempotencyRecord | undefined }> {
  const { orgId, ownerId, id } = secret
  const key = guardByKey(db, idempotency, now)
  const action = 'org.rotate_default_secret' as const
  const isRotated = hasSecret(orgId, ownerId, id)
  const [, , , , stored, , records] = await db.batch([
    ...rotateSecret(db, actor, secret, { now, overlapMs, condition: key.isFree, action }),
    key.claim(sql`SELECT ${JSON.stringify(secret)} AS snapshot WHERE ${isRotated}`),
    key.find,
  ])
  return { isRotated: stored.length > 0, record: records[0] }
}

/**
 * The org's default secret, sealed, for someone who is about to see it; undefined when there is no
 * such org. That it was looked at is logged.
 */
export async function revealDefaultSecret(
  db: Database,
  actor: Actor,
  now: number,
): Promise<{ id: string; sealed: string } | undefined> {
  const { orgId } = actor
  const change = { action: 'org.reveal_default_secret', targetId: orgId, at: now } as const
  const exists = sql`EXISTS (SELECT 1 FROM orgs WHERE id = ${orgId})`
  const [rows] = await db.batch([
    statement<LiveSecret>(db, selectLive({ orgId: sql`${orgId}`, ownerId: sql`${orgId}` }, now)),
    auditIf(db, exists, actor, change),
  ])
  return rows[0]
}

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
