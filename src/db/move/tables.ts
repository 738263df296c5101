// What belongs to an org, table by table: what a move takes along, and what stays with its database.
import { sql, type SQL } from 'drizzle-orm'
import { getTableConfig, type SQLiteColumn, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import { notices } from '../notices/schema.ts'
import { openersOf } from '../openers.ts'
import { callEnds, callWaits } from '../ordering/schema.ts'
import { replayCopies, replayParts, replays } from '../replays/schema.ts'
import {
  apiKeys,
  auditLog,
  deadLetters,
  deletedEndpoints,
  deliveries,
  endpoints,
  events,
  hourlyStats,
  idempotencyKeys,
  orgs,
  portalLinks,
  sessions,
  signingSecrets,
  stops,
} from '../schema.ts'
import { quotaMarks, usage } from '../upkeep/schema.ts'

/** Tables that grow with what an org does: most of their rows never change again. Ends of calls go along with what is pending. */
const HISTORY: readonly SQLiteTable[] = [
  callEnds,
  deliveries,
  events,
  auditLog,
  idempotencyKeys,
  hourlyStats,
  replayCopies,
]

/** Tables with few rows, any of which may change: they are copied as a whole while nobody writes. */
export const SMALL: readonly SQLiteTable[] = [
  endpoints,
  deletedEndpoints,
  signingSecrets,
  deadLetters,
  replays,
  replayParts,
  apiKeys,
  sessions,
  portalLinks,
  notices,
  stops,
  callWaits,
  usage,
  quotaMarks,
  orgs,
]

/** All that a move takes along, in the order in which it is deleted: a session is known by the row of its key or link. */
export const MOVED: readonly SQLiteTable[] = [
  ...HISTORY,
  ...SMALL.filter((table) => table !== apiKeys && table !== orgs),
  apiKeys,
  orgs,
]

/** The columns that are stored: the others are worked out. */
export function storedColumns(table: SQLiteTable): SQLiteColumn[] {
  return getTableConfig(table).columns.filter(({ generated }) => generated === undefined)
}

/** The columns of the primary key, in its order. */
export function keyColumns(table: SQLiteTable): SQLiteColumn[] {
  const { primaryKeys, columns } = getTableConfig(table)
  return primaryKeys[0]?.columns ?? columns.filter(({ primary }) => primary)
}

/** The columns of the primary key but for the org's. */
export function placeColumns(table: SQLiteTable): SQLiteColumn[] {
  const place = keyColumns(table).filter((column) => !isOrgColumn(table, column))
  return place.length > 0 ? place : keyColumns(table)
}

/** Whether the column tells whose a row is. */
export function isOrgColumn(table: SQLiteTable, column: SQLiteColumn): boolean {
  return column.name === 'org_id' || (table === orgs && column.name === 'id')
}

/** SQL condition: the row `r` of the table is the org's. */
export function isOf(table: SQLiteTable, orgId: string): SQL {
  if (table === orgs) return sql`r.id = ${orgId}`
  if (table !== sessions) return sql`r.org_id = ${orgId}`
  return sql`r.key_public_id IN (${openersOf(orgId)})`
}

/** SQL: columns' names as a list, each after `prefix`. */
export function listColumns(columns: SQLiteColumn[], prefix = ''): SQL {
  const names = columns.map(({ name }) => sql`${sql.raw(prefix)}${sql.identifier(name)}`)
  return sql.join(names, sql`, `)
}
