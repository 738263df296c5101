// What is copied, read from the database that an org leaves: a page at a time, bounded by rows and by bytes.
import { sql, type SQL } from 'drizzle-orm'
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import { literal, type Database } from '../client.ts'
import { eventIdSql, isOfEventSql } from '../ids.ts'
import { callEnds } from '../ordering/schema.ts'
import { deliveries, events } from '../schema.ts'
import { ANY_STAGE } from '../words.ts'
import { isOf, keyColumns, listColumns, placeColumns, storedColumns } from './tables.ts'

/** A row as it is stored, by its columns' names. */
export type Row = Record<string, string | number | null>

/** Where a page ended: the values of the columns that it is ordered by. */
export type Place = (string | number)[]

/** How much a page has at most; its first row may have more bytes than that. */
export type PageSize = { rows: number; bytes: number }

/** Some rows of an org in one table: which, in which order, and after which place. */
export type Range = {
  table: SQLiteTable
  orgId: string
  /** SQL condition on the row `r`. */
  condition: SQL
  /** Names of columns; the primary key's without the org, unless something else is said. */
  order?: string[] | undefined
  /** Which index has them in this order, if the primary key has not. */
  index?: string | undefined
  /** Only those with these ids. */
  ids?: string[] | undefined
  after: Place | undefined
}

/** Rows in their order, and where to go on; undefined when there are no more. */
export type RowPage = { rows: Row[]; next: Place | undefined }

/**
 * Reads a page. What is left out for its bytes is measured without being read: SQLite tells a text's
 * length from the row's head.
 */
export async function readPage(db: Database, range: Range, size: PageSize): Promise<RowPage> {
  const { table, orgId, condition, ids, after } = range
  const order = range.order ?? placeColumns(table).map(({ name }) => name)
  const place = namesOf(order, 'r')
  const key = listColumns(keyColumns(table), 'r.')
  const name = sql.identifier(getTableConfig(table).name)
  const index = range.index ? sql`INDEXED BY ${sql.identifier(range.index)}` : sql``
  const isAfter = after ? sql`AND (${place}) > (${listOf(after)})` : sql``
  const isAsked = ids
    ? sql`AND r.id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`
    : sql``
  const rows = await db.all<Row>(sql`
    WITH found AS MATERIALIZED (
      SELECT ${key}, ${bytesOf(table)} AS bytes, row_number() OVER (ORDER BY ${place}) AS turn
      FROM ${name} r ${index}
      WHERE ${isOf(table, orgId)} AND ${condition} ${isAsked} ${isAfter}
      ORDER BY ${place} LIMIT ${literal(size.rows)}),
    fitting AS MATERIALIZED (
      SELECT *, sum(bytes) OVER (ORDER BY turn ROWS UNBOUNDED PRECEDING) AS total FROM found)
    SELECT ${listColumns(storedColumns(table), 'r.')}, (SELECT count(*) FROM found) AS found_count
    FROM fitting f CROSS JOIN ${name} r
    WHERE ${isOf(table, orgId)} AND ${isSameRow(table)} AND (f.total <= ${size.bytes} OR f.turn = 1)
    ORDER BY f.turn`)
  const last = rows.at(-1)
  const isEnd = rows.length < size.rows && rows.length === last?.['found_count']
  return { rows, next: isEnd ? undefined : last && order.map((column) => last[column] ?? '') }
}

/** The events of deliveries. */
export function readEventsOf(db: Database, orgId: string, of: Row[]): Promise<Row[]> {
  const asked = of.map(({ id, call_id: callId }) => ({ id, callId }))
  return db.all<Row>(sql`
    SELECT ${listColumns(storedColumns(events), 'r.')}
    FROM (SELECT DISTINCT lower(d.value->>'callId') AS listed_under,
        ${eventIdSql(sql`d.value->>'id'`)} AS id
      FROM json_each(${JSON.stringify(asked)}) d) AS asked CROSS JOIN events r
    WHERE r.org_id = ${orgId} AND r.listed_under = asked.listed_under AND r.id = asked.id`)
}

/** Of deliveries, the ends of their calls that they are and something may yet wait for: those of what is over tell nothing any more. */
export async function readEndsOf(db: Database, orgId: string, of: Row[]): Promise<Row[]> {
  const open = of.filter(({ stage }) => stage === 'new' || stage === 'pending')
  if (open.length === 0) return []
  const asked = open.map(({ id, endpoint_id: endpointId, call_id: callId }) => ({
    id,
    endpointId,
    callId,
  }))
  return db.all<Row>(sql`
    SELECT ${listColumns(storedColumns(callEnds), 'r.')}
    FROM json_each(${JSON.stringify(asked)}) d CROSS JOIN call_ends r
    WHERE r.org_id = ${orgId} AND r.endpoint_id = d.value->>'endpointId'
      AND r.call_id = lower(d.value->>'callId') AND r.delivery_id = d.value->>'id'`)
}

/** The ids of events, which stand for those that have no delivery, with the ids of their deliveries. */
export async function readIdsOfEvents(
  db: Database,
  orgId: string,
  eventIds: string[],
): Promise<string[]> {
  if (eventIds.length === 0) return []
  const rows = await db.all<{ id: string }>(sql`
    SELECT d.id FROM json_each(${JSON.stringify(eventIds)}) e CROSS JOIN deliveries d
    WHERE d.org_id = ${orgId} AND d.stage IN ${ANY_STAGE} AND ${isOfEventSql(sql`d.id`, sql`e.value`)}`)
  return [...eventIds, ...rows.map(({ id }) => id)]
}

/** SQL expression: the bytes of a row's texts; of a delivery, of its event's call, too. */
function bytesOf(table: SQLiteTable): SQL {
  const texts = storedColumns(table).filter((column) => column.getSQLType() === 'text')
  const own = texts.map(({ name }) => sql`coalesce(octet_length(r.${sql.identifier(name)}), 0)`)
  const call = sql`coalesce((SELECT octet_length(ev.call) FROM events ev WHERE ev.org_id = r.org_id
    AND ev.listed_under = lower(r.call_id) AND ev.id = ${eventIdSql(sql`r.id`)}), 0)`
  return sql.join(table === deliveries ? [...own, call] : own, sql` + `)
}

function isSameRow(table: SQLiteTable): SQL {
  const same = keyColumns(table).map(
    ({ name }) => sql`r.${sql.identifier(name)} = f.${sql.identifier(name)}`,
  )
  return sql.join(same, sql` AND `)
}

function namesOf(columns: string[], row: string): SQL {
  const names = columns.map((name) => sql`${sql.raw(row)}.${sql.identifier(name)}`)
  return sql.join(names, sql`, `)
}

function listOf(values: Place): SQL {
  return sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  )
}
