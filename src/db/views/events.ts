// An event as it was accepted, with what became of it.
import { sql } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { isOfEventSql } from '../ids.ts'
import type { CreatedDelivery } from '../lifecycle/accept.ts'
import { readSkipped, type Skipped } from '../skipped.ts'
import { transaction } from '../transaction.ts'
import { ANY_STATUS, type DeliveryStatus } from '../words.ts'

/** An event as it was accepted. */
export type StoredEvent = {
  id: string
  type: string
  callId: string
  created: number
  skipped: Skipped[]
}

/** One delivery of an event, in short. */
export type EventDelivery = CreatedDelivery & { status: DeliveryStatus }

/** The event and its deliveries, or undefined when it is not there or another org's. */
export async function findEvent(
  db: Database,
  orgId: string,
  id: string,
): Promise<{ event: StoredEvent; deliveries: EventDelivery[] } | undefined> {
  const ofEvent = sql`d.org_id = ${orgId} AND d.status IN ${ANY_STATUS}
    AND ${isOfEventSql(sql`d.id`, sql`${id}`)}`
  const { event, deliveries } = await transaction(db, {
    event: statement<Omit<StoredEvent, 'skipped'> & { skipped: string }>(
      db,
      sql`
      SELECT id, type, call_id AS "callId", created, skipped FROM events
      WHERE org_id = ${orgId} AND id = ${id} AND listed_under IN ('', coalesce(
        (SELECT lower(d.call_id) FROM deliveries d WHERE ${ofEvent} LIMIT 1), ''))`,
    ),
    deliveries: statement<EventDelivery>(
      db,
      sql`
      SELECT d.id, d.endpoint_id AS "endpointId", d.url, d.status FROM deliveries d
      WHERE ${ofEvent} ORDER BY d.id`,
    ),
  })
  const [row] = event
  return row && { event: { ...row, skipped: readSkipped(row.skipped) }, deliveries }
}
