// Organizations and their default secrets.
import { asc, eq, sql } from 'drizzle-orm'
import { audited, auditIf, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { guardByKey, type Idempotency } from '../idempotency.ts'
import { orgs } from '../schema.ts'
import { transaction } from '../transaction.ts'
import {
  hasSecret,
  insertFirstSecret,
  rotateSecret,
  selectLive,
  type LiveSecret,
  type SealedSecret,
} from './secrets.ts'

/** An organization's row. */
export type Org = typeof orgs.$inferSelect

/** What a rotation of the default secret is asked with; durations are in ms. */
type RotationRequest = { now: number; overlapMs: number; idempotency: Idempotency | undefined }

/**
 * Stores an org with its default signing secret, unless the key is taken; answers the org that the key's
 * first use kept.
 */
export async function createOrg(
  db: Database,
  actor: Actor,
  org: Org,
  secret: SealedSecret,
  idempotency: Idempotency | undefined,
): Promise<Org | undefined> {
  const { id, name, createdAt: now } = org
  const key = guardByKey(db, idempotency, { token: id, now })
  const exists = sql`EXISTS (SELECT 1 FROM orgs WHERE id = ${id})`
  const change = { action: 'org.create', targetId: id, at: now } as const
  const insert = sql`
    INSERT INTO orgs (id, name, created_at) SELECT ${id}, ${name}, ${now} WHERE ${key.isFree}
    ON CONFLICT (id) DO NOTHING`
  const { found } = await transaction(db, {
    created: audited(db, actor, change, statement(db, insert)),
    secret: statement(db, insertFirstSecret(secret, now, exists)),
    claimed: key.claim(sql`SELECT ${JSON.stringify(org)} AS snapshot WHERE ${exists}`),
    found: key.find,
  })
  // An org as it was kept above.
  return key.firstOf(found, (kept) => kept as Org)
}

/** Every org, oldest first; as many as the operator has made. */
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
 * before it sign for another `overlapMs`. Answers the secret that the key's first use kept, sealed.
 */
export async function rotateDefaultSecret(
  db: Database,
  actor: Actor,
  secret: SealedSecret,
  { now, overlapMs, idempotency }: RotationRequest,
): Promise<{ isRotated: boolean; first: SealedSecret | undefined }> {
  const { orgId, ownerId, id } = secret
  const key = guardByKey(db, idempotency, { token: id, now })
  const rotation = {
    now,
    overlapMs,
    condition: key.isFree,
    action: 'org.rotate_default_secret',
  } as const
  const kept = sql`
    SELECT ${JSON.stringify(secret)} AS snapshot WHERE ${hasSecret(orgId, ownerId, id)}`
  const { rotated, found } = await transaction(db, {
    ...rotateSecret(db, actor, secret, rotation),
    claimed: key.claim(kept),
    found: key.find,
  })
  // A secret as it was kept above.
  const first = key.firstOf(found, (snapshot) => snapshot as SealedSecret)
  return { isRotated: rotated.length > 0, first }
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
  const { live } = await transaction(db, {
    live: statement<LiveSecret>(
      db,
      selectLive({ orgId: sql`${orgId}`, ownerId: sql`${orgId}` }, now),
    ),
    logged: auditIf(db, exists, actor, change),
  })
  return live[0]
}
