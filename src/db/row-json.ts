// A row as JSON: written by the database within a transaction, read back under the names of drizzle.
import { sql, type SQL } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'

/** Some columns of a table, under drizzle's names. */
type Columns = Record<string, SQLiteColumn>

/** Columns in one json_object: a function takes 32 arguments on D1, two of them for each. */
const COLUMNS_A_CALL = 16

/** SQL expression: JSON of the columns of the row that goes by `alias`. */
export function rowAsJson(columns: Columns, alias: string): SQL {
  const members = Object.entries(columns).map(
    ([name, column]) =>
      sql`${sql.raw(`'${name}'`)}, ${sql.raw(alias)}.${sql.identifier(column.name)}`,
  )
  const objects: SQL[] = []
  for (let start = 0; start < members.length; start += COLUMNS_A_CALL) {
    const some = members.slice(start, start + COLUMNS_A_CALL)
    // What is NULL is left out.
    objects.push(sql`json_patch('{}', json_object(${sql.join(some, sql`, `)}))`)
  }
  return sql`json_array(${sql.join(objects, sql`, `)})`
}

/** What `rowAsJson` wrote, parsed already, as drizzle would have read the row. */
export function readRow(columns: Columns, json: unknown): Record<string, unknown> {
  // rowAsJson writes a list of objects.
  const stored: Record<string, unknown> = Object.assign({}, ...(json as object[]))
  const members = Object.entries(columns).map(([name, column]) => {
    const value = stored[name] ?? null
    return [name, value === null ? null : column.mapFromDriverValue(value)]
  })
  return Object.fromEntries(members)
}
