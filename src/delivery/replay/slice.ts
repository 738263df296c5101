// What one step of a replay does, as pure functions: how much of each part is looked at, and what is sent when.
import {
  ENOUGH_PARKED,
  type PartStep,
  type ReplayPart,
  type Slice,
} from '../../db/lifecycle/replay.ts'
import { MAX_MANUAL_RETRIES } from '../../db/lifecycle/redeliver.ts'
import { lastIdOf } from '../../db/ids.ts'
import { CANARY, type SkipCause } from '../../db/replays/words.ts'
import type { Match, Missed, Walked } from '../../db/walk.ts'

/** A step sends what is due within so many ms, at most; two of these wait in the queue. */
export const SLICE_MS = 5000

/** While an endpoint works off what is parked for it, more is parked each second: it takes 125 in one. */
const REFILL_MS = 1000

/** So long after the last of a canary was sent, in ms, what nothing was heard of is sent again. */
const SILENCE_MS = 10 * 60_000

/** Rows that one step reads of all parts, but at least so many of each. */
const ROWS = { step: 5000, part: 100 }

/**
 * What a part may do in a step: send so many, or pass by all that it has. `isAskedAgain`: nothing was heard of
 * its canary for too long.
 */
export type Turn = {
  part: ReplayPart
  room: number
  skips: Extract<SkipCause, 'endpoint_disabled' | 'endpoint_deleted'> | undefined
  isAskedAgain: boolean
}

/** The turns of those parts that have one: the others are held, or wait for their canary or their endpoint. */
export function turnsOf(parts: ReplayPart[], now: number): Turn[] {
  return parts.map((part) => turnOf(part, now)).filter(({ room }) => room > 0)
}

/** After so many ms there may be a turn for those that have none now. */
export function waitMsOf(parts: ReplayPart[]): number {
  return parts.some(isWorkedOff) ? REFILL_MS : SLICE_MS
}

function isWorkedOff({ isPaced, isProven, endpointStatus }: ReplayPart): boolean {
  return isPaced && isProven && endpointStatus === 'enabled'
}

/** The part of a replay that sends copies, which go past its endpoint: that has to be there, to sign them. */
export function asCopied(part: ReplayPart): ReplayPart {
  const isThere = part.endpointStatus !== 'deleted'
  return {
    ...part,
    endpointStatus: isThere ? 'enabled' : 'deleted',
    isPaced: false,
    maxPerSecond: null,
    parked: 0,
  }
}

/** Rows that each of so many parts reads in a step. */
export function rowsEach(turns: number): number {
  return Math.max(ROWS.part, Math.floor(ROWS.step / turns))
}

function turnOf(part: ReplayPart, now: number): Turn {
  const plain = { part, skips: undefined, isAskedAgain: false }
  if (part.endpointStatus !== 'enabled') {
    return { ...plain, skips: `endpoint_${part.endpointStatus}`, room: Infinity }
  }
  const taken = Math.floor(((part.maxPerSecond ?? Infinity) * SLICE_MS) / 1000)
  const beside = Math.min(taken, part.isPaced ? ENOUGH_PARKED - part.parked : Infinity)
  if (part.isProven) return { ...plain, room: beside }
  const isSilent = part.lastSentAt !== null && now - part.lastSentAt >= SILENCE_MS
  const isAskedAgain = isSilent && part.canarySent > part.canaryFailed
  const sent = isAskedAgain ? part.canaryFailed : Math.max(part.canarySent, part.canaryFailed)
  return { ...plain, isAskedAgain, room: Math.min(CANARY - sent, beside) }
}

/** A turn, and what its walk has found. */
export type WalkedTurn = { turn: Turn; walked: Walked }

/** How fast a replay is, until when its pace is used up, in Unix ms, and how long it waits when none has a turn. */
export type Pace = {
  ratePerSecond: number
  nextStepAt: number
  waitMs: number
  /** Where it sends copies to, if it does. */
  copiesTo?: string | null
}

/**
 * Plans a step: the oldest of all parts first, evenly, as many as the pace gives in a slice. Time that was lost
 * is not made up for (Y4). What is left of a part begins behind the last delivery that it dealt with.
 */
export function planSlice(
  walks: WalkedTurn[],
  { ratePerSecond, nextStepAt, waitMs, copiesTo = null }: Pace,
  now: number,
): Slice {
  const startAt = Math.max(now, nextStepAt)
  const most = Math.floor((ratePerSecond * SLICE_MS) / 1000)
  const progress = walks.map(begin)
  const sends: Slice['sends'] = []
  for (const { found, one } of inOrder(progress)) {
    if (one.isCut) continue
    const cause = one.turn.skips ?? refusalOf(found, copiesTo)
    if (cause) one.skipped[cause] = (one.skipped[cause] ?? 0) + 1
    else if (sends.length >= most || one.planned >= one.turn.room) {
      one.isCut = true
      continue
    } else {
      one.planned += 1
      const at = startAt + Math.max(spread(sends.length, ratePerSecond), ownSpread(one))
      sends.push({ ...refOf(found), part: one.turn.part.endpointId, at, place: one.planned })
    }
    one.cursor = endOf(found)
  }
  const usedUpAt = startAt + Math.ceil((sends.length * 1000) / ratePerSecond)
  const goesOn = progress.some((one) => !isDone(one) && one.planned < one.turn.room)
  return {
    sends,
    parts: progress.map(toStep),
    nextStepAt: goesOn ? usedUpAt : Math.max(usedUpAt, startAt + waitMs),
  }
}

/** After how many ms the one at this place is sent, from 0. */
function spread(place: number, perSecond: number): number {
  return Math.floor((place * 1000) / perSecond)
}

/** The same by what its endpoint takes: the least of both holds. */
function ownSpread({ planned, turn }: Progress): number {
  return spread(planned - 1, turn.part.maxPerSecond ?? Infinity)
}

/** How far a part has come within a step. `isCut`: some that its walk has found are left. */
type Progress = WalkedTurn & Pick<PartStep, 'planned' | 'skipped' | 'cursor'> & { isCut: boolean }

function begin(one: WalkedTurn): Progress {
  return { ...one, planned: 0, skipped: {}, cursor: one.turn.part.cursor, isCut: false }
}

/** What a walk has found: a delivery, or an event of which one is to be made. */
type Found = Match | Missed

function inOrder(progress: Progress[]): { found: Found; one: Progress }[] {
  const foundBy = ({ walked: { matches, missed } }: Progress): Found[] => [...matches, ...missed]
  return progress
    .flatMap((one) => foundBy(one).map((found) => ({ found, one })))
    .toSorted((a, b) => (a.found.id < b.found.id ? -1 : 1))
}

/** Why nothing of it is sent, whatever becomes of its endpoint. */
function refusalOf(found: Found, copiesTo: string | null): SkipCause | undefined {
  if (found.isForgotten) return 'payload_deleted'
  if ('isFiltered' in found && found.isFiltered) return 'filtered'
  return isSpent(found, copiesTo) ? 'limit_reached' : undefined
}

/** A copy adds nothing to the delivery's own log, which is why there is a limit. */
function isSpent(found: Found, copiesTo: string | null): boolean {
  if (copiesTo !== null || !('manualRetryCount' in found)) return false
  return found.manualRetryCount >= MAX_MANUAL_RETRIES
}

function refOf(found: Found): Missed | Pick<Match, 'id' | 'version'> {
  return 'version' in found ? { id: found.id, version: found.version } : found
}

/** Up to where nothing more is to be dealt with: the delivery that is made of an event comes behind it. */
function endOf(found: Found): string {
  return 'version' in found ? found.id : lastIdOf(found.id)
}

function isDone({ isCut, walked }: Progress): boolean {
  return !isCut && walked.isOver
}

function toStep(one: Progress): PartStep {
  const { turn, walked, planned, skipped, cursor, isCut } = one
  const furthest = walked.furthest ?? ''
  return {
    endpointId: turn.part.endpointId,
    endpointStatus: turn.part.endpointStatus,
    cursor: isCut || furthest < cursor ? cursor : furthest,
    isOver: isDone(one),
    planned,
    skipped,
    isAskedAgain: turn.isAskedAgain,
  }
}
