// The end of an org: whoever asks for it finds nothing any more, and the cron deletes what is left.
import { sql, type SQL } from 'drizzle-orm'
import { auditIf, JUST_CHANGED, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { openersOf } from '../openers.ts'
import { EVERY_HOST } from '../stopped.ts'
import { transaction } from '../transaction.ts'
import { isDeleted, isMoving } from '../words.ts'

/** Whether an org is deleted, by now; it is not while it is being moved, nor when it was never there. */
export type OrgDeletion = 'deleted' | 'moving' | 'missing'

/** Whether an org is on its way to another database, or something of it is left where it was. */
export async function isUnderWay(catalog: Database, orgId: string): Promise<boolean> {
  const rows = await catalog.all(
    sql`SELECT 1 FROM moves WHERE org_id = ${orgId} AND phase <> 'over'`,
  )
  return rows.length > 0
}

/**
 * Deletes an org, unless it is being moved: its keys, which end all sessions and links, its endpoints, its secrets and
 * itself, in one transaction, and nothing of it is sent any more. Logged once, for the operator. Writes two rows for each key
 * and endpoint, and one for each secret and session.
 */
export async function deleteOrg(
  db: Database,
  actor: Actor,
  orgId: string,
  now: number,
): Promise<OrgDeletion> {
  const is = isDeleted(orgId)
  const change = { action: 'org.delete', targetId: orgId, at: now } as const
  const details = sql`(SELECT json_object('name', o.name) FROM orgs o WHERE o.id = ${orgId})`
  const { found } = await transaction(db, {
    deleted: {
      first: statement(db, markDeleted(orgId, now)),
      second: auditIf(db, JUST_CHANGED, actor, { ...change, details }),
    },
    stopped: statement(
      db,
      sql`INSERT INTO stops (org_id, host, stopped_at) SELECT ${orgId}, ${EVERY_HOST}, ${now}
        WHERE ${is} ON CONFLICT (org_id, host) DO NOTHING`,
    ),
    sessions: statement(
      db,
      sql`DELETE FROM sessions WHERE key_public_id IN (${openersOf(orgId)}) AND ${is}`,
    ),
    keys: statement(db, sql`DELETE FROM api_keys WHERE org_id = ${orgId} AND ${is}`),
    endpoints: statement(db, sql`DELETE FROM endpoints WHERE org_id = ${orgId} AND ${is}`),
    secrets: statement(db, sql`DELETE FROM signing_secrets WHERE org_id = ${orgId} AND ${is}`),
    org: statement(db, sql`DELETE FROM orgs WHERE id = ${orgId} AND ${is}`),
    found: statement<{ isDeleted: number; isThere: number }>(
      db,
      sql`SELECT ${is} AS "isDeleted",
        EXISTS (SELECT 1 FROM orgs WHERE id = ${orgId}) AS "isThere"`,
    ),
  })
  if (found[0]?.isDeleted === 1) return 'deleted'
  return found[0]?.isThere === 1 ? 'moving' : 'missing'
}

function markDeleted(orgId: string, now: number): SQL {
  return sql`
    INSERT INTO deleted_orgs (org_id, deleted_at) SELECT o.id, ${now} FROM orgs o
    WHERE o.id = ${orgId} AND NOT ${isMoving(sql`o.id`)} ON CONFLICT (org_id) DO NOTHING`
}
