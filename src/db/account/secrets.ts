// Signing secrets as they are stored: sealed, several live at once during a rotation's overlap.
import { sql, type SQL } from 'drizzle-orm'
import {
  auditedFirst,
  auditSystemSteps,
  JUST_CHANGED,
  SYSTEM,
  systemEntryId,
  type Actor,
  type AuditAction,
} from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { transaction } from '../transaction.ts'
import { isAway } from '../words.ts'
import {
  replaceHeaders,
  selectHeadersUnder,
  selectHeadersUnderOthers,
  selectOldHeaders,
} from './sealed-headers.ts'

/** A secret as stored; the owner is an endpoint's id, or the org's own for its default secret. */
export type SealedSecret = { orgId: string; ownerId: string; id: string; sealed: string }

/** A secret that signs, sealed; `expiresAt` is null for the newest. */
export type LiveSecret = { id: string; sealed: string; createdAt: number; expiresAt: number | null }

/** Secrets of one owner in force at once, at most: the newest, and those whose overlap has not ended. */
const MAX_LIVE_SECRETS = 5

/**
 * Rows of one owner that a rotation leaves, besides older ones in force. Expired ones are kept a while
 * because clocks differ, and so that a rotation's repetition finds its own; not without end, because
 * each delivery reads them all.
 */
const KEPT = 16

/**
 * The statement that stores an owner's first secret, if the owner is there; repeating it changes nothing,
 * for from then on there is always one.
 */
export function insertFirstSecret(secret: SealedSecret, now: number, isOwner: SQL): SQL {
  const { orgId, ownerId } = secret
  const hasOne = sql`EXISTS (SELECT 1 FROM signing_secrets s
    WHERE s.org_id = ${orgId} AND s.owner_id = ${ownerId})`
  return insertSecret(secret, now, sql`${isOwner} AND NOT ${hasOne}`)
}

function insertSecret(secret: SealedSecret, now: number, condition: SQL): SQL {
  const { orgId, ownerId, id, sealed } = secret
  return sql`
    INSERT INTO signing_secrets (org_id, owner_id, id, sealed, created_at)
    SELECT ${orgId}, ${ownerId}, ${id}, ${sealed}, ${now} WHERE ${condition}
    ON CONFLICT (org_id, owner_id, id) DO NOTHING`
}

/** SQL condition: the owner has this secret. */
export function hasSecret(orgId: string, ownerId: string, id: string): SQL {
  return sql`EXISTS (SELECT 1 FROM signing_secrets s
    WHERE s.org_id = ${orgId} AND s.owner_id = ${ownerId} AND s.id = ${id})`
}

/** How an owner's secret is replaced; `condition` must hold, too. Durations are in ms. */
export type Rotation = { now: number; overlapMs: number; condition: SQL; action: AuditAction }

/**
 * The statements that make a secret the owner's newest, for one transaction. The newest before it signs
 * until `overlapMs` from now, and older ones as long as was said of them; without an overlap all end at
 * once. Nothing happens where that would leave more than MAX_LIVE_SECRETS in force: what is in force
 * signs, so the header would grow without end.
 * `rotated` answers a row when the secret was stored, now or by an earlier repetition.
 */
export function rotateSecret(
  db: Database,
  actor: Actor,
  secret: SealedSecret,
  { now, overlapMs, condition, action }: Rotation,
) {
  const { orgId, ownerId, id } = secret
  const change = {
    action,
    targetId: ownerId,
    at: now,
    details: { overlap_seconds: overlapMs / 1000 },
    condition: sql`${condition} AND ${hasRoom(secret, now, overlapMs)}`,
  }
  const store = statement(db, insertSecret(secret, now, JUST_CHANGED))
  return {
    stored: auditedFirst(db, actor, change, store),
    ended: statement(db, endOthers(secret, now, overlapMs)),
    forgotten: statement(db, forgetEnded(secret, now)),
    rotated: statement(db, sql`SELECT 1 WHERE ${hasSecret(orgId, ownerId, id)}`),
  }
}

/** Once a later rotation has ended this secret, repeating the statement changes nothing any more. */
function endOthers({ orgId, ownerId, id }: SealedSecret, now: number, overlapMs: number): SQL {
  const hasToEnd =
    overlapMs > 0 ? sql`expires_at IS NULL` : sql`coalesce(expires_at > ${now}, true)`
  return sql`
    UPDATE signing_secrets SET expires_at = ${now + overlapMs}
    WHERE org_id = ${orgId} AND owner_id = ${ownerId} AND id <> ${id} AND ${hasToEnd}
      AND EXISTS (SELECT 1 FROM signing_secrets s WHERE s.org_id = ${orgId}
        AND s.owner_id = ${ownerId} AND s.id = ${id} AND s.expires_at IS NULL)`
}

/** What has ended, but for the newest KEPT. */
function forgetEnded({ orgId, ownerId }: SealedSecret, now: number): SQL {
  return sql`DELETE FROM signing_secrets
    WHERE org_id = ${orgId} AND owner_id = ${ownerId} AND expires_at <= ${now}
      AND id NOT IN (SELECT s.id FROM signing_secrets s
        WHERE s.org_id = ${orgId} AND s.owner_id = ${ownerId} ORDER BY s.id DESC LIMIT ${KEPT})`
}

/** Without an overlap the others end, so there is always room for the one. */
function hasRoom({ orgId, ownerId }: SealedSecret, now: number, overlapMs: number): SQL {
  if (overlapMs === 0) return sql`true`
  const live = selectLive({ orgId: sql`${orgId}`, ownerId: sql`${ownerId}` }, now)
  return sql`(SELECT count(*) FROM (${live})) < ${MAX_LIVE_SECRETS}`
}

/**
 * The query for what signs for an owner, newest first: what the wire, the dashboard, the operator and
 * a rotation all go by. At most MAX_LIVE_SECRETS rows, because a rotation makes no more.
 */
export function selectLive({ orgId, ownerId }: { orgId: SQL; ownerId: SQL }, now: number): SQL {
  return sql`
    SELECT s.id, s.sealed, s.created_at AS "createdAt", s.expires_at AS "expiresAt"
    FROM signing_secrets s
    WHERE s.org_id = ${orgId} AND s.owner_id = ${ownerId}
      AND (s.expires_at IS NULL OR s.expires_at > ${now})
    ORDER BY s.expires_at IS NOT NULL, s.id DESC`
}

/** SQL expression that the index `signing_secrets_by_key` is on. */
const KEY_ID = sql`substr(sealed, 1, instr(sealed, '.') - 1)`

/** Secrets of every org and headers of their endpoints sealed under one key, at most `limit`, in the order of their place after `after`. */
export function listSealedUnder(
  db: Database,
  keyId: string,
  after: Pick<SealedSecret, 'orgId' | 'ownerId' | 'id'> | undefined,
  limit: number,
): Promise<SealedSecret[]> {
  const { orgId = '', ownerId = '', id = '' } = after ?? {}
  const isBehind = (place: SQL) => sql`(${place}) > (${orgId}, ${ownerId}, ${id})`
  return db.all<SealedSecret>(sql`
    SELECT org_id AS "orgId", owner_id AS "ownerId", id, sealed FROM signing_secrets
    WHERE ${KEY_ID} = ${keyId} AND ${isBehind(sql`org_id, owner_id, id`)}
      AND NOT ${isAway(sql`signing_secrets.org_id`)}
    UNION ALL ${selectHeadersUnder(keyId, isBehind)}
    ORDER BY 1, 2, 3 LIMIT ${limit}`)
}

/**
 * Puts a newly sealed text in the place of an old one, where that still stands. Each org's log has one entry of all that
 * is done at `at`, the instant in Unix ms at which the run began, however many calls it takes.
 */
export async function replaceSealed(
  db: Database,
  replacements: (SealedSecret & { resealed: string })[],
  at: number,
): Promise<void> {
  const texts = JSON.stringify(replacements)
  const isOld = sql`s.org_id = r.value->>'orgId' AND s.owner_id = r.value->>'ownerId'
    AND s.id = r.value->>'id' AND s.sealed = r.value->>'sealed'`
  await transaction(db, {
    // Before the change, by which those are known that it changes: repeated, it finds none.
    logged: statement(db, logRewrapped(texts, isOld, at)),
    replaced: statement(
      db,
      sql`UPDATE signing_secrets AS s SET sealed = r.value->>'resealed'
        FROM json_each(${texts}) r WHERE ${isOld}`,
    ),
    headers: statement(db, replaceHeaders(texts)),
  })
}

function logRewrapped(texts: string, isOld: SQL, at: number): SQL {
  const entries = sql`
    SELECT was.org_id, ${systemEntryId(at, sql`was.org_id`)} AS id, ${SYSTEM} AS actor, NULL AS ip,
      ${SYSTEM} AS request_id, was.org_id AS target_id, json_object('secrets', count(*)) AS details
    FROM (SELECT s.org_id FROM json_each(${texts}) r CROSS JOIN signing_secrets s WHERE ${isOld}
      UNION ALL ${selectOldHeaders(texts)}) was GROUP BY was.org_id`
  return auditSystemSteps({ action: 'org.rewrap_secrets', at }, entries, 'secrets')
}

/** The query that counts secrets and headers not sealed under a key, up to a limit; two ranges of an index each. */
export function countSealedUnderOthers(keyId: string, limit: number): SQL {
  return sql`
    SELECT count(*) FROM (
      SELECT 1 FROM signing_secrets WHERE ${KEY_ID} < ${keyId}
      UNION ALL SELECT 1 FROM signing_secrets WHERE ${KEY_ID} > ${keyId}
      UNION ALL ${selectHeadersUnderOthers(keyId)} LIMIT ${limit})`
}
