// Organizations and their API keys.
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import { statement, type Database } from './client.ts'
import { apiKeys, orgs } from './schema.ts'
import { findSecret, insertSecret, rotateSecret, type NewSecret } from './secrets.ts'

/** An organization's row. */
export type Org = typeof orgs.$inferSelect

/** An API key's row; never leaves the service with its `keyHash`. */
export type ApiKey = typeof apiKeys.$inferSelect

/** Stores an org with its default signing secret. */
export async function createOrg(db: Database, org: Org, secret: NewSecret): Promise<void> {
  await db.batch([
    db.insert(orgs).values(org).onConflictDoNothing(),
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

/** Gives the org a new default secret, which the ones before it outlive by `overlapMs`. */
export async function rotateDefaultSecret(
  db: Database,
  secret: NewSecret,
  { now, overlapMs }: { now: number; overlapMs: number },
): Promise<void> {
  await db.batch([...rotateSecret(db, secret, { now, overlapMs, condition: sql`true` })])
}

/** The org's default secret, sealed, or undefined when there is no such org. */
export function findDefaultSecret(db: Database, orgId: string, now: number) {
  return findSecret(db, orgId, orgId, now)
}

/** Stores a key; false when its public id is taken, which asks for another key. */
export async function createApiKey(db: Database, key: ApiKey): Promise<boolean> {
  const [, stored] = await db.batch([
    db.insert(apiKeys).values(key).onConflictDoNothing(),
    db.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.publicId, key.publicId)),
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
  orgId: string,
  id: string,
  now: number,
): Promise<ApiKey | undefined> {
  const isKey = and(eq(apiKeys.orgId, orgId), eq(apiKeys.id, id))
  const [, rows] = await db.batch([
    db
      .update(apiKeys)
      .set({ revokedAt: now })
      .where(and(isKey, isNull(apiKeys.revokedAt))),
    db.select().from(apiKeys).where(isKey),
  ])
  return rows[0]
}

/** Notes that a key was used. */
export async function touchApiKey(db: Database, publicId: string, now: number): Promise<void> {
  await db.update(apiKeys).set({ lastUsedAt: now }).where(eq(apiKeys.publicId, publicId))
}
