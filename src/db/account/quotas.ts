// An org's quotas in the store: figures of its own, and what it has of each.
import { sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { dayOf, mostOf, QUOTA_NAMES, QUOTAS, type OwnQuotas, type QuotaName } from '../../quotas.ts'
import { audited, type Actor } from '../audit.ts'
import { literal, statement, type Database } from '../client.ts'
import { KNOWN_TO_INTAKE } from '../quota-marks.ts'
import { readStored } from '../stored-json.ts'
import type { Pair } from '../transaction.ts'

/**
 * A quota of an org: what it may have at most, and has; `used` is null where nobody keeps it. `isOver`: so that its
 * events are refused.
 */
export type QuotaUse = {
  quota: QuotaName
  most: number
  isOwn: boolean
  used: number | null
  isOver: boolean
}

/** What is changed: another figure, or null for the usual one. */
export type QuotaChanges = { [Name in QuotaName]?: number | null | undefined }

const Stored = z.partialRecord(z.enum(QUOTA_NAMES), z.number())

/** SQL expression: what an org may have of it; one row read, its own. */
export function mostSql(orgId: string, quota: QuotaName): SQL {
  return sql`coalesce((SELECT o.quotas->>${quota} FROM orgs o WHERE o.id = ${orgId}), ${QUOTAS[quota].usual})`
}

/**
 * The statements that tell intake of an org's own figures. It is no longer over anything until the cron finds so again:
 * who raises a quota need not wait.
 */
export function markOwn(db: Database, orgId: string): Pair {
  const insert = sql`INSERT INTO quota_marks (org_id, quota, most)
    SELECT o.id, own.key, own.value FROM orgs o CROSS JOIN json_each(coalesce(o.quotas, '{}')) own
    WHERE o.id = ${orgId} AND own.key IN ${KNOWN_TO_INTAKE}`
  return {
    first: statement(db, sql`DELETE FROM quota_marks WHERE org_id = ${orgId}`),
    second: statement(db, insert),
  }
}

/** The statement that gives an org other figures; what is so already is not written. */
export function setQuotas(db: Database, actor: Actor, changes: QuotaChanges, now: number) {
  const patched = sql`json_patch(coalesce(quotas, '{}'), ${JSON.stringify(changes)})`
  const update = sql`UPDATE orgs SET quotas = nullif(${patched}, '{}')
    WHERE id = ${actor.orgId} AND coalesce(quotas, '{}') <> ${patched}`
  const details = sql`${JSON.stringify(changes)}`
  const change = { action: 'org.update', targetId: actor.orgId, at: now, details } as const
  return audited(db, actor, change, statement(db, update))
}

/** Pending deliveries are counted so far, for whoever looks. */
const PENDING_SHOWN = 1000

/** What of its quotas an org has used, as a row has it; `over` is JSON, of what it is over. */
export type UsedRow = {
  quotas: string | null
  eventsToday: number
  storedBytes: number
  liveKeys: number
  endpointsToday: number
  pending: number
  over: string
}

/** An org's use of each quota, in the order of their table; nothing where there is no such org. */
export async function readQuotas(db: Database, orgId: string, now: number): Promise<QuotaUse[]> {
  const [row] = await db.all<UsedRow>(selectUses(orgId, now))
  return row ? readUses(row) : []
}

/** SQL: an org's UsedRow. */
function selectUses(orgId: string, now: number): SQL {
  return sql`SELECT ${selectUsed(orgId, now)} FROM orgs org WHERE org.id = ${orgId}`
}

/** SQL: the same of what it has sent and what it is over, for a page that is looked at often; it has nothing else. */
export function selectSent(orgId: string, now: number): SQL {
  return sql`SELECT ${sentColumns(orgId, now)}, 0 AS "liveKeys", 0 AS pending FROM orgs org WHERE org.id = ${orgId}`
}

/**
 * SQL: the columns of UsedRow, of the org `org`, which is this one: a row for each of its keys and days is read, and for
 * what is pending, as far as PENDING_SHOWN.
 */
export function selectUsed(orgId: string, now: number): SQL {
  return sql`${sentColumns(orgId, now)},
    (SELECT count(*) FROM (SELECT 1 FROM deliveries d WHERE d.org_id = ${orgId}
      AND d.stage IN ('new', 'pending') LIMIT ${literal(PENDING_SHOWN)})) AS pending,
    (SELECT count(*) FROM api_keys k WHERE k.org_id = org.id AND k.revoked_at IS NULL
      AND coalesce(k.expires_at > ${now}, true)) AS "liveKeys"`
}

function sentColumns(orgId: string, now: number): SQL {
  const ofUsage = (what: SQL, condition: SQL) =>
    sql`coalesce((SELECT ${what} FROM usage u WHERE u.org_id = ${orgId} AND ${condition}), 0)`
  return sql`org.quotas,
    ${ofUsage(sql`u.events`, sql`u.day = ${dayOf(now)}`)} AS "eventsToday",
    ${ofUsage(sql`sum(u.bytes)`, sql`true`)} AS "storedBytes",
    (SELECT json_group_object(m.quota, m.used) FROM quota_marks m
      WHERE m.org_id = ${orgId} AND m.until > ${now}) AS over,
    iif(org.endpoints_made_on = ${dayOf(now)}, org.endpoints_made, 0) AS "endpointsToday"`
}

/** Each quota of an org, in the order of their table. */
export function readUses({ quotas, over, ...used }: UsedRow): QuotaUse[] {
  const own = readOwn(quotas)
  const found = readOwn(over)
  const uses: Record<QuotaName, number | null> = {
    events_per_minute: null,
    events_per_day: used.eventsToday,
    stored_bytes: used.storedBytes,
    keys: used.liveKeys,
    endpoints_per_day: used.endpointsToday,
    pending_deliveries: found.pending_deliveries ?? used.pending,
  }
  return QUOTA_NAMES.map((quota) => ({
    quota,
    most: mostOf(quota, own),
    isOwn: own[quota] !== undefined,
    used: uses[quota],
    isOver: found[quota] !== undefined,
  }))
}

function readOwn(stored: string | null): OwnQuotas {
  return readStored(stored ?? '{}', Stored, {})
}

/** Of an org that makes an endpoint: whether it may make one more on this day, and how it is counted. */
export function endpointsOfDay(orgId: string, now: number) {
  const today = dayOf(now)
  const most = mostSql(orgId, 'endpoints_per_day')
  const full = sql`SELECT o.endpoints_made AS used, ${most} AS most FROM orgs o
    WHERE o.id = ${orgId} AND o.endpoints_made_on = ${today} AND o.endpoints_made >= ${most}`
  return {
    hasRoom: sql`NOT EXISTS (${full})`,
    full,
    /** Right behind the statement that makes one, if it did. */
    count: sql`UPDATE orgs SET endpoints_made_on = ${today},
      endpoints_made = iif(endpoints_made_on = ${today}, endpoints_made, 0) + 1
      WHERE id = ${orgId} AND changes() > 0`,
  }
}
