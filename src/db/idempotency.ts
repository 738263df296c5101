// Idempotency-Key records: claimed in the same batch as the act they guard.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from './client.ts'

/** How long a key is remembered, in ms: a day, as the contract says. */
export const IDEMPOTENCY_TTL_MS = 24 * 3600 * 1000

/**
 * One use of an Idempotency-Key: `scope` is whose key it is, an org's id or OPERATOR_SCOPE, `requestHash`
 * what is asked, and `token` this very request, whose own repetition is none of the key.
 */
export type KeyUse = { scope: string; key: string; requestHash: string; token: string }

/** The operator's scope: the routes without an org have their keys there, and orgs are UUIDs. */
export const OPERATOR_SCOPE = 'operator'

/** What the key was first used for; `snapshot` is JSON text, enough to give the first answer again. */
export type IdempotencyRecord = { requestHash: string; token: string; snapshot: string }

/** A statement that does nothing, for a batch whose shape must not depend on its content. */
const NOTHING: SQL = sql`SELECT 1 WHERE false`

/**
 * The parts of a batch that acts once: the act's statements hold only while the key `isFree`; after
 * them `claim` remembers what they did, when its source (a query of one column, `snapshot`) gives a
 * row: an act that changed nothing keeps no key; `find` reads the record then, this request's own or an
 * earlier one's. Without a key it is free, and nothing is claimed or found.
 */
export function guardByKey(db: Database, use: KeyUse | undefined, now: number) {
  return {
    isFree: use ? sql`NOT EXISTS (${selectKey(use, now)} AND token <> ${use.token})` : sql`true`,
    claim: (source: SQL) => statement(db, use ? claimKey(use, now, source) : NOTHING),
    find: statement<IdempotencyRecord>(db, use ? selectKey(use, now) : NOTHING),
  }
}

/** The record of a key, or undefined while it is free. */
export async function findKey(
  db: Database,
  use: Omit<KeyUse, 'token'>,
  now: number,
): Promise<IdempotencyRecord | undefined> {
  const [record] = await db.all<IdempotencyRecord>(selectKey(use, now))
  return record
}

/** The query for a key's record: one row, or none while it is free or forgotten. */
export function selectKey({ scope, key }: Omit<KeyUse, 'token'>, now: number): SQL {
  return sql`SELECT request_hash AS "requestHash", token, snapshot FROM idempotency_keys
    WHERE org_id = ${scope} AND key = ${key} AND created_at > ${now - IDEMPOTENCY_TTL_MS}`
}

function claimKey({ scope, key, requestHash, token }: KeyUse, now: number, source: SQL): SQL {
  return sql`
    INSERT INTO idempotency_keys (org_id, key, request_hash, token, snapshot, created_at)
    SELECT ${scope}, ${key}, ${requestHash}, ${token}, s.snapshot, ${now}
    FROM (${source}) AS s WHERE true
    ON CONFLICT (org_id, key) DO UPDATE SET
      request_hash = excluded.request_hash, token = excluded.token,
      snapshot = excluded.snapshot, created_at = excluded.created_at
    WHERE idempotency_keys.created_at <= ${now - IDEMPOTENCY_TTL_MS}`
}
