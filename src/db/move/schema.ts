// Where orgs are, where they were, and how far their moves are.
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Orgs that are not in the first database, where this is kept. */
export const placements = sqliteTable('placements', {
  orgId: text('org_id').primaryKey(),
  database: text('database').notNull(),
})

/** Whose a key is; kept in the first database, since there are several. */
export const keyOwners = sqliteTable('key_owners', {
  publicId: text('public_id').primaryKey(),
  orgId: text('org_id').notNull(),
})

/** Orgs that are not at home in this database, or will not be for long. */
export const departures = sqliteTable('departures', {
  orgId: text('org_id').primaryKey(),
  state: text('state', { enum: ['copying', 'leaving', 'gone'] }).notNull(),
  countedTo: text('counted_to'),
})

/** Orgs that were moved to this database, or are on their way. */
export const arrivals = sqliteTable('arrivals', {
  orgId: text('org_id').primaryKey(),
  number: integer('number').notNull(),
  step: text('step', { enum: ['copying', 'settling', 'here'] }).notNull(),
  countedTo: text('counted_to'),
})

/** Deliveries of an org on its way here that may have changed since they were looked at. */
export const unsettledDeliveries = sqliteTable(
  'unsettled_deliveries',
  { orgId: text('org_id').notNull(), id: text('id').notNull() },
  (table) => [primaryKey({ columns: [table.orgId, table.id] })],
)

/** Each org's last move; kept in the first database. */
export const moves = sqliteTable('moves', {
  orgId: text('org_id').primaryKey(),
  number: integer('number').notNull(),
  fromDatabase: text('from_database').notNull(),
  toDatabase: text('to_database').notNull(),
  phase: text('phase', {
    enum: ['preparing', 'copying', 'settling', 'opening', 'clearing', 'over'],
  }).notNull(),
  progress: text('progress').notNull(),
  askedBy: text('asked_by').notNull(),
  rowsCopied: integer('rows_copied').notNull(),
  rowsDeleted: integer('rows_deleted').notNull(),
  startedAt: integer('started_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
  fencedAt: integer('fenced_at'),
  openedAt: integer('opened_at'),
  endedAt: integer('ended_at'),
})
