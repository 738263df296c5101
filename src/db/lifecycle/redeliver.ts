// Redelivery in the store: made due now, by hand, for somebody who asked.
import { and, eq, sql, type SQL } from 'drizzle-orm'
import { auditEach, hasEntry, JUST_CHANGED, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import {
  guardByKeysAfter,
  type Idempotency,
  type IdempotencyRecord,
  type KeptUse,
} from '../idempotency.ts'
import { waitingFor } from '../ordering/waits.ts'
import { readRow, rowAsJson } from '../row-json.ts'
import { deliveries, endpoints } from '../schema.ts'
import { transaction } from '../transaction.ts'
import { ofDeliveries, type Transition } from '../transitions.ts'
import { DELIVERY_COLUMNS, isDelivery, type Delivery, type Recipient } from '../words.ts'
import { failedAt } from './last-failure.ts'

/** Redeliveries of one delivery, ever; they bound the size of its attempt log. */
export const MAX_MANUAL_RETRIES = 1000

/** What may be said of a redelivery: where it goes, by itself to the delivery's own URL, and why it is made. */
export type Terms = { to?: Recipient | undefined; reason?: string | undefined }

/** A delivery that is asked for, by whom and how, and the id that its entry in the audit log will have. */
export type Asked = {
  id: string
  entryId: string
  actor: Actor
  terms: Terms
  idempotency: Idempotency | undefined
}

/** What is asked of one org: each delivery once, each key once. The lease is in ms. */
export type RedeliverRequest = { orgId: string; asked: Asked[]; now: number; leaseMs: number }

/**
 * What came of one: whether its redelivery is made, by this or by an earlier repetition; the delivery as
 * it is now, and its endpoint's status, which a deleted one and an inline delivery have not.
 */
export type Redelivered = {
  isMade: boolean
  delivery: Delivery
  endpointStatus: 'enabled' | 'disabled' | null
}

/** What came of those that are there, what the first uses of keys kept, by key, and what has happened. */
export type RedeliverResult = {
  found: Redelivered[]
  earlier: Map<string, IdempotencyRecord>
  transitions: Transition[]
}

/**
 * Makes deliveries due now, by hand, but for those whose endpoint is disabled or deleted, whose payload is, or that
 * were asked for too often, or whose key was used (S3: then nothing changes).
 * Writes 4 rows each: the delivery, its entries in two indexes, and one in the audit log; one more for a
 * key. As many statements for one as for hundreds: a request may redeliver 200, and D1 allows it 1,000.
 */
export async function redeliver(db: Database, request: RedeliverRequest): Promise<RedeliverResult> {
  const { orgId, now } = request
  const asked = sql`json_each(${JSON.stringify(request.asked.map(describe))}) AS asked`
  const uses = request.asked.flatMap(toUse)
  const keys = uses.length > 0 ? guardByKeysAfter(db, orgId, uses, now) : undefined
  const isFree = keys?.isFree(sql`asked.value`) ?? sql`true`
  const change = { action: 'delivery.redeliver', at: now } as const
  const { logged, found, earlier } = await transaction(db, {
    logged: {
      first: auditEach(db, orgId, change, allowed(orgId, asked, isFree)),
      second: statement(db, makeDueNow(request, asked)),
    },
    found: selectAsked(db, orgId, asked),
    claimed: keys?.claim(selectMade(orgId, asked)),
    earlier: keys?.earlier,
  })
  // They are logged by this very call when they were made by it.
  const moved = logged.map(({ targetId }) => ({ orgId, id: targetId }))
  return {
    found,
    earlier: new Map(earlier.map((record) => [record.key, record])),
    transitions: ofDeliveries(moved, { from: 'any', to: 'pending', cause: 'redelivery' }),
  }
}

/** A delivery as a key has kept it. */
export function readKept(kept: unknown): Delivery {
  // A row of these columns, as selectMade gives it.
  return readRow(DELIVERY_COLUMNS, kept) as Delivery
}

/** What the statements take of one that is asked for. */
function describe({ id, entryId, actor: { name, ip, requestId }, terms, idempotency }: Asked) {
  const { to, reason } = terms
  return { id, entryId, name, ip, requestId, to, details: { to, reason }, key: idempotency?.key }
}

function toUse({ entryId, idempotency }: Asked): KeptUse[] {
  return idempotency ? [{ ...idempotency, token: entryId }] : []
}

/** The query for what a key keeps of each redelivery that is made: the delivery's row. */
function selectMade(orgId: string, asked: SQL): SQL {
  return sql`
    SELECT asked.value->>'entryId' AS token, ${rowAsJson(DELIVERY_COLUMNS, 'd')} AS snapshot
    FROM ${asked} CROSS JOIN deliveries d
    WHERE asked.value->>'key' IS NOT NULL AND ${isDelivery(orgId, sql`asked.value->>'id'`)}
      AND ${hasEntry(orgId, sql`asked.value->>'entryId'`)}`
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
    SELECT asked.value->>'entryId' AS id, asked.value->>'name' AS actor, asked.value->>'ip' AS ip,
      asked.value->>'requestId' AS request_id, d.id AS target_id, asked.value->>'details' AS details
    FROM ${asked} CROSS JOIN deliveries d
    WHERE ${isDelivery(orgId, sql`asked.value->>'id'`)} AND d.manual_retry_count < ${MAX_MANUAL_RETRIES}
      AND d.payload_deleted_at IS NULL
      AND (d.endpoint_id IS NULL OR EXISTS (SELECT 1 FROM endpoints ep
        WHERE ep.org_id = d.org_id AND ep.id = d.endpoint_id AND ep.status = 'enabled'))
      AND NOT EXISTS (SELECT 1 FROM ${asked} WHERE ${hasEntry(orgId, sql`asked.value->>'entryId'`)})
      AND ${isFree}`
}

/** The values of what `dueByHand` sets: SQL expressions; `to` gives a Recipient, or NULL for the original. */
type ByHand = { by: SQL; to: SQL; dueAt: SQL; sweepAt: SQL; now: SQL }

/**
 * SQL: what a redelivery sets of the delivery `d`, be it asked for by itself or as one of many. Its rows are its
 * own and the entries in its two indexes.
 */
// A manual attempt that fails gives the turn back to the automatic schedule: resume_at is where it was,
// and a second click before the first one's attempt must not lose it. What waited for another waits no more.
export function dueByHand({ by, to, dueAt, sweepAt, now }: ByHand): SQL {
  return sql`stage = 'pending', version = d.version + 1, is_manual = 1, redelivered_by = ${by},
    manual_retry_count = d.manual_retry_count + 1, lapses = 0,
    resume_at = CASE WHEN d.status <> 'pending' THEN NULL WHEN d.is_manual THEN d.resume_at
      WHEN ${waitingFor()} IS NOT NULL THEN ${dueAt} ELSE d.next_attempt_at END,
    url = CASE ${to} WHEN 'current' THEN coalesce((SELECT ep.url FROM endpoints ep
      WHERE ep.org_id = d.org_id AND ep.id = d.endpoint_id), d.url) ELSE d.url END,
    next_attempt_at = ${dueAt}, sweep_at = ${sweepAt}, updated_at = ${now},
    ${failedAt(sql`d.last_error_at`, now)}`
}

function makeDueNow({ orgId, now, leaseMs }: RedeliverRequest, asked: SQL): SQL {
  const change = dueByHand({
    by: sql`asked.value->>'name'`,
    to: sql`asked.value->>'to'`,
    dueAt: sql`${now}`,
    sweepAt: sql`${now + leaseMs}`,
    now: sql`${now}`,
  })
  return sql`
    UPDATE deliveries AS d SET ${change} FROM ${asked}
    WHERE ${isDelivery(orgId, sql`asked.value->>'id'`)} AND ${JUST_CHANGED}
      AND ${hasEntry(orgId, sql`asked.value->>'entryId'`)}`
}
