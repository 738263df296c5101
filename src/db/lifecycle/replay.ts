// A step of a replay in the store: what it reads, and the one conditional write that moves its deliveries.
import { sql, type SQL } from 'drizzle-orm'
import { literal, statement, type Database } from '../client.ts'
import { copyOf, INSERT_COPIES } from '../replays/copies.ts'
import { noteReplay } from '../notices/ended-replays.ts'
import { advanceReplay } from '../replays/advance.ts'
import type { Replay, SkipCause } from '../replays/words.ts'
import { isPaused } from '../stopped.ts'
import { transaction } from '../transaction.ts'
import { ofDeliveries, type Transition } from '../transitions.ts'
import type { Match, Missed } from '../walk.ts'
import { isMoving, stagesFrom, type DeliveryRef, type StepRef } from '../words.ts'
import { fromMissed, insertMissed, listUnderCall, type SliceWrite } from './make-missed.ts'
import { PACE_AFTER_MS } from './recovery.ts'
import { dueByHand } from './redeliver.ts'
import { BY_REPLAY } from './replay-outcomes.ts'
import { CROWD } from './sweep.ts'

/** Deliveries parked for one endpoint beyond which a replay adds none: so a pause acts soon. */
export const ENOUGH_PARKED = 128

/** Parts that one step looks at: an org's endpoints and its inline deliveries are fewer. */
const PARTS_A_STEP = 128

/** How far a part of a replay is that is not over, and how its endpoint is, its filter too. Instants in Unix ms. */
export type ReplayPart = {
  /** '' for inline deliveries. */
  endpointId: string
  endpointStatus: 'enabled' | 'disabled' | 'deleted'
  /** It recovers, or was unwell for so long that it is not to be sent all at once. */
  isPaced: boolean
  /** Requests a second that it takes; null: as many as there are. */
  maxPerSecond: number | null
  /** Deliveries that wait for it, counted up to ENOUGH_PARKED; 0 where it is not paced. */
  parked: number
  cursor: string
  canarySent: number
  canaryFailed: number
  isProven: boolean
  lastSentAt: number | null
  filter: string | null
}

/**
 * A replay that is running at a step; `filter` is JSON text. `isMoving`: its org is being moved; `isPaused`: nothing of
 * it is sent.
 */
export type RunningReplay = {
  isMoving: boolean
  isPaused: boolean
  filter: string
  hasMissing: boolean
  recipient: Replay['recipient']
  copiesTo: Replay['copiesTo']
  ratePerSecond: number
  createdAt: number
  nextStepAt: number
  parts: ReplayPart[]
}

/**
 * What a step is to send, of which part, when, and its place among the part's: a delivery at its version, or an
 * event of which one is to be made.
 */
export type Outgoing = (Pick<Match, 'id' | 'version'> | Missed) & {
  part: string
  at: number
  place: number
}

/** What a step makes of a part; `endpointStatus` is what it went by. */
export type PartStep = {
  endpointId: string
  endpointStatus: ReplayPart['endpointStatus']
  cursor: string
  isOver: boolean
  /** Deliveries of it that are to be sent; which ones have changed since is found out by the write. */
  planned: number
  skipped: Partial<Record<SkipCause, number>>
  /** Nothing was heard of its canary: what is not known to have failed is sent again. */
  isAskedAgain: boolean
}

/** What a step does, and when the next one is due, in Unix ms. */
export type Slice = { sends: Outgoing[]; parts: PartStep[]; nextStepAt: number }

/** A delivery that a step has moved, or its copy; `isParked`: its endpoint's recovery sends it. */
export type Sent = DeliveryRef & { at: number; isParked: boolean }

/** As a statement answers it. */
type Moving = Omit<Sent, 'orgId' | 'isParked'> & { isParked: number }

/** What came of a step: what it has moved, and the next one, if there is one. */
export type Stepped = {
  sent: Sent[]
  status: 'running' | 'paused' | 'completed'
  nextStepAt: number | null
  transitions: Transition[]
}

/**
 * Reads the replay if it is running and at this step, with its parts that are not over. While its org is moved
 * to another database it waits: what a step changes is as old as can be, and a move looks for no change there. It
 * waits, too, while nothing of its org is sent: what it moved would only be held.
 */
export async function readStep(
  db: Database,
  { orgId, replayId, step }: StepRef,
  now: number,
): Promise<RunningReplay | undefined> {
  const { found, parts } = await transaction(db, {
    found: statement<StoredReplay>(
      db,
      sql`SELECT filter, has_missing AS "hasMissing", recipient, copies_to AS "copiesTo",
          rate_per_second AS "ratePerSecond", created_at AS "createdAt", next_step_at AS "nextStepAt",
          ${isMoving(sql`replays.org_id`)} AS "isMoving", ${isPaused(sql`replays.org_id`)} AS "isPaused"
        FROM replays WHERE org_id = ${orgId} AND id = ${replayId} AND step = ${step}
          AND status = 'running'`,
    ),
    parts: statement<StoredPart>(db, selectParts(orgId, replayId, now)),
  })
  const [replay] = found
  return replay && { ...toReplay(replay), parts: parts.map(toPart) }
}

type StoredReplay = Omit<RunningReplay, 'parts' | 'hasMissing' | 'isMoving' | 'isPaused'> &
  Record<'hasMissing' | 'isMoving' | 'isPaused', number>

function toReplay({ hasMissing, isMoving: isAway, isPaused: isHeld, ...replay }: StoredReplay) {
  return {
    ...replay,
    hasMissing: hasMissing === 1,
    isMoving: isAway === 1,
    isPaused: isHeld === 1,
  }
}

type StoredPart = Omit<ReplayPart, 'isPaced' | 'isProven'> & { isPaced: number; isProven: number }

function toPart({ isPaced, isProven, ...part }: StoredPart): ReplayPart {
  return { ...part, isPaced: isPaced === 1, isProven: isProven === 1 }
}

function selectParts(orgId: string, replayId: string, now: number): SQL {
  const isPaced = sql`(ep.pace IS NOT NULL OR ep.unwell_since <= ${now - PACE_AFTER_MS}) IS TRUE`
  const parked = sql`(SELECT count(*) FROM (
    SELECT 1 FROM deliveries b INDEXED BY deliveries_parked
    WHERE b.endpoint_id = ep.id AND b.stage = 'pending' AND b.sweep_at IS NULL AND b.org_id = ep.org_id
    LIMIT ${literal(ENOUGH_PARKED)}))`
  return sql`
    SELECT p.endpoint_id AS "endpointId", p.cursor, p.canary_sent AS "canarySent",
      p.canary_failed AS "canaryFailed", p.is_proven AS "isProven", p.last_sent_at AS "lastSentAt", ep.filter,
      ep.max_per_second AS "maxPerSecond",
      iif(p.endpoint_id = '', 'enabled', coalesce(ep.status, 'deleted')) AS "endpointStatus",
      ${isPaced} AS "isPaced", iif(${isPaced}, ${parked}, 0) AS parked
    FROM replay_parts p LEFT JOIN endpoints ep ON ep.org_id = ${orgId} AND ep.id = p.endpoint_id
    WHERE p.org_id = ${orgId} AND p.replay_id = ${replayId} AND p.is_over = 0
    LIMIT ${literal(PARTS_A_STEP)}`
}

/**
 * Writes a step, if the replay is still at it and its endpoints are what they were: all in one transaction,
 * cursors and deliveries together, so that none is sent twice or passed over (Y1, Y3). Undefined: it was not
 * written, by this call at least; a repetition after a lost answer changes nothing, and what the first one has
 * moved the sweep sends when its lease ends. Costs a delivery's row and its two entries in indexes each.
 */
export async function moveSlice(
  db: Database,
  ref: StepRef,
  slice: Slice,
  terms: StepTerms,
): Promise<Stepped | undefined> {
  const { orgId, replayId } = ref
  const { copiesTo, now } = terms
  const sends = JSON.stringify(slice.sends)
  const parts = JSON.stringify(slice.parts)
  const isDue = isAtStep(ref, parts, copiesTo)
  const write = { ...terms, sends, isDue, isToPark: isToPark(ref, now) }
  const hasMissed = slice.sends.some((one) => 'callId' in one)
  const move = copiesTo === null ? moveDeliveries : copyDeliveries
  const done = await transaction(db, {
    parts: statement(db, advanceParts(ref, parts, { ...write, hasMissed })),
    moved: statement<Moving>(db, move(ref, write)),
    made: hasMissed ? statement<Moving>(db, insertMissed(ref, write)) : undefined,
    listed: hasMissed ? statement(db, listUnderCall(orgId, sends)) : undefined,
    replays: advanceReplay(db, ref, { isDue: write.isDue, nextStepAt: slice.nextStepAt, now }),
    completed: statement(db, noteReplay(orgId, replayId, 'completed', now)),
    paused: statement(db, noteReplay(orgId, replayId, 'paused', now)),
  })
  const [replay] = done.replays
  if (!replay) return undefined
  const as = copiesTo === null ? { orgId } : { orgId, copiedBy: replayId }
  const sent = [...done.moved, ...done.made].map((one) =>
    Object.assign(one, as, { isParked: one.isParked === 1 }),
  )
  const moved = copiesTo === null ? sent : []
  const transitions = ofDeliveries(moved, { from: 'any', to: 'pending', cause: 'redelivery' })
  return { ...replay, sent, transitions }
}

/**
 * SQL condition: the replay is running and at the step, and the parts' endpoints are what they were to it. While its
 * org is moved it rests: a move knows what is redelivered by the audit log, which has a replay once, for all (M1).
 */
function isAtStep(
  { orgId, replayId, step }: StepRef,
  parts: string,
  copiesTo: Replay['copiesTo'],
): SQL {
  const status = copiesTo === null ? sql`ep.status` : sql`'enabled'`
  return sql`(EXISTS (SELECT 1 FROM replays r WHERE r.org_id = ${orgId} AND r.id = ${replayId}
      AND r.step = ${step} AND r.status = 'running')
    AND NOT ${isMoving(sql`${orgId}`)}
    AND NOT EXISTS (SELECT 1 FROM json_each(${parts}) own WHERE own.value->>'endpointId' <> ''
      AND own.value->>'endpointStatus' <> coalesce((SELECT ${status} FROM endpoints ep
        WHERE ep.org_id = ${orgId} AND ep.id = own.value->>'endpointId'), 'deleted')))`
}

// Before the deliveries' own update, which raises the versions by which those are known that have not changed.
function advanceParts(
  { orgId, replayId }: StepRef,
  parts: string,
  { sends, isDue, now, hasMissed }: SliceWrite & { hasMissed: boolean },
): SQL {
  const sent = sql`coalesce(n.sent, 0)`
  const made = hasMissed
    ? sql`UNION ALL SELECT s.value->>'part' ${fromMissed(orgId, sends)}`
    : sql``
  const skipped = sql`(SELECT json_group_object(cause, count) FROM (
    SELECT cause, sum(count) AS count FROM (
      SELECT key AS cause, value AS count FROM json_each(p.skipped)
      UNION ALL SELECT key, value FROM json_each(own.value->'skipped')
      UNION ALL SELECT 'changed', own.value->>'planned' - ${sent})
    GROUP BY cause HAVING sum(count) > 0))`
  return sql`
    UPDATE replay_parts AS p SET cursor = own.value->>'cursor', is_over = own.value->>'isOver',
      replayed = p.replayed + ${sent}, skipped = ${skipped},
      canary_sent = iif(own.value->>'isAskedAgain', p.canary_failed, p.canary_sent) + ${sent},
      last_sent_at = iif(${sent} > 0, ${now}, p.last_sent_at)
    FROM json_each(${parts}) own LEFT JOIN (
      SELECT part, count(*) AS sent FROM (
        SELECT s.value->>'part' AS part FROM json_each(${sends}) s CROSS JOIN deliveries d
        WHERE ${isUnchanged(orgId)} ${made})
      GROUP BY part) AS n ON n.part = own.value->>'endpointId'
    WHERE p.org_id = ${orgId} AND p.replay_id = ${replayId}
      AND p.endpoint_id = own.value->>'endpointId' AND ${isDue}`
}

/** SQL condition: the delivery `d` is as it was when it was chosen to be sent, as `s` says. */
function isUnchanged(orgId: string): SQL {
  return sql`d.org_id = ${orgId} AND d.stage IN ${stagesFrom(sql`s.key`, 'any')}
    AND d.id = s.value->>'id' AND d.version = s.value->>'version' AND d.payload_deleted_at IS NULL`
}

/** What a step goes by, beside its plan. */
type StepTerms = Pick<Replay, 'recipient' | 'copiesTo'> & { now: number; leaseMs: number }

type Moves = StepTerms & SliceWrite

// What is parked is asked here, of the endpoint as it is: it must not be left to a recovery that is over. One that
// has nothing to go on with is given as many as may be in flight; what comes of these brings on the others. What
// this very step has parked already is none of that.
function isToPark({ replayId }: StepRef, now: number): SQL {
  const hadParked = sql`EXISTS (SELECT 1 FROM deliveries b INDEXED BY deliveries_parked
    WHERE b.endpoint_id = ep.id AND b.stage = 'pending' AND b.sweep_at IS NULL AND b.org_id = ep.org_id
      AND NOT (b.updated_at = ${now} AND b.redelivered_by IS ${BY_REPLAY + replayId}))`
  return sql`s.value->>'place' > CASE WHEN ep.pace IS NOT NULL THEN iif(${hadParked}, 0, ep.pace)
    WHEN ep.unwell_since <= ${now - PACE_AFTER_MS} THEN ${CROWD} END`
}

function moveDeliveries(
  { orgId, replayId }: StepRef,
  { sends, isDue, isToPark: parks, recipient, now, leaseMs }: Moves,
): SQL {
  const at = sql`s.value->>'at'`
  const isParked = sql`(SELECT ${parks} FROM endpoints ep
    WHERE ep.org_id = d.org_id AND ep.id = d.endpoint_id)`
  const change = dueByHand({
    by: sql`${BY_REPLAY + replayId}`,
    to: sql`${recipient}`,
    dueAt: at,
    sweepAt: sql`iif(${isParked}, NULL, ${at} + ${leaseMs})`,
    now: sql`${now}`,
  })
  return sql`
    UPDATE deliveries AS d SET ${change} FROM json_each(${sends}) s
    WHERE ${isUnchanged(orgId)} AND ${isDue}
    RETURNING id, version, next_attempt_at AS at, sweep_at IS NULL AS "isParked"`
}

// Leased as the deliveries themselves would be, which stay as they are.
function copyDeliveries({ orgId, replayId }: StepRef, { sends, isDue, now, leaseMs }: Moves): SQL {
  const leasedUntil = sql`s.value->>'at' + ${leaseMs}`
  return sql`
    ${INSERT_COPIES}
    SELECT ${copyOf(replayId, leasedUntil, now)} FROM json_each(${sends}) s CROSS JOIN deliveries d
    WHERE ${isUnchanged(orgId)} AND ${isDue}
    ON CONFLICT DO NOTHING
    RETURNING delivery_id AS id, 1 AS version, sweep_at - ${leaseMs} AS at, 0 AS "isParked"`
}
