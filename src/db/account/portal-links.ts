// Portal links: made by a key, looked at, and used once.
import { and, eq, sql } from 'drizzle-orm'
import { audited, auditedFirst, hasEntry, type Actor } from '../audit.ts'
import { literal, statement, type Database } from '../client.ts'
import { guardByKey, type Idempotency } from '../idempotency.ts'
import { lowestIdAt } from '../ids.ts'
import { BY_LINK } from '../openers.ts'
import { apiKeys, orgs, portalLinks } from '../schema.ts'
import { transaction } from '../transaction.ts'
import { deleteExpired } from './sessions.ts'

/** A link's row; never leaves the service with its digest. */
export type PortalLink = typeof portalLinks.$inferSelect

/** What an Idempotency-Key keeps of a link: what was answered of it, its token sealed. */
export type KeptPortalLink = Pick<PortalLink, 'id' | 'scopes' | 'expiresAt'> & { sealed: string }

/** Links of which nothing is left that go when one is made. */
const FORGOTTEN_AT_ONCE = 10

/** Stores a link, unless the Idempotency-Key is taken; `first` is what its first use kept. */
export async function createPortalLink(
  db: Database,
  actor: Actor,
  link: PortalLink,
  { forgetBefore, idempotency }: Storing,
): Promise<KeptPortalLink | undefined> {
  const { orgId, id, scopes, createdAt: now, expiresAt } = link
  const guard = guardByKey(db, idempotency?.request, { token: id, now })
  const isLink = sql`org_id = ${orgId} AND id = ${id}`
  const snapshot = sql`SELECT ${JSON.stringify(idempotency?.kept ?? null)} AS snapshot
    WHERE EXISTS (SELECT 1 FROM portal_links WHERE ${isLink})`
  const details = { scopes: scopes.join(' '), session_seconds: link.sessionMs / 1000 }
  const change = { action: 'portal_link.create', targetId: id, at: now, details } as const
  const insert = sql`
    INSERT INTO portal_links (org_id, id, digest, scopes, key_public_id, session_ms, created_at, expires_at)
    SELECT ${orgId}, ${id}, ${link.digest}, ${JSON.stringify(scopes)}, ${link.keyPublicId},
      ${link.sessionMs}, ${now}, ${expiresAt}
    WHERE ${guard.isFree} ON CONFLICT (org_id, id) DO NOTHING`
  const forget = sql`
    DELETE FROM portal_links WHERE org_id = ${orgId} AND id IN (SELECT id FROM portal_links
      WHERE org_id = ${orgId} AND id < ${lowestIdAt(forgetBefore)} LIMIT ${literal(FORGOTTEN_AT_ONCE)})`
  const { found } = await transaction(db, {
    created: audited(db, actor, change, statement(db, insert)),
    claimed: guard.claim(snapshot),
    found: guard.find,
    forgotten: statement(db, forget),
  })
  return guard.firstOf(found, readKeptLink)
}

/** What a link is stored with: before when of earlier ones nothing is left, and what a key keeps of this one. */
type Storing = {
  forgetBefore: number
  idempotency: { request: Idempotency; kept: KeptPortalLink } | undefined
}

/** What the Idempotency-Key of a link has kept. */
export function readKeptLink(snapshot: unknown): KeptPortalLink {
  // createPortalLink wrote what it was given.
  return snapshot as KeptPortalLink
}

/** A link as its holder is told of it: whose it is, and whether the key that made it is live. */
export type OfferedLink = Pick<
  PortalLink,
  'id' | 'orgId' | 'scopes' | 'sessionMs' | 'expiresAt' | 'usedAt'
> & { orgName: string; isKeyLive: boolean }

/** The link, if the digest is its token's; three rows by their primary keys. */
export async function findPortalLink(
  db: Database,
  { orgId, id, digest }: Pick<PortalLink, 'orgId' | 'id' | 'digest'>,
  now: number,
): Promise<OfferedLink | undefined> {
  const isLive = sql`${apiKeys.revokedAt} IS NULL AND coalesce(${apiKeys.expiresAt} > ${now}, true)`
  const [link] = await db
    .select({
      id: portalLinks.id,
      orgId: portalLinks.orgId,
      scopes: portalLinks.scopes,
      sessionMs: portalLinks.sessionMs,
      expiresAt: portalLinks.expiresAt,
      usedAt: portalLinks.usedAt,
      orgName: sql<string>`${orgs.name}`.as('org_name'),
      isKeyLive: sql`${isLive}`.mapWith(Boolean).as('is_key_live'),
    })
    .from(portalLinks)
    .innerJoin(apiKeys, eq(apiKeys.publicId, portalLinks.keyPublicId))
    .innerJoin(orgs, eq(orgs.id, portalLinks.orgId))
    .where(
      and(
        eq(portalLinks.orgId, orgId),
        eq(portalLinks.id, id),
        eq(portalLinks.digest, digest),
        eq(apiKeys.orgId, orgId),
      ),
    )
  return link
}

/** The use of a link: by whom it is logged, under which id, and the session that it begins. */
export type LinkUse = {
  entryId: string
  actor: Actor
  digest: string
  now: number
  /** The session that the browser had before, which ends. */
  replaced: string
}

/**
 * Uses a link up and begins its session, in one transaction: false when it was used before, or is over. Repeated
 * after its answer was lost it finds its own entry in the audit log, and the session begun.
 */
export async function takePortalLink(
  db: Database,
  { orgId, id, digest: linkDigest }: Pick<PortalLink, 'orgId' | 'id' | 'digest'>,
  { entryId, actor, digest, now, replaced }: LinkUse,
): Promise<boolean> {
  const isLink = sql`l.org_id = ${orgId} AND l.id = ${id} AND l.digest = ${linkDigest}`
  const condition = sql`EXISTS (SELECT 1 FROM portal_links l CROSS JOIN api_keys k
    WHERE ${isLink} AND l.used_at IS NULL AND l.expires_at > ${now} AND k.public_id = l.key_public_id
      AND k.org_id = ${orgId} AND k.revoked_at IS NULL AND coalesce(k.expires_at > ${now}, true))`
  const change = {
    action: 'portal_link.use',
    id: entryId,
    targetId: id,
    at: now,
    condition,
  } as const
  const isMine = hasEntry(orgId, entryId)
  const { made } = await transaction(db, {
    used: auditedFirst(
      db,
      actor,
      change,
      statement(
        db,
        sql`UPDATE portal_links AS l SET used_at = ${now}
          WHERE ${isLink} AND l.used_at IS NULL AND ${isMine}`,
      ),
    ),
    begun: statement(
      db,
      sql`INSERT INTO sessions (digest, key_public_id, created_at, expires_at)
        SELECT ${digest}, ${BY_LINK} || l.id, ${now}, ${now} + l.session_ms FROM portal_links l
        WHERE ${isLink} AND ${isMine} ON CONFLICT (digest) DO NOTHING`,
    ),
    replaced: statement(db, sql`DELETE FROM sessions WHERE digest = ${replaced} AND ${isMine}`),
    forgotten: statement(db, deleteExpired(now)),
    made: statement(db, sql`SELECT 1 WHERE ${isMine}`),
  })
  return made.length > 0
}
