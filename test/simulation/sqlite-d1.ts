// An in-process SQLite in D1's place: the real migrations, and a note of every row that changes.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { D1_LIMITS } from '../d1-limits.ts'
import {
  DATABASES,
  RECORDED,
  type RowChange,
  type Rows,
  type SqlStatement,
  type TableName,
} from './outside/backend.ts'

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

/** A database that can be taken back. */
export type Sqlite = {
  /** Runs a statement, or several of which all or none take effect. */
  run: (statements: SqlStatement[]) => Rows[]
  /** The rows that changed since it was asked last. */
  takeChanges: () => RowChange[]
  /** Marks how everything is now; marks are numbered from 0, each above the one before. */
  mark: (number: number) => void
  /** Takes everything back to how it was at a mark; it and the marks above it are gone. */
  goBack: (number: number) => void
}

/** Opens the databases, empty. A transaction is in one of them; they are taken back together. */
export function openSqlites(): Sqlite {
  const all = new Map(DATABASES.map((name) => [name, openSqlite()]))
  return {
    run: (statements) => all.get(statements[0]?.database ?? 'DB')?.run(statements) ?? [],
    takeChanges: () => [...all.values()].flatMap((one) => one.takeChanges()),
    mark: (number) => all.forEach((one) => one.mark(number)),
    goBack: (number) => all.forEach((one) => one.goBack(number)),
  }
}

/** Opens an empty database. */
function openSqlite(): Sqlite {
  // Node knows `limits` since 24.16; its types do not yet.
  const sqlite = new DatabaseSync(':memory:', { open: true, ...STRICT })
  for (const file of readdirSync(MIGRATIONS).toSorted()) {
    if (file.endsWith('.sql')) sqlite.exec(readFileSync(join(MIGRATIONS, file), 'utf8'))
  }
  const takeChanges = noteChanges(sqlite)
  const rowsOf = cachedStatements(sqlite)
  const control = (sql: string): void => void rowsOf({ sql, values: [] })
  return {
    run(statements) {
      if (statements.length === 1) return statements.map(rowsOf)
      control('SAVEPOINT batch')
      try {
        const answers = statements.map(rowsOf)
        control('RELEASE batch')
        return answers
      } catch (error) {
        control('ROLLBACK TO batch')
        control('RELEASE batch')
        throw error
      }
    },
    takeChanges,
    mark: (number) => control(`SAVEPOINT mark${number}`),
    goBack(number) {
      control(`ROLLBACK TO mark${number}`)
      control(`RELEASE mark${number}`)
    },
  }
}

type Prepared = { parts: string[]; areLimits: boolean[] }

function cachedStatements(sqlite: DatabaseSync) {
  const parsed = new Map<string, Prepared>()
  const prepared = new Map<string, StatementSync>()
  return ({ sql, values }: SqlStatement): Rows => {
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

/** Triggers that note each row as it is after a change; of the attempt log, the length. */
function noteChanges(sqlite: DatabaseSync): () => RowChange[] {
  let changes: RowChange[] = []
  for (const kind of RECORDED) {
    // What is worked out is no column to these, but for what everybody asks for, and not for how it is stored.
    const columns = sqlite
      .prepare(
        `SELECT name FROM pragma_table_xinfo('${kind}')
          WHERE (hidden = 0 AND name <> 'last_failure') OR name IN ('status', 'last_error_at')`,
      )
      .all()
    const names = columns.map(({ name }) => String(name))
    const note = (id: unknown, isDeleted: unknown, ...values: unknown[]): null => {
      // Every column is a text, a number or NULL.
      const row = Object.fromEntries(
        names.map((name, place) => [name, values[place]]),
      ) as RowChange['row']
      if (isDeleted === 1) row['is_deleted'] = 1
      changes.push({ kind, id: String(id), row })
      return null
    }
    sqlite.function(`note_${kind}`, { varargs: true }, note)
    for (const sql of triggersOf(kind, names)) sqlite.exec(sql)
  }
  return () => {
    const taken = changes
    changes = []
    return taken
  }
}

function triggersOf(kind: TableName, columns: string[]): string[] {
  const note = (verb: string, row: 'NEW' | 'OLD'): string => {
    const values = columns.map((name) =>
      name === 'attempts' ? `json_array_length(${row}.attempts)` : `${row}."${name}"`,
    )
    const args = [idOf(kind, row), row === 'OLD' ? 1 : 0, ...values].join(', ')
    return `CREATE TRIGGER note_${verb}_${kind} AFTER ${verb} ON ${kind} BEGIN
      SELECT note_${kind}(${args}); END`
  }
  return [note('INSERT', 'NEW'), note('UPDATE', 'NEW'), note('DELETE', 'OLD')]
}

function idOf(kind: TableName, row: 'NEW' | 'OLD'): string {
  if (kind === 'hourly_stats') return `${row}.hour || ' ' || ${row}.endpoint_id`
  if (kind === 'dead_letters') return `${row}.delivery_id || ' ' || ${row}.version`
  if (kind === 'heartbeats') return `${row}.name`
  if (['departures', 'arrivals', 'deleted_orgs'].includes(kind)) return `${row}.org_id`
  if (kind === 'stops') return `${row}.org_id || ' ' || ${row}.host`
  if (kind === 'replay_copies') return `${row}.replay_id || ' ' || ${row}.delivery_id`
  if (kind === 'replay_parts') return `${row}.replay_id || ' ' || ${row}.endpoint_id`
  return kind === 'idempotency_keys' ? `${row}.key` : `${row}.id`
}
