// Y8: what replays make of events that endpoints have missed.
import { eventIdOf, lowestIdAt } from '../../../src/db/ids.ts'
import { madeRow } from '../model/acts.ts'
import type { Planned } from '../model/replaying.ts'
import { MISSED_FOR_MS } from '../model/rules.ts'
import type { Row } from '../world/history.ts'
import { isSubscribed } from './durability.ts'
import {
  callOf,
  isClosed,
  isDeleted,
  isForgotten,
  isStepping,
  type Evidence,
  type Step,
} from './evidence.ts'

/** What clocks of processes may differ, in ms: two of them, each by so much either way, and more. */
const SKEW_MS = 900_000

/**
 * A replay that is asked for it makes one delivery of each event from before its start, for each endpoint that takes
 * it now and has none of it, and says so on it. Nothing else is made of an event that is stored: not for an endpoint
 * that is closed, not of a test, and not where its payload was deleted. Once it is completed none is left out, but for an endpoint that was changed meanwhile.
 */
export function Y8(evidence: Evidence): string[] {
  const made = evidence.changesOf('deliveries').filter(isMade)
  return [...made.flatMap((step) => wrongIn(evidence, step)), ...leftOut(evidence)]
}

function isMade({ before, actor, row }: Step): boolean {
  return !before && (isStepping(actor) || row['stage'] !== 'new' || row['replay_id'] !== null)
}

function wrongIn(evidence: Evidence, { id, row, tx, actor }: Step): string[] {
  const replay = evidence.rowAt('replays', actor.step?.replayId, tx - 1)
  const event = evidence.rowAt('events', eventIdOf(id), tx - 1)
  const endpointId = String(row['endpoint_id'])
  const endpoint = evidence.rowAt('endpoints', endpointId, tx - 1)
  const isRight =
    replay?.['has_missing'] === 1 &&
    replay['id'] === row['replay_id'] &&
    event !== undefined &&
    isOfSet(evidence, replay, event) &&
    isTaken(event, endpoint) &&
    idsFor(evidence, event, endpointId, tx).length === 1
  return isRight ? [] : [`${actor.name} made ${id}, which was not missed`]
}

/** Whether an event is of a replay's set, as far as its time and its kind say so. */
function isOfSet(evidence: Evidence, replay: Row, event: Row): boolean {
  const isBefore = String(event['id']) < lowestIdAt(Number(replay['created_at']))
  return isBefore && callOf(evidence, event)?.action !== 'test'
}

function isTaken(event: Row, endpoint: Row | undefined): boolean {
  return endpoint !== undefined && !isClosed(endpoint) && isSubscribed(endpoint, event['type'])
}

/** The deliveries of an event that there ever were for an endpoint until an operation. */
function idsFor(evidence: Evidence, event: Row, endpointId: string, tx: number): string[] {
  const own = evidence
    .changesOf('deliveries')
    .filter((step) => step.tx <= tx && step.row['endpoint_id'] === endpointId)
  return [...new Set(own.map(({ id }) => id))].filter((id) => eventIdOf(id) === event['id'])
}

/** What was there to be made from when a replay was asked for until it was completed, and was not. */
function leftOut(evidence: Evidence): string[] {
  const ends = evidence
    .changesOf('replays')
    .filter(({ row, before }) => row['status'] === 'completed' && before?.['status'] === 'running')
  return ends.flatMap(({ id, row: replay, tx }) => {
    if (replay['has_missing'] !== 1) return []
    const start = evidence.statesOf('replays', id)[0]
    const call = evidence.run.history.calls.find(({ actor }) => actor === start?.actor)
    const from = call?.startTx ?? 0
    const endpoints = [...evidence.rowsAt('endpoints', from).keys()]
    const events = [...evidence.rowsAt('events', from).values()]
    return endpoints.flatMap((endpointId) =>
      events
        .filter((event) => isOfSet(evidence, replay, event) && !isTooOld(evidence, event, tx))
        .filter((event) => !isForgotten(evidence.rowAt('events', String(event['id']), tx)))
        .filter((event) => isTakenAll(evidence, event, endpointId, from, tx))
        .filter((event) => idsFor(evidence, event, endpointId, Infinity).length === 0)
        .map((event) => `${id} left out ${String(event['id'])} for ${endpointId}`),
    )
  })
}

/** Whether an event was pruned, or is so old that another delivery of it may have been. */
function isTooOld({ run }: Evidence, event: Row, tx: number): boolean {
  const { deletions, operations } = run.history
  const isGone = deletions.some((one) => one.kind === 'events' && one.id === event['id'])
  const at = operations.find((one) => one.tx === tx)?.at ?? 0
  return isGone || Number(event['accepted_at']) < at - MISSED_FOR_MS + SKEW_MS
}

/** Whether an endpoint takes an event at each moment from one operation to another. */
function isTakenAll(
  evidence: Evidence,
  event: Row,
  endpointId: string,
  from: number,
  to: number,
): boolean {
  const meanwhile = evidence
    .statesOf('endpoints', endpointId)
    .filter(({ tx }) => tx > from && tx <= to)
    .map(({ row }) => row)
  const first = evidence.rowAt('endpoints', endpointId, from)
  return [first, ...meanwhile].every((endpoint) => isTaken(event, endpoint))
}

/** A step, its replay, the parts that it has read, and after which operation it read what they have missed. */
type Reading = { replay: Row; parts: Row[]; now: number; tx: number }

/** Of each event that a part's endpoint had missed a row that stands for what is to be made of it. */
export function missedBy(evidence: Evidence, { replay, parts, now, tx }: Reading): Row[] {
  if (replay['has_missing'] !== 1) return []
  const events = [...evidence.rowsAt('events', tx).values()].filter(
    (event) =>
      isOfSet(evidence, replay, event) &&
      String(event['id']) >= lowestIdAt(now - MISSED_FOR_MS) &&
      !isGoneAt(evidence, event['id'], tx),
  )
  return parts.flatMap((part) => {
    const endpoint = evidence.rowAt('endpoints', part['endpoint_id'], tx)
    if (!endpoint || isDeleted(endpoint)) return []
    return events
      .filter(
        (event) =>
          isSubscribed(endpoint, event['type']) && isMissing(evidence, event, endpoint, tx),
      )
      .map(({ id = null, payload_deleted_at = null }) => {
        return { id, endpoint_id: endpoint['id'] ?? null, missed: 1, payload_deleted_at }
      })
  })
}

function isMissing(evidence: Evidence, event: Row, endpoint: Row, tx: number): boolean {
  const had = idsFor(evidence, event, String(endpoint['id']), tx)
  return had.every((id) => isGoneAt(evidence, id, tx))
}

function isGoneAt({ run }: Evidence, id: Row[string] | undefined, tx: number): boolean {
  return run.history.deletions.some((one) => one.id === id && one.tx <= tx)
}

/** What a step makes of what it has planned, by what is so just before: as the event's next ids. */
export function madeOf(
  evidence: Evidence,
  planned: Planned[],
  { replay, now, tx }: Pick<Reading, 'replay' | 'now' | 'tx'>,
): { planned: Planned; row: Row; event: Row }[] {
  const left = planned.flatMap((one) => {
    const event = evidence.rowAt('events', one.row['id'], tx - 1)
    const endpoint = evidence.rowAt('endpoints', one.row['endpoint_id'], tx - 1)
    if (!event || !endpoint || isClosed(endpoint) || isGoneAt(evidence, event['id'], tx)) return []
    if (isForgotten(event)) return []
    return isMissing(evidence, event, endpoint, tx - 1) ? [{ planned: one, event, endpoint }] : []
  })
  const inTurn = left.toSorted((a, b) =>
    String(a.endpoint['id']) < String(b.endpoint['id']) ? -1 : 1,
  )
  const replayId = String(replay['id'])
  return inTurn.map(({ planned: one, event, endpoint }, place) => {
    const before = inTurn.slice(0, place).filter((other) => other.event === event).length
    const acceptedAt = Number(event['accepted_at'])
    const about = {
      org_id: event['org_id'] ?? null,
      id: numbered(event, lastOf(evidence, event, tx - 1) + before + 1),
      endpoint_id: endpoint['id'] ?? null,
      call_id: event['call_id'] ?? event['listed_under'] ?? null,
      event_type: event['type'] ?? null,
      url: endpoint['url'] ?? null,
    }
    return { planned: one, event, row: madeRow(about, { replayId, acceptedAt, now, at: one.at }) }
  })
}

function lastOf(evidence: Evidence, event: Row, tx: number): number {
  const ids = [...evidence.rowsAt('deliveries', tx).keys()].filter(
    (id) => eventIdOf(id) === event['id'] && !isGoneAt(evidence, id, tx),
  )
  return Math.max(0, ...ids.map((id) => Number.parseInt(id.slice(-4), 16)))
}

function numbered(event: Row, number: number): string {
  return `${String(event['id']).slice(0, -4)}${number.toString(16).padStart(4, '0')}`
}

/** An event once there is a delivery of it: its call lists it. */
export function listedRow(event: Row): Row {
  const { call_id: callId = null, listed_under: under } = event
  if (under !== '' || typeof callId !== 'string') return event
  const lower = callId.toLowerCase()
  return { ...event, listed_under: lower, call_id: callId === lower ? null : callId }
}
