// Signing secrets as they are stored: sealed, several live at once during a rotation's overlap.
import { and, desc, eq, gt, isNull, or, sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from './client.ts'
import { signingSecrets } from './schema.ts'

/** A secret to store; the owner is an endpoint's id, or the org's own for its default secret. */
export type NewSecret = { orgId: string; ownerId: string; id: string; sealed: string }

/** An expired secret is deleted by a rotation so many ms later: a day. */
const KEEP_EXPIRED_MS = 24 * 3600 * 1000

/** The statement that stores a secret; repeating it changes nothing. */
export function insertSecret(secret: NewSecret, now: number, condition: SQL = sql`true`): SQL {
  const { orgId, ownerId, id, sealed } = secret
  return sql`
    INSERT INTO signing_secrets (org_id, owner_id, id, sealed, created_at)
    SELECT ${orgId}, ${ownerId}, ${id}, ${sealed}, ${now} WHERE ${condition}
    ON CONFLICT (org_id, owner_id, id) DO NOTHING`
}

/**
 * The statements that make a secret the owner's newest, for one batch. The ones before it sign
 * until `overlapMs` from now, and no longer than they would have. `condition` must hold, too.
 */
export function rotateSecret(
  db: Database,
  secret: NewSecret,
  { now, overlapMs, condition }: { now: number; overlapMs: number; condition: SQL },
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
    statement(
      db,
      sql`DELETE FROM signing_secrets
        WHERE org_id = ${orgId} AND owner_id = ${ownerId} AND expires_at <= ${now - KEEP_EXPIRED_MS}`,
    ),
  ] as const
}

/** The newest live secret of an owner, still sealed, or undefined. */
export async function findSecret(
  db: Database,
  orgId: string,
  ownerId: string,
  now: number,
): Promise<{ id: string; sealed: string } | undefined> {
  const [row] = await db
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
  return row
}
