// Organizations and their API keys.
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import { auditIf, JUST_CHANGED, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { apiKeys, orgs } from '../schema.ts'
import {
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

/** Stores an org with its default signing secret. */
export async function createOrg(
  db: Database,
  actor: Actor,
  org: Org,
  secret: SealedSecret,
): Promise<void> {
  const change = { action: 'org.create', targetId: org.id, at: org.createdAt } as const
  await db.batch([
    db.insert(orgs).values(org).onConflictDoNothing(),
    auditIf(db, JUST_CHANGED, actor, change),
    statement(db, insertSecret(secret, org.createdAt)),
  ])
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
 * Gives the org a new default secret; the ones before it sign for another `overlapMs`. False when too
 * many would be in force, and nothing has changed.
 */
export async function rotateDefaultSecret(
  db: Database,
  actor: Actor,
  secret: SealedSecret,
  { now, overlapMs }: { now: number; overlapMs: number },
): Promise<boolean> {
  const action = 'org.rotate_default_secret' as const
  const rotation = { now, overlapMs, condition: sql`true`, action }
  const [, , , , stored] = await db.batch([...rotateSecret(db, actor, secret, rotation)])
  return stored.length > 0
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

/** Stores a key; false when its public id is taken, which asks for another key. */
export async function createApiKey(db: Database, actor: Actor, key: ApiKey): Promise<boolean> {
  const [, , stored] = await db.batch([
    db.insert(apiKeys).values(key).onConflictDoNothing(),
    auditIf(db, JUST_CHANGED, actor, {
      action: 'api_key.create',
      targetId: key.id,
      at: key.createdAt,
      details: { public_id: key.publicId },
    }),
    db
      .select({ id: apiKeys.id })
      .from(apiKeys)
      .where(and(eq(apiKeys.orgId, key.orgId), eq(apiKeys.publicId, key.publicId))),
  ])
  return stored[0]?.id === key.id
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
  now: number,
): Promise<ApiKey | undefined> {
  const isKey = and(eq(apiKeys.orgId, actor.orgId), eq(apiKeys.id, id))
  const [, , rows] = await db.batch([
    db
      .update(apiKeys)
      .set({ revokedAt: now })
      .where(and(isKey, isNull(apiKeys.revokedAt))),
    auditIf(db, JUST_CHANGED, actor, { action: 'api_key.revoke', targetId: id, at: now }),
    db.select().from(apiKeys).where(isKey),
  ])
  return rows[0]
}

/** Notes that a key was used. */
export async function touchApiKey(db: Database, publicId: string, now: number): Promise<void> {
  await db.update(apiKeys).set({ lastUsedAt: now }).where(eq(apiKeys.publicId, publicId))
}
