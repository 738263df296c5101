// Dashboard sessions: whom one belongs to, read anew on every request, how it begins and ends, and which are open.
import { and, eq, gt, sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { audited, auditEach, type Actor } from '../audit.ts'
import { literal, statement, type Database } from '../client.ts'
import { newId } from '../ids.ts'
import { BY_LINK, openersOf } from '../openers.ts'
import { apiKeys, orgs, portalLinks, sessions } from '../schema.ts'
import { readStored } from '../stored-json.ts'
import { transaction } from '../transaction.ts'
import { alertsOf, readAlerts, type Alert } from './alerts.ts'
import type { ApiKey } from './api-keys.ts'
import { notesOf, readNotes, urlsUnderStops, type StopNote } from './stops.ts'

/** A session's row; never leaves the service with its digest. */
export type Session = typeof sessions.$inferSelect

/**
 * A session's key, whatever its state, and the name and the alerts of its org; and the link that opened it, if one did: it ends with
 * the key that made the link.
 */
export type SessionOwner = {
  key: ApiKey
  orgName: string
  alerts: Alert[]
  /** What holds for the org, and what of it is told on every page. */
  stops: StopNote[]
  toldStops: StopNote[]
  linkId: string | null
  scopes: string[] | null
}

/**
 * Three rows by their primary keys, four of a link's, and one for each alert, in one round trip; undefined when there is
 * no such session now.
 */
export async function findSessionOwner(
  db: Database,
  orgId: string,
  digest: string,
  now: number,
): Promise<SessionOwner | undefined> {
  const [row] = await db
    // Named: in the answer of a transaction two columns of one name would be one.
    .select({
      key: apiKeys,
      orgName: sql<string>`${orgs.name}`.as('org_name'),
      linkId: sql<string | null>`${portalLinks.id}`.as('link_id'),
      scopes: portalLinks.scopes,
      alerts: alertsOf(orgId).as('alerts'),
      notes: notesOf(orgId).as('notes'),
      urls: urlsUnderStops(orgId).as('urls'),
    })
    .from(sessions)
    .leftJoin(
      portalLinks,
      and(
        eq(portalLinks.orgId, orgId),
        // What is left of a key's public id is no link's id.
        eq(portalLinks.id, sql`substr(${sessions.keyPublicId}, ${BY_LINK.length + 1})`),
      ),
    )
    .innerJoin(
      apiKeys,
      eq(apiKeys.publicId, sql`coalesce(${portalLinks.keyPublicId}, ${sessions.keyPublicId})`),
    )
    .innerJoin(orgs, eq(orgs.id, apiKeys.orgId))
    .where(and(eq(sessions.digest, digest), gt(sessions.expiresAt, now), eq(apiKeys.orgId, orgId)))
  if (!row) return undefined
  const { alerts, notes, urls, ...owner } = row
  const { stops, told: toldStops } = readNotes(notes, urls)
  return { ...owner, alerts: readAlerts(alerts), stops, toldStops }
}

/**
 * Expired sessions that go when one begins. One alone would do: there would never be more rows than were
 * live at a time.
 */
const EXPIRED_AT_ONCE = 10

/**
 * Begins a session in the place of another, which ends; some of those whose time is over go with it. The audit log
 * has it begun.
 */
export async function replaceSession(
  db: Database,
  { orgId, ip, requestId }: Omit<Actor, 'name'>,
  session: Session,
  replaced: string,
): Promise<void> {
  const { keyPublicId, createdAt: at, digest } = session
  const actor = { orgId, ip, requestId, name: ON_DASHBOARD + keyPublicId }
  const change = { action: 'session.begin', targetId: sessionIdOf(digest), at } as const
  await transaction(db, {
    replaced: db.delete(sessions).where(eq(sessions.digest, replaced)),
    forgotten: statement(db, deleteExpired(session.createdAt)),
    begun: audited(db, actor, change, db.insert(sessions).values(session).onConflictDoNothing()),
  })
}

/** The statement that deletes some of the sessions whose time is over. */
export function deleteExpired(now: number): SQL {
  return sql`DELETE FROM sessions WHERE digest IN (
    SELECT digest FROM sessions WHERE expires_at <= ${now} LIMIT ${literal(EXPIRED_AT_ONCE)})`
}

/** A session that is open: its id, and what opened it as the audit log names it. */
export type OpenSession = {
  id: string
  opener: string
  createdAt: number
  /** When its time or its key is over, in Unix ms. */
  expiresAt: number
  /** Of a link's alone. */
  scopes: string[] | null
}

/** Sessions that are listed, at most. */
const MAX_LISTED = 100

/** The org's open sessions, newest first: of each key and each link one look into an index. */
export async function listSessions(
  db: Database,
  orgId: string,
  now: number,
): Promise<OpenSession[]> {
  type Row = Omit<OpenSession, 'scopes'> & { scopes: string | null }
  const rows = await db.all<Row>(sql`
    SELECT ${sessionId(sql`s.digest`)} AS id, s.key_public_id AS opener, s.created_at AS "createdAt",
      min(s.expires_at, coalesce(k.expires_at, s.expires_at)) AS "expiresAt", o.scopes
    FROM (
      SELECT public_id AS opener, public_id, NULL AS scopes FROM api_keys WHERE org_id = ${orgId}
      UNION ALL SELECT ${BY_LINK} || id, key_public_id, scopes FROM portal_links
      WHERE org_id = ${orgId} AND used_at IS NOT NULL) o
    CROSS JOIN sessions s ON s.key_public_id = o.opener
    CROSS JOIN api_keys k ON k.public_id = o.public_id AND k.org_id = ${orgId}
    WHERE s.expires_at > ${now} AND k.revoked_at IS NULL AND coalesce(k.expires_at > ${now}, true)
    ORDER BY s.created_at DESC LIMIT ${literal(MAX_LISTED)}`)
  return rows.map(({ id, opener, createdAt, expiresAt, scopes }) => {
    const words = scopes === null ? null : readStored(scopes, z.array(z.string()), [])
    return { id, opener, createdAt, expiresAt, scopes: words }
  })
}

/**
 * Ends one of the org's sessions, by its id; false when it is not there. An entry in the audit log tells of it,
 * written before it goes.
 */
export async function endSessionById(
  db: Database,
  actor: Actor,
  id: string,
  now: number,
): Promise<boolean> {
  const { orgId } = actor
  // All that can follow in a digest sorts before g.
  const start = id.replaceAll('-', '')
  const isMeant = sql`digest > ${start} AND digest < ${`${start}g`} AND key_public_id IN (${openersOf(orgId)})`
  const { logged } = await transaction(db, {
    logged: auditEach(db, orgId, { action: 'session.end', at: now }, endings(actor, now, isMeant)),
    ended: statement(db, sql`DELETE FROM sessions WHERE ${isMeant}`),
  })
  return logged.length > 0
}

/** Ends a session by its token's digest; the audit log has it ended. */
export async function deleteSession(
  db: Database,
  digest: string,
  { orgId, now, ...from }: { orgId: string; now: number; ip: string | null; requestId: string },
): Promise<void> {
  const isMeant = sql`digest = ${digest} AND key_public_id IN (${openersOf(orgId)})`
  const entries = endings({ ...from, name: undefined }, now, isMeant)
  await transaction(db, {
    logged: auditEach(db, orgId, { action: 'session.end', at: now }, entries),
    ended: db.delete(sessions).where(eq(sessions.digest, digest)),
  })
}

/** What stands before a key's public id where it is used on the dashboard. */
const ON_DASHBOARD = 'dashboard:'

/** SQL expression: who is signed in by a session, as the audit log names it. */
const SIGNED_IN = sql`iif(substr(key_public_id, 1, ${BY_LINK.length}) = ${BY_LINK}, '', ${ON_DASHBOARD}) || key_public_id`

/** The query for the entries of sessions that are about to end: by the actor, or each by who is signed in. */
function endings(
  { name, ip, requestId }: Pick<Actor, 'ip' | 'requestId'> & { name: string | undefined },
  now: number,
  isMeant: SQL,
): SQL {
  return sql`SELECT ${newId(now)} AS id, coalesce(${name ?? null}, ${SIGNED_IN}) AS actor, ${ip} AS ip,
    ${requestId} AS request_id, ${sessionId(sql`digest`)} AS target_id,
    json_object('of', key_public_id) AS details
    FROM sessions WHERE ${isMeant}`
}

/** SQL expression: what a session is called, which opens nothing: half of its digest, written as a UUID. */
function sessionId(digest: SQL): SQL {
  const parts = [
    [1, 8],
    [9, 4],
    [13, 4],
    [17, 4],
    [21, 12],
  ].map(([from = 0, length = 0]) => sql`substr(${digest}, ${literal(from)}, ${literal(length)})`)
  return sql.join(parts, sql` || '-' || `)
}

/** What a session with this digest is called. */
export function sessionIdOf(digest: string): string {
  return digest.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
