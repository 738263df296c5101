// An org's quotas in the store: figures of its own, and what it has of each.
import { sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { dayOf, mostOf, QUOTA_NAMES, QUOTAS, type OwnQuotas, type QuotaName } from '../../quotas.ts'
import { audited, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { readStored } from '../stored-json.ts'

/** A quota of an org: what it may have at most, and has; `used` is null where nobody counts it. */
export type QuotaUse = { quota: QuotaName; most: number; isOwn: boolean; used: number | null }

/** What is changed: another figure, or null for the usual one. */
export type QuotaChanges = { [Name in QuotaName]?: number | null | undefined }

const Stored = z.partialRecord(z.enum(QUOTA_NAMES), z.number())

/** SQL expression: what an org may have of it; one row read, its own. */
export function mostSql(orgId: string, quota: QuotaName): SQL {
  return sql`coalesce((SELECT o.quotas->>${quota} FROM orgs o WHERE o.id = ${orgId}), ${QUOTAS[quota].usual})`
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

/** What of its quotas an org has used, as a row has it. */
export type UsedRow = { quotas: string | null; liveKeys: number; endpointsToday: number }

/** SQL: the columns of UsedRow, of the org `org`: a row for each of its keys is read. */
export function selectUsed(now: number): SQL {
  return sql`org.quotas,
    (SELECT count(*) FROM api_keys k WHERE k.org_id = org.id AND k.revoked_at IS NULL
      AND coalesce(k.expires_at > ${now}, true)) AS "liveKeys",
    iif(org.endpoints_made_on = ${dayOf(now)}, org.endpoints_made, 0) AS "endpointsToday"`
}

/** Each quota of an org, in the order of their table. */
export function readUses({ quotas, ...used }: UsedRow): QuotaUse[] {
  const own = readOwn(quotas)
  const uses: Record<QuotaName, number | null> = {
    keys: used.liveKeys,
    endpoints_per_day: used.endpointsToday,
  }
  return QUOTA_NAMES.map((quota) => ({
    quota,
    most: mostOf(quota, own),
    isOwn: own[quota] !== undefined,
    used: uses[quota],
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
