// The table of notices as the queries see it; migrations/ is what makes it.
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** What has happened to the service itself, until it is told; `data` is JSON text. */
export const notices = sqliteTable(
  'notices',
  {
    orgId: text('org_id').notNull(),
    id: text('id').notNull(),
    type: text('type').notNull(),
    about: text('about'),
    data: text('data').notNull(),
    count: integer('count').notNull().default(1),
    at: integer('at').notNull(),
    toldAt: integer('told_at'),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] })],
)
