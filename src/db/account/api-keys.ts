// API keys: made, listed, found, revoked.
import { and, asc, eq, getTableColumns, isNull, lt, or, sql, type SQL } from 'drizzle-orm'
import { audited, auditIf, JUST_CHANGED, SYSTEM, type Actor, type Change } from '../audit.ts'
import { selectPlaceOfKey, type Placed } from '../catalog.ts'
import { literal, statement, type Database } from '../client.ts'
import { guardByKey, type Idempotency } from '../idempotency.ts'
import { lowestIdAt } from '../ids.ts'
import { readRow, rowAsJson } from '../row-json.ts'
import { apiKeys } from '../schema.ts'
import { idOfSide, sideOf } from '../sides.ts'
import type { Store } from '../store.ts'
import { transaction, type Pair, type Statement } from '../transaction.ts'
import { mostSql } from './quotas.ts'
import type { SealedSecret } from './secrets.ts'
import { createTwin } from './twins.ts'

/** An API key's row; never leaves the service with its `keyHash`. */
export type ApiKey = Omit<typeof apiKeys.$inferSelect, 'expiryLoggedAt'>

/** What may be shown of a key, and kept for an answer. */
export type PublicApiKey = Omit<ApiKey, 'keyHash'>

const { keyHash: _hash, expiryLoggedAt: _loggedAt, ...publicColumns } = getTableColumns(apiKeys)

/** What an Idempotency-Key keeps of a key that was issued: its row without the hash, the key sealed. */
export type KeptApiKey = { stored: PublicApiKey; sealed: string }

/** What came of a key that was to be stored. */
export type KeyStored = 'stored' | 'full' | 'taken' | 'missing'

/** What a key is stored with: what an Idempotency-Key is to keep, and of a twin's key the twin's first secret. */
export type KeyExtras = {
  idempotency?: { request: Idempotency; kept: KeptApiKey } | undefined
  twinSecret?: SealedSecret | undefined
}

/**
 * Stores a key, unless the Idempotency-Key is taken; `full` where its org has as many as it may, `missing` where there is no
 * such org, `taken` where the public id is another key's. With a `twinSecret` it makes the key's org before, where that is
 * not there: the twin of the actor's. It is logged in the key's org, and in the actor's where that is another.
 */
export async function createApiKey(
  db: Database,
  actor: Actor,
  key: ApiKey,
  { idempotency, twinSecret }: KeyExtras,
): Promise<{ outcome: KeyStored; first: KeptApiKey | undefined }> {
  const { id, orgId, publicId, createdAt: now } = key
  const guard = guardByKey(db, idempotency?.request, { token: id, now })
  const isKey = sql`org_id = ${orgId} AND public_id = ${publicId} AND id = ${id}`
  const snapshot = sql`SELECT ${JSON.stringify(idempotency?.kept ?? null)} AS snapshot
    WHERE EXISTS (SELECT 1 FROM api_keys WHERE ${isKey})`
  const change = {
    action: 'api_key.create',
    targetId: id,
    at: now,
    details: detailsOf(key),
  } as const
  const insert = sql`
    INSERT INTO api_keys (org_id, public_id, id, name, key_hash, created_at, expires_at, scopes)
    SELECT ${orgId}, ${publicId}, ${id}, ${key.name}, ${key.keyHash}, ${now}, ${key.expiresAt},
      ${key.scopes && JSON.stringify(key.scopes)}
    WHERE ${guard.isFree} AND ${isThere(orgId)} AND NOT ${isFull(orgId, now)}
    ON CONFLICT (public_id) DO NOTHING`
  const { outcome, found } = await transaction(db, {
    ...(twinSecret && createTwin(db, actor, twinSecret, { now, isFree: guard.isFree })),
    created: auditedInBoth(db, actor, orgId, change, statement(db, insert)),
    claimed: guard.claim(snapshot),
    outcome: statement<{ is: KeyStored }>(
      db,
      sql`SELECT CASE WHEN EXISTS (SELECT 1 FROM api_keys WHERE ${isKey}) THEN 'stored'
        WHEN NOT ${isThere(orgId)} THEN 'missing' WHEN ${isFull(orgId, now)} THEN 'full'
        ELSE 'taken' END AS "is"`,
    ),
    found: guard.find,
  })
  return { outcome: outcome[0]?.is ?? 'missing', first: guard.firstOf(found, readIssued) }
}

function detailsOf({ orgId, publicId, scopes }: ApiKey): Record<string, string> {
  const isOfTwin = sideOf(orgId) === 'test'
  return {
    public_id: publicId,
    ...(scopes && { scopes: scopes.join(' ') }),
    ...(isOfTwin && { mode: 'test' }),
  }
}

/** A change of an org's with its entry there, and one where the actor is, if that is another: the twin's other side. */
function auditedInBoth<Made extends Statement>(
  db: Database,
  actor: Actor,
  orgId: string,
  change: Change,
  made: Made,
): Pair<Made> {
  const pair = audited(db, { ...actor, orgId }, change, made)
  if (orgId === actor.orgId) return pair
  return { ...pair, third: auditIf(db, JUST_CHANGED, actor, change) }
}

/** SQL condition: there is such an org. */
function isThere(orgId: string): SQL {
  return sql`EXISTS (SELECT 1 FROM orgs WHERE id = ${orgId})`
}

/** SQL condition: the org has as many live keys as it may. */
function isFull(orgId: string, now: number): SQL {
  return sql`(SELECT count(*) FROM api_keys WHERE org_id = ${orgId} AND revoked_at IS NULL
    AND coalesce(expires_at > ${now}, true)) >= ${mostSql(orgId, 'keys')}`
}

/** What the Idempotency-Key of a key that was issued has kept. */
export function readIssued(snapshot: unknown): KeptApiKey {
  // createApiKey wrote what it was given; before keys had scopes, without any.
  const { stored, sealed } = snapshot as KeptApiKey
  return { stored: { ...stored, scopes: stored.scopes ?? null }, sealed }
}

/** The org's keys, revoked ones included, oldest first; as many as were ever made. */
export function listApiKeys(db: Database, orgId: string): Promise<ApiKey[]> {
  return selectKeys(db, orgId)
}

/** The same of both sides of an org, in one round trip. */
export async function listKeysOfBoth(db: Database, orgId: string): Promise<ApiKey[]> {
  const { live, test } = await transaction(db, {
    live: selectKeys(db, idOfSide(orgId, 'live')),
    test: selectKeys(db, idOfSide(orgId, 'test')),
  })
  return [...live, ...test].toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

function selectKeys(db: Database, orgId: string) {
  return db.select().from(apiKeys).where(eq(apiKeys.orgId, orgId)).orderBy(asc(apiKeys.id))
}

/**
 * The key with this public id, whatever its state: one indexed read, and another one where its org is in
 * another database than the first.
 */
export async function findApiKey(store: Store, publicId: string): Promise<ApiKey | undefined> {
  const { catalog, all } = store
  const [first, ...others] = all
  const select = (db: Database) => db.select().from(apiKeys).where(eq(apiKeys.publicId, publicId))
  if (others.length === 0) return (await select(catalog))[0]
  const { rows, placed } = await transaction(catalog, {
    rows: select(catalog),
    placed: statement<Placed>(catalog, selectPlaceOfKey(publicId)),
  })
  const [place] = placed
  const [row] = rows
  // A row of the first database is history once there is a place: the key's org has moved.
  if (place) store.learn(place.orgId, place.database)
  else if (row) store.learn(row.orgId, first.name)
  return place ? (await select(store.of(place.orgId)))[0] : row
}

/** Which key is revoked, and how: `token` is the request's. */
export type Revocation = {
  orgId: string
  id: string
  token: string
  now: number
  idempotency: Idempotency | undefined
}

/**
 * Revokes a key for good; `key` is undefined when it is not that org's, and `first` what the first use
 * of the Idempotency-Key kept. Revoking again keeps the first instant. It is logged as the making of a key is.
 */
export async function revokeApiKey(
  db: Database,
  actor: Actor,
  { orgId, id, token, now, idempotency }: Revocation,
): Promise<{ key: PublicApiKey | undefined; first: PublicApiKey | undefined }> {
  const guard = guardByKey(db, idempotency, { token, now })
  const isKey = and(eq(apiKeys.orgId, orgId), eq(apiKeys.id, id))
  const snapshot = sql`SELECT ${rowAsJson(publicColumns, 'k')} AS snapshot FROM api_keys k
    WHERE k.org_id = ${orgId} AND k.id = ${id}`
  const change = { action: 'api_key.revoke', targetId: id, at: now } as const
  const revoke = db
    .update(apiKeys)
    .set({ revokedAt: now })
    .where(and(isKey, isNull(apiKeys.revokedAt), guard.isFree))
  const { keys, found } = await transaction(db, {
    revoked: auditedInBoth(db, actor, orgId, change, revoke),
    claimed: guard.claim(snapshot),
    keys: db.select(publicColumns).from(apiKeys).where(isKey),
    found: guard.find,
  })
  // A row of these columns, as it was kept above.
  const first = guard.firstOf(found, (kept) => readRow(publicColumns, kept) as PublicApiKey)
  return { key: keys[0], first }
}

/** Within so many ms one refused sign-in of a key is logged, of the last so many entries of its org. */
const REFUSALS = { everyMs: 10 * 60_000, among: 1000 }

/** Logs that a sign-in with a key was refused, and why, unless that was logged of it lately. */
export async function logRefusedSignIn(
  db: Database,
  { orgId, id: targetId }: Pick<ApiKey, 'id' | 'orgId'>,
  reason: 'expired' | 'revoked' | 'wrong',
  { at, ip, requestId }: { at: number; ip: string | null; requestId: string },
): Promise<void> {
  const action = 'api_key.refuse_sign_in'
  const isNews = sql`NOT EXISTS (SELECT 1 FROM (SELECT action, target_id FROM audit_log
      WHERE org_id = ${orgId} AND id >= ${lowestIdAt(at - REFUSALS.everyMs)}
      ORDER BY id DESC LIMIT ${literal(REFUSALS.among)})
    WHERE action = ${action} AND target_id = ${targetId})`
  const actor = { orgId, name: SYSTEM, ip, requestId }
  await auditIf(db, isNews, actor, { action, targetId, at, details: { reason } })
}

/** Notes that a key was used, if it was not since. */
export async function touchApiKey(db: Database, publicId: string, now: number): Promise<void> {
  const isLater = or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, now))
  await db
    .update(apiKeys)
    .set({ lastUsedAt: now })
    .where(and(eq(apiKeys.publicId, publicId), isLater))
}
