// Holding: what becomes of a delivery that is not sent when its turn comes.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { isPendingCopy } from '../replays/copies.ts'
import { isStopped } from '../stopped.ts'
import { RETURNING_MOVED, type Moved } from '../transitions.ts'
import { isCurrent, LISTEN_URL, type DeliveryRef } from '../words.ts'
import { release } from './recovery.ts'
import { beginTurns } from './slots.ts'

/**
 * A delivery that was not sent. `rest`: the operator has stopped it, by a stop of this host or of EVERY_HOST; or, without
 * one, its host had no turn for it. What cannot be parked waits until then, in Unix ms. `isPaced`: its endpoint had no
 * slot for it soon enough; `givesWay`, because what was never attempted goes before it. Else its endpoint is disabled,
 * or listened to.
 */
export type HeldRef = DeliveryRef & {
  rest?: { stop?: string; until: number } | { isPaced: true; givesWay: boolean }
}

/** When it is held, and how long a lease is; in ms. */
type Holding = { now: number; leaseMs: number }

/**
 * The statements that put aside what was not sent, and answer what they have parked; none for none. Each asks for
 * the reason itself: were it gone just now, what is put aside here would have missed its release.
 */
export function holding(db: Database, refs: HeldRef[], when: Holding) {
  const { itself = [], copies = [] } = Object.groupBy(refs, ({ copiedBy }) =>
    copiedBy === undefined ? 'itself' : 'copies',
  )
  const list = JSON.stringify(itself)
  const paced = itself.some(isPaced)
  const park = (stage: SQL, change: SQL) =>
    itself.length > 0 ? statement<Moved>(db, hold(list, stage, change)) : undefined
  return {
    // Two, because naming the stage would rewrite a row's place in every index.
    held: park(OPEN, sql`sweep_at = NULL`),
    heldNew: park(NEW, sql`stage = 'pending'`),
    ...(itself.some((one) => one.rest !== undefined && !isPaced(one))
      ? resting(db, list, when)
      : {}),
    begun: paced ? statement(db, beginTurns(list, when.now)) : undefined,
    replaced: paced ? statement<DeliveryRef>(db, replaceThese(list, when)) : undefined,
    ...(copies.length > 0 ? { postponedCopies: statement(db, postponeCopies(copies)) } : {}),
  }
}

/** SQL conditions: where the delivery `d` that is to be put aside lies. */
const OPEN: SQL = sql`+d.stage = 'pending' AND +d.sweep_at IS NOT NULL`
const NEW: SQL = sql`+d.stage = 'new'`

function hold(refs: string, condition: SQL, change: SQL): SQL {
  return sql`
    UPDATE deliveries AS d SET ${change}
    FROM json_each(${refs}) ref JOIN endpoints ep ON ep.org_id = ref.value->>'orgId'
    WHERE ${isCurrent(sql`ref.value`)} AND ep.id = d.endpoint_id
      AND (ep.status = 'disabled' OR d.url = ${LISTEN_URL} OR (ep.url = d.url AND ${RESTS})
        OR ref.value->'rest'->>'isPaced')
      AND ${condition}
    ${RETURNING_MOVED}`
}

/** SQL condition: `ref` had no turn, or the stop by which it was held still holds. */
const RESTS: SQL = sql`iif(ref.value->'rest'->'stop' IS NULL, ref.value->'rest'->'until' IS NOT NULL,
  ${isStopped(sql`ref.value->>'orgId'`, sql`ref.value->'rest'->>'stop'`)})`

function isPaced({ rest }: HeldRef): boolean {
  return rest !== undefined && 'isPaced' in rest
}

// Each that gives way was in flight, and is replaced by one that goes before it: were it not, nothing might be.
function replaceThese(refs: string, { now, leaseMs }: Holding): SQL {
  const givingWay = sql`(SELECT d.org_id, d.endpoint_id, count(*) AS count
    FROM json_each(${refs}) ref CROSS JOIN deliveries d
    WHERE ${isCurrent(sql`ref.value`)} AND d.stage = 'pending' AND d.sweep_at IS NULL
      AND ref.value->'rest'->>'givesWay'
    GROUP BY d.org_id, d.endpoint_id)`
  const endpoints = sql`${givingWay} AS n JOIN endpoints ep ON ep.org_id = n.org_id AND ep.id = n.endpoint_id`
  return release(endpoints, sql`n.count`, now, leaseMs)
}

// What goes to the URL of its endpoint is parked for that, which is given a pace: the sweep then tries it with one
// at a time, parks what else comes due for it, and lets go the others once one gets through. All else has no endpoint
// to wait for, and waits by itself.
function resting(db: Database, refs: string, { now, leaseMs }: Holding) {
  return {
    paced: statement(db, givePace(refs, now + leaseMs)),
    postponed: statement(db, postpone(refs, OPEN, sql``)),
    postponedNew: statement(db, postpone(refs, NEW, sql`stage = 'pending',`)),
  }
}

function givePace(refs: string, sweepAt: number): SQL {
  return sql`
    UPDATE endpoints AS ep SET pace = 1, sweep_at = coalesce(ep.sweep_at, ${sweepAt})
    WHERE ep.status = 'enabled' AND ep.url <> ${LISTEN_URL} AND ep.pace IS NOT 1
      AND (ep.org_id, ep.id) IN (
        SELECT d.org_id, d.endpoint_id FROM json_each(${refs}) ref CROSS JOIN deliveries d
        WHERE ${isCurrent(sql`ref.value`)} AND d.stage = 'pending' AND d.sweep_at IS NULL AND ${RESTS})`
}

/** SQL expression: until when `ref` waits that is not parked. */
const UNTIL: SQL = sql`ref.value->'rest'->>'until'`

function postpone(refs: string, condition: SQL, change: SQL): SQL {
  return sql`
    UPDATE deliveries AS d SET ${change} next_attempt_at = ${UNTIL}, sweep_at = ${UNTIL}
    FROM json_each(${refs}) ref
    WHERE ${isCurrent(sql`ref.value`)} AND ${condition} AND ${RESTS}`
}

// It was never tried: that its lease ends is no lapse.
function postponeCopies(refs: HeldRef[]): SQL {
  return sql`
    UPDATE replay_copies AS c SET sweep_at = ${UNTIL}, lapses = 0
    FROM json_each(${JSON.stringify(refs)}) ref
    WHERE ${isPendingCopy(sql`ref.value`)} AND ${RESTS}`
}
