// Endpoints: the URLs an org's events go to.
import { and, asc, eq, getTableColumns, sql, type SQL } from 'drizzle-orm'
import { auditedFirst, JUST_CHANGED, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { guardByKey, type Idempotency } from '../idempotency.ts'
import { noteDisabled } from '../notices/failing.ts'
import { readRow, rowAsJson } from '../row-json.ts'
import { endpoints } from '../schema.ts'
import { transaction } from '../transaction.ts'
import { ofEndpoints, type EndpointTransition } from '../transitions.ts'
import {
  changedMembers,
  changesStatus,
  describeChange,
  externalIdOf,
  orderColumns,
  statusColumns,
  type Changing,
  type EndpointChanges,
} from './endpoint-changes.ts'
import { endpointsOfDay } from './quotas.ts'
import { describeHeaders } from './sealed-headers.ts'
import { hasSecret, insertFirstSecret, rotateSecret } from './secrets.ts'

/** An endpoint's row. */
export type Endpoint = typeof endpoints.$inferSelect

/** Endpoints an org may have at a time. Fan-out reads them all for each event. */
export const MAX_ENDPOINTS = 100

const ENABLED = { from: 'disabled', to: 'enabled', cause: 'request' } as const
const DISABLED = { from: 'enabled', to: 'disabled', cause: 'request' } as const

/** A new signing secret of an endpoint, sealed. */
export type NewSecret = { id: string; sealed: string }

/** What the key of a create or a rotation keeps: the endpoint, and its new secret, still sealed. */
export type KeptEndpoint = { endpoint: Endpoint; secret: NewSecret }

/** Whose an external id is. */
type Taken = { id: string }

/** A quota that is used up: what of it, and what may be. */
export type Full = { used: number; most: number }

/** What a create or a rotation found: the endpoint if there is one, and what the key's first use kept. */
export type EndpointResult = { endpoint: Endpoint | undefined; first: KeptEndpoint | undefined }

/** Of these, such as are listened to: each may have a stream, which asks the database once a second. */
export const MAX_LISTENED_TO = 5

/**
 * Stores an endpoint and its secret in one transaction, unless the org has as many as it may, or has made as many on
 * this day, which is `full`, as that is then; or its external id is that of another, `takenBy`.
 */
export async function createEndpoint(
  db: Database,
  actor: Actor,
  endpoint: Endpoint,
  secret: NewSecret,
  idempotency: Idempotency | undefined,
): Promise<EndpointResult & { full: Full | undefined; takenBy: string | undefined }> {
  const { orgId, id, createdAt: now } = endpoint
  const ofDay = endpointsOfDay(orgId, now)
  const key = guardByKey(db, idempotency, { token: id, now })
  const external = externalIdOf(orgId, id, endpoint.externalId)
  const exists = sql`EXISTS (SELECT 1 FROM endpoints WHERE org_id = ${orgId} AND id = ${id})`
  const change = {
    action: 'endpoint.create',
    targetId: id,
    at: now,
    details: describeHeaders(endpoint.headersShown),
    condition: sql`${key.isFree} AND ${hasRoom(endpoint)} AND ${ofDay.hasRoom}${external.isFree}`,
  } as const
  const {
    endpoints: rows,
    found,
    full,
    taken,
  } = await transaction(db, {
    created: {
      ...auditedFirst(db, actor, change, statement(db, insertEndpoint(endpoint))),
      third: statement(db, ofDay.count),
    },
    secret: statement(db, insertFirstSecret({ orgId, ownerId: id, ...secret }, now, exists)),
    claimed: key.claim(keepWithSecret(orgId, id, secret)),
    endpoints: db.select().from(endpoints).where(isEndpoint(orgId, id)),
    found: key.find,
    full: statement<Full>(db, ofDay.full),
    taken: external.owner && statement<Taken>(db, external.owner),
  })
  const first = key.firstOf(found, readKeptEndpoint)
  return { endpoint: rows[0], first, full: full[0], takenBy: taken[0]?.id }
}

/** SQL condition: the org has fewer endpoints than it may, and of those that are listened to, if this is one. */
function hasRoom({ orgId, listener }: Endpoint): SQL {
  return sql`(SELECT count(*) < ${MAX_ENDPOINTS} AND (${listener} IS NULL
    OR count(listener) < ${MAX_LISTENED_TO}) FROM endpoints WHERE org_id = ${orgId})`
}

function insertEndpoint({
  orgId,
  id,
  createdAt: now,
  headersShown,
  metadata,
  ...endpoint
}: Endpoint): SQL {
  return sql`
    INSERT INTO endpoints (org_id, id, url, description, enabled_events, status, created_at, updated_at,
      listener, headers_sealed, headers_shown, filter, max_per_second, metadata, external_id,
      ordering_max_wait, client_certificate)
    SELECT ${orgId}, ${id}, ${endpoint.url}, ${endpoint.description},
      ${JSON.stringify(endpoint.enabledEvents)}, ${endpoint.status}, ${now}, ${now}, ${endpoint.listener},
      ${endpoint.headersSealed}, ${headersShown && JSON.stringify(headersShown)}, ${endpoint.filter},
      ${endpoint.maxPerSecond},
      ${metadata && JSON.stringify(metadata)}, ${endpoint.externalId}, ${endpoint.orderingMaxWait},
      (SELECT o.client_certificate FROM orgs o WHERE o.id = ${orgId})
    WHERE ${JUST_CHANGED}`
}

/** Reads what the key of a create or a rotation has kept. */
export function readKeptEndpoint(snapshot: unknown): KeptEndpoint {
  // keepWithSecret wrote it.
  const { endpoint, secret } = snapshot as { endpoint: unknown; secret: NewSecret }
  // From these columns.
  return { endpoint: readRow(getTableColumns(endpoints), endpoint) as Endpoint, secret }
}

/** The org's endpoints, MAX_ENDPOINTS at most, oldest first. */
export function listEndpoints(db: Database, orgId: string): Promise<Endpoint[]> {
  return db.select().from(endpoints).where(eq(endpoints.orgId, orgId)).orderBy(asc(endpoints.id))
}

/** The endpoint, or undefined when it is not there or another org's. */
export async function findEndpoint(
  db: Database,
  orgId: string,
  id: string,
): Promise<Endpoint | undefined> {
  const [row] = await db.select().from(endpoints).where(isEndpoint(orgId, id))
  return row
}

/** The endpoint as it is now, if it is there; and what has happened. */
export type EndpointUpdate = {
  endpoint: Endpoint | undefined
  transitions: EndpointTransition[]
  /** Whose the external id is, where that is another endpoint's: then nothing was changed. */
  takenBy: string | undefined
}

/**
 * Changes what is given, and writes nothing when that is how it is already, or was made so once by this
 * very change, or when the endpoint is not as it must be. Enabling zeroes the failure counter and lets the sweep release what was held (C4);
 * disabling keeps the reason of an endpoint that was disabled already.
 */
export async function updateEndpoint(
  db: Database,
  actor: Actor,
  id: string,
  changes: EndpointChanges,
  { now, entryId, from }: Changing,
): Promise<EndpointUpdate> {
  const { orgId } = actor
  const { status, headers, orderingMaxWait: _wait, isOrdered: _isOrdered, ...plain } = changes
  const changed = changedMembers(orgId, id, changes, from)
  const external = externalIdOf(orgId, id, changes.externalId)
  const change = {
    id: entryId,
    action: 'endpoint.update',
    targetId: id,
    at: now,
    details: describeChange(changed, changes),
    condition: sql`(${changed}) <> '[]'${external.isFree}`,
  } as const
  const ofHeaders = headers && { headersSealed: headers.sealed, headersShown: headers.shown }
  const ofStatus = status && statusColumns(status, now)
  const update = db
    .update(endpoints)
    .set({ ...plain, ...orderColumns(changes), ...ofHeaders, ...ofStatus, updatedAt: now })
    .where(and(isEndpoint(orgId, id), JUST_CHANGED))
  const { logged, found, taken } = await transaction(db, {
    logged: auditedFirst(db, actor, change, update),
    noted:
      status === 'disabled'
        ? statement(db, noteDisabled([{ orgId, endpointId: id }], now))
        : undefined,
    found: db.select().from(endpoints).where(isEndpoint(orgId, id)),
    taken: external.owner && statement<Taken>(db, external.owner),
  })
  const transitions = ofEndpoints(
    logged.filter(changesStatus).map(() => ({ orgId, id })),
    status === 'enabled' ? ENABLED : DISABLED,
  )
  return { endpoint: found[0], transitions, takenBy: taken[0]?.id }
}

/** The id of the endpoint with an external id, or undefined when none of the org's has it. */
export async function findEndpointId(
  db: Database,
  orgId: string,
  externalId: string,
): Promise<string | undefined> {
  const [row] = await db
    .select({ id: endpoints.id })
    .from(endpoints)
    .where(and(eq(endpoints.orgId, orgId), eq(endpoints.externalId, externalId)))
  return row?.id
}

/** What a rotation found besides: whether the new secret is in force. */
export type RotateResult = EndpointResult & { isRotated: boolean }

/** Gives the endpoint a new secret, unless it is not there or too many would be in force. */
export async function rotateEndpointSecret(
  db: Database,
  actor: Actor,
  id: string,
  secret: NewSecret,
  {
    now,
    overlapMs,
    idempotency,
  }: { now: number; overlapMs: number; idempotency: Idempotency | undefined },
): Promise<RotateResult> {
  const { orgId } = actor
  const key = guardByKey(db, idempotency, { token: secret.id, now })
  const condition = sql`${key.isFree}
    AND EXISTS (SELECT 1 FROM endpoints WHERE org_id = ${orgId} AND id = ${id})`
  const rotation = { now, overlapMs, condition, action: 'endpoint.rotate_secret' } as const
  // Repeated after its answer was lost, it moves nothing back that a later change has moved.
  const update = db
    .update(endpoints)
    .set({ updatedAt: sql`max(${endpoints.updatedAt}, ${now})` })
    .where(and(isEndpoint(orgId, id), hasSecret(orgId, id, secret.id)))
  const done = await transaction(db, {
    ...rotateSecret(db, actor, { orgId, ownerId: id, ...secret }, rotation),
    updated: update,
    claimed: key.claim(keepWithSecret(orgId, id, secret)),
    endpoints: db.select().from(endpoints).where(isEndpoint(orgId, id)),
    found: key.find,
  })
  const first = key.firstOf(done.found, readKeptEndpoint)
  return { endpoint: done.endpoints[0], isRotated: done.rotated.length > 0, first }
}

/** The query for what a key keeps, once the endpoint has this secret: `readKeptEndpoint` reads it. */
function keepWithSecret(orgId: string, id: string, secret: NewSecret): SQL {
  return sql`
    SELECT json_object('endpoint', ${rowAsJson(getTableColumns(endpoints), 'ep')},
      'secret', json(${JSON.stringify(secret)})) AS snapshot FROM endpoints ep
    WHERE ep.org_id = ${orgId} AND ep.id = ${id} AND ${hasSecret(orgId, id, secret.id)}`
}

function isEndpoint(orgId: string, id: string) {
  return and(eq(endpoints.orgId, orgId), eq(endpoints.id, id))
}
