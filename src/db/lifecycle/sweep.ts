// The sweep's one round trip: what is due and nobody is on, taken with a lease.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { beat } from '../upkeep/heartbeats.ts'
import type { DeliveryRef } from '../words.ts'
import {
  DELETED_A_ROUND,
  deferDeleted,
  ended,
  endOfDeleted,
  forgetDeleted,
} from './delete-endpoint.ts'
import { endRecoveries, deferReleased, beginRecoveries, releaseDue } from './recovery.ts'
import { dueInTurns, type Round } from './turns.ts'

/** How a sweep takes deliveries; durations in ms. The lease doubles with each lapse up to `maxLeaseMs`. */
export type ClaimRules = Round & { leaseMs: number; maxLeaseMs: number }

/** A delivery that the sweep took. `isWaiting`: it joined its endpoint's backlog, without a lease. */
export type Claimed = DeliveryRef & {
  nextAttemptAt: number
  lapses: number
  isWaiting: number
}

/**
 * Deliveries of an unwell endpoint that one sweep sends at once. Where more are due they form a backlog,
 * so that an endpoint that comes back is not met by all of them.
 */
const CROWD = 10

/** A deleted endpoint that was looked after. `isPending`: not all of its deliveries are ended. */
type LookedAfter = { isPending: number }

/** A heartbeat is written only when the last is so old: a sweep with nothing to do writes nothing. */
const HEARTBEAT_MS = 120_000

/** What a sweep found: deliveries that are due, what backlogs may send next, and whether that was all. */
export type SweepFind = { claimed: Claimed[]; released: DeliveryRef[]; isAll: boolean }

/**
 * Takes what is due, an equal part of each org's, at most `limit`, and starts the backlogs that wait.
 * A delivery is taken by one sweep only, and again when its lease has lapsed.
 */
export async function claimDue(db: Database, rules: ClaimRules): Promise<SweepFind> {
  const { now, leaseMs, limit } = rules
  const [, , forgotten, deferred, claimed, , , released] = await db.batch([
    // First of all, or what is due now would join a backlog that nobody works off any more.
    statement(db, endRecoveries(sql`ep.sweep_at > ${now}`)),
    statement(db, endOfDeleted(rules)),
    statement<LookedAfter>(db, forgetDeleted(now)),
    statement<LookedAfter>(db, deferDeleted(now)),
    statement<Claimed>(db, claim(rules)),
    statement(db, beginRecoveries(now)),
    statement(db, endRecoveries(sql`ep.sweep_at <= ${now}`)),
    statement<DeliveryRef>(db, releaseDue(now, leaseMs)),
    statement(db, deferReleased(now, leaseMs)),
    statement(db, beat('sweep', now, HEARTBEAT_MS)),
  ])
  const deleted = [...forgotten, ...deferred]
  const isAllEnded = deleted.length < DELETED_A_ROUND && !deleted.some((one) => one.isPending)
  return { claimed, released, isAll: isAllEnded && isAllTaken(claimed, limit) }
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
): Promise<void> {
  await db.run(sql`
    UPDATE deliveries AS d SET ${ended(reason, now)} FROM json_each(${JSON.stringify(refs)}) ref
    WHERE d.org_id = ref.value->>'orgId' AND d.status = 'pending' AND d.id = ref.value->>'id'
      AND d.version = ref.value->>'version'`)
}

// sweep_at past next_attempt_at means a lease: whoever held it let it lapse, which is one lapse.
// What is due for an endpoint that is disabled, or works off a backlog, joins that backlog, and of a
// crowd all but the first few.
function claim(rules: ClaimRules): SQL {
  const { now, leaseMs, maxLeaseMs } = rules
  const lease = sql`min(${maxLeaseMs}, ${leaseMs} << min(d.lapses, 16))`
  const isCrowded = sql`(due.is_unwell AND due.place > ${CROWD})`
  return sql`
    UPDATE deliveries AS d SET
      lapses = d.lapses + (d.sweep_at > d.next_attempt_at),
      sweep_at = CASE WHEN due.is_held OR ${isCrowded} THEN NULL
        ELSE max(d.next_attempt_at, ${now}) + ${lease} END
    FROM ${dueInTurns(rules)} AS due
    WHERE d.org_id = due.org_id AND d.status = 'pending' AND d.id = due.id
      AND (d.sweep_at <= ${now} OR ${isCrowded} IS NOT TRUE)
    RETURNING org_id AS "orgId", id, version, next_attempt_at AS "nextAttemptAt", lapses,
      sweep_at IS NULL AS "isWaiting"`
}
