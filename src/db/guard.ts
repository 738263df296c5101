// A database handle whose calls also ask, in the same transaction, whether the caller may still.
import { sql } from 'drizzle-orm'
import { createHandle, sendTo, type Query } from './calls.ts'
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
  let asked: Promise<unknown> | undefined
  const send = async (queries: Query[]): Promise<D1Result[]> => {
    // Put together only here: whoever is led in a group never asks by itself.
    const results = sendTo(db, [askForKey(db, key, now), ...queries]).catch((error: unknown) => {
      throw String(error).includes(REFUSAL) ? refuse() : error
    })
    asked ??= results
    return (await results).slice(1)
  }
  return {
    db: createHandle(send),
    verify: async () => {
      await (asked ?? send([]))
    },
    leaveTo: (answer) => {
      asked ??= answer
    },
  }
}

// A CASE whose wrong arm is no JSON path: SQLite has no other way to fail a plain SELECT on purpose.
function askForKey(db: Database, { publicId, keyHash }: KnownKey, now: number): Query {
  const query = db.all(sql`
    SELECT json_extract('{}', CASE WHEN EXISTS (SELECT 1 FROM api_keys
      WHERE public_id = ${publicId} AND key_hash = ${keyHash} AND revoked_at IS NULL
        AND coalesce(expires_at > ${now}, true)) THEN '$' ELSE ${REFUSAL} END)`)
  const { sql: text, params: values } = query.getQuery()
  return { text, values }
}
