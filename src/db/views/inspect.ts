// Everything that explains one delivery, in one round trip.
import { sql, type SQL } from 'drizzle-orm'
import { selectLive, type LiveSecret } from '../account/secrets.ts'
import { statement, type Database } from '../client.ts'
import { eventIdSql } from '../ids.ts'
import { transaction } from '../transaction.ts'
import { unpackCall } from '../packed-call.ts'
import { isDelivery } from '../words.ts'
import { selectShown } from './deliveries.ts'
import type { ListedDelivery } from './look-up.ts'

/** The event as it was accepted: `call` is JSON text, `created` is in Unix seconds. */
type InspectedEvent = { created: number; apiVersion: string; call: string }

/** The state of the delivery's endpoint; a deleted one has no status, and no URL. */
type InspectedEndpoint = {
  id: string
  url: string | null
  description: string | null
  status: 'enabled' | 'disabled' | null
  disabledReason: string | null
  /** Requests a second that it takes at most; absent as null: as many as there are. */
  maxPerSecond?: number | null
  clientCertificate: string | null
}

/** A delivery with what its body and its signatures are made of; no endpoint: it is inline. */
export type Inspection = {
  /** `attempts` is its log: JSON text, an array, oldest first. */
  delivery: ListedDelivery & { attempts: string }
  event: InspectedEvent | undefined
  endpoint: InspectedEndpoint | undefined
  /** Newest first. */
  secrets: LiveSecret[]
}

/** Reads a delivery and what belongs to it, or undefined when it is not there or another org's. */
export async function inspectDelivery(
  db: Database,
  orgId: string,
  id: string,
  now: number,
): Promise<Inspection | undefined> {
  const isThis = isDelivery(orgId, id)
  const { delivery, event, endpoint, secrets } = await transaction(db, {
    delivery: selectShown(db, orgId, id),
    event: statement<InspectedEvent>(
      db,
      sql`SELECT ev.created, ev.api_version AS "apiVersion", ev.call
        FROM deliveries d JOIN events ev ON ev.org_id = d.org_id AND ev.listed_under = lower(d.call_id)
          AND ev.id = ${eventIdSql(sql`d.id`)} WHERE ${isThis}`,
    ),
    endpoint: statement<InspectedEndpoint>(
      db,
      sql`SELECT d.endpoint_id AS id, ep.url, coalesce(ep.description, gone.description) AS description,
          ep.status, ep.disabled_reason AS "disabledReason", ep.max_per_second AS "maxPerSecond",
          ep.client_certificate AS "clientCertificate"
        FROM deliveries d
        LEFT JOIN endpoints ep ON ep.org_id = d.org_id AND ep.id = d.endpoint_id
        LEFT JOIN deleted_endpoints gone ON gone.org_id = d.org_id AND gone.id = d.endpoint_id
        WHERE ${isThis} AND d.endpoint_id IS NOT NULL`,
    ),
    secrets: statement<LiveSecret>(
      db,
      selectLive({ orgId: sql`${orgId}`, ownerId: ownerOf(isThis) }, now),
    ),
  })
  const [found] = delivery
  return (
    found && { delivery: found, event: readEvent(event, found), endpoint: endpoint[0], secrets }
  )
}

/** With its call as it came; no call where that does not read. */
function readEvent(
  [event]: InspectedEvent[],
  { callId }: ListedDelivery,
): InspectedEvent | undefined {
  return event && { ...event, call: unpackCall(event.call, callId ?? '') ?? '' }
}

/** SQL expression: whose secrets sign a delivery, its endpoint's or the org's own. */
function ownerOf(isThis: SQL): SQL {
  return sql`(SELECT coalesce(d.endpoint_id, d.org_id) FROM deliveries d WHERE ${isThis})`
}
