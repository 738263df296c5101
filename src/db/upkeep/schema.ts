// The tables of what the service does by itself: its own, and what it counts of orgs.
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** When a recurring job last ran; and what else is one instant by a name. */
export const heartbeats = sqliteTable('heartbeats', {
  name: text('name').primaryKey(),
  beatAt: integer('beat_at').notNull(),
})

/** What isolates have counted: a note each, JSON by series and by lane; under '' the sum of those that were added up. */
export const counts = sqliteTable('counts', {
  id: text('id').primaryKey(),
  counts: text('counts').notNull(),
  depths: text('depths').notNull().default('{}'),
})

/** What orgs have sent, by day. */
export const usage = sqliteTable(
  'usage',
  {
    orgId: text('org_id').notNull(),
    day: integer('day').notNull(),
    events: integer('events').notNull(),
    deliveries: integer('deliveries').notNull(),
    bytes: integer('bytes').notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.day] })],
)

/** What intake has to know of an org's quotas. */
export const quotaMarks = sqliteTable(
  'quota_marks',
  {
    orgId: text('org_id').notNull(),
    quota: text('quota').notNull(),
    most: integer('most').notNull(),
    used: integer('used'),
    until: integer('until'),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.quota] })],
)
