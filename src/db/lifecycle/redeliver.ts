// Redelivery in the store: made due now, by hand, for somebody who asked.
import { and, eq, sql, type SQL } from 'drizzle-orm'
import { auditEach, hasEntry, JUST_CHANGED, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { guardByKey, type Idempotency } from '../idempotency.ts'
import { readRow, rowAsJson } from '../row-json.ts'
import { deliveries, endpoints } from '../schema.ts'
import { transaction } from '../transaction.ts'
import { ofDeliveries, type Transition } from '../transitions.ts'
import { DELIVERY_COLUMNS, isDelivery, type Delivery } from '../words.ts'

/** Redeliveries of one delivery, ever; they bound the size of its attempt log. */
const MAX_MANUAL_RETRIES = 1000

/** A delivery that is asked for, and the id that its entry in the audit log will have. */
export type Asked = { id: string; entryId: string }

/** Deliveries of one org, each asked for once; a key is for one alone. The lease is in ms. */
export type RedeliverRequest = {
  actor: Actor
  asked: Asked[]
  now: number
  leaseMs: number
  idempotency: Idempotency | undefined
}

/**
 * What came of one: whether its redelivery is made, by this or by an earlier repetition; the delivery as
 * it is now, and its endpoint's status, which a deleted one and an inline delivery have not.
 */
export type Redelivered = {
  isMade: boolean
  delivery: Delivery
  endpointStatus: 'enabled' | 'disabled' | null
}

/** What came of those that are there, what the key's first use kept, and what has happened. */
export type RedeliverResult = {
  found: Redelivered[]
  first: Delivery | undefined
  transitions: Transition[]
}

/**
 * Makes deliveries due now, by hand, but for those whose endpoint is disabled or deleted or that were asked
 * for too often, or when the key was used (S3: then nothing changes).
 * Writes 4 rows each: the delivery, its entries in two indexes, and one in the audit log; one more for a
 * key. As many statements for one as for hundreds: a request may redeliver 200, and D1 allows it 1,000.
 */
export async function redeliver(db: Database, request: RedeliverRequest): Promise<RedeliverResult> {
  const { actor, now, idempotency } = request
  const { orgId } = actor
  const [one = { id: '', entryId: '' }] = request.asked
  const asked = sql`json_each(${JSON.stringify(request.asked)}) AS asked`
  const key = guardByKey(db, idempotency, { token: one.entryId, now })
  const snapshot = sql`SELECT ${rowAsJson(DELIVERY_COLUMNS, 'd')} AS snapshot FROM deliveries d
    WHERE ${isDelivery(orgId, one.id)} AND ${hasEntry(orgId, one.entryId)}`
  const change = { action: 'delivery.redeliver', at: now } as const
  const { logged, found, kept } = await transaction(db, {
    logged: {
      first: auditEach(db, actor, change, allowed(orgId, asked, key.isFree)),
      second: statement(db, makeDueNow(request, asked)),
    },
    found: selectAsked(db, orgId, asked),
    claimed: key.claim(snapshot),
    kept: key.find,
  })
  // A row of these columns, as it was kept above.
  const first = key.firstOf(kept, (row) => readRow(DELIVERY_COLUMNS, row) as Delivery)
  // They are logged by this very call when they were made by it.
  const moved = logged.map(({ targetId }) => ({ orgId, id: targetId }))
  const transitions = ofDeliveries(moved, { from: 'any', to: 'pending', cause: 'redelivery' })
  return { found, first, transitions }
}

/** The deliveries as they are now, each with what came of it. */
function selectAsked(db: Database, orgId: string, asked: SQL) {
  const isMade = hasEntry(orgId, sql`asked.value->>'entryId'`)
  return db
    .select({
      delivery: DELIVERY_COLUMNS,
      // A batch answers objects: two columns of one name would be one.
      endpointStatus: sql<'enabled' | 'disabled' | null>`${endpoints.status}`.as('endpoint_status'),
      isMade: sql`${isMade}`.mapWith(Boolean).as('is_made'),
    })
    .from(asked)
    .crossJoin(deliveries)
    .leftJoin(
      endpoints,
      and(eq(endpoints.orgId, deliveries.orgId), eq(endpoints.id, deliveries.endpointId)),
    )
    .where(isDelivery(orgId, sql`asked.value->>'id'`, 'deliveries'))
}

/**
 * The query for the entries of those that may be asked for once more, and whose endpoint is not closed. All
 * that are made are logged at once: where any is, this is a repetition, and logs no more.
 */
function allowed(orgId: string, asked: SQL, isFree: SQL): SQL {
  return sql`
    SELECT asked.value->>'entryId' AS id, d.id AS target_id, '{}' AS details
    FROM ${asked} CROSS JOIN deliveries d
    WHERE ${isDelivery(orgId, sql`asked.value->>'id'`)} AND d.manual_retry_count < ${MAX_MANUAL_RETRIES}
      AND (d.endpoint_id IS NULL OR EXISTS (SELECT 1 FROM endpoints ep
        WHERE ep.org_id = d.org_id AND ep.id = d.endpoint_id AND ep.status = 'enabled'))
      AND NOT EXISTS (SELECT 1 FROM ${asked} WHERE ${hasEntry(orgId, sql`asked.value->>'entryId'`)})
      AND ${isFree}`
}

// A manual attempt that fails gives the turn back to the automatic schedule: resume_at is where it was,
// and a second click before the first one's attempt must not lose it.
function makeDueNow({ actor, now, leaseMs }: RedeliverRequest, asked: SQL): SQL {
  return sql`
    UPDATE deliveries AS d SET
      status = 'pending', version = version + 1, is_manual = 1,
      redelivered_by = ${actor.name}, manual_retry_count = manual_retry_count + 1, lapses = 0,
      resume_at = CASE WHEN status <> 'pending' THEN NULL WHEN is_manual THEN resume_at
        ELSE next_attempt_at END,
      next_attempt_at = ${now}, sweep_at = ${now + leaseMs}, updated_at = ${now}
    FROM ${asked}
    WHERE ${isDelivery(actor.orgId, sql`asked.value->>'id'`)} AND ${JUST_CHANGED}
      AND ${hasEntry(actor.orgId, sql`asked.value->>'entryId'`)}`
}
