// What intake has to know of an org's quotas, as the statement asks for it that stores events.
import { sql, type SQL } from 'drizzle-orm'
import type { QuotaName } from '../quotas.ts'

/**
 * What an org may have at most of a quota, where that is a figure of its own or it is over. `until`, in Unix ms, is for
 * how long it counts as over; `used` is what it had when that was found.
 */
export type QuotaMark = {
  quota: QuotaName
  most: number
  used: number | null
  until: number | null
}

/** The quotas whose own figures intake has to know: it counts by them, or tells them. */
export const KNOWN_TO_INTAKE: readonly QuotaName[] = ['events_per_minute', 'events_per_day']

/** SQL condition: the org is over a quota, so that nothing is accepted of it. While none is, it reads no row. */
export function isOverQuota(orgId: string, now: number): SQL {
  return sql`EXISTS (SELECT 1 FROM quota_marks m WHERE m.org_id = ${orgId} AND m.until > ${now})`
}

/** SQL: an org's marks. */
export function selectMarks(orgId: string): SQL {
  return sql`SELECT m.quota, m.most, m.used, m.until FROM quota_marks m WHERE m.org_id = ${orgId}`
}
