// The audit log: who changed what, when and from where, written in the same transaction as the change.
import { SQL, sql } from 'drizzle-orm'
import { statement, type Database } from './client.ts'
import { newId } from './ids.ts'
import type { Pair, Statement } from './transaction.ts'

/** Who acts in which org: a key's public id, or `admin`; `ip` is null where nothing tells it. */
export type Actor = { orgId: string; name: string; ip: string | null; requestId: string }

/** What can be found in the log: an action on a kind of target. */
export type AuditAction =
  | 'endpoint.create'
  | 'endpoint.update'
  | 'endpoint.delete'
  | 'endpoint.rotate_secret'
  | 'delivery.redeliver'
  | 'org.create'
  | 'org.rotate_default_secret'
  | 'org.reveal_default_secret'
  | 'api_key.create'
  | 'api_key.revoke'

/**
 * What was done, to what; `details` never has a secret: a plain object, or SQL that gives its JSON. `id` is
 * the entry's, a new one unless it is given.
 */
export type Change = {
  id?: string
  action: AuditAction
  targetId: string
  at: number
  details?: Record<string, string | number | boolean | null> | SQL
}

/** SQL condition: the statement just before this one in the transaction changed a row. */
export const JUST_CHANGED: SQL = sql`changes() > 0`

/**
 * The statement that logs a change, for the transaction that makes it, in which `condition` tells whether
 * it was made. Costs one row written. A change that is not made, or only repeated, logs nothing. Answers
 * what it has logged.
 */
export function auditIf(db: Database, condition: SQL, actor: Actor, change: Change) {
  const { targetId, at, id = newId(at), details = {} } = change
  const json = details instanceof SQL ? details : sql`${JSON.stringify(details)}`
  const entry = sql`SELECT ${id} AS id, ${targetId} AS target_id, ${json} AS details WHERE ${condition}`
  return auditEach(db, actor, change, entry)
}

/** The same for many at once: `entries` is a query for each one's `id`, `target_id` and `details`. */
export function auditEach(
  db: Database,
  { orgId, name, ip, requestId }: Actor,
  { action, at }: Pick<Change, 'action' | 'at'>,
  entries: SQL,
) {
  const [targetType] = action.split('.')
  return statement<{ targetId: string; details: string }>(
    db,
    sql`
    INSERT INTO audit_log (org_id, id, actor, action, target_type, target_id, ip, request_id, details, at)
    SELECT ${orgId}, entry.id, ${name}, ${action}, ${targetType}, entry.target_id, ${ip}, ${requestId},
      entry.details, ${at}
    FROM (${entries}) AS entry WHERE true
    ON CONFLICT (org_id, id) DO NOTHING RETURNING target_id AS "targetId", details`,
  )
}

/** A change with its entry in the log, which is written when the change has changed a row. */
export function audited<Made extends Statement>(
  db: Database,
  actor: Actor,
  change: Change,
  made: Made,
): Pair<Made> {
  return { first: made, second: auditIf(db, JUST_CHANGED, actor, change) }
}

/**
 * A change with its entry before it, which is written on a condition; the change is made on JUST_CHANGED.
 * Repeated after its answer was lost it is not made again, though another one came in between that undid
 * it: its entry is there.
 */
export function auditedFirst(
  db: Database,
  actor: Actor,
  { condition, ...change }: Change & { condition: SQL },
  made: Statement,
): Pair<ReturnType<typeof auditIf>> {
  return { first: auditIf(db, condition, actor, change), second: made }
}

/** SQL condition: the org's log has this entry, and so its change was made. */
export function hasEntry(orgId: string, id: string | SQL): SQL {
  return sql`EXISTS (SELECT 1 FROM audit_log WHERE org_id = ${orgId} AND id = ${id})`
}
