// Discarding: what is pending, and has gone stale, is ended because a person asks for it.
import type { Actor } from '../db/audit.ts'
import type { Database } from '../db/client.ts'
import { findFirst, type Idempotency, type Once } from '../db/idempotency.ts'
import { newId } from '../db/ids.ts'
import {
  discard as storeDiscarding,
  findPending,
  readKeptDiscarded,
  type Discarded,
} from '../db/lifecycle/discard.ts'
import type { Match, RangeFilter, Walk } from '../db/walk.ts'
import { OPERATIONAL } from '../webhook/event-types.ts'
import type { World } from '../world.ts'
import { tell } from './transitions.ts'

/** Deliveries that one transaction ends, at most, and that one request does. */
const AT_ONCE = 500
const MOST_A_REQUEST = 10_000

/** Rows that are read at once. */
const READ_AT_ONCE = 10_000

/** What is asked; of the filter's statuses only `pending` counts. */
export type DiscardRequest = {
  filter: RangeFilter
  reason?: string | undefined
  idempotency?: Idempotency | undefined
}

/**
 * Ends what is pending of a filter as exhausted, held and paced deliveries included: what was created by now, and
 * at most MOST_A_REQUEST, the oldest first. It does not count against their endpoints. Whatever is in flight for
 * them is fenced off: its answer is logged, and changes nothing. `hasMore`: some may be left, because there are
 * too many, or because they have changed meanwhile; asked again it ends those.
 * @throws AppError `idempotency_key_reused`: nothing has changed then. `unavailable`: some may be ended; asked
 * again, by another key, it goes on.
 */
export async function discard(
  world: Pick<World, 'isolate' | 'listen' | 'log' | 'now' | 'store'>,
  actor: Actor,
  { filter, reason, idempotency }: DiscardRequest,
): Promise<Once<Discarded>> {
  const now = world.now()
  const first = await findFirst(world.store, idempotency, now, readKeptDiscarded)
  if (first) return { answer: first, isRepeated: true }
  const db = world.store.of(actor.orgId)
  const details = { filter: describe(filter), reason }
  const about = { entryId: newId(now), details, idempotency }
  let answer: Discarded = { discarded: 0, hasMore: false }
  let expected = 0
  for await (const step of stepsOf(db, toWalk(actor.orgId, filter, now))) {
    expected += step.matches.length
    const result = await storeDiscarding(db, actor, {
      ...about,
      ...step,
      expected,
      now: world.now(),
    })
    if (result.first) return { answer: result.first, isRepeated: true }
    tell(world, result.transitions)
    answer = result.answer
  }
  return { answer, isRepeated: false }
}

/** What is pending of the filter, as far as it was created by an instant, in Unix ms. */
function toWalk(orgId: string, filter: RangeFilter, now: number): Walk {
  const createdBefore = Math.min(filter.createdBefore ?? Infinity, now + 1)
  const pending = { ...filter, statuses: ['pending'] as const, createdBefore }
  return { orgId, filter: pending, after: '', most: READ_AT_ONCE }
}

/** Cuts what is found into steps; each waits until it is known whether another follows. */
async function* stepsOf(
  db: Database,
  walk: Walk,
): AsyncGenerator<{ matches: Match[]; isLast: boolean }> {
  let waiting: Match[] = []
  for (let after = walk.after, room = MOST_A_REQUEST; ;) {
    const { matches, furthest, isOver } = await findPending(db, { ...walk, after })
    for (let start = 0; start < matches.length; start += AT_ONCE) {
      if (waiting.length > 0) yield { matches: waiting, isLast: false }
      room -= waiting.length
      if (room <= 0) return
      waiting = matches.slice(start, start + Math.min(AT_ONCE, room))
    }
    if (isOver || furthest === null) break
    after = furthest
  }
  if (waiting.length > 0) yield { matches: waiting, isLast: true }
}

/** A filter for the audit log, under the API's names. */
function describe(filter: RangeFilter): Record<string, unknown> {
  const { endpointId, callId, eventTypes, createdFrom, createdBefore } = filter
  return {
    endpoint_id: endpointId,
    event_type: eventTypes,
    ...(callId === OPERATIONAL ? { kind: callId } : { call_id: callId }),
    created_after: createdFrom === undefined ? undefined : new Date(createdFrom).toISOString(),
    created_before: createdBefore === undefined ? undefined : new Date(createdBefore).toISOString(),
  }
}
