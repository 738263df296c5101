// Dashboard sessions: whom one belongs to, read anew on every request, and how it begins and ends.
import { and, eq, gt, sql } from 'drizzle-orm'
import type { Database } from '../client.ts'
import type { ApiKey } from './orgs.ts'
import { apiKeys, orgs, sessions } from '../schema.ts'

/** A session's row; never leaves the service with its digest. */
export type Session = typeof sessions.$inferSelect

/** A session's key, whatever its state, and the name of its org. */
export type SessionOwner = { key: ApiKey; orgName: string }

/** Three rows by their primary keys, in one round trip; undefined when there is no such session now. */
export async function findSessionOwner(
  db: Database,
  digest: string,
  now: number,
): Promise<SessionOwner | undefined> {
  const [row] = await db
    .select({ key: apiKeys, orgName: orgs.name })
    .from(sessions)
    .innerJoin(apiKeys, eq(apiKeys.publicId, sessions.keyPublicId))
    .innerJoin(orgs, eq(orgs.id, apiKeys.orgId))
    .where(and(eq(sessions.digest, digest), gt(sessions.expiresAt, now)))
  return row
}

/** Begins a session in the place of another, which ends. */
export async function replaceSession(
  db: Database,
  session: Session,
  replaced: string,
): Promise<void> {
  await db.batch([
    db.delete(sessions).where(eq(sessions.digest, replaced)),
    db.insert(sessions).values(session).onConflictDoNothing(),
  ])
}

/** Ends a session. */
export async function deleteSession(db: Database, digest: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.digest, digest))
}

/** Deletes sessions whose time is over, at most `limit`; answers how many. */
export async function deleteExpiredSessions(
  db: Database,
  now: number,
  limit: number,
): Promise<number> {
  const deleted = await db.all(sql`
    DELETE FROM sessions WHERE digest IN (
      SELECT digest FROM sessions WHERE expires_at <= ${now} LIMIT ${limit})
    RETURNING 1`)
  return deleted.length
}
