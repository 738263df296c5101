// Redelivery in the store: made due now, by hand, for somebody who asked.
import { sql, type SQL } from 'drizzle-orm'
import { audited, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { guardByKey, type Idempotency } from '../idempotency.ts'
import { readRow, rowAsJson } from '../row-json.ts'
import { deliveries } from '../schema.ts'
import { transaction } from '../transaction.ts'
import { DELIVERY_COLUMNS, isDelivery, type Delivery } from '../words.ts'

/**
 * Characters of the redeliveries' tokens that are kept: eight UUIDs. A redelivery whose answer was lost
 * is repeated within a second, and must be known although others came in between.
 */
const KEPT_TOKENS_LENGTH = 8 * 36

/** Redeliveries of one delivery, ever; they bound the size of its attempt log. */
const MAX_MANUAL_RETRIES = 1000

/** What a redelivery is asked with; the token makes its repetition harmless, the lease is in ms. */
export type RedeliverRequest = {
  actor: Actor
  id: string
  token: string
  now: number
  leaseMs: number
  idempotency: Idempotency | undefined
}

/**
 * What a redelivery found: the delivery as it is now, its endpoint's status, which a deleted one and an
 * inline delivery have not, and what the key's first use kept.
 */
export type RedeliverResult = {
  delivery: Delivery | undefined
  endpointStatus: string | undefined
  first: Delivery | undefined
}

/**
 * Makes a delivery due now, by hand, unless its endpoint is disabled or deleted or the key was used
 * (S3: then nothing changes). It was done when the delivery's `redeliverTokens` have this request's.
 * Writes 4 rows: the delivery, its entries in two indexes, and one in the audit log; one more for a key.
 */
export async function redeliver(db: Database, request: RedeliverRequest): Promise<RedeliverResult> {
  const { actor, id, token, now, idempotency } = request
  const { orgId } = actor
  const key = guardByKey(db, idempotency, { token, now })
  const snapshot = sql`SELECT ${rowAsJson(DELIVERY_COLUMNS, 'd')} AS snapshot FROM deliveries d
    WHERE ${isDelivery(orgId, id)} AND instr(d.redeliver_tokens, ${token})`
  const change = { action: 'delivery.redeliver', targetId: id, at: now } as const
  const { delivery, endpoint, found } = await transaction(db, {
    made: audited(db, actor, change, statement(db, makeDueNow(request, key.isFree))),
    delivery: db
      .select(DELIVERY_COLUMNS)
      .from(deliveries)
      .where(isDelivery(orgId, id, 'deliveries')),
    endpoint: statement<{ status: string }>(
      db,
      sql`
      SELECT ep.status FROM deliveries d
      JOIN endpoints ep ON ep.org_id = d.org_id AND ep.id = d.endpoint_id
      WHERE ${isDelivery(orgId, id)}`,
    ),
    // Without a key no statement more than these: one request may redeliver 200, and D1 allows it 1,000.
    claimed: key.claim(snapshot),
    found: key.find,
  })
  // A row of these columns, as it was kept above.
  const first = key.firstOf(found, (kept) => readRow(DELIVERY_COLUMNS, kept) as Delivery)
  return { delivery: delivery[0], endpointStatus: endpoint[0]?.status, first }
}

// A manual attempt that fails gives the turn back to the automatic schedule: resume_at is where it was,
// and a second click before the first one's attempt must not lose it.
function makeDueNow(request: RedeliverRequest, isFree: SQL): SQL {
  const { actor, id, token, now, leaseMs } = request
  const { orgId } = actor
  return sql`
    UPDATE deliveries AS d SET
      status = 'pending', version = version + 1, is_manual = 1,
      redeliver_tokens = substr(${token} || redeliver_tokens, 1, ${KEPT_TOKENS_LENGTH}),
      redelivered_by = ${actor.name}, manual_retry_count = manual_retry_count + 1, lapses = 0,
      resume_at = CASE WHEN status <> 'pending' THEN NULL WHEN is_manual THEN resume_at
        ELSE next_attempt_at END,
      next_attempt_at = ${now}, sweep_at = ${now + leaseMs}, updated_at = ${now}
    WHERE ${isDelivery(orgId, id)} AND NOT instr(redeliver_tokens, ${token})
      AND manual_retry_count < ${MAX_MANUAL_RETRIES}
      AND ${isFree}
      AND (d.endpoint_id IS NULL OR EXISTS (SELECT 1 FROM endpoints ep
        WHERE ep.org_id = d.org_id AND ep.id = d.endpoint_id AND ep.status = 'enabled'))`
}
