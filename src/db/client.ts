// The database handle: drizzle over D1, with one rule for each error D1 can give.
import { SQL, sql, StringChunk } from 'drizzle-orm'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'
import { AppError, explainFault } from '../errors.ts'

/** What every query takes. Each statement here is idempotent by key or token, so it may be repeated. */
export type Database = DrizzleD1Database & { $client: D1Database }

/** What a retry needs: a random number from 0 to 1, and a way to wait in ms. */
export type Patience = { random: () => number; sleep: (ms: number) => Promise<void> }

/** What a call of the database was: its statements, each with what D1 says of its rows, where it does. */
export type Called = { query: string; read: number; written: number }[]

/** Is told of each call once it is over; `isFailed`: after every repetition. */
export type Tally = (called: Called, isFailed: boolean) => void

/** The first and each further repetition waits up to so long; D1 recovers from a reset in under a second. */
const RETRY_WAITS_MS = [100, 400]

/**
 * D1's own words for a failure after which the same statement may be sent again; whether the first
 * one took effect is unknown. D1 repeats reads by itself, writes never.
 * Source: Cloudflare's "D1 error list" and what production was seen to say.
 */
const RETRYABLE = [
  'Network connection lost',
  'caused object to be reset',
  'code was updated',
  'Cannot resolve D1 DB',
]

/**
 * @throws AppError `unavailable` when D1 sheds load, or is still out of reach after every repetition.
 */
export function createDatabase(
  d1: D1Database,
  patience: Patience,
  tally: Tally = () => {},
): Database {
  const send: Send = async (queries, operation) => {
    let answer: unknown
    try {
      const done = await withRetry(operation, patience)
      answer = done
      return done
    } finally {
      tally(toCalled(queries, answer), answer === undefined)
    }
  }
  const client = {
    prepare: (query: string) => new RetryingStatement(query, d1.prepare(query), send),
    batch: (statements: RetryingStatement[]) =>
      send(
        statements.map(({ query }) => query),
        () => d1.batch(statements.map(({ inner }) => inner)),
      ),
  }
  // Drizzle's D1 session calls prepare and batch, and on a statement bind, all, raw and run: all here.
  return drizzle(client as unknown as D1Database)
}

/**
 * SQL as one statement of a transaction, which answers its rows. Drizzle binds no parameters to raw SQL
 * in a D1 batch (0.45: it looks for a prepared statement that only its builders have), so here it is.
 */
export function statement<Row>(db: Database, query: SQL) {
  const raw = db.all<Row>(query)
  const built = build(query) ?? raw.getQuery()
  return Object.assign(raw, { stmt: db.$client.prepare(built.sql), getQuery: () => built })
}

/**
 * A query's text and parameters; undefined when it is made of more than text, values and queries: for that
 * drizzle has rules, which it asks for each piece. That was most of a statement's CPU.
 */
function build(query: SQL, built = { sql: '', params: [] as unknown[], method: 'all' as const }) {
  if (query['shouldInlineParams']) return undefined
  for (const chunk of query.queryChunks) {
    if (chunk instanceof StringChunk) built.sql += chunk.value.join('')
    else if (chunk instanceof SQL) {
      if (!build(chunk, built)) return undefined
    } else if (chunk === null || typeof chunk === 'string' || typeof chunk === 'number') {
      built.sql += '?'
      built.params.push(chunk)
    } else return undefined
  }
  return built
}

/**
 * A number as part of the SQL's text, for a LIMIT that never changes: SQLite plans a statement anew each
 * time it is run when its LIMIT is bound, which took longer than running it.
 */
export function literal(value: number): SQL {
  return sql.raw(String(value))
}

/**
 * Whether it is what was asked that fails, and not D1, which names SQLite's own code then: too big, a
 * constraint …
 */
export function isStatementFault(error: unknown): boolean {
  return explainFault(error).includes('SQLITE_')
}

async function withRetry<T>(operation: () => Promise<T>, { random, sleep }: Patience): Promise<T> {
  for (const waitMs of [...RETRY_WAITS_MS, undefined]) {
    try {
      return await operation()
    } catch (error) {
      const text = String(error)
      if (text.includes('overloaded')) throw overloaded(error)
      if (!RETRYABLE.some((words) => text.includes(words))) throw error
      if (waitMs === undefined) throw overloaded(error)
      await sleep(waitMs * (0.5 + random() / 2))
    }
  }
  throw new Error('unreachable: the last round returns or throws')
}

function overloaded(cause: unknown): AppError {
  return new AppError('unavailable', { headers: { 'Retry-After': '2' }, cause })
}

/** A batch answers a result for each statement, a statement its own, and `raw` rows without figures. */
function toCalled(queries: string[], answer: unknown): Called {
  const results: unknown[] = Array.isArray(answer) ? answer : [answer]
  return queries.map((query, place) => {
    const result = results[place]
    const { rows_read: read = 0, rows_written: written = 0 } = isResult(result) ? result.meta : {}
    return { query, read, written }
  })
}

function isResult(value: unknown): value is Pick<D1Result, 'meta'> {
  return typeof value === 'object' && value !== null && 'meta' in value
}

/** Runs an operation, which is these queries. */
type Send = <T>(queries: string[], operation: () => Promise<T>) => Promise<T>

class RetryingStatement {
  readonly query: string
  readonly inner: D1PreparedStatement
  readonly #send: Send

  constructor(query: string, inner: D1PreparedStatement, send: Send) {
    this.query = query
    this.inner = inner
    this.#send = send
  }

  bind(...values: unknown[]): RetryingStatement {
    return new RetryingStatement(this.query, this.inner.bind(...values), this.#send)
  }

  all(): Promise<D1Result> {
    return this.#send([this.query], () => this.inner.all())
  }

  raw(): Promise<unknown[]> {
    return this.#send([this.query], () => this.inner.raw())
  }

  run(): Promise<D1Result> {
    return this.#send([this.query], () => this.inner.run())
  }
}
