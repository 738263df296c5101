// The tables of the order within calls as the queries see them; migrations/ is what makes them.
import { primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Of each call the delivery that was stored last for an ordered endpoint. */
export const callEnds = sqliteTable(
  'call_ends',
  {
    orgId: text('org_id').notNull(),
    endpointId: text('endpoint_id').notNull(),
    callId: text('call_id').notNull(),
    deliveryId: text('delivery_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.endpointId, table.callId] })],
)

/** Deliveries that were stored behind another one, which is pending. */
export const callWaits = sqliteTable(
  'call_waits',
  {
    orgId: text('org_id').notNull(),
    endpointId: text('endpoint_id').notNull(),
    id: text('id').notNull(),
    behind: text('behind').notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.endpointId, table.id] })],
)
