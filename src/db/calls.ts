// Database handles whose calls go through one function, which sees each as texts with their values.
import { drizzle } from 'drizzle-orm/d1'
import type { Database } from './client.ts'

/** A statement before it is prepared: nothing ties it to a database yet. */
export type Query = { text: string; values: unknown[] }

/** Runs queries as one transaction, and answers each in its place. */
export type Send = (queries: Query[]) => Promise<D1Result[]>

/** Makes a handle of what sends its calls. */
export function createHandle(send: Send): Database {
  const client = {
    prepare: (text: string) => new UnsentStatement({ text, values: [] }, send),
    batch: (statements: UnsentStatement[]) => send(statements.map(({ query }) => query)),
  }
  // Drizzle's D1 session calls prepare and batch, and on a statement bind, all, raw and run: all here.
  return drizzle(client as unknown as D1Database)
}

/** Sends queries through a handle, as one transaction. */
export function sendTo({ $client }: Database, queries: Query[]): Promise<D1Result[]> {
  return $client.batch(queries.map(({ text, values }) => $client.prepare(text).bind(...values)))
}

class UnsentStatement {
  readonly query: Query
  readonly #send: Send

  constructor(query: Query, send: Send) {
    this.query = query
    this.#send = send
  }

  bind(...values: unknown[]): UnsentStatement {
    return new UnsentStatement({ ...this.query, values }, this.#send)
  }

  async all(): Promise<D1Result | undefined> {
    const [result] = await this.#send([this.query])
    return result
  }

  async raw(): Promise<unknown[][]> {
    const [result] = await this.#send([this.query])
    // Rows of a batch are objects; their members are in the order of the columns.
    return (result?.results ?? []).map((row) => Object.values(row as Record<string, unknown>))
  }

  run(): Promise<D1Result | undefined> {
    return this.all()
  }
}
