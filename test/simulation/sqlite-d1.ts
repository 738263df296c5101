// An in-process SQLite in D1's place: the real migrations, and a record of every row that changes.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { D1_LIMITS } from '../d1-limits.ts'
import { RECORDED, type Backend, type RowChange, type SqlStatement } from './outside/backend.ts'

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url).href)

/** SQLite's own limits, as D1 sets them; what is a row's counts for what a query makes on its way, too. */
const STRICT = {
  limits: {
    length: D1_LIMITS.valueBytes,
    sqlLength: D1_LIMITS.sqlBytes,
    variableNumber: D1_LIMITS.parameters,
    compoundSelect: 5,
    exprDepth: 100,
    likePatternLength: 50,
  },
}

/** Opens an empty database. Emptied between schedules by DELETE, which takes 10 µs. */
export function openSqlite(): Backend {
  // Node knows `limits` since 24.16; its types do not yet.
  const sqlite = new DatabaseSync(':memory:', { open: true, ...STRICT })
  for (const file of readdirSync(MIGRATIONS).toSorted()) {
    if (file.endsWith('.sql')) sqlite.exec(readFileSync(join(MIGRATIONS, file), 'utf8'))
  }
  for (const sql of recordChanges(sqlite)) sqlite.exec(sql)
  const rowsOf = cachedStatements(sqlite)
  const tables = sqlite.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all()
  const emptyAll = tables.map(({ name }) => `DELETE FROM ${String(name)}`).join(';')
  return {
    rows: rowsOf,
    transaction(statements) {
      sqlite.exec('BEGIN')
      try {
        const answers = statements.map(rowsOf)
        sqlite.exec('COMMIT')
        return answers
      } catch (error) {
        sqlite.exec('ROLLBACK')
        throw error
      }
    },
    empty: () => sqlite.exec(emptyAll),
    takeChanges: () => takeChanges(sqlite, rowsOf),
  }
}

type Prepared = { parts: string[]; areLimits: boolean[] }

function cachedStatements(sqlite: DatabaseSync) {
  const parsed = new Map<string, Prepared>()
  const prepared = new Map<string, StatementSync>()
  return ({ sql, values }: SqlStatement): Record<string, unknown>[] => {
    let shape = parsed.get(sql)
    if (!shape) parsed.set(sql, (shape = parse(sql)))
    const { parts, areLimits } = shape
    const text = areLimits.includes(true) ? inlineLimits(shape, values) : sql
    let statement = prepared.get(text)
    if (!statement) prepared.set(text, (statement = sqlite.prepare(text)))
    const bound = parts.length > 1 ? values.filter((_, place) => !areLimits[place]) : []
    return statement.all(...bound.map(toInput))
  }
}

// SQLite plans a statement anew at each binding when a LIMIT is a parameter: 30–100 µs instead of 2.
function parse(sql: string): Prepared {
  const parts = sql.split('?')
  return { parts, areLimits: parts.slice(0, -1).map((part) => /limit $/i.test(part)) }
}

function inlineLimits({ parts, areLimits }: Prepared, values: unknown[]): string {
  return parts
    .map((part, place) => {
      if (place === parts.length - 1) return part
      return areLimits[place] ? part + String(values[place]) : `${part}?`
    })
    .join('')
}

function toInput(value: unknown): SQLInputValue {
  // D1 takes what SQLite takes, and booleans, which it stores as 0 and 1.
  return typeof value === 'boolean' ? Number(value) : (value as SQLInputValue)
}

/**
 * Triggers that note each row as it is after an insert or update; of the attempt log, the length. An
 * endpoint's deletion is noted too, with `is_deleted` in its last state.
 */
function recordChanges(sqlite: DatabaseSync): string[] {
  const triggers = RECORDED.flatMap((table) => {
    const columns = sqlite.prepare(`SELECT name FROM pragma_table_info('${table}')`).all()
    const members = columns.map(({ name }) =>
      name === 'attempts'
        ? `'attempts', json_array_length(NEW.attempts)`
        : `'${String(name)}', NEW."${String(name)}"`,
    )
    const id = table === 'idempotency_keys' ? 'NEW.key' : 'NEW.id'
    return ['INSERT', 'UPDATE'].map(
      (verb) => `CREATE TRIGGER note_${verb}_${table} AFTER ${verb} ON ${table} BEGIN
        INSERT INTO changes (kind, id, row) VALUES
          ('${table}', ${id}, json_object(${members.join(', ')})); END`,
    )
  })
  const members = sqlite
    .prepare(`SELECT name FROM pragma_table_info('endpoints')`)
    .all()
    .map(({ name }) => `'${String(name)}', OLD."${String(name)}"`)
  const deletion = `CREATE TRIGGER note_DELETE_endpoints AFTER DELETE ON endpoints BEGIN
    INSERT INTO changes (kind, id, row) VALUES
      ('endpoints', OLD.id, json_object(${members.join(', ')}, 'is_deleted', 1)); END`
  const table = `CREATE TABLE changes (
    place INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, row TEXT NOT NULL)`
  return [table, ...triggers, deletion]
}

function takeChanges(
  sqlite: DatabaseSync,
  rowsOf: (statement: SqlStatement) => Record<string, unknown>[],
): RowChange[] {
  const rows = rowsOf({ sql: 'SELECT kind, id, row FROM changes ORDER BY place', values: [] })
  if (rows.length > 0) sqlite.exec('DELETE FROM changes')
  // The triggers above write exactly these.
  return rows as RowChange[]
}
