// Drizzle's tables are the migrated database's: the same columns, types, nullability, keys and expressions.
import { env } from 'cloudflare:workers'
import { getTableColumns, getTableName, is, SQL } from 'drizzle-orm'
import { getTableConfig, SQLiteSyncDialect, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, it } from 'vitest'
import * as moves from '../../src/db/move/schema.ts'
import * as notices from '../../src/db/notices/schema.ts'
import * as ordering from '../../src/db/ordering/schema.ts'
import * as replays from '../../src/db/replays/schema.ts'
import * as schema from '../../src/db/schema.ts'
import * as upkeep from '../../src/db/upkeep/schema.ts'

type Column = { name: string; type: string; notnull: number; pk: number; hidden: number }

/** `hidden` of a column that is worked out when it is read. */
const VIRTUAL = 2

const dialect = new SQLiteSyncDialect()

const tables = [schema, replays, moves, upkeep, notices, ordering]
  .flatMap((some): unknown[] => Object.values(some))
  .filter((value) => is(value, SQLiteTable))
  .map((table) => ({ table, name: getTableName(table) }))

async function columnsOf(table: string): Promise<Column[]> {
  const { results } = await env.DB.prepare(`PRAGMA table_xinfo(${table})`).all<Column>()
  return results.map(({ name, type, notnull, pk, hidden }) => ({ name, type, notnull, pk, hidden }))
}

function declaredIn(table: SQLiteTable): Column[] {
  const { primaryKeys } = getTableConfig(table)
  const composite = primaryKeys.flatMap(({ columns }) => columns.map(({ name }) => name))
  return Object.values(getTableColumns(table)).map((column) => ({
    name: column.name,
    type: column.getSQLType().toUpperCase(),
    notnull: column.notNull ? 1 : 0,
    pk: column.primary ? 1 : composite.indexOf(column.name) + 1,
    hidden: column.generated?.mode === 'virtual' ? VIRTUAL : 0,
  }))
}

/** As the migration declares the columns that are worked out, without regard to line breaks. */
function generatedIn(table: SQLiteTable): string[] {
  return Object.values(getTableColumns(table)).flatMap((column) => {
    const { name, generated, notNull } = column
    if (!is(generated?.as, SQL)) return []
    const type = `${column.getSQLType().toUpperCase()}${notNull ? ' NOT NULL' : ''}`
    return [`${name} ${type} AS (${inOneLine(dialect.sqlToQuery(generated.as).sql)}) VIRTUAL`]
  })
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}

/** A migration can only append a column, so the order tells nothing. */
function sorted(columns: Column[]): Column[] {
  return columns.toSorted((a, b) => a.name.localeCompare(b.name))
}

describe('schema.ts', () => {
  it.each(tables)('has the columns of $name', async ({ table, name }) => {
    expect(sorted(await columnsOf(name))).toEqual(sorted(declaredIn(table)))
  })

  it.each([
    ['deliveries', schema.deliveries, 3],
    ['endpoints', schema.endpoints, 1],
  ])('works out columns of %s as the database does', async (name, table, count) => {
    const made = await env.DB.prepare('SELECT sql FROM sqlite_master WHERE name = ?')
      .bind(name)
      .first<string>('sql')
    const generated = generatedIn(table)
    expect(generated).toHaveLength(count)
    for (const column of generated) expect(inOneLine(made ?? '')).toContain(column)
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
