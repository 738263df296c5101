// How endpoints fare at this moment: what is behind one that is not well.
import { sql, type SQL } from 'drizzle-orm'
import { literal, type Database } from '../client.ts'
import type { DeliveryStatus } from '../words.ts'

/**
 * `failing`: its last attempt failed. `slow`: it succeeds, but takes more than a second. `recovering`: it is
 * well again, and is sent what waited for it a few at a time.
 */
export type Condition = 'well' | 'slow' | 'failing' | 'recovering'

/** Deliveries of an unwell endpoint that are looked at for its last outcome: the newest of each status. */
const LOOKED_AT = 50

/**
 * The conditions of those of an org's endpoints that are not well, by id; of one endpoint, or of all. In one
 * round trip, which reads LOOKED_AT rows of each status of each of them.
 */
export async function readConditions(
  db: Database,
  orgId: string,
  endpointId?: string,
): Promise<Map<string, Condition>> {
  const isWanted = endpointId === undefined ? sql`true` : sql`ep.id = ${endpointId}`
  const rows = await db.all<{ id: string; condition: Condition }>(sql`
    SELECT ep.id, CASE WHEN ep.health = 'recovering' THEN 'recovering'
      WHEN coalesce((${lastFailed()}), ep.consecutive_failures > 0) THEN 'failing' ELSE 'slow' END AS condition
    FROM endpoints ep WHERE ep.org_id = ${orgId} AND ${isWanted} AND ep.health <> 'well'`)
  return new Map(rows.map(({ id, condition }) => [id, condition]))
}

// What came last of the endpoint's attempts since it is unwell. NULL: nothing that is looked at, so that it
// keeps one waiting, or the newest were not attempted yet.
function lastFailed(): SQL {
  return sql`SELECT has_failed FROM (${newest('delivered')} UNION ALL ${newest('exhausted')}
      UNION ALL ${newest('pending')})
    WHERE has_failed IS NOT NULL AND updated_at >= ep.unwell_since ORDER BY updated_at DESC, has_failed DESC LIMIT 1`
}

/** The newest of a status. `has_failed` is NULL of what was not attempted yet, or not since it was redelivered. */
function newest(status: DeliveryStatus): SQL {
  const hasFailed =
    status === 'pending'
      ? sql`CASE WHEN d.last_error IS NOT NULL AND NOT d.is_manual THEN 1 END`
      : sql`${status === 'exhausted' ? 1 : 0}`
  return sql`SELECT * FROM (
    SELECT d.updated_at, ${hasFailed} AS has_failed FROM deliveries d
    WHERE d.endpoint_id = ep.id AND d.status = ${status} AND +d.org_id = ep.org_id
    ORDER BY d.id DESC LIMIT ${literal(LOOKED_AT)})`
}
