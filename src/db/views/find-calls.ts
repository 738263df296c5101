// Calls by the beginning of their ids.
import { sql } from 'drizzle-orm'
import type { Database } from '../client.ts'
import { MAX_READ } from '../page.ts'

/** Calls that are told, at most. */
const MOST_CALLS = 20

/**
 * The ids of an org's calls that begin so, in lower case, of events that made a delivery: a few of them, found in a
 * bounded number of rows.
 */
export async function findCalls(db: Database, orgId: string, prefix: string): Promise<string[]> {
  // No character of an id sorts behind g.
  const rows = await db.all<{ callId: string }>(sql`
    SELECT DISTINCT listed_under AS "callId" FROM (SELECT listed_under FROM events
      WHERE org_id = ${orgId} AND listed_under >= ${prefix} AND listed_under < ${`${prefix}g`}
      ORDER BY listed_under LIMIT ${MAX_READ}) LIMIT ${MOST_CALLS}`)
  return rows.map(({ callId }) => callId)
}
