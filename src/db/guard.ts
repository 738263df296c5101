// A database handle whose calls also ask, in the same transaction, whether the caller may still.
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Database } from './client.ts'

/** A key as it was when it was last looked up; both never change. */
export type KnownKey = { publicId: string; keyHash: string }

/** The guarded handle, and a way to ask when nothing else was asked. */
export type Guarded = {
  db: Database
  /** Asks, unless a call on `db` has, or another does. */
  verify: () => Promise<void>
  /** Says that another's transaction asks for this one; the answer is what came of it. */
  leaveTo: (answer: Promise<unknown>) => void
}

/** What SQLite says of the guard's path when there is no such key; no other statement has it. */
const REFUSAL = 'the key is not live'

/**
 * Wraps a handle so that each call, read or write, runs behind the condition that the key is live:
 * authentication then costs no round trip of its own. If it is not, the whole transaction fails.
 * @throws what `refuse` makes, from that call or from `verify`.
 */
export function guardDatabase(
  db: Database,
  key: KnownKey,
  now: number,
  refuse: () => Error,
): Guarded {
  const client = db.$client
  let asked: Promise<unknown> | undefined
  const send = async (statements: D1PreparedStatement[]): Promise<D1Result[]> => {
    // Put together only here: whoever is led in a group never asks by itself.
    const guard = guardStatement(db, key, now)
    const results = client.batch([guard, ...statements]).catch((error: unknown) => {
      throw String(error).includes(REFUSAL) ? refuse() : error
    })
    asked ??= results
    return (await results).slice(1)
  }
  const guarded = {
    prepare: (query: string) => new GuardedStatement(client.prepare(query), send),
    batch: (statements: GuardedStatement[]) => send(statements.map(({ inner }) => inner)),
  }
  return {
    // Drizzle's D1 session calls prepare and batch, and on a statement bind, all, raw and run: all here.
    db: drizzle(guarded as unknown as D1Database),
    verify: async () => {
      await (asked ?? send([]))
    },
    leaveTo: (answer) => {
      asked ??= answer
    },
  }
}

// A CASE whose wrong arm is no JSON path: SQLite has no other way to fail a plain SELECT on purpose.
function guardStatement(db: Database, { publicId, keyHash }: KnownKey, now: number) {
  const query = db.all(sql`
    SELECT json_extract('{}', CASE WHEN EXISTS (SELECT 1 FROM api_keys
      WHERE public_id = ${publicId} AND key_hash = ${keyHash} AND revoked_at IS NULL
        AND coalesce(expires_at > ${now}, true)) THEN '$' ELSE ${REFUSAL} END)`)
  const { sql: text, params } = query.getQuery()
  return db.$client.prepare(text).bind(...params)
}

class GuardedStatement {
  readonly inner: D1PreparedStatement
  readonly #send: (statements: D1PreparedStatement[]) => Promise<D1Result[]>

  constructor(
    inner: D1PreparedStatement,
    send: (statements: D1PreparedStatement[]) => Promise<D1Result[]>,
  ) {
    this.inner = inner
    this.#send = send
  }

  bind(...values: unknown[]): GuardedStatement {
    return new GuardedStatement(this.inner.bind(...values), this.#send)
  }

  async all(): Promise<D1Result | undefined> {
    const [result] = await this.#send([this.inner])
    return result
  }

  async raw(): Promise<unknown[][]> {
    const [result] = await this.#send([this.inner])
    // Rows of a batch are objects; their members are in the order of the columns.
    return (result?.results ?? []).map((row) => Object.values(row as Record<string, unknown>))
  }

  run(): Promise<D1Result | undefined> {
    return this.all()
  }
}
