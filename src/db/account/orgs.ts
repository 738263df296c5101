// Organizations and their default secrets.
import { asc, eq, sql } from 'drizzle-orm'
import { auditIf, JUST_CHANGED, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { guardByKey, type IdempotencyRecord, type KeyUse } from '../idempotency.ts'
import { orgs } from '../schema.ts'
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
