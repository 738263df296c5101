// How an org stands at this moment: what waits, what is overdue, what failed last.
import { sql } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { transaction } from '../transaction.ts'
import { lastBeat } from '../upkeep/heartbeats.ts'
import { parkedAs, type Delivery } from '../words.ts'

/** Pending deliveries that are looked at, at most. */
export const BACKLOG_LIMIT = 1000

/** Failed deliveries that are shown. */
const FAILED_SHOWN = 8

/** The backlog; its counts stop at BACKLOG_LIMIT. Instants are Unix ms. */
export type Backlog = {
  pending: number
  /** Parked until their endpoint is enabled. */
  held: number
  /** Parked until their turn comes at an endpoint that recovers. */
  paced: number
  /** The earliest instant at which one of those that are not parked was or is due. */
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
  const { backlog, failed } = await transaction(db, {
    backlog: statement<Backlog>(
      db,
      sql`SELECT count(*) AS pending, count(*) FILTER (WHERE parked_as = 'held') AS held,
        count(*) FILTER (WHERE parked_as = 'paced') AS paced,
        min(next_attempt_at) FILTER (WHERE situation <> 'parked') AS "oldestDueAt",
        ${lastBeat('sweep')} AS "sweptAt"
      FROM (SELECT d.situation, d.next_attempt_at, ${parkedAs()} AS parked_as FROM deliveries d
        WHERE d.org_id = ${orgId} AND d.status = 'pending' ORDER BY d.id LIMIT ${BACKLOG_LIMIT})`,
    ),
    failed: statement<FailedDelivery>(
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
  })
  const none = { pending: 0, held: 0, paced: 0, oldestDueAt: null, sweptAt: null }
  return { backlog: backlog[0] ?? none, failed }
}
