// The tables of what the service does by itself, which are of no org.
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

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
