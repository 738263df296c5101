// Signing secrets as they are stored: sealed, several live at once during a rotation's overlap.
import { and, desc, eq, gt, isNull, or, sql, type SQL } from 'drizzle-orm'
import { auditIf, JUST_CHANGED, type Actor, type AuditAction } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { signingSecrets } from '../schema.ts'

/** A secret as stored; the owner is an endpoint's id, or the org's own for its default secret. */
export type SealedSecret = { orgId: string; ownerId: string; id: string; sealed: string }

/** An expired secret is deleted by a rotation so many ms later: a day. */
const KEEP_EXPIRED_MS = 24 * 3600 * 1000

/** The statement that stores a secret; repeating it changes nothing. */
export function insertSecret(secret: SealedSecret, now: number, condition: SQL = sql`true`): SQL {
  const { orgId, ownerId, id, sealed } = secret
  return sql`
    INSERT INTO signing_secrets (org_id, owner_id, id, sealed, created_at)
    SELECT ${orgId}, ${ownerId}, ${id}, ${sealed}, ${now} WHERE ${condition}
    ON CONFLICT (org_id, owner_id, id) DO NOTHING`
}

/** How an owner's secret is replaced; `condition` must hold, too. Durations are in ms. */
export type Rotation = { now: number; overlapMs: number; condition: SQL; action: AuditAction }

/**
 * The statements that make a secret the owner's newest, for one batch. The ones before it sign
 * until `overlapMs` from now, and no longer than they would have.
 */
export function rotateSecret(
  db: Database,
  actor: Actor,
  secret: SealedSecret,
  { now, overlapMs, condition, action }: Rotation,
) {
  const { orgId, ownerId, id } = secret
  const until = now + overlapMs
  const isNew = sql`NOT EXISTS (SELECT 1 FROM signing_secrets s
    WHERE s.org_id = ${orgId} AND s.owner_id = ${ownerId} AND s.id = ${id})`
  return [
    statement(
      db,
      sql`
      UPDATE signing_secrets SET expires_at = ${until}
      WHERE org_id = ${orgId} AND owner_id = ${ownerId} AND coalesce(expires_at, ${until + 1}) > ${until}
        AND ${isNew} AND ${condition}`,
    ),
    statement(db, insertSecret(secret, now, condition)),
    auditIf(db, JUST_CHANGED, actor, {
      action,
      targetId: ownerId,
      at: now,
      details: { overlap_seconds: overlapMs / 1000 },
    }),
    statement(
      db,
      sql`DELETE FROM signing_secrets
        WHERE org_id = ${orgId} AND owner_id = ${ownerId} AND expires_at <= ${now - KEEP_EXPIRED_MS}`,
    ),
  ] as const
}

/** The query for the newest live secret of an owner, still sealed: one row, or none. */
export function selectSecret(db: Database, orgId: string, ownerId: string, now: number) {
  return db
    .select({ id: signingSecrets.id, sealed: signingSecrets.sealed })
    .from(signingSecrets)
    .where(
      and(
        eq(signingSecrets.orgId, orgId),
        eq(signingSecrets.ownerId, ownerId),
        or(isNull(signingSecrets.expiresAt), gt(signingSecrets.expiresAt, now)),
      ),
    )
    .orderBy(sql`${signingSecrets.expiresAt} IS NOT NULL`, desc(signingSecrets.id))
    .limit(1)
}

/** SQL expression that the index `signing_secrets_by_key` is on. */
const KEY_ID = sql`substr(sealed, 1, instr(sealed, '.') - 1)`

/** Secrets of every org sealed under one key, at most `limit`, in the order of their place after `after`. */
export function listSealedUnder(
  db: Database,
  keyId: string,
  after: Pick<SealedSecret, 'orgId' | 'ownerId' | 'id'> | undefined,
  limit: number,
): Promise<SealedSecret[]> {
  const { orgId = '', ownerId = '', id = '' } = after ?? {}
  return db.all<SealedSecret>(sql`
    SELECT org_id AS "orgId", owner_id AS "ownerId", id, sealed FROM signing_secrets
    WHERE ${KEY_ID} = ${keyId} AND (org_id, owner_id, id) > (${orgId}, ${ownerId}, ${id})
    ORDER BY org_id, owner_id, id LIMIT ${limit}`)
}

/** Puts a newly sealed text in the place of an old one, where that still stands. */
export async function replaceSealed(
  db: Database,
  replacements: (SealedSecret & { resealed: string })[],
): Promise<void> {
  await db.run(sql`
    UPDATE signing_secrets AS s SET sealed = r.value->>'resealed'
    FROM json_each(${JSON.stringify(replacements)}) r
    WHERE s.org_id = r.value->>'orgId' AND s.owner_id = r.value->>'ownerId'
      AND s.id = r.value->>'id' AND s.sealed = r.value->>'sealed'`)
}

/** The query that counts the secrets not sealed under a key, up to a limit; two ranges of an index. */
export function countSealedUnderOthers(keyId: string, limit: number): SQL {
  return sql`
    SELECT count(*) FROM (
      SELECT 1 FROM signing_secrets WHERE ${KEY_ID} < ${keyId}
      UNION ALL SELECT 1 FROM signing_secrets WHERE ${KEY_ID} > ${keyId} LIMIT ${limit})`
}
