// Discarding in the store: what is pending ends, for somebody who asked, some at a time.
import { sql, type SQL } from 'drizzle-orm'
import { auditStep, countedSoFar, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { guardSteps, type Idempotency } from '../idempotency.ts'
import { leavingToSweep } from '../ordering/let-follow.ts'
import { transaction } from '../transaction.ts'
import { ofDeliveries, RETURNING_MOVED, type Moved, type Transition } from '../transitions.ts'
import { readWalked, selectWalked, type Match, type Walk, type Walked } from '../walk.ts'
import { stagesFrom } from '../words.ts'
import { DISCARDED, ended } from './ended.ts'

/** What discarding makes of a delivery. */
const BY_DISCARDING = { from: 'pending', to: 'exhausted', cause: 'discard' } as const

/** What a request to discard has come to: how many it has ended, and whether there may be more. */
export type Discarded = { discarded: number; hasMore: boolean }

/**
 * One step of a request: these, as they were read. `expected` is how many it will have ended then, unless some
 * have changed since; `isLast`: there are no more. `entryId` is its entry in the audit log, the same for all.
 */
export type DiscardStep = {
  matches: Match[]
  expected: number
  isLast: boolean
  entryId: string
  details: object
  idempotency: Idempotency | undefined
  now: number
}

/** What came of a step; `first` is what an earlier request with the same key came to: then nothing has changed. */
export type DiscardResult = {
  answer: Discarded
  first: Discarded | undefined
  transitions: Transition[]
}

/** Finds what is pending of a filter: one page of it, read whole. */
export async function findPending(db: Database, walk: Walk): Promise<Walked> {
  return readWalked(await selectWalked(db, walk), walk)
}

/**
 * Ends those that are still at their version, in one transaction: 2 rows each, its own and its entry by endpoint, and 1
 * for the entry in the audit log, which counts the request's. Repeated after its answer was lost, however late, it
 * ends none: their versions have moved.
 */
export async function discard(
  db: Database,
  actor: Actor,
  step: DiscardStep,
): Promise<DiscardResult> {
  const { orgId } = actor
  const { entryId, details, now, idempotency } = step
  const key = guardSteps(db, idempotency, { token: entryId, now })
  const change = {
    id: entryId,
    action: 'org.discard_deliveries',
    targetId: orgId,
    at: now,
  } as const
  const soFar = countedSoFar(orgId, entryId, 'discarded')
  const waits = sql`FROM json_each(${JSON.stringify(step.matches)}) ref CROSS JOIN call_waits w
    WHERE w.org_id = ${orgId} AND w.behind = ref.value->>'id'`
  const { over, counted, found } = await transaction(db, {
    over: {
      first: statement<Moved>(db, endThose(orgId, step, key.isMine)),
      second: auditStep(db, actor, { ...change, details, counted: 'discarded' }),
    },
    noted: key.note(selectAnswer(soFar, step)),
    counted: statement<{ discarded: number }>(db, sql`SELECT ${soFar} AS discarded`),
    found: key.find,
    ...leavingToSweep(db, waits, now),
  })
  const discarded = counted[0]?.discarded ?? 0
  return {
    answer: { discarded, hasMore: hasMore(discarded, step) },
    first: key.firstOf(found, readKeptDiscarded),
    transitions: ofDeliveries(over, BY_DISCARDING),
  }
}

/** Reads what a key has kept of a request. */
export function readKeptDiscarded(kept: unknown): Discarded {
  // As selectAnswer writes it.
  const { discarded, hasMore: more } = kept as { discarded: number; hasMore: 0 | 1 }
  return { discarded, hasMore: more === 1 }
}

function hasMore(discarded: number, { expected, isLast }: DiscardStep): boolean {
  return !isLast || discarded < expected
}

/** The query for what a key keeps: the answer as of this step, once anything was done. */
function selectAnswer(soFar: SQL, { expected, isLast }: DiscardStep): SQL {
  return sql`SELECT json_object('discarded', n.discarded,
      'hasMore', ${Number(!isLast)} OR n.discarded < ${expected}) AS snapshot
    FROM (SELECT ${soFar} AS discarded) AS n WHERE n.discarded > 0`
}

function endThose(orgId: string, { matches, now }: DiscardStep, isMine: SQL): SQL {
  return sql`
    UPDATE deliveries AS d SET ${ended(DISCARDED, now)}
    FROM json_each(${JSON.stringify(matches)}) AS found
    WHERE d.org_id = ${orgId} AND d.stage IN ${stagesFrom(sql`found.value`, 'open')}
      AND d.id = found.value->>'id' AND d.version = found.value->>'version' AND ${isMine}
    ${RETURNING_MOVED}`
}
