// The audit log: who changed what, when and from where, written in the same transaction as the change.
import { SQL, sql } from 'drizzle-orm'
import { statement, type Database } from './client.ts'
import { lowestIdAt, newId } from './ids.ts'
import type { Pair, Statement } from './transaction.ts'

/** Who acts where nobody asked: the service by itself. */
export const SYSTEM = 'system'

/** Who acts in which org: a key's public id, or `admin`; `ip` is null where nothing tells it. */
export type Actor = { orgId: string; name: string; ip: string | null; requestId: string }

/** The service as it acts in an org by itself. */
export function systemIn(orgId: string): Actor {
  return { orgId, name: SYSTEM, ip: null, requestId: SYSTEM }
}

/** What can be found in the log: an action on a kind of target. More are added in time. */
export const AUDIT_ACTIONS = [
  'endpoint.create',
  'endpoint.update',
  'endpoint.delete',
  'endpoint.rotate_secret',
  'endpoint.disable',
  'endpoint.dismiss_alert',
  'delivery.redeliver',
  'event.delete_payload',
  'replay.start',
  'replay.pause',
  'replay.resume',
  'replay.cancel',
  'replay.change_rate',
  'replay.fail',
  'org.create',
  'org.move',
  'org.arrive',
  'org.update',
  'org.delete',
  'org.remove',
  'org.pause_sending',
  'org.resume_sending',
  'org.discard_deliveries',
  'org.rewrap_secrets',
  'org.rotate_default_secret',
  'org.reveal_default_secret',
  'api_key.create',
  'api_key.revoke',
  'api_key.expire',
  'api_key.refuse_sign_in',
  'portal_link.create',
  'portal_link.use',
  'session.begin',
  'session.end',
  'stop.put',
  'stop.lift',
] as const

/** One of AUDIT_ACTIONS. */
export type AuditAction = (typeof AUDIT_ACTIONS)[number]

/**
 * What was done, to what; `details` never has a secret: a plain object, or SQL that gives its JSON. `id` is
 * the entry's, a new one unless it is given.
 */
export type Change = {
  id?: string
  action: AuditAction
  targetId: string
  at: number
  details?: Record<string, string | number | boolean | null | string[]> | SQL
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
  const { orgId, name, ip, requestId } = actor
  const entry = sql`SELECT ${id} AS id, ${name} AS actor, ${ip} AS ip, ${requestId} AS request_id,
    ${targetId} AS target_id, ${json} AS details WHERE ${condition}`
  return auditEach(db, orgId, change, entry)
}

/**
 * The same for many of an org at once: `entries` is a query for each one's `id`, `actor` (its name), `ip`,
 * `request_id`, `target_id` and `details`.
 */
export function auditEach(
  db: Database,
  orgId: string,
  { action, at }: Pick<Change, 'action' | 'at'>,
  entries: SQL,
) {
  return statement<{ targetId: string; details: string }>(
    db,
    sql`${insertEntries(sql`${orgId}`, { action, at }, entries)} DO NOTHING
      RETURNING target_id AS "targetId", details`,
  )
}

/**
 * The statement that logs one step of a change that is made in several: right behind it, and when it has changed
 * any row. They have one entry, whose details say under `counted` how many rows it were in all.
 */
export function auditStep(
  db: Database,
  { orgId, name, ip, requestId }: Actor,
  { id, action, targetId, at, details, counted }: Required<Omit<Change, 'details'>> & Counted,
) {
  const path = `$.${counted}`
  const entry = sql`SELECT ${id} AS id, ${name} AS actor, ${ip} AS ip, ${requestId} AS request_id,
    ${targetId} AS target_id, json_set(${JSON.stringify(details)}, ${path}, changes()) AS details
    WHERE ${JUST_CHANGED}`
  return statement(
    db,
    sql`${insertEntries(sql`${orgId}`, { action, at }, entry)} DO UPDATE SET details = json_set(
      audit_log.details, ${path}, audit_log.details->>${counted} + excluded.details->>${counted})`,
  )
}

type Counted = { details: object; counted: string }

/** SQL expression: how many such an entry has counted; 0 while it is not there. */
export function countedSoFar(orgId: string, id: string, counted: string): SQL {
  return sql`coalesce((SELECT details->>${counted} FROM audit_log
    WHERE org_id = ${orgId} AND id = ${id}), 0)`
}

/** Characters of an id that are its instant and its version, and those at its end that are at random. */
const ID_START = 24
const ID_END = 12

/** SQL expression: the id of an entry about a thing at an instant: repeated, it is the same. */
export function systemEntryId(at: number, thingId: SQL): SQL {
  return sql`${lowestIdAt(at).slice(0, ID_START)} || substr(${thingId}, ${-ID_END})`
}

/** SQL: logs what the service did by itself, to orgs of whichever: `entries` has each one's `org_id`, too. */
export function auditSystem(change: Pick<Change, 'action' | 'at'>, entries: SQL): SQL {
  return sql`${insertEntries(sql`entry.org_id`, change, entries)} DO NOTHING`
}

/**
 * SQL: the same of what is done in several steps: their entries with one id become one, whose details say under `counted`
 * how many it were in all.
 */
export function auditSystemSteps(
  change: Pick<Change, 'action' | 'at'>,
  entries: SQL,
  counted: string,
): SQL {
  return sql`${insertEntries(sql`entry.org_id`, change, entries)} DO UPDATE SET details = json_set(
    audit_log.details, ${`$.${counted}`}, audit_log.details->>${counted} + excluded.details->>${counted})`
}

/** The statement up to what is to be done where an entry is there already. */
function insertEntries(
  orgId: SQL,
  { action, at }: Pick<Change, 'action' | 'at'>,
  entries: SQL,
): SQL {
  const [targetType] = action.split('.')
  return sql`
    INSERT INTO audit_log (org_id, id, actor, action, target_type, target_id, ip, request_id, details, at)
    SELECT ${orgId}, entry.id, entry.actor, ${action}, ${targetType}, entry.target_id, entry.ip,
      entry.request_id, entry.details, ${at}
    FROM (${entries}) AS entry WHERE true
    ON CONFLICT (org_id, id)`
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
