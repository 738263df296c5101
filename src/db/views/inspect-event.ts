// Everything about one event, in one round trip: its call, who got it, and who did not.
import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { isOfEventSql } from '../ids.ts'
import { unpackCall } from '../packed-call.ts'
import { deliveries } from '../schema.ts'
import { readSkipped } from '../skipped.ts'
import { transaction } from '../transaction.ts'
import { ANY_STAGE, STAGES } from '../words.ts'
import type { StoredEvent } from './events.ts'
import { SHOWN, type ListedDelivery } from './look-up.ts'

/** An event as a person is shown it. `call` is JSON text as it came, undefined where that does not read. */
export type InspectedEvent = StoredEvent & {
  apiVersion: string
  acceptedAt: number
  /** What was kept of the trace that it was sent in. */
  trace: string | null
  call: string | undefined
  deliveries: ListedDelivery[]
}

type Row = Omit<InspectedEvent, 'skipped' | 'call' | 'deliveries'> & {
  skipped: string
  call: string
}

/** The event, or undefined when it is not there or another org's. */
export async function inspectEvent(
  db: Database,
  orgId: string,
  id: string,
): Promise<InspectedEvent | undefined> {
  const ofEvent = sql`d.org_id = ${orgId} AND d.stage IN ${ANY_STAGE}
    AND ${isOfEventSql(sql`d.id`, sql`${id}`)}`
  const { event, made } = await transaction(db, {
    event: statement<Row>(
      db,
      sql`
      SELECT id, type, coalesce(call_id, listed_under) AS "callId", created, skipped,
        api_version AS "apiVersion", accepted_at AS "acceptedAt", call, trace,
        payload_deleted_at AS "payloadDeletedAt" FROM events
      WHERE org_id = ${orgId} AND id = ${id} AND listed_under IN ('', coalesce(
        (SELECT lower(d.call_id) FROM deliveries d WHERE ${ofEvent} LIMIT 1), ''))`,
    ),
    made: db
      .select(SHOWN)
      .from(deliveries)
      .where(
        and(
          eq(deliveries.orgId, orgId),
          inArray(deliveries.stage, [...STAGES]),
          isOfEventSql(sql`${deliveries.id}`, sql`${id}`),
        ),
      )
      .orderBy(asc(deliveries.id)),
  })
  const [row] = event
  if (!row) return undefined
  const call = unpackCall(row.call, row.callId) ?? undefined
  return { ...row, call, skipped: readSkipped(row.skipped), deliveries: made }
}
