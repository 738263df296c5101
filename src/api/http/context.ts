// What a request carries through its handlers.
import type { Context } from 'hono'
import type { Grant } from '../../account/scopes.ts'
import type { Database } from '../../db/client.ts'
import type { World } from '../../world.ts'
import type { JsonText } from '../../json/strict-json.ts'

/** Hono's environment: the Worker's bindings, and what the middleware before a handler found out. */
export type ApiEnv = {
  Bindings: Env
  Variables: {
    world: World
    requestId: string
    /** The caller's org; set behind `authenticate`. */
    orgId: string
    /** The public part of the caller's key, which logs may name, or `admin`; set once it is let in. */
    keyId: string
    /** What the caller's key lets do and hand on; set behind `authenticate`. */
    grant: Grant
    /** Its line in groups, and how to leave it to one of those to ask for its key; set behind `authenticate`. */
    caller: { line: string; leaveAskingTo: (answer: Promise<unknown>) => void }
    /** The body; set behind `jsonBody`, and only when one was sent. */
    json: JsonText | undefined
  }
}

/** Where the data of the caller's org is. */
export function dataOf(c: Context<ApiEnv>): Database {
  return c.get('world').store.of(c.get('orgId'))
}
