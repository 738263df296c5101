// Slots: the instants at which requests leave for an endpoint that takes only so many a second.
import { sql, type SQL } from 'drizzle-orm'
import { literal, statement, type Database } from '../client.ts'
import { isBehind } from '../ordering/waits.ts'
import { transaction } from '../transaction.ts'
import { isCurrent, LISTEN_URL, type EndpointRef } from '../words.ts'

/** A request leaves less than so many ms after its slot, or has to take another one. */
export const SLOT_TOLERANCE_MS = 100

/**
 * As many slots as a second may have requests take so many ms: a second, and what a request may be late. Where one leaves
 * so late, and all behind it on time, still no second has more.
 */
const SPAN_MS = 1000 + SLOT_TOLERANCE_MS

/**
 * So many ms ahead slots are given out; of a slow pace, the next two in any case. That is longer than the retry lane takes to
 * bring what comes next, so that no slot stays empty for want of it.
 */
const HORIZON_MS = 2000

/** Deliveries that are looked through for one that was never attempted. */
const LOOKED_THROUGH = 128

/** Slots that are wanted of an endpoint: so many in any case, and so many if nothing waits that goes before. */
export type WantedSlots = EndpointRef & { first: number; others: number }

/**
 * What there is: `count` slots from `startAt` on, in Unix ms, each `slotOffsetMs` of its place later. `hasFresh`:
 * something that was never attempted waits for its turn. No pace: every request may leave at once.
 */
export type GivenSlots = EndpointRef & {
  maxPerSecond: number | null
  startAt: number
  count: number
  hasFresh: boolean
}

/** How many ms after the first one the slot at this place is, from 0. */
export function slotOffsetMs(place: number, maxPerSecond: number): number {
  return Math.ceil((place * SPAN_MS) / maxPerSecond)
}

type Found = Pick<GivenSlots, 'orgId' | 'endpointId' | 'maxPerSecond' | 'startAt'> & {
  hasFresh: number
}

/**
 * Gives out slots, each to one caller, whoever asks at the same time: they stand on the endpoint's row. `now` is the
 * caller's clock: one that is ahead leaves the others nothing until they have come there, and no second has more. Asked
 * again after its answer was lost it gives others, and the first stay empty.
 */
export async function takeSlots(
  db: Database,
  wanted: WantedSlots[],
  now: number,
): Promise<GivenSlots[]> {
  const asked = JSON.stringify(wanted)
  const { found, taken } = await transaction(db, {
    found: statement<Found>(db, selectSlots(asked, now)),
    taken: statement<EndpointRef & { endAt: number }>(db, advance(asked, now)),
  })
  const ends = new Map(
    taken.map(({ orgId, endpointId, endAt }) => [`${orgId} ${endpointId}`, endAt]),
  )
  return found.map((one) => {
    const { orgId, endpointId, maxPerSecond } = one
    const endAt = ends.get(`${orgId} ${endpointId}`) ?? one.startAt
    const count = Math.floor(((endAt - one.startAt) * (maxPerSecond ?? 0)) / SPAN_MS)
    return Object.assign(one, { count, hasFresh: one.hasFresh === 1 })
  })
}

/** SQL condition: the delivery was never attempted, nor asked for by hand. */
function isFresh(row: 'd' | 'p'): SQL {
  const at = sql.raw(row)
  return sql`(${at}.attempts = '[]' AND NOT ${at}.is_manual)`
}

/** SQL condition: something fresh is parked for the endpoint `ep`, and waits for nothing that would have to go before it. */
const HAS_FRESH: SQL = sql`EXISTS (
  SELECT 1 FROM deliveries d WHERE d.org_id = ep.org_id AND d.stage = 'pending' AND ${isFresh('d')}
    AND NOT ${isBehind('d')} AND d.id IN (${freshOnes()}))`

/** SQL query: the ids among which what is fresh is parked for the endpoint `ep`; none where it has no pace of its own. */
export function freshOnes(): SQL {
  return sql`SELECT id FROM (SELECT f.id FROM deliveries f INDEXED BY deliveries_parked
    WHERE ep.max_per_second IS NOT NULL AND f.endpoint_id = ep.id AND f.id >= ep.fresh_from
      AND f.stage = 'pending' AND f.sweep_at IS NULL AND f.org_id = ep.org_id
    ORDER BY f.id LIMIT ${literal(LOOKED_THROUGH)})`
}

/** SQL expression: sorts what is fresh of `p` before all else, where the endpoint `ep` has a pace of its own. */
export const FRESH_FIRST: SQL = sql`iif(ep.max_per_second IS NULL, false, NOT ${isFresh('p')})`

/** SQL: the endpoint `ep` of each that is asked for, `w`. */
function from(asked: string): SQL {
  return sql`json_each(${asked}) w CROSS JOIN endpoints ep
    WHERE ep.org_id = w.value->>'orgId' AND ep.id = w.value->>'endpointId'`
}

/** SQL expression: when its next slot is. */
function startAt(now: number): SQL {
  return sql`max(CAST(${now} AS INTEGER), coalesce(ep.next_slot_at, 0))`
}

function selectSlots(asked: string, now: number): SQL {
  return sql`SELECT ep.org_id AS "orgId", ep.id AS "endpointId", ep.max_per_second AS "maxPerSecond",
      ${startAt(now)} AS "startAt", ${HAS_FRESH} AS "hasFresh"
    FROM ${from(asked)}`
}

function advance(asked: string, now: number): SQL {
  const horizon = sql`max(${literal(HORIZON_MS)}, ${literal(2 * SPAN_MS)} / ep.max_per_second)`
  const left = sql`(CAST(${now} AS INTEGER) + ${horizon} - 1 - ${startAt(now)})`
  const room = sql`${left} * ep.max_per_second / ${literal(SPAN_MS)} + 1`
  const count = sql`min(w.value->>'first' + iif(${HAS_FRESH}, 0, w.value->>'others'), ${room})`
  return sql`
    UPDATE endpoints AS ep
    SET next_slot_at = ${startAt(now)} + (${count} * ${literal(SPAN_MS)} + ep.max_per_second - 1) / ep.max_per_second
    FROM json_each(${asked}) w
    WHERE ep.org_id = w.value->>'orgId' AND ep.id = w.value->>'endpointId'
      AND ep.max_per_second IS NOT NULL AND ${left} >= 0 AND ${count} > 0
    RETURNING org_id AS "orgId", id AS "endpointId", next_slot_at AS "endAt"`
}

/**
 * SQL: begins to work off what was parked of these for want of a slot, as in a recovery; an endpoint that is well begins
 * with as many as it takes a second. `fresh_from`, behind which its fresh ones are looked for, becomes the first of these
 * where none is left before it.
 */
export function beginTurns(refs: string, now: number): SQL {
  const first = sql`min(iif(${isFresh('d')}, d.id, NULL))`
  return sql`
    UPDATE endpoints AS ep SET sweep_at = iif(ep.pace IS NULL, ${now}, ep.sweep_at),
      pace = coalesce(ep.pace, iif(ep.unwell_since IS NULL, ep.max_per_second, 1), 1),
      fresh_from = CASE WHEN n.first IS NULL THEN ep.fresh_from
        WHEN ${HAS_FRESH} THEN min(ep.fresh_from, n.first) ELSE n.first END
    FROM (SELECT d.org_id, d.endpoint_id, ${first} AS first
      FROM json_each(${refs}) ref CROSS JOIN deliveries d
      WHERE ${isCurrent(sql`ref.value`)} AND d.stage = 'pending' AND d.sweep_at IS NULL
        AND ref.value->'rest'->>'isPaced'
      GROUP BY d.org_id, d.endpoint_id) AS n
    WHERE ep.org_id = n.org_id AND ep.id = n.endpoint_id AND ep.status = 'enabled'
      AND ep.url <> ${LISTEN_URL}`
}
