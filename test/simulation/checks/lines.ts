// The lines of calls: behind which other delivery each one stands, told from the order in which their events were stored.
import { eventIdOf } from '../../../src/db/ids.ts'
import { isOrdered } from '../schedules/schedule.ts'
import type { ClientCall, Row } from '../world/history.ts'
import { isDeleted, type Evidence, type Step } from './evidence.ts'

/**
 * A delivery to an ordered endpoint as it was accepted; `front` is the id of the one before it of its call, if there is
 * one; `isSure`: its endpoint ordered all the time since, so that this is known of it. `until`: how long it waits at most, in Unix ms by the clock of who had it stored.
 */
export type Lined = {
  id: string
  endpointId: string
  tx: number
  front: string | undefined
  isSure: boolean
  until: number
}

/** Those of a run by id, and of each that waits for another, as it is stored, the id of that. */
type Lines = { lines: Map<string, Lined>; fronts: Map<string, string> }

const known = new WeakMap<Evidence, Lines>()

/** Goes by the events as they were stored, one after the other: it knows nothing of what the engine notes of their order. */
export function linesOf(evidence: Evidence): Map<string, Lined> {
  return of(evidence).lines
}

/** Of each delivery that waits for another, as it is stored, the id of that. */
export function frontsOf(evidence: Evidence): Map<string, string> {
  return of(evidence).fronts
}

function of(evidence: Evidence): Lines {
  const found = known.get(evidence) ?? find(evidence)
  known.set(evidence, found)
  return found
}

function find(evidence: Evidence): Lines {
  const lined = isOrdered(evidence.run.schedule) ? linedIn(evidence) : []
  const waiting = lined.flatMap((one) =>
    one.front !== undefined && isWaiting(evidence, one) ? [[one.id, one.front] as const] : [],
  )
  return { lines: new Map(lined.map((one) => [one.id, one])), fronts: new Map(waiting) }
}

function linedIn(evidence: Evidence): Lined[] {
  const ends = new Map<string, Lined>()
  return acceptedFor(evidence).map(({ tx, id, now, maxWaitS, endpointId, callId }) => {
    const end = ends.get(`${endpointId} ${callId}`)
    const isSure = end !== undefined && !wasUnordered(evidence, endpointId, end.tx, tx)
    const until = now + 1000 * maxWaitS
    const lined = { id, endpointId, tx, front: end?.id, isSure, until }
    ends.set(`${endpointId} ${callId}`, lined)
    return lined
  })
}

function acceptedFor(evidence: Evidence) {
  const made = Map.groupBy(
    evidence.changesOf('deliveries').filter(({ before }) => !before),
    ({ tx, id }) => `${tx} ${eventIdOf(id)}`,
  )
  return evidence.changesOf('events').flatMap((event) => {
    // A test stands in no line, and what tells of the service is about no call.
    const isOfCall = event.row['endpoint_id'] === null && event.row['listed_under'] !== ''
    if (event.before || !isOfCall) return []
    return (made.get(`${event.tx} ${event.id}`) ?? []).flatMap(({ tx, id, now, row }) => {
      const endpointId = String(row['endpoint_id'])
      const maxWaitS = orderOf(evidence.rowAt('endpoints', endpointId, tx - 1))
      const callId = String(row['call_id']).toLowerCase()
      return maxWaitS > 0 ? [{ tx, id, now, maxWaitS, endpointId, callId }] : []
    })
  })
}

/** For how many seconds at most an endpoint has what is about a call wait; 0: nothing does. */
export function orderOf(endpoint: Row | undefined): number {
  return Number(endpoint?.['ordering_max_wait'] ?? 0)
}

/** Whether an endpoint ordered nothing at any time from one operation to another. */
export function wasUnordered(
  evidence: Evidence,
  endpointId: string,
  from: number,
  to: number,
): boolean {
  const states = evidence.statesOf('endpoints', endpointId)
  return states.some(({ tx, row }) => tx > from && tx <= to && orderOf(row) === 0)
}

// Behind one that was over, and is pending again, or that is not known for sure, it may.
function isWaiting(evidence: Evidence, lined: Lined): boolean {
  const isPut = evidence.rowAt('deliveries', lined.id, lined.tx)?.['sweep_at'] === lined.until
  return mustWait(evidence, lined) || (isPut && isBehindPending(evidence, lined))
}

/** Whether a delivery waits, as it is at an operation. */
export function isWaitingAt(evidence: Evidence, row: Row, tx: number): boolean {
  const front = evidence.rowAt('deliveries', frontsOf(evidence).get(String(row['id'])), tx)
  return row['stage'] === 'pending' && row['version'] === 1 && front?.['status'] === 'pending'
}

/** Whether a delivery that waited goes on with this change, because what it waited for is over. */
export function isLetGo(evidence: Evidence, { kind, id, before, row }: Step): boolean {
  const isSame = (name: string): boolean => before?.[name] === row[name]
  return (
    kind === 'deliveries' &&
    linesOf(evidence).get(id)?.front !== undefined &&
    before?.['version'] === 1 &&
    row['version'] === 2 &&
    ['status', 'attempts', 'manual_retry_count'].every(isSame)
  )
}

/** Whether a delivery is accepted behind one that has not been over. */
export function mustWait(evidence: Evidence, { front, isSure, tx }: Lined): boolean {
  return front !== undefined && isSure && !wasOver(evidence, front, tx - 1)
}

/** Whether it is accepted behind one that is pending: one that was over, and was asked for again, may hold it up. */
export function isBehindPending(evidence: Evidence, { front, tx }: Lined): boolean {
  return evidence.rowAt('deliveries', front, tx)?.['status'] === 'pending'
}

/** Whether a delivery had been over by an operation, be it that it is pending again. */
export function wasOver(evidence: Evidence, id: string, tx: number): boolean {
  return evidence.statesOf('deliveries', id).some((state) => state.tx <= tx && isOver(state.row))
}

/** Whether a state of a delivery is one in which it is over, or gone. */
export function isOver(row: Row): boolean {
  return row['status'] !== 'pending' || isDeleted(row)
}

/** The column that such a call gives an endpoint. Of one that is to order no more it is left open whether the sweep has to see to that. */
export function wantedOrder(evidence: Evidence, tx: number, call: ClientCall | undefined): Row {
  const [was, is] = [tx - 1, tx].map(
    (at) => evidence.rowAt('endpoints', call?.input.target, at)?.['ordering_max_wait'],
  )
  const wanted = call?.input.rate || null
  if ((was || null) === wanted) return {}
  return { ordering_max_wait: wanted ?? (is === 0 ? 0 : null) }
}

/** What the log calls a column that was changed: an order is two members. */
export function orderMembers(name: string, { before, row }: Step): string[] {
  if (name !== 'ordering_max_wait') return [name]
  const isSwitched =
    Number(before?.['ordering_max_wait']) > 0 !== Number(row['ordering_max_wait']) > 0
  return isSwitched ? ['ordering', 'ordering_max_wait_seconds'] : ['ordering_max_wait_seconds']
}
