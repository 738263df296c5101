// D1 as strict as in production: the local runtime lets through what production refuses.

/**
 * The paid plan's limits that workerd does not enforce by itself; sizes in bytes, a row's like a value's.
 * Source: Cloudflare's "D1 limits".
 */
export const D1_LIMITS = {
  valueBytes: 2_000_000,
  sqlBytes: 100_000,
  parameters: 100,
  statements: 1000,
}

/** What production says of a string, blob or row that is too big. */
const TOO_BIG = 'string or blob too big: SQLITE_TOOBIG'

/**
 * A D1 for one invocation that refuses what production refuses, when it is run and in production's
 * words: SQL, parameters and values past their limits, and more statements than an invocation has, in
 * batches or alone. Rows are for `rowLimits`.
 */
export function limitD1(d1: D1Database, maxStatements = D1_LIMITS.statements): D1Database {
  let statements = 0
  const check: Check = (asked) => {
    statements += asked.length
    if (statements > maxStatements) {
      throw new Error('D1_ERROR: Too many API requests by single Worker invocation.')
    }
    for (const { query, values } of asked) refuseTooMuch(query, values)
  }
  const limited = {
    prepare: (query: string) =>
      new LimitedStatement(d1.prepare(query), { query, values: [] }, check),
    async batch(asked: LimitedStatement[]) {
      check(asked.map((one) => one.asked))
      return d1.batch(asked.map(({ inner }) => inner))
    },
  }
  // The service uses these two, and of a statement bind, all, raw and run: all here.
  return limited as unknown as D1Database
}

/** A table, and its columns by their names in SQL. */
export type TableColumns = { table: string; columns: string[] }

/** SQL that makes the tables refuse rows past the limit, as SQLite itself does in production. */
export function rowLimits(tables: TableColumns[]): string[] {
  return tables.flatMap(({ table, columns }) => {
    const bytes = columns.map((column) => `coalesce(octet_length(NEW."${column}"), 0)`).join(' + ')
    return ['INSERT', 'UPDATE'].map(
      (verb) => `CREATE TRIGGER IF NOT EXISTS limit_${verb}_${table} AFTER ${verb} ON ${table}
        WHEN ${bytes} > ${D1_LIMITS.valueBytes} BEGIN SELECT RAISE(ABORT, '${TOO_BIG}'); END`,
    )
  })
}

type Asked = { query: string; values: unknown[] }
type Check = (asked: Asked[]) => void

class LimitedStatement {
  readonly inner: D1PreparedStatement
  readonly asked: Asked
  readonly #check: Check

  constructor(inner: D1PreparedStatement, asked: Asked, check: Check) {
    this.inner = inner
    this.asked = asked
    this.#check = check
  }

  bind(...values: unknown[]): LimitedStatement {
    const { query } = this.asked
    return new LimitedStatement(this.inner.bind(...values), { query, values }, this.#check)
  }

  async all(): Promise<D1Result> {
    this.#check([this.asked])
    return this.inner.all()
  }

  async raw(): Promise<unknown[][]> {
    this.#check([this.asked])
    return this.inner.raw()
  }

  async run(): Promise<D1Result> {
    this.#check([this.asked])
    return this.inner.run()
  }
}

function refuseTooMuch(query: string, values: unknown[]): void {
  if (isLonger(query, D1_LIMITS.sqlBytes)) {
    throw new Error('D1_ERROR: statement too long: SQLITE_TOOBIG')
  }
  if (values.length > D1_LIMITS.parameters) {
    throw new Error('D1_ERROR: too many SQL variables: SQLITE_ERROR')
  }
  if (values.some((value) => isLonger(value, D1_LIMITS.valueBytes))) {
    throw new Error(`D1_ERROR: ${TOO_BIG}`)
  }
}

/** Whether a string or blob has more bytes than that. */
function isLonger(value: unknown, bytes: number): boolean {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength > bytes
  // No character of a string takes more than three bytes in UTF-8, and most strings are short.
  if (typeof value !== 'string' || value.length * 3 <= bytes) return false
  return new TextEncoder().encode(value).byteLength > bytes
}
