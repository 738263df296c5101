// What is copied, written to the database that an org comes to: the same page twice is there once.
import { sql, type SQL } from 'drizzle-orm'
import { getTableConfig, type SQLiteColumn, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import { statement, type Database } from '../client.ts'
import { callEnds } from '../ordering/schema.ts'
import { deliveries, events } from '../schema.ts'
import { transaction, type Statement } from '../transaction.ts'
import { ANY_STAGE } from '../words.ts'
import { isArriving, type Arrival } from './marks.ts'
import type { Row } from './read.ts'
import { isOrgColumn, listColumns, storedColumns } from './tables.ts'

/** Bytes of JSON in one parameter: D1 takes 2,000,000, and a text is measured here before it is escaped. */
const MAX_JSON_BYTES = 1_500_000

/**
 * Deliveries, those of their events that are known, the ends of calls that they are, and the ids that have to be looked at
 * once more.
 */
export type DeliveryPage = { deliveries: Row[]; events: Row[]; ends: Row[]; unsettled: string[] }

/**
 * Writes rows of a table, each in the place of what is there of it. Answers false, and writes nothing,
 * when the move is no longer at this step: then another has carried it on.
 */
export function writeRows(
  db: Database,
  arrival: Arrival,
  table: SQLiteTable,
  rows: Row[],
  unsettled: string[] = [],
): Promise<boolean> {
  return write(db, arrival, [
    ...insertAll(db, arrival, table, rows),
    ...note(db, arrival, unsettled),
  ])
}

/**
 * Writes deliveries with their events. One whose stage has changed since it was copied is in another
 * place by now: it leaves the old one.
 */
export function writeDeliveries(
  db: Database,
  arrival: Arrival,
  page: DeliveryPage,
): Promise<boolean> {
  return write(db, arrival, [
    ...(page.deliveries.length > 0
      ? [statement(db, leaveOldPlaces(arrival, page.deliveries))]
      : []),
    ...insertAll(db, arrival, deliveries, page.deliveries),
    ...insertAll(db, arrival, events, page.events),
    ...insertAll(db, arrival, callEnds, page.ends),
    ...note(db, arrival, page.unsettled),
  ])
}

/** The ids that were noted, in order, after one of them. */
export async function listUnsettled(
  db: Database,
  orgId: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await db.all<{ id: string }>(sql`
    SELECT u.id FROM unsettled_deliveries u WHERE u.org_id = ${orgId} AND u.id > ${after}
    ORDER BY u.id LIMIT ${limit}`)
  return rows.map(({ id }) => id)
}

async function write(db: Database, arrival: Arrival, statements: Statement[]): Promise<boolean> {
  if (statements.length === 0) return true
  const named = Object.fromEntries(statements.map((one, place) => [`part${place}`, one]))
  const { held } = await transaction(db, {
    held: statement<{ held: number }>(db, sql`SELECT ${isArriving(arrival)} AS held`),
    ...named,
  })
  return held[0]?.held === 1
}

/** The ids as noted: what becomes of these deliveries after they were read is copied in the end. */
function note(db: Database, arrival: Arrival, ids: string[]): Statement[] {
  if (ids.length === 0) return []
  return [
    statement(
      db,
      sql`INSERT INTO unsettled_deliveries (org_id, id)
        SELECT ${arrival.orgId}, noted.value FROM json_each(${JSON.stringify(ids)}) noted
        WHERE ${isArriving(arrival)} ON CONFLICT DO NOTHING`,
    ),
  ]
}

function leaveOldPlaces(arrival: Arrival, rows: Row[]): SQL {
  const places = JSON.stringify(rows.map(({ id, stage }) => ({ id, stage })))
  return sql`
    DELETE FROM deliveries WHERE (stage, org_id, id) IN (
      SELECT d.stage, d.org_id, d.id FROM json_each(${places}) new CROSS JOIN deliveries d
      WHERE d.org_id = ${arrival.orgId} AND d.stage IN ${ANY_STAGE} AND d.id = new.value->>'id'
        AND d.stage <> new.value->>'stage')
      AND ${isArriving(arrival)}`
}

function insertAll(db: Database, arrival: Arrival, table: SQLiteTable, rows: Row[]): Statement[] {
  const columns = storedColumns(table)
  return toChunks(rows, columns).map((chunk) =>
    statement(
      db,
      typeof chunk === 'string'
        ? insertFromJson(arrival, table, chunk)
        : insertRow(arrival, table, chunk),
    ),
  )
}

/** Rows as JSON lists of lists, as long as one parameter may be; a row that is too long for that as itself. */
function toChunks(rows: Row[], columns: SQLiteColumn[]): (string | Row)[] {
  const chunks: (string | Row)[] = []
  let texts: string[] = []
  let size = 0
  const flush = (): void => {
    if (texts.length > 0) chunks.push(`[${texts.join(',')}]`)
    texts = []
    size = 0
  }
  for (const row of rows) {
    const text = JSON.stringify(columns.map(({ name }) => row[name] ?? null))
    const bytes = new TextEncoder().encode(text).length
    if (size + bytes > MAX_JSON_BYTES) flush()
    if (bytes > MAX_JSON_BYTES) chunks.push(row)
    else texts.push(text)
    size = texts.length === 0 ? 0 : size + bytes
  }
  flush()
  return chunks
}

function insertFromJson(arrival: Arrival, table: SQLiteTable, json: string): SQL {
  const columns = storedColumns(table)
  const values = columns.map((column, place) =>
    isOrgColumn(table, column) ? sql`${arrival.orgId}` : sql.raw(`r.value->>${place}`),
  )
  return sql`${insertInto(table)} SELECT ${sql.join(values, sql`, `)} FROM json_each(${json}) r
    WHERE ${isArriving(arrival)}`
}

function insertRow(arrival: Arrival, table: SQLiteTable, row: Row): SQL {
  const values = storedColumns(table).map((column) =>
    isOrgColumn(table, column) ? sql`${arrival.orgId}` : sql`${row[column.name] ?? null}`,
  )
  return sql`${insertInto(table)} SELECT ${sql.join(values, sql`, `)} WHERE ${isArriving(arrival)}`
}

function insertInto(table: SQLiteTable): SQL {
  const name = sql.identifier(getTableConfig(table).name)
  return sql`INSERT OR REPLACE INTO ${name} (${listColumns(storedColumns(table))})`
}
