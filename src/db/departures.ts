// Whether orgs are still where they are looked for, asked in the transaction of the work itself.
import { sql } from 'drizzle-orm'
import { AppError } from '../errors.ts'
import { createHandle, sendTo, type Query, type Send } from './calls.ts'
import type { Database } from './client.ts'

/** Nothing was done: orgs have left the database, or are leaving it, so that nothing is written for them. */
export class DepartedError extends Error {
  override name = 'DepartedError'
  readonly gone: readonly string[]
  readonly leaving: readonly string[]

  constructor(gone: string[], leaving: string[], cause: unknown) {
    super('an org has left its database, or is about to', { cause })
    this.gone = gone
    this.leaving = leaving
  }
}

/** An org that is gone refuses all calls; one that is leaving refuses `writes`, or `all` as well. */
export type Strictness = 'writes' | 'all'

/** The departure that work failed for, as it is or as the cause that drizzle gives; undefined: it is another. */
export function findDeparture(reason: unknown): DepartedError | undefined {
  if (reason instanceof DepartedError) return reason
  return reason instanceof Error ? findDeparture(reason.cause) : undefined
}

/** What is told to whoever asks for an org that is being moved: it takes seconds. */
export function onTheMove(cause?: DepartedError): AppError {
  return new AppError('unavailable', { headers: { 'Retry-After': '2' }, cause })
}

/** Whether that is why it is refused: its org is somewhere else in a moment, and is written there. */
export function isOnTheMove(error: unknown): boolean {
  return error instanceof AppError && error.cause instanceof DepartedError
}

/** Begins what SQLite says of the path that is none; no other statement has it. */
const REFUSAL = 'departed:'

/**
 * A handle on one database for some orgs: each call runs behind the condition that all of them are there,
 * in the same transaction, so that it costs no round trip.
 * @throws DepartedError from such a call, which has done nothing.
 */
export function watchDepartures(
  db: Database,
  orgIds: readonly string[],
  strictness: Strictness = 'writes',
): Database {
  return createHandle(sendWatched(db, orgIds, strictness))
}

/** What such a handle sends its calls with. */
export function sendWatched(db: Database, orgIds: readonly string[], strictness: Strictness): Send {
  return async (queries) => {
    const isWriting = strictness === 'all' || !queries.every(isRead)
    const question = askForDepartures(db, orgIds, isWriting)
    const results = await sendTo(db, [question, ...queries]).catch((error: unknown) => {
      throw readRefusal(error) ?? error
    })
    return results.slice(1)
  }
}

/** What begins otherwise may write: a WITH does, before a DELETE. */
function isRead({ text }: Query): boolean {
  return /^\s*SELECT\b/i.test(text)
}

// The names of those that departed are no JSON path, '$' is one: as guard.ts does.
function askForDepartures(db: Database, orgIds: readonly string[], isWriting: boolean): Query {
  const [first, ...others] = orgIds
  const isAsked =
    others.length === 0
      ? sql`org_id = ${first}`
      : sql`org_id IN (SELECT value FROM json_each(${JSON.stringify(orgIds)}))`
  const refused = isWriting ? sql` AND state <> 'copying'` : sql` AND state = 'gone'`
  const query = db.all(sql`
    SELECT json_extract('{}', coalesce((SELECT ${REFUSAL} || group_concat(state || ' ' || org_id)
      FROM departures WHERE ${isAsked}${refused}), '$'))`)
  const { sql: text, params: values } = query.getQuery()
  return { text, values }
}

function readRefusal(error: unknown): DepartedError | undefined {
  const list = new RegExp(`${REFUSAL}([^']*)`).exec(String(error))?.[1]
  if (list === undefined) return undefined
  const departed = list.split(',').map((one) => one.split(' '))
  const inState = (wanted: string) =>
    departed.flatMap(([state, orgId = '']) => (state === wanted ? [orgId] : []))
  return new DepartedError(inState('gone'), inState('leaving'), error)
}
