// D1's part that the store uses, over an SQLite in memory with the real migrations.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

const MIGRATIONS = fileURLToPath(new URL('../../../migrations', import.meta.url).href)

/** What a query answers. */
type Rows = Record<string, unknown>[]

/** Opens an empty database. */
export function openMemoryD1(): D1Database {
  const sqlite = new DatabaseSync(':memory:')
  for (const file of readdirSync(MIGRATIONS).toSorted()) {
    if (file.endsWith('.sql')) sqlite.exec(readFileSync(join(MIGRATIONS, file), 'utf8'))
  }
  const prepared = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const known = prepared.get(sql) ?? sqlite.prepare(sql)
    prepared.set(sql, known)
    return known
  }
  const d1 = {
    prepare: (sql: string) => new Statement(prepare(sql), []),
    batch: async (statements: Statement[]) => {
      sqlite.exec('BEGIN')
      try {
        const answers = statements.map((one) => ({ results: one.rows() }))
        sqlite.exec('COMMIT')
        return answers
      } catch (error) {
        sqlite.exec('ROLLBACK')
        throw error
      }
    },
  }
  // createDatabase uses these two, and of a statement bind, all, raw and run.
  return d1 as unknown as D1Database
}

class Statement {
  readonly #prepared: StatementSync
  readonly #values: unknown[]

  constructor(prepared: StatementSync, values: unknown[]) {
    this.#prepared = prepared
    this.#values = values
  }

  bind(...values: unknown[]): Statement {
    return new Statement(this.#prepared, values)
  }

  rows(): Rows {
    return this.#prepared.all(...this.#values.map(toInput))
  }

  async all(): Promise<{ results: Rows }> {
    return { results: this.rows() }
  }

  async raw(): Promise<unknown[][]> {
    return this.rows().map((row) => Object.values(row))
  }

  async first(column: string): Promise<unknown> {
    return this.rows()[0]?.[column]
  }

  run(): Promise<{ results: Rows }> {
    return this.all()
  }
}

function toInput(value: unknown): SQLInputValue {
  // D1 takes what SQLite takes, and booleans, which it stores as 0 and 1.
  return typeof value === 'boolean' ? Number(value) : (value as SQLInputValue)
}
