// The sweep's one round trip: what is due and nobody is on, taken with a lease.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { noteGivenUp } from '../notices/exhausted.ts'
import { leavingToSweep } from '../ordering/let-follow.ts'
import { letGo, selectUnordered, type Unordered } from '../ordering/let-go.ts'
import { isBehind } from '../ordering/waits.ts'
import { transaction } from '../transaction.ts'
import {
  ofDeliveries,
  ofEndpoints,
  RETURNING_MOVED,
  type Moved,
  type Transition,
} from '../transitions.ts'
import { beat } from '../upkeep/heartbeats.ts'
import { isCurrent, type DeliveryRef } from '../words.ts'
import {
  DELETED_A_ROUND,
  deferDeleted,
  ENDED_BY_DELETION,
  endOfDeleted,
  forgetDeleted,
} from './delete-endpoint.ts'
import { ended } from './ended.ts'
import {
  beginRecoveries,
  deferReleased,
  endRecoveries,
  recoveryEnds,
  releaseDue,
  type Ended,
} from './recovery.ts'
import { dueInTurns, lapsedInTurns, type Round } from './turns.ts'

/** How a sweep takes deliveries; durations in ms. The lease doubles with each lapse up to `maxLeaseMs`. */
export type ClaimRules = Round & { maxLeaseMs: number }

/** A delivery that the sweep took, and what it is then: with a lease, or parked. */
export type Claimed = DeliveryRef & {
  nextAttemptAt: number
  lapses: number
  situation: 'leased' | 'parked'
}

/**
 * Deliveries of an unwell endpoint that one sweep, or one step of a replay, sends at once. Where more are due they are parked,
 * so that an endpoint that comes back is not met by all of them.
 */
export const CROWD = 10

/** What keeps its place behind another of its call is looked at again after so many ms at most. */
const LONGEST_PUT_OFF_MS = 3_600_000

/** A deleted endpoint that was looked after. `isPending`: not all of its deliveries are ended. */
type LookedAfter = { isPending: number }

/** A heartbeat is written only when the last is so old: a sweep with nothing to do writes nothing. */
const HEARTBEAT_MS = 120_000

/**
 * What a sweep found: deliveries that are due, what may be sent next of what was parked, whether that was
 * all, and what has happened.
 */
export type SweepFind = {
  claimed: Claimed[]
  released: DeliveryRef[]
  unordered: Unordered[]
  isAll: boolean
  transitions: Transition[]
}

/** Lets go what waits, as was found, for endpoints that order no more. */
export async function letGoOf(db: Database, { unordered }: SweepFind, now: number): Promise<void> {
  if (unordered.length > 0) await letGo(db, unordered, now)
}

/**
 * Takes what is due, an equal part of each org's, at most `limit`, and starts the recoveries that wait.
 * A delivery is taken by one sweep only, and again when its lease has lapsed.
 */
export async function claimDue(db: Database, rules: ClaimRules): Promise<SweepFind> {
  const { now, leaseMs, limit } = rules
  const done = await transaction(db, {
    // First of all, or what is due now would be parked where nobody works it off any more.
    recovered: statement<Ended>(db, endRecoveries(sql`ep.sweep_at > ${now}`)),
    ended: statement<Moved>(db, endOfDeleted(rules)),
    forgotten: statement<LookedAfter>(db, forgetDeleted(now)),
    deferred: statement<LookedAfter>(db, deferDeleted(now)),
    lapsed: statement<{ orgId: string }>(db, lapse(rules)),
    claimed: statement<Claimed>(db, claim(rules)),
    recovering: statement<Moved>(db, beginRecoveries(now)),
    idle: statement<Ended>(db, endRecoveries(sql`ep.sweep_at <= ${now}`)),
    released: statement<DeliveryRef>(db, releaseDue(now, leaseMs)),
    started: statement(db, deferReleased(now, leaseMs)),
    noted: statement(db, beat('sweep', now, HEARTBEAT_MS)),
    unordered: statement<Unordered>(db, selectUnordered()),
  })
  const { claimed, released, unordered } = done
  const parked = claimed.filter(({ situation }) => situation === 'parked')
  const deleted = [...done.forgotten, ...done.deferred]
  const isAllEnded = deleted.length < DELETED_A_ROUND && !deleted.some((one) => one.isPending)
  return {
    claimed,
    released,
    unordered,
    isAll:
      isAllEnded &&
      !unordered.some(({ hasWaits }) => hasWaits === 1) &&
      isAllTaken(done.lapsed, limit) &&
      isAllTaken(claimed, limit),
    transitions: [
      ...recoveryEnds(done.recovered),
      ...ofDeliveries(done.ended, ENDED_BY_DELETION),
      ...ofDeliveries(parked, { from: 'pending', to: 'parked', cause: 'sweep' }),
      ...ofEndpoints(done.recovering, { from: 'unwell', to: 'recovering', cause: 'sweep' }),
      ...recoveryEnds(done.idle),
      ...ofDeliveries(released, { from: 'parked', to: 'pending', cause: 'sweep' }),
    ],
  }
}

/** An org of which a whole part was taken may have more. */
function isAllTaken(taken: { orgId: string }[], limit: number): boolean {
  const sizes = [...Map.groupBy(taken, ({ orgId }) => orgId).values()].map(({ length }) => length)
  return sizes.every((size) => size < Math.floor(limit / sizes.length))
}

/** Ends deliveries that can never be sent, as exhausted, without an attempt. */
export async function endUnsent(
  db: Database,
  refs: DeliveryRef[],
  reason: string,
  now: number,
): Promise<Transition[]> {
  const given = JSON.stringify(refs)
  const isThere = isCurrent(sql`ref.value`)
  const waits = sql`FROM json_each(${given}) ref CROSS JOIN call_waits w
    WHERE w.org_id = ref.value->>'orgId' AND w.behind = ref.value->>'id'`
  const { moved } = await transaction(db, {
    noted: statement(db, noteGivenUp(given, isThere, reason, now)),
    moved: statement<Moved>(
      db,
      sql`UPDATE deliveries AS d SET ${ended(reason, now)} FROM json_each(${given}) ref
        WHERE ${isThere} ${RETURNING_MOVED}`,
    ),
    ...leavingToSweep(db, waits, now),
  })
  return ofDeliveries(moved, { from: 'pending', to: 'exhausted', cause: 'given_up' })
}

// What came of the first message of a new delivery in a lease is nothing: it is as any other whose lease
// has ended, and the next statement takes it. Two rows more than to take it here, of what seldom happens.
function lapse(rules: ClaimRules): SQL {
  const { now, leaseMs } = rules
  return sql`
    UPDATE deliveries AS d SET stage = 'pending', sweep_at = min(${now}, d.next_attempt_at + ${leaseMs})
    WHERE (d.stage, d.org_id, d.id) IN ${lapsedInTurns(rules)}
    RETURNING org_id AS "orgId"`
}

// sweep_at past next_attempt_at means a lease: whoever held it let it lapse, which is one lapse.
// What is due for an endpoint that is disabled or recovering is parked, and of a crowd all but the first few; but for what is behind
// another of its call: parked it would stand before what may go. The older that is the longer it is put off: an endpoint may be disabled for long.
function claim(rules: ClaimRules): SQL {
  const { now, leaseMs, maxLeaseMs } = rules
  const lease = sql`min(${maxLeaseMs}, ${leaseMs} << min(d.lapses, 16))`
  const isCrowded = sql`(due.is_unwell AND due.place > ${CROWD})`
  const isParked = sql`(due.is_to_park OR ${isCrowded})`
  const waitsOn = sql`(${isParked} AND ${isBehind('d')})`
  const later = sql`${now} + max(${leaseMs}, min(${LONGEST_PUT_OFF_MS}, CAST((${now} - d.created_at) / 4 AS INTEGER)))`
  return sql`
    UPDATE deliveries AS d SET
      lapses = d.lapses + (d.sweep_at > d.next_attempt_at),
      next_attempt_at = iif(${waitsOn}, ${later}, d.next_attempt_at),
      sweep_at = CASE WHEN ${waitsOn} THEN ${later} WHEN ${isParked} THEN NULL
        ELSE max(d.next_attempt_at, ${now}) + ${lease} END
    FROM ${dueInTurns(rules)} AS due
    WHERE d.stage = due.stage AND d.org_id = due.org_id AND d.id = due.id
      AND (d.sweep_at <= ${now} OR ${isCrowded} IS NOT TRUE)
    RETURNING org_id AS "orgId", id, version, next_attempt_at AS "nextAttemptAt", lapses,
      situation`
}
