// The tables as the queries see them; migrations/ is what makes them, and a test holds both together.
import { sql } from 'drizzle-orm'
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { texts, textsByName, VIRTUAL } from './columns.ts'

/** Organizations: the customers. Instants here and below are Unix milliseconds. */
export const orgs = sqliteTable('orgs', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  createdAt: integer('created_at').notNull(),
  quotas: text('quotas'),
  endpointsMade: integer('endpoints_made').notNull().default(0),
  endpointsMadeOn: integer('endpoints_made_on').notNull().default(0),
  clientCertificate: text('client_certificate'),
})

/** API keys, found by the public part of the key; the key itself is kept as a digest only. */
export const apiKeys = sqliteTable('api_keys', {
  publicId: text('public_id').primaryKey(),
  id: text('id').notNull(),
  orgId: text('org_id').notNull(),
  name: text('name').notNull(),
  keyHash: text('key_hash').notNull(),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at'),
  revokedAt: integer('revoked_at'),
  lastUsedAt: integer('last_used_at'),
  scopes: texts('scopes'),
  expiryLoggedAt: integer('expiry_logged_at'),
})

/** Dashboard sessions, found by a digest of the cookie's token. */
export const sessions = sqliteTable('sessions', {
  digest: text('digest').primaryKey(),
  keyPublicId: text('key_public_id').notNull(),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
})

/** Links that sign somebody in who has no API key; found by the id in the token, and proven by its digest. */
export const portalLinks = sqliteTable(
  'portal_links',
  {
    orgId: text('org_id').notNull(),
    id: text('id').notNull(),
    digest: text('digest').notNull(),
    scopes: texts('scopes').notNull(),
    keyPublicId: text('key_public_id').notNull(),
    sessionMs: integer('session_ms').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    usedAt: integer('used_at'),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] })],
)

/** Endpoints; one that is deleted leaves at once. */
export const endpoints = sqliteTable(
  'endpoints',
  {
    orgId: text('org_id').notNull(),
    id: text('id').notNull(),
    url: text('url').notNull(),
    description: text('description'),
    enabledEvents: texts('enabled_events').notNull(),
    status: text('status', { enum: ['enabled', 'disabled'] }).notNull(),
    disabledReason: text('disabled_reason'),
    disabledAt: integer('disabled_at'),
    consecutiveFailures: integer('consecutive_failures').notNull().default(0),
    sweepAt: integer('sweep_at'),
    unwellSince: integer('unwell_since'),
    pace: integer('pace'),
    dismissedAt: integer('dismissed_at'),
    listener: text('listener'),
    headersSealed: text('headers_sealed'),
    headersShown: texts('headers_shown'),
    filter: text('filter'),
    maxPerSecond: integer('max_per_second'),
    nextSlotAt: integer('next_slot_at'),
    freshFrom: text('fresh_from'),
    metadata: textsByName('metadata'),
    externalId: text('external_id'),
    orderingMaxWait: integer('ordering_max_wait'),
    clientCertificate: text('client_certificate'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    health: text('health', { enum: ['well', 'unwell', 'recovering'] })
      .notNull()
      .generatedAlwaysAs(
        sql`CASE WHEN unwell_since IS NOT NULL THEN 'unwell' WHEN pace IS NOT NULL THEN 'recovering' ELSE 'well' END`,
        VIRTUAL,
      ),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] })],
)

/** What is left of deleted endpoints, so that their history stays readable. */
export const deletedEndpoints = sqliteTable(
  'deleted_endpoints',
  {
    orgId: text('org_id').notNull(),
    id: text('id').notNull(),
    description: text('description'),
    deletedAt: integer('deleted_at').notNull(),
    sweepAt: integer('sweep_at'),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] })],
)

/** Signing secrets, sealed; the owner is an endpoint's id, or the org's own for its default secret. */
export const signingSecrets = sqliteTable(
  'signing_secrets',
  {
    orgId: text('org_id').notNull(),
    ownerId: text('owner_id').notNull(),
    id: text('id').notNull(),
    sealed: text('sealed').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.ownerId, table.id] })],
)

/** Accepted events, clustered by call; `call` is JSON text just as it was sent, or packed; a test names its endpoint. */
export const events = sqliteTable(
  'events',
  {
    orgId: text('org_id').notNull(),
    listedUnder: text('listed_under').notNull(),
    id: text('id').notNull(),
    type: text('type').notNull(),
    callId: text('call_id'),
    created: integer('created').notNull(),
    apiVersion: text('api_version').notNull(),
    skipped: text('skipped').notNull(),
    acceptedAt: integer('accepted_at').notNull(),
    call: text('call').notNull(),
    endpointId: text('endpoint_id'),
    trace: text('trace'),
    payloadDeletedAt: integer('payload_deleted_at'),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.listedUnder, table.id] })],
)

/** Deliveries, clustered by stage; `attempts` is the attempt log, a JSON array, oldest first. */
export const deliveries = sqliteTable(
  'deliveries',
  {
    stage: text('stage', { enum: ['new', 'pending', 'delivered', 'exhausted'] }).notNull(),
    orgId: text('org_id').notNull(),
    id: text('id').notNull(),
    endpointId: text('endpoint_id'),
    callId: text('call_id'),
    eventType: text('event_type').notNull(),
    url: text('url').notNull(),
    version: integer('version').notNull().default(1),
    attemptCount: integer('attempt_count').notNull().default(0),
    manualRetryCount: integer('manual_retry_count').notNull().default(0),
    nextAttemptAt: integer('next_attempt_at').notNull(),
    sweepAt: integer('sweep_at'),
    resumeAt: integer('resume_at'),
    isManual: integer('is_manual', { mode: 'boolean' }).notNull().default(false),
    lapses: integer('lapses').notNull().default(0),
    redeliveredBy: text('redelivered_by'),
    lastError: text('last_error'),
    lastResponseStatus: integer('last_response_status'),
    deliveredAt: integer('delivered_at'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    attempts: text('attempts').notNull().default('[]'),
    replayId: text('replay_id'),
    lastFailure: text('last_failure'),
    payloadDeletedAt: integer('payload_deleted_at'),
    lastErrorAt: integer('last_error_at').generatedAlwaysAs(
      sql`iif(last_failure ->> 1 = updated_at, last_failure ->> 0, NULL)`,
      VIRTUAL,
    ),
    status: text('status', { enum: ['pending', 'delivered', 'exhausted'] })
      .notNull()
      .generatedAlwaysAs(sql`CASE stage WHEN 'new' THEN 'pending' ELSE stage END`, VIRTUAL),
    situation: text('situation', { enum: ['waiting', 'leased', 'parked', 'over'] })
      .notNull()
      .generatedAlwaysAs(
        sql`CASE WHEN stage = 'new' THEN 'leased' WHEN stage <> 'pending' THEN 'over'
          WHEN sweep_at IS NULL THEN 'parked' WHEN sweep_at > next_attempt_at THEN 'leased'
          ELSE 'waiting' END`,
        VIRTUAL,
      ),
  },
  (table) => [primaryKey({ columns: [table.stage, table.orgId, table.id] })],
)

/** What an Idempotency-Key was first used for. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    orgId: text('org_id').notNull(),
    key: text('key').notNull(),
    requestHash: text('request_hash').notNull(),
    token: text('token').notNull(),
    snapshot: text('snapshot').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.key] })],
)

/** Who changed what; `details` is JSON text, an object without secrets. */
export const auditLog = sqliteTable(
  'audit_log',
  {
    orgId: text('org_id').notNull(),
    id: text('id').notNull(),
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    targetType: text('target_type').notNull(),
    targetId: text('target_id').notNull(),
    ip: text('ip'),
    requestId: text('request_id').notNull(),
    details: text('details').notNull(),
    at: integer('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] })],
)

/** Host names that the service was called by. */
export const ownHosts = sqliteTable('own_hosts', {
  host: text('host').primaryKey(),
  seenAt: integer('seen_at').notNull(),
})

/** Hosts that have answered 2xx, and since when that proves that they want webhooks. */
export const hostProofs = sqliteTable('host_proofs', {
  host: text('host').primaryKey(),
  firstAt: integer('first_at').notNull(),
  seenAt: integer('seen_at').notNull(),
  provenAt: integer('proven_at'),
})

/** Messages that a queue gave up on. */
export const deadLetters = sqliteTable(
  'dead_letters',
  {
    orgId: text('org_id').notNull(),
    deliveryId: text('delivery_id').notNull(),
    version: integer('version').notNull(),
    diedAt: integer('died_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.deliveryId, table.version] })],
)

/** Deliveries by hour and endpoint, for charts; the endpoint is '' for inline deliveries. */
export const hourlyStats = sqliteTable(
  'hourly_stats',
  {
    orgId: text('org_id').notNull(),
    hour: integer('hour').notNull(),
    endpointId: text('endpoint_id').notNull(),
    created: integer('created').notNull(),
    firstOk: integer('first_ok').notNull(),
    timed: integer('timed').notNull(),
    latencyMs: integer('latency_ms').notNull(),
    slowestMs: integer('slowest_ms').notNull(),
    latencies: text('latencies').notNull().default('{}'),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.hour, table.endpointId] })],
)

/** Orgs that the operator has deleted, until nothing of them is left. */
export const deletedOrgs = sqliteTable('deleted_orgs', {
  orgId: text('org_id').primaryKey(),
  deletedAt: integer('deleted_at').notNull(),
})

/** What the operator has stopped; '' is any org, and any host. */
export const stops = sqliteTable(
  'stops',
  {
    orgId: text('org_id').notNull(),
    host: text('host').notNull(),
    reason: text('reason'),
    stoppedAt: integer('stopped_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.host] })],
)
