// What opens dashboard sessions: an API key, or a portal link.
import { sql, type SQL } from 'drizzle-orm'

/** What stands before a link's id, where sessions and the audit log name what opened a session. */
export const BY_LINK = 'portal:'

/** The link that is named, if one is. */
export function linkOf(opener: string): string | undefined {
  return opener.startsWith(BY_LINK) ? opener.slice(BY_LINK.length) : undefined
}

/** SQL query: all that may have opened a session of the org, one a row, as sessions name it. */
export function openersOf(orgId: string): SQL {
  return sql`SELECT k.public_id FROM api_keys k WHERE k.org_id = ${orgId}
    UNION ALL SELECT ${BY_LINK} || l.id FROM portal_links l WHERE l.org_id = ${orgId}`
}
