// What a step of a replay plans from what it has read, and what steps and people make of a replay's rows.
import type { Row } from '../world/history.ts'
import {
  CANARY,
  CROWD,
  ENOUGH_PARKED,
  REFILL_MS,
  SILENCE_MS,
  SLICE_MS,
  UNWELL_MS,
} from './rules.ts'

/** What a step goes by: the rows as they were when it read them, and what it took the time to be. */
export type Known = {
  now: number
  replay: Row
  /** Its parts that are not over. */
  parts: Row[]
  endpointOf: (part: Row) => Row | undefined
  /** Deliveries that are parked for the endpoint of a part. */
  parkedFor: (part: Row) => number
  /** Those of the set, oldest first; `missed` is an event that stands for the one to be made of it. */
  deliveries: Row[]
}

/** A delivery that is to be sent, when, and its place among those of its part. */
export type Planned = { row: Row; at: number; place: number }

/** What a step does for a part that has a turn: what it sends, and what it passes by. */
export type Turn = {
  part: Row
  room: number
  /** Why all of it is passed by, if it is. */
  cause: string | undefined
  isAskedAgain: boolean
  sends: Planned[]
  /** By their cause. */
  passedBy: Record<string, number>
  cursor: string
  /** So many a second the endpoint takes. */
  limit: number
  /** Something is left for the next step. */
  isCut: boolean
}

/** What a step plans, and until when its pace is used up. */
export type Plan = { turns: Turn[]; nextStepAt: number }

/** The oldest first, evenly, as many as the pace gives in a slice; what was lost of time is not made up for. */
export function planStep(known: Known): Plan {
  const { now, replay } = known
  const rate = Number(replay['rate_per_second'])
  const startAt = Math.max(now, Number(replay['next_step_at']))
  const turns = known.parts.map((part) => turnOf(known, part)).filter(({ room }) => room > 0)
  let sent = 0
  for (const row of known.deliveries) {
    const turn = turns.find(({ part }) => part['endpoint_id'] === (row['endpoint_id'] ?? ''))
    if (!turn || turn.isCut || String(row['id']) <= turn.cursor) continue
    const isFull = sent === (rate * SLICE_MS) / 1000 || turn.sends.length >= turn.room
    const cause = turn.cause ?? (row['payload_deleted_at'] == null ? undefined : 'payload_deleted')
    turn.isCut = cause === undefined && isFull
    if (turn.isCut) continue
    if (cause === undefined) {
      const own = Math.floor((turn.sends.length * 1000) / turn.limit)
      const at = startAt + Math.max(Math.floor((sent * 1000) / rate), own)
      turn.sends.push({ row, at, place: turn.sends.length + 1 })
      sent += 1
    } else turn.passedBy[cause] = (turn.passedBy[cause] ?? 0) + 1
    turn.cursor = endOf(row)
  }
  const usedUpAt = startAt + Math.ceil((sent * 1000) / rate)
  const goesOn = turns.some(({ isCut, sends, room }) => isCut && sends.length < room)
  const isRefilled = known.parts.some((part) => isWorkedOff(known, part))
  const waitMs = isRefilled ? REFILL_MS : SLICE_MS
  return { turns, nextStepAt: goesOn ? usedUpAt : Math.max(usedUpAt, startAt + waitMs) }
}

/** What is made of an event comes behind it, before the next one. */
function endOf(row: Row): string {
  const id = String(row['id'])
  return row['missed'] === 1 ? `${id.slice(0, -4)}ffff` : id
}

function turnOf({ endpointOf, parkedFor, now }: Known, part: Row): Turn {
  const endpoint = endpointOf(part)
  const limit = Number(endpoint?.['max_per_second'] ?? Infinity)
  const begun = { part, sends: [], passedBy: {}, cursor: String(part['cursor']), isCut: false }
  const plain = { ...begun, limit }
  const isDeleted = part['endpoint_id'] !== '' && (!endpoint || endpoint['is_deleted'] === 1)
  if (isDeleted || endpoint?.['status'] === 'disabled') {
    const cause = isDeleted ? 'endpoint_deleted' : 'endpoint_disabled'
    return { ...plain, room: Infinity, cause, isAskedAgain: false }
  }
  const [sent, failed] = [Number(part['canary_sent']), Number(part['canary_failed'])]
  const lastAt = part['last_sent_at']
  const isSilent = typeof lastAt === 'number' && now - lastAt >= SILENCE_MS
  const isAskedAgain = part['is_proven'] === 0 && isSilent && sent > failed
  const tried = isAskedAgain ? failed : Math.max(sent, failed)
  const canary = part['is_proven'] === 1 ? Infinity : CANARY - tried
  const beside = isPaced(endpoint, now) ? ENOUGH_PARKED - parkedFor(part) : Infinity
  const room = Math.min(canary, beside, Math.floor((plain.limit * SLICE_MS) / 1000))
  return { ...plain, room, cause: undefined, isAskedAgain }
}

/** Whether a part waits for its endpoint to take what is parked. */
function isWorkedOff({ endpointOf, now }: Known, part: Row): boolean {
  const endpoint = endpointOf(part)
  return endpoint?.['status'] === 'enabled' && part['is_proven'] === 1 && isPaced(endpoint, now)
}

function isPaced(endpoint: Row | undefined, now: number): boolean {
  const since = endpoint?.['unwell_since']
  return (
    typeof endpoint?.['pace'] === 'number' ||
    (typeof since === 'number' && since <= now - UNWELL_MS)
  )
}

/**
 * Whether a delivery is left to its endpoint's recovery: what that has parked goes first, and of a crowd a
 * few go at once.
 */
export function isLeft({ place }: Planned, endpoint: Row | undefined, parked: number, now: number) {
  if (!endpoint || !isPaced(endpoint, now)) return false
  const { pace } = endpoint
  return place > (typeof pace === 'number' ? (parked > 0 ? 0 : pace) : CROWD)
}

/** A part after a step that has sent so many of those planned: the others had changed in between. */
export function partAfter(turn: Turn, before: Row, sent: number, now: number): Row {
  const { sends, passedBy, isAskedAgain, isCut, cursor } = turn
  const [tried, failed] = [Number(before['canary_sent']), Number(before['canary_failed'])]
  const more = { changed: sends.length - sent, ...passedBy }
  return {
    ...before,
    ...(isCut && { cursor }),
    is_over: isCut ? 0 : 1,
    replayed: Number(before['replayed']) + sent,
    skipped: addCounts(String(before['skipped']), more),
    canary_sent: (isAskedAgain ? failed : tried) + sent,
    last_sent_at: sent > 0 ? now : (before['last_sent_at'] ?? null),
  }
}

/** As JSON, by name, without what is nothing. */
function addCounts(stored: string, more: Record<string, number>): string {
  // It is written by steps.
  const counts = new Map(Object.entries(JSON.parse(stored) as Record<string, number>))
  for (const [cause, count] of Object.entries(more))
    counts.set(cause, (counts.get(cause) ?? 0) + count)
  const some = [...counts].filter(([, count]) => count > 0)
  return JSON.stringify(Object.fromEntries(some.toSorted(([a], [b]) => (a < b ? -1 : 1))))
}

/** Whether all of the first ones failed that a part has sent. */
export function isHeld(part: Row): boolean {
  return part['is_proven'] === 0 && Number(part['canary_failed']) >= CANARY
}

/** A replay after a step: over with its last part, paused when all that is left of it is held. */
export function replayAfter(
  before: Row,
  partsAfter: Row[],
  { nextStepAt }: Plan,
  now: number,
): Row {
  const open = partsAfter.filter((part) => part['is_over'] === 0)
  const left = open.every(isHeld) ? 'paused' : 'running'
  const status = open.length === 0 ? 'completed' : left
  return {
    ...before,
    status,
    step: Number(before['step']) + 1,
    updated_at: now,
    next_step_at: status === 'running' ? nextStepAt : null,
    ended_at: status === 'completed' ? now : null,
  }
}

/** A replay after a person's act of this name, which raises its step, so that one under way comes to nothing. */
export function controlledRow(before: Row, name: string, rate: number, now: number): Row {
  const changes: Record<string, Row> = {
    pause: { status: 'paused', next_step_at: null },
    resume: { status: 'running', next_step_at: now },
    cancel: { status: 'canceled', next_step_at: null, ended_at: now },
    repace: { rate_per_second: rate },
  }
  return { ...before, step: Number(before['step']) + 1, updated_at: now, ...changes[name] }
}

/** What came of attempts that a part's replay had asked for; `late` follows a failure that was counted. */
export type Counts = { delivered: number; failed: number; late: number }

/** A part after so many of its attempts were recorded. */
export function countedRow(before: Row, { delivered, failed, late }: Counts): Row {
  return {
    ...before,
    delivered: Number(before['delivered']) + delivered,
    failed: Number(before['failed']) + failed - late,
    canary_failed: Number(before['canary_failed']) + failed,
    is_proven: delivered > 0 ? 1 : (before['is_proven'] ?? 0),
  }
}
