// Redelivery in the store: made due now, by hand, for somebody who asked.
import { sql, type SQL } from 'drizzle-orm'
import { auditedFirst, hasEntry, JUST_CHANGED, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { guardByKey, type Idempotency } from '../idempotency.ts'
import { readRow, rowAsJson } from '../row-json.ts'
import { deliveries } from '../schema.ts'
import { transaction } from '../transaction.ts'
import { ofDeliveries, type Transition } from '../transitions.ts'
import { DELIVERY_COLUMNS, isDelivery, type Delivery } from '../words.ts'

/** Redeliveries of one delivery, ever; they bound the size of its attempt log. */
const MAX_MANUAL_RETRIES = 1000

/** What a redelivery is asked with: `entryId` will be its entry's in the audit log, the lease is in ms. */
export type RedeliverRequest = {
  actor: Actor
  id: string
  entryId: string
  now: number
  leaseMs: number
  idempotency: Idempotency | undefined
}

/**
 * What a redelivery found: whether it is made, by this or by an earlier repetition; the delivery as it is
 * now, its endpoint's status, which a deleted one and an inline delivery have not, what the key's
 * first use kept, and what has happened.
 */
export type RedeliverResult = {
  isMade: boolean
  delivery: Delivery | undefined
  endpointStatus: string | null | undefined
  first: Delivery | undefined
  transitions: Transition[]
}

/**
 * Makes a delivery due now, by hand, unless its endpoint is disabled or deleted or the key was used
 * (S3: then nothing changes).
 * Writes 4 rows: the delivery, its entries in two indexes, and one in the audit log; one more for a key.
 */
export async function redeliver(db: Database, request: RedeliverRequest): Promise<RedeliverResult> {
  const { actor, id, entryId, now, idempotency } = request
  const { orgId } = actor
  const key = guardByKey(db, idempotency, { token: entryId, now })
  const isMade = hasEntry(orgId, entryId)
  const snapshot = sql`SELECT ${rowAsJson(DELIVERY_COLUMNS, 'd')} AS snapshot FROM deliveries d
    WHERE ${isDelivery(orgId, id)} AND ${isMade}`
  const change = {
    id: entryId,
    action: 'delivery.redeliver',
    targetId: id,
    at: now,
    condition: sql`${isAllowed(orgId, id)} AND ${key.isFree}`,
  } as const
  const { logged, delivery, about, found } = await transaction(db, {
    logged: auditedFirst(db, actor, change, statement(db, makeDueNow(request))),
    delivery: db
      .select(DELIVERY_COLUMNS)
      .from(deliveries)
      .where(isDelivery(orgId, id, 'deliveries')),
    about: statement<{ isMade: number; status: string | null }>(
      db,
      sql`
      SELECT ${isMade} AS "isMade", ep.status FROM deliveries d
      LEFT JOIN endpoints ep ON ep.org_id = d.org_id AND ep.id = d.endpoint_id
      WHERE ${isDelivery(orgId, id)}`,
    ),
    // Without a key no statement more than these: one request may redeliver 200, and D1 allows it 1,000.
    claimed: key.claim(snapshot),
    found: key.find,
  })
  // A row of these columns, as it was kept above.
  const first = key.firstOf(found, (kept) => readRow(DELIVERY_COLUMNS, kept) as Delivery)
  const { isMade: made, status: endpointStatus } = about[0] ?? { isMade: 0, status: null }
  // It is logged by this very call when it was made by it.
  const moved = logged.map(() => ({ orgId, id }))
  const transitions = ofDeliveries(moved, { from: 'any', to: 'pending', cause: 'redelivery' })
  return { isMade: made === 1, delivery: delivery[0], endpointStatus, first, transitions }
}

/** SQL condition: the delivery may be asked for once more, and its endpoint is not closed. */
function isAllowed(orgId: string, id: string): SQL {
  return sql`EXISTS (SELECT 1 FROM deliveries d
    WHERE ${isDelivery(orgId, id)} AND d.manual_retry_count < ${MAX_MANUAL_RETRIES}
      AND (d.endpoint_id IS NULL OR EXISTS (SELECT 1 FROM endpoints ep
        WHERE ep.org_id = d.org_id AND ep.id = d.endpoint_id AND ep.status = 'enabled')))`
}

// A manual attempt that fails gives the turn back to the automatic schedule: resume_at is where it was,
// and a second click before the first one's attempt must not lose it.
function makeDueNow({ actor, id, now, leaseMs }: RedeliverRequest): SQL {
  return sql`
    UPDATE deliveries AS d SET
      status = 'pending', version = version + 1, is_manual = 1,
      redelivered_by = ${actor.name}, manual_retry_count = manual_retry_count + 1, lapses = 0,
      resume_at = CASE WHEN status <> 'pending' THEN NULL WHEN is_manual THEN resume_at
        ELSE next_attempt_at END,
      next_attempt_at = ${now}, sweep_at = ${now + leaseMs}, updated_at = ${now}
    WHERE ${isDelivery(actor.orgId, id)} AND ${JUST_CHANGED}`
}
