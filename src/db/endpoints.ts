// Endpoints: the URLs an org's events go to.
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import { statement, type Database } from './client.ts'
import {
  claimKey,
  isKeyFree,
  selectKey,
  type IdempotencyRecord,
  type IdempotentRequest,
} from './idempotency.ts'
import { endpoints } from './schema.ts'
import { insertSecret, rotateSecret } from './secrets.ts'
import { endPendingOf } from './sweep.ts'

/** An endpoint's row. */
export type Endpoint = typeof endpoints.$inferSelect

/** Endpoints an org may have at a time. Fan-out reads them all for each event. */
const MAX_ENDPOINTS = 100

/** Pending deliveries that a delete ends at once; the sweep ends the rest. */
const END_AT_ONCE = 1000

/** An endpoint's first signing secret, sealed. */
export type FirstSecret = { id: string; sealed: string }

/** What a create found: the endpoint unless the org has too many, and the key's first use. */
export type CreateResult = { endpoint: Endpoint | undefined; record: IdempotencyRecord | undefined }

/** Stores an endpoint and its secret in one transaction, unless the org has MAX_ENDPOINTS. */
export async function createEndpoint(
  db: Database,
  endpoint: Endpoint,
  secret: FirstSecret,
  idempotency: IdempotentRequest | undefined,
): Promise<CreateResult> {
  const { orgId, id, createdAt: now } = endpoint
  const exists = sql`EXISTS (SELECT 1 FROM endpoints WHERE org_id = ${orgId} AND id = ${id})`
  const snapshot = sql`SELECT ${JSON.stringify({ endpoint, secret })} AS snapshot WHERE ${exists}`
  const [, , , rows, records] = await db.batch([
    statement(
      db,
      sql`
      INSERT INTO endpoints (org_id, id, url, description, enabled_events, status, created_at, updated_at)
      SELECT ${orgId}, ${id}, ${endpoint.url}, ${endpoint.description},
        ${JSON.stringify(endpoint.enabledEvents)}, ${endpoint.status}, ${now}, ${now}
      WHERE ${isKeyFree(orgId, idempotency, now)} AND (SELECT count(*) FROM endpoints
        WHERE org_id = ${orgId} AND deleted_at IS NULL) < ${MAX_ENDPOINTS}
      ON CONFLICT (org_id, id) DO NOTHING`,
    ),
    statement(db, insertSecret({ orgId, ownerId: id, ...secret }, now, exists)),
    statement(db, claimKey(orgId, idempotency, now, snapshot)),
    db.select().from(endpoints).where(isLive(orgId, id)),
    statement<IdempotencyRecord>(db, selectKey(orgId, idempotency)),
  ])
  return { endpoint: rows[0], record: records[0] }
}

/** The org's endpoints, oldest first, without deleted ones. */
export function listEndpoints(db: Database, orgId: string): Promise<Endpoint[]> {
  return db
    .select()
    .from(endpoints)
    .where(and(eq(endpoints.orgId, orgId), isNull(endpoints.deletedAt)))
    .orderBy(asc(endpoints.id))
}

/** The endpoint, or undefined when it is not there, deleted, or another org's. */
export async function findEndpoint(
  db: Database,
  orgId: string,
  id: string,
): Promise<Endpoint | undefined> {
  const [row] = await db.select().from(endpoints).where(isLive(orgId, id))
  return row
}

/** What a customer may change. */
export type EndpointChanges = {
  url?: string | undefined
  description?: string | null | undefined
  enabledEvents?: string[] | undefined
  status?: 'enabled' | 'disabled' | undefined
}

/**
 * Changes what is given. Enabling zeroes the failure counter and lets the sweep release what was held
 * (C4); disabling keeps the reason of an endpoint that was disabled already.
 */
export async function updateEndpoint(
  db: Database,
  orgId: string,
  id: string,
  changes: EndpointChanges,
  now: number,
): Promise<Endpoint | undefined> {
  const { status, ...plain } = changes
  const [row] = await db
    .update(endpoints)
    .set({ ...plain, ...(status && statusColumns(status, now)), updatedAt: now })
    .where(isLive(orgId, id))
    .returning()
  return row
}

/** Deletes the endpoint and ends its pending deliveries; false when it is not there. */
export async function deleteEndpoint(
  db: Database,
  orgId: string,
  id: string,
  now: number,
): Promise<boolean> {
  const [deleted] = await db.batch([
    db
      .update(endpoints)
      .set({ deletedAt: now, backlogAt: now, updatedAt: now })
      .where(isLive(orgId, id))
      .returning({ id: endpoints.id }),
    statement(db, endPendingOf(orgId, id, { now, limit: END_AT_ONCE })),
  ])
  return deleted.length > 0
}

/** Gives the endpoint a new secret; undefined when the endpoint is not there. */
export async function rotateEndpointSecret(
  db: Database,
  orgId: string,
  id: string,
  secret: FirstSecret,
  { now, overlapMs }: { now: number; overlapMs: number },
): Promise<Endpoint | undefined> {
  const condition = sql`EXISTS (SELECT 1 FROM endpoints WHERE org_id = ${orgId} AND id = ${id}
    AND deleted_at IS NULL)`
  const [, , , rows] = await db.batch([
    ...rotateSecret(db, { orgId, ownerId: id, ...secret }, { now, overlapMs, condition }),
    db.select().from(endpoints).where(isLive(orgId, id)),
  ])
  return rows[0]
}

function isLive(orgId: string, id: string) {
  return and(eq(endpoints.orgId, orgId), eq(endpoints.id, id), isNull(endpoints.deletedAt))
}

function statusColumns(status: 'enabled' | 'disabled', now: number) {
  if (status === 'enabled') {
    return {
      status,
      disabledReason: null,
      disabledAt: null,
      consecutiveFailures: 0,
      backlogAt: now,
    }
  }
  return {
    status,
    disabledReason: sql`coalesce(${endpoints.disabledReason}, 'disabled_by_customer')`,
    disabledAt: sql`coalesce(${endpoints.disabledAt}, ${now})`,
  }
}
