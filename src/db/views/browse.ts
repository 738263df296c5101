// What has become of the deliveries that a person looks at.
import { sql } from 'drizzle-orm'
import type { Database } from '../client.ts'
import { waitingFor } from '../ordering/waits.ts'
import { ANY_STAGE, parkedAs, type DeliveryStatus } from '../words.ts'
import type { ListedDelivery } from './look-up.ts'

/** What a list shows of a delivery that may have changed since. */
export type DeliveryNow = Pick<
  ListedDelivery,
  | 'id'
  | 'attemptCount'
  | 'manualRetryCount'
  | 'nextAttemptAt'
  | 'isManual'
  | 'parkedAs'
  | 'waitingFor'
  | 'lastError'
  | 'lastResponseStatus'
  | 'updatedAt'
> & { status: DeliveryStatus }

/** The same, where it goes, and whether anything is left to be sent. */
export type BoundDelivery = DeliveryNow &
  Pick<ListedDelivery, 'endpointId' | 'url' | 'payloadDeletedAt'>

/** The present state of some deliveries of an org; ids that are not there are left out. */
export async function listByIds(
  db: Database,
  orgId: string,
  ids: string[],
): Promise<BoundDelivery[]> {
  const rows = await db.all<Omit<BoundDelivery, 'isManual'> & { isManual: number }>(sql`
    SELECT d.id, d.status, d.is_manual AS "isManual", d.attempt_count AS "attemptCount",
      d.manual_retry_count AS "manualRetryCount", d.next_attempt_at AS "nextAttemptAt",
      ${parkedAs()} AS "parkedAs", ${waitingFor()} AS "waitingFor", d.last_error AS "lastError",
      d.last_response_status AS "lastResponseStatus", d.updated_at AS "updatedAt",
      d.endpoint_id AS "endpointId", d.url, d.payload_deleted_at AS "payloadDeletedAt"
    FROM json_each(${JSON.stringify(ids)}) wanted CROSS JOIN deliveries d
    WHERE d.org_id = ${orgId} AND d.stage IN ${ANY_STAGE}
      AND d.id = wanted.value`)
  return rows.map(({ isManual, ...row }) => Object.assign(row, { isManual: isManual === 1 }))
}
