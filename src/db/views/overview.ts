// How an org stands at this moment: what waits, what is overdue, what failed last, and how far its quotas reach.
import { sql, type SQL } from 'drizzle-orm'
import { readUses, selectSent, type QuotaUse, type UsedRow } from '../account/quotas.ts'
import { statement, type Database } from '../client.ts'
import { transaction } from '../transaction.ts'
import { lastBeat, UNDECRYPTABLE_SECRET } from '../upkeep/heartbeats.ts'
import { parkedAs, type Delivery, type Stage } from '../words.ts'
import { HAS_FAILED_LAST } from './last-attempt.ts'

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
  /** When a signing secret, of whichever org, last did not open. */
  undecryptableAt: number | null
}

/** A delivery in short. */
export type FailedDelivery = Pick<
  Delivery,
  | 'id'
  | 'endpointId'
  | 'eventType'
  | 'url'
  | 'lastError'
  | 'createdAt'
  | 'updatedAt'
  | 'payloadDeletedAt'
>

/** All in one round trip, from the org's own ranges of the primary key. */
export async function readOverview(
  db: Database,
  orgId: string,
  now: number,
): Promise<{ backlog: Backlog; failed: FailedDelivery[]; quotas: QuotaUse[] }> {
  const open = (stage: Stage) => sql`SELECT d.id, d.situation, d.next_attempt_at,
    ${parkedAs()} AS parked_as FROM deliveries d WHERE d.stage = ${stage} AND d.org_id = ${orgId}`
  const { backlog, failed, sent } = await transaction(db, {
    sent: statement<UsedRow>(db, selectSent(orgId, now)),
    backlog: statement<Backlog>(
      db,
      sql`SELECT count(*) AS pending, count(*) FILTER (WHERE parked_as = 'held') AS held,
        count(*) FILTER (WHERE parked_as = 'paced') AS paced,
        min(next_attempt_at) FILTER (WHERE situation <> 'parked') AS "oldestDueAt",
        ${lastBeat('sweep')} AS "sweptAt", ${lastBeat(UNDECRYPTABLE_SECRET)} AS "undecryptableAt"
      FROM (${open('new')} UNION ALL ${open('pending')} ORDER BY id LIMIT ${BACKLOG_LIMIT})`,
    ),
    failed: statement<FailedDelivery>(
      db,
      sql`SELECT id, endpoint_id AS "endpointId", event_type AS "eventType", url,
        last_error AS "lastError", created_at AS "createdAt", updated_at AS "updatedAt",
        payload_deleted_at AS "payloadDeletedAt"
      FROM (${newestFailed(orgId, 'exhausted')} UNION ALL ${newestFailed(orgId, 'pending')})
      ORDER BY updated_at DESC LIMIT ${FAILED_SHOWN}`,
    ),
  })
  const nothing = { oldestDueAt: null, sweptAt: null, undecryptableAt: null }
  const none = { pending: 0, held: 0, paced: 0, ...nothing }
  return { backlog: backlog[0] ?? none, failed, quotas: sent.flatMap(readUses) }
}

/** Of those of a stage that were made last, BACKLOG_LIMIT of them. */
function newestFailed(orgId: string, stage: Stage): SQL {
  return sql`SELECT * FROM (SELECT * FROM (SELECT d.id, d.endpoint_id, d.event_type, d.url, d.last_error,
      d.created_at, d.updated_at, d.payload_deleted_at, ${HAS_FAILED_LAST} AS has_failed FROM deliveries d
    WHERE d.stage = ${stage} AND d.org_id = ${orgId} ORDER BY d.id DESC LIMIT ${BACKLOG_LIMIT})
    WHERE has_failed LIMIT ${FAILED_SHOWN})`
}
