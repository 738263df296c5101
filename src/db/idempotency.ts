// Idempotency-Key records: claimed in the same batch as the write they guard.
import { sql, type SQL } from 'drizzle-orm'

/** How long a key is remembered, in ms: a day, as the contract says. */
export const IDEMPOTENCY_TTL_MS = 24 * 3600 * 1000

/** One use of an Idempotency-Key: `token` names this request's own rows, `requestHash` what it asks. */
export type IdempotentRequest = { key: string; requestHash: string; token: string }

/** What the key was first used for; `snapshot` is JSON text, enough to give the first answer again. */
export type IdempotencyRecord = { requestHash: string; token: string; snapshot: string }

/** A statement that does nothing, for a batch whose shape must not depend on its content. */
const NOTHING: SQL = sql`SELECT 1 WHERE false`

/**
 * Writes the record when `source` (a query of one column, `snapshot`) gives a row and the key is free
 * or forgotten. The first request keeps it; a repetition changes nothing.
 */
export function claimKey(
  orgId: string,
  request: IdempotentRequest | undefined,
  now: number,
  source: SQL,
): SQL {
  if (!request) return NOTHING
  return sql`
    INSERT INTO idempotency_keys (org_id, key, request_hash, token, snapshot, created_at)
    SELECT ${orgId}, ${request.key}, ${request.requestHash}, ${request.token}, s.snapshot, ${now}
    FROM (${source}) AS s WHERE true
    ON CONFLICT (org_id, key) DO UPDATE SET
      request_hash = excluded.request_hash, token = excluded.token,
      snapshot = excluded.snapshot, created_at = excluded.created_at
    WHERE idempotency_keys.created_at <= ${now - IDEMPOTENCY_TTL_MS}`
}

/** SQL condition: the request holds its key, or came without one. */
export function holdsKey(orgId: string, request: IdempotentRequest | undefined): SQL {
  if (!request) return sql`true`
  return sql`EXISTS (SELECT 1 FROM idempotency_keys WHERE org_id = ${orgId}
    AND key = ${request.key} AND token = ${request.token})`
}

/** SQL condition: no earlier request holds the key, or the request came without one. */
export function isKeyFree(orgId: string, request: IdempotentRequest | undefined, now: number): SQL {
  if (!request) return sql`true`
  return sql`NOT EXISTS (SELECT 1 FROM idempotency_keys WHERE org_id = ${orgId} AND key = ${request.key}
    AND token <> ${request.token} AND created_at > ${now - IDEMPOTENCY_TTL_MS})`
}

/** Reads the record of a key: no row when it was never used, or the request came without one. */
export function selectKey(orgId: string, request: IdempotentRequest | undefined): SQL {
  if (!request) return NOTHING
  return sql`SELECT request_hash AS "requestHash", token, snapshot FROM idempotency_keys
    WHERE org_id = ${orgId} AND key = ${request.key}`
}
