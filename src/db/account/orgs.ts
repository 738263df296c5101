// Organizations and their default secrets.
import { and, eq, not, sql, type SQL } from 'drizzle-orm'
import { audited, auditIf, type Actor } from '../audit.ts'
import { insertPlacement } from '../catalog.ts'
import { statement, type Database } from '../client.ts'
import { guardByKey, type Idempotency } from '../idempotency.ts'
import { isBeyondCursor, nearestFirst, rowsToRead, type Page } from '../page.ts'
import { orgs } from '../schema.ts'
import { idOfSide, isLiveSide } from '../sides.ts'
import { EVERY_HOST } from '../stopped.ts'
import type { Store } from '../store.ts'
import { transaction } from '../transaction.ts'
import { setCertificate } from './org-certificate.ts'
import { markOwn, selectUsed, setQuotas, type QuotaChanges, type UsedRow } from './quotas.ts'
import {
  hasSecret,
  insertFirstSecret,
  rotateSecret,
  selectLive,
  type LiveSecret,
  type SealedSecret,
} from './secrets.ts'
import { deleteOrgStop, putOrgStop } from './stops.ts'

/** An organization. */
export type Org = Pick<typeof orgs.$inferSelect, 'id' | 'name' | 'createdAt'>

const ORG_COLUMNS = { id: orgs.id, name: orgs.name, createdAt: orgs.createdAt }

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

/**
 * Says in the catalog in which database an org is going to be, unless the key is taken; answers the org that
 * the key's first use kept. Nothing is to be said of the first database.
 */
export async function claimOrg(
  { catalog, all, learn }: Store,
  org: Org,
  database: string,
  idempotency: Idempotency | undefined,
): Promise<Org | undefined> {
  const { id, createdAt: now } = org
  const key = guardByKey(catalog, idempotency, { token: id, now })
  const isElsewhere = database !== all[0]?.name
  const { found } = await transaction(catalog, {
    placed: isElsewhere ? statement(catalog, insertPlacement(id, database, key.isFree)) : undefined,
    claimed: key.claim(sql`SELECT ${JSON.stringify(org)} AS snapshot`),
    found: key.find,
  })
  // An org as it was kept above.
  const first = key.firstOf(found, (kept) => kept as Org)
  if (!first) learn(id, database)
  return first
}

/** The orgs of a database but for twins and those that have left it, nearest to a page's cursor first: as many as the page takes. */
export function listOrgs(db: Database, page: Page): Promise<Org[]> {
  const isGone = sql`EXISTS (SELECT 1 FROM departures d WHERE d.org_id = ${orgs.id} AND d.state = 'gone')`
  return db
    .select(ORG_COLUMNS)
    .from(orgs)
    .where(and(not(isGone), isLiveSide(sql`${orgs.id}`), isBeyondCursor(orgs.id, page)))
    .orderBy(nearestFirst(orgs.id, page))
    .limit(rowsToRead(page))
}

/**
 * An org, since when nothing of it is sent, because the operator has stopped that, whether it has a twin, and what it has of
 * its quotas, and the client certificate that its new endpoints begin with.
 */
export type OrgState = Org & {
  pausedAt: number | null
  pauseReason: string | null
  twinId: string | null
  clientCertificate: string | null
} & UsedRow

/** What is changed of an org: `sending` is stopped, for a reason, or goes on. */
export type OrgChanges = {
  name?: string | undefined
  sending?: { isPaused: boolean; reason: string | null } | undefined
  quotas?: QuotaChanges | undefined
  /** Of all endpoints that it has, and those to come. */
  clientCertificate?: string | null | undefined
}

/** SQL: an org with its state. */
function selectOrg(orgId: string, now: number): SQL {
  return sql`
    SELECT org.id, org.name, org.created_at AS "createdAt",
      org.client_certificate AS "clientCertificate", stop.stopped_at AS "pausedAt",
      stop.reason AS "pauseReason", ${selectUsed(orgId, now)},
      (SELECT twin.id FROM orgs twin WHERE twin.id = ${idOfSide(orgId, 'test')} AND twin.id <> org.id) AS "twinId"
    FROM orgs org LEFT JOIN stops stop ON stop.org_id = org.id AND stop.host = ${EVERY_HOST}
    WHERE org.id = ${orgId}`
}

/** The org as it is; undefined when there is none. */
export async function findOrg(
  db: Database,
  orgId: string,
  now: number,
): Promise<OrgState | undefined> {
  const [found] = await db.all<OrgState>(selectOrg(orgId, now))
  return found
}

/** Changes an org, and answers it as it is then; undefined when there is none. What is so already is not written. */
export async function updateOrg(
  db: Database,
  actor: Actor,
  { name, sending, quotas, clientCertificate }: OrgChanges,
  now: number,
): Promise<OrgState | undefined> {
  const { orgId } = actor
  const { found } = await transaction(db, {
    renamed: name === undefined ? undefined : rename(db, actor, name, now),
    sending: sending && setSending(db, actor, sending, now),
    quotas: quotas && setQuotas(db, actor, quotas, now),
    marks: quotas && markOwn(db, orgId),
    certificate:
      clientCertificate === undefined
        ? undefined
        : setCertificate(db, actor, clientCertificate, now),
    found: statement<OrgState>(db, selectOrg(orgId, now)),
  })
  return found[0]
}

function rename(db: Database, actor: Actor, name: string, now: number) {
  const change = { action: 'org.update', targetId: actor.orgId, at: now } as const
  const update = sql`UPDATE orgs SET name = ${name} WHERE id = ${actor.orgId} AND name <> ${name}`
  return audited(db, actor, { ...change, details: { name } }, statement(db, update))
}

function setSending(
  db: Database,
  actor: Actor,
  { isPaused, reason }: { isPaused: boolean; reason: string | null },
  now: number,
) {
  const { orgId } = actor
  if (!isPaused) return deleteOrgStop(db, actor, orgId, now)
  return putOrgStop(db, actor, { orgId, host: EVERY_HOST, reason, stoppedAt: now })
}

/** How many orgs are at home in a database, twins aside. */
export async function countOrgs(db: Database): Promise<number> {
  const [row] = await db.all<{ count: number }>(sql`
    SELECT count(*) AS count FROM orgs WHERE ${isLiveSide(sql`id`)} AND NOT EXISTS (
      SELECT 1 FROM departures d WHERE d.org_id = orgs.id AND d.state = 'gone')`)
  return row?.count ?? 0
}

/** Whether the org is in this database, and has not left it. */
export async function isAtHome(db: Database, orgId: string): Promise<boolean> {
  const rows = await db.all(sql`SELECT 1 FROM orgs WHERE id = ${orgId} AND NOT EXISTS (
    SELECT 1 FROM departures d WHERE d.org_id = ${orgId} AND d.state = 'gone')`)
  return rows.length > 0
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
