// The tables of replays as the queries see them; migrations/ is what makes them.
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Replays of a range, and how far each is. */
export const replays = sqliteTable(
  'replays',
  {
    orgId: text('org_id').notNull(),
    id: text('id').notNull(),
    status: text('status', {
      enum: ['running', 'paused', 'completed', 'canceled', 'failed'],
    }).notNull(),
    filter: text('filter').notNull(),
    hasMissing: integer('has_missing', { mode: 'boolean' }).notNull(),
    recipient: text('recipient', { enum: ['original', 'current'] }).notNull(),
    copiesTo: text('copies_to'),
    ratePerSecond: integer('rate_per_second').notNull(),
    reason: text('reason'),
    createdBy: text('created_by').notNull(),
    total: integer('total').notNull(),
    totalIsExact: integer('total_is_exact', { mode: 'boolean' }).notNull(),
    step: integer('step').notNull().default(1),
    nextStepAt: integer('next_step_at'),
    fault: text('fault'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    endedAt: integer('ended_at'),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] })],
)

/** What a replay has sent elsewhere, a copy each; the endpoint is '' for inline deliveries, `entry` JSON text. */
export const replayCopies = sqliteTable(
  'replay_copies',
  {
    orgId: text('org_id').notNull(),
    replayId: text('replay_id').notNull(),
    deliveryId: text('delivery_id').notNull(),
    endpointId: text('endpoint_id').notNull(),
    status: text('status', { enum: ['pending', 'delivered', 'failed'] }).notNull(),
    sweepAt: integer('sweep_at'),
    lapses: integer('lapses').notNull().default(0),
    responseStatus: integer('response_status'),
    error: text('error'),
    updatedAt: integer('updated_at').notNull(),
    entry: text('entry'),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.replayId, table.deliveryId] })],
)

/** A replay's part for one endpoint; the endpoint is '' for inline deliveries, `skipped` JSON text. */
export const replayParts = sqliteTable(
  'replay_parts',
  {
    orgId: text('org_id').notNull(),
    replayId: text('replay_id').notNull(),
    endpointId: text('endpoint_id').notNull(),
    cursor: text('cursor').notNull().default(''),
    isOver: integer('is_over', { mode: 'boolean' }).notNull().default(false),
    replayed: integer('replayed').notNull().default(0),
    delivered: integer('delivered').notNull().default(0),
    failed: integer('failed').notNull().default(0),
    skipped: text('skipped').notNull().default('{}'),
    canarySent: integer('canary_sent').notNull().default(0),
    canaryFailed: integer('canary_failed').notNull().default(0),
    isProven: integer('is_proven', { mode: 'boolean' }).notNull().default(false),
    lastSentAt: integer('last_sent_at'),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.replayId, table.endpointId] })],
)
