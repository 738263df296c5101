// Drizzle's tables are the migrated database's: the same columns, types, nullability and keys.
import { env } from 'cloudflare:workers'
import { getTableColumns, getTableName, is } from 'drizzle-orm'
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, it } from 'vitest'
import * as schema from '../../src/db/schema.ts'

type Column = { name: string; type: string; notnull: number; pk: number }

const tables = Object.values(schema)
  .filter((value) => is(value, SQLiteTable))
  .map((table) => ({ table, name: getTableName(table) }))

async function columnsOf(table: string): Promise<Column[]> {
  const { results } = await env.DB.prepare(`PRAGMA table_info(${table})`).all<Column>()
  return results.map(({ name, type, notnull, pk }) => ({ name, type, notnull, pk }))
}

function declaredIn(table: SQLiteTable): Column[] {
  const { primaryKeys } = getTableConfig(table)
  const composite = primaryKeys.flatMap(({ columns }) => columns.map(({ name }) => name))
  return Object.values(getTableColumns(table)).map((column) => ({
    name: column.name,
    type: column.getSQLType().toUpperCase(),
    notnull: column.notNull ? 1 : 0,
    pk: column.primary ? 1 : composite.indexOf(column.name) + 1,
  }))
}

/** A migration can only append a column, so the order tells nothing. */
function sorted(columns: Column[]): Column[] {
  return columns.toSorted((a, b) => a.name.localeCompare(b.name))
}

describe('schema.ts', () => {
  it.each(tables)('has the columns of $name', async ({ table, name }) => {
    expect(sorted(await columnsOf(name))).toEqual(sorted(declaredIn(table)))
  })

  it('declares every table of the migrated database, and no other', async () => {
    const { results } = await env.DB.prepare(
      `SELECT name FROM sqlite_master WHERE type = 'table'
        AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'd1%' AND name NOT GLOB '_cf*'`,
    ).all<{ name: string }>()
    const declared = new Set(tables.map(({ name }) => name))
    expect(declared).toEqual(new Set(results.map(({ name }) => name)))
  })
})
