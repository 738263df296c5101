// How an org stands at this moment: what waits, what is overdue, what failed last.
import { sql } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { lastBeat } from '../upkeep/heartbeats.ts'
import type { Delivery } from '../words.ts'

/** Pending deliveries that are looked at, at most. */
export const BACKLOG_LIMIT = 1000

/** Failed deliveries that are shown. */
const FAILED_SHOWN = 8

/** The backlog; its counts stop at BACKLOG_LIMIT. Instants are Unix ms. */
export type Backlog = {
  pending: number
  /** Waiting until their endpoint is enabled, or their turn comes. */
  held: number
  /** The earliest instant at which one of the others was or is due. */
  oldestDueAt: number | null
  sweptAt: number | null
}

/** A delivery in short. */
export type FailedDelivery = Pick<
  Delivery,
  'id' | 'endpointId' | 'eventType' | 'url' | 'lastError' | 'createdAt' | 'updatedAt'
>

/** Both in one round trip, from the org's own ranges of the primary key. */
export async function readOverview(
  db: Database,
  orgId: string,
): Promise<{ backlog: Backlog; failed: FailedDelivery[] }> {
  const [backlogs, failed] = await db.batch([
    statement<Backlog>(
      db,
      sql`SELECT count(*) AS pending, coalesce(sum(sweep_at IS NULL), 0) AS held,
        min(CASE WHEN sweep_at IS NOT NULL THEN next_attempt_at END) AS "oldestDueAt",
        ${lastBeat('sweep')} AS "sweptAt"
      FROM (SELECT sweep_at, next_attempt_at FROM deliveries
        WHERE org_id = ${orgId} AND status = 'pending' ORDER BY id LIMIT ${BACKLOG_LIMIT})`,
    ),
    statement<FailedDelivery>(
      db,
      sql`SELECT id, endpoint_id AS "endpointId", event_type AS "eventType", url,
        last_error AS "lastError", created_at AS "createdAt", updated_at AS "updatedAt"
      FROM (SELECT * FROM (SELECT * FROM deliveries WHERE org_id = ${orgId} AND status = 'exhausted'
          ORDER BY id DESC LIMIT ${FAILED_SHOWN})
        UNION ALL SELECT * FROM (SELECT * FROM (SELECT * FROM deliveries
          WHERE org_id = ${orgId} AND status = 'pending' ORDER BY id DESC LIMIT ${BACKLOG_LIMIT})
          WHERE last_error IS NOT NULL LIMIT ${FAILED_SHOWN}))
      ORDER BY updated_at DESC LIMIT ${FAILED_SHOWN}`,
    ),
  ])
  const none = { pending: 0, held: 0, oldestDueAt: null, sweptAt: null }
  return { backlog: backlogs[0] ?? none, failed }
}
