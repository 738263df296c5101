// A dump of a database as the provider makes it: tables, each with its rows, and then the indexes.
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'

/** All of it as SQL, a statement a line but for line breaks in texts. */
export function dump(sql: DatabaseSync): string {
  const made = (type: string) =>
    sql
      .prepare(
        `SELECT name, sql FROM sqlite_master WHERE type = ? AND sql IS NOT NULL AND name NOT LIKE 'sqlite_%'`,
      )
      .all(type)
  const lines = ['PRAGMA defer_foreign_keys=TRUE;']
  for (const table of made('table')) {
    lines.push(`${String(table['sql'])};`, ...dumpRows(sql, String(table['name'])))
  }
  for (const index of made('index')) lines.push(`${String(index['sql'])};`)
  return lines.join('\n')
}

function dumpRows(sql: DatabaseSync, table: string): string[] {
  const columns = sql
    .prepare('SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0')
    .all(table)
    .map(({ name }) => `"${String(name)}"`)
    .join(',')
  const rows = sql.prepare(`SELECT ${columns} FROM "${table}"`).all()
  return rows.map(
    (row) =>
      `INSERT INTO "${table}" (${columns}) VALUES(${Object.values(row).map(quote).join(',')});`,
  )
}

function quote(value: SQLOutputValue): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  return value === null ? 'NULL' : String(value)
}
