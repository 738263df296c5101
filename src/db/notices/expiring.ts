// Noting keys that end soon or have ended, and secrets that do not open.
import { sql, type SQL } from 'drizzle-orm'
import { auditSystem, SYSTEM, systemEntryId } from '../audit.ts'
import { literal, statement, type Database } from '../client.ts'
import { transaction, type Pair } from '../transaction.ts'
import { noteUndecryptable } from '../upkeep/heartbeats.ts'
import { isAway } from '../words.ts'
import { instantSql, isAnyTold, isWanted, note } from './note.ts'

const DAY_MS = 24 * 3_600_000

/** A key is told to end so long before, in ms. */
const EXPIRING_MS = 7 * DAY_MS

/** Keys that one pass notes. */
const MOST_KEYS = 100

/** SQL: notes the keys that end within a week, each once. */
export function noteExpiring(now: number): SQL {
  return note(
    'key.expiring',
    sql`${now}`,
    sql`
    SELECT k.org_id, k.id, NULL AS about, json_object('org_id', k.org_id, 'api_key', json_object('id', k.id,
      'public_id', k.public_id, 'name', k.name, 'expires_at', ${instantSql(sql`k.expires_at`)})) AS data
    FROM (SELECT 1 WHERE ${isAnyTold(now)}) CROSS JOIN api_keys k INDEXED BY api_keys_ending
    WHERE k.expires_at > ${now} AND k.expires_at <= ${now + EXPIRING_MS} AND k.revoked_at IS NULL
      AND ${isWanted(sql`k.org_id`, 'key.expiring', now)} AND NOT ${isAway(sql`k.org_id`)}
      AND NOT EXISTS (SELECT 1 FROM notices was WHERE was.org_id = k.org_id AND was.id = 'key.expiring:' || k.id)
    ORDER BY k.expires_at LIMIT ${literal(MOST_KEYS)}`,
  )
}

/** Keys whose end one run logs. */
const MOST_EXPIRED = 100

/**
 * The statements that log that keys' lives are over, each once and in its own org; one that was revoked is over by that. Reads
 * and writes nothing where none has ended since.
 */
export function logExpired(db: Database, now: number): Pair {
  const over = sql`
    SELECT k.public_id, k.org_id, k.id, k.name, k.expires_at FROM api_keys k INDEXED BY api_keys_unlogged
    WHERE k.expires_at <= ${now} AND k.revoked_at IS NULL AND k.expiry_logged_at IS NULL
      AND NOT ${isAway(sql`k.org_id`)}
    ORDER BY k.expires_at, k.public_id LIMIT ${literal(MOST_EXPIRED)}`
  const entries = sql`
    SELECT k.org_id, ${systemEntryId(now, sql`k.id`)} AS id, ${SYSTEM} AS actor, NULL AS ip,
      ${SYSTEM} AS request_id, k.id AS target_id,
      json_object('name', k.name, 'expires_at', ${instantSql(sql`k.expires_at`)}) AS details
    FROM (${over}) AS k`
  return {
    first: statement(db, auditSystem({ action: 'api_key.expire', at: now }, entries)),
    second: statement(
      db,
      sql`UPDATE api_keys SET expiry_logged_at = ${now}
        WHERE public_id IN (SELECT k.public_id FROM (${over}) AS k)`,
    ),
  }
}

/** A secret that does not open; the owner is an endpoint, or the org itself. */
export type Undecryptable = { orgId: string; ownerId: string; id: string }

/** Notes that a signing secret did not open: for /healthz once a minute at most, to be told once a day. */
export async function noteUndecryptableSecret(
  db: Database,
  { orgId, ownerId, id }: Undecryptable,
  now: number,
): Promise<void> {
  const endpointId = ownerId === orgId ? null : ownerId
  const data = { org_id: orgId, secret: { id, endpoint_id: endpointId } }
  await transaction(db, {
    beat: statement(db, noteUndecryptable(now)),
    noted: statement(
      db,
      note(
        'secret.undecryptable',
        sql`${now}`,
        sql`
        SELECT ${orgId} AS org_id, ${`${id}:${Math.floor(now / DAY_MS)}`} AS id, ${endpointId} AS about,
          ${JSON.stringify(data)} AS data WHERE ${isWanted(sql`${orgId}`, 'secret.undecryptable', now)}`,
      ),
    ),
  })
}
