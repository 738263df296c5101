// Dashboard sessions: whom one belongs to, read anew on every request, and how it begins and ends.
import { and, eq, gt, sql } from 'drizzle-orm'
import { literal, statement, type Database } from '../client.ts'
import { apiKeys, orgs, sessions } from '../schema.ts'
import { transaction } from '../transaction.ts'
import type { ApiKey } from './api-keys.ts'

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

/**
 * Expired sessions that go when one begins. One alone would do: there would never be more rows than were
 * live at a time.
 */
const EXPIRED_AT_ONCE = 10

/** Begins a session in the place of another, which ends; some of those whose time is over go with it. */
export async function replaceSession(
  db: Database,
  session: Session,
  replaced: string,
): Promise<void> {
  await transaction(db, {
    replaced: db.delete(sessions).where(eq(sessions.digest, replaced)),
    forgotten: statement(
      db,
      sql`DELETE FROM sessions WHERE digest IN (
        SELECT digest FROM sessions WHERE expires_at <= ${session.createdAt}
        LIMIT ${literal(EXPIRED_AT_ONCE)})`,
    ),
    begun: db.insert(sessions).values(session).onConflictDoNothing(),
  })
}

/** Ends a session. */
export async function deleteSession(db: Database, digest: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.digest, digest))
}
