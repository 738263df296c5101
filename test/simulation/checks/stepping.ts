// Y7: what steps, people and outcomes make of a replay, to the last column.
import { redeliveredRow } from '../model/acts.ts'
import { asCopied, copiedRow } from '../model/copying.ts'
import {
  controlledRow,
  isHeld,
  isLeft,
  partAfter,
  planStep,
  replayAfter,
  type Known,
  type Plan,
  type Planned,
} from '../model/replaying.ts'
import { differenceOf } from '../model/tables.ts'
import type { Operation, Row } from '../world/history.ts'
import { isCopying, oneOf } from './copied.ts'
import { outcomes } from './counting.ts'
import {
  isClosed,
  isForgotten,
  isStepping,
  isWord,
  nameOf,
  type Evidence,
  type Step,
} from './evidence.ts'
import { isWaitingAt } from './lines.ts'
import { listedRow, madeOf, missedBy } from './missed.ts'
import { isInSet } from './replaying.ts'

/**
 * A step, a start, a pause, a resumption, a cancellation and another rate change a replay, its parts and its
 * deliveries as the model says, to the last column, or nothing at all; an outcome counts for its part.
 */
export function Y7(evidence: Evidence): string[] {
  if (evidence.changesOf('replays').length === 0) return []
  return [...steps(evidence), ...controls(evidence), ...outcomes(evidence)]
}

function isWrite({ actor, isRead }: Operation): boolean {
  return isStepping(actor) && !isRead
}

function steps(evidence: Evidence): string[] {
  const { history, schedule } = evidence.run
  // Where there are several databases a process asks where its org is, too: its reads are not told apart.
  if (schedule.databases > 1) return []
  return history.operations.filter(isWrite).flatMap((operation) => {
    const known = knownTo(evidence, operation)
    const { actor, tx } = operation
    const changes = evidence.steps.filter((step) => step.tx === tx && !isWord(step.kind))
    if (!known) return []
    const expected = holds(evidence, operation, known) ? after(evidence, operation, known) : []
    const unmade = expected.filter(({ kind, id }) => !changes.some(isOf(kind, id)))
    const wrong = changes.flatMap(({ kind, id, row }) => {
      const one = expected.find(isOf(kind, id))
      const difference = one ? differenceOf(one.row, row) : 'it was not to be changed'
      return difference ? [`${actor.name} left ${kind} ${id}: ${difference}`] : []
    })
    return wrong.concat(unmade.map(({ kind, id }) => `${actor.name} left out ${kind} ${id}`))
  })
}

type Named = Pick<Step, 'kind' | 'id' | 'row'>

function isOf(kind: string, id: string) {
  return (one: Named): boolean => one.kind === kind && one.id === id
}

/** What a step had read: of it a process that asked twice does not tell which answer it took. */
function knownTo(evidence: Evidence, { actor, tx }: Operation): Known | undefined {
  const reads = evidence.run.history.operations.filter(
    (one) => one.actor === actor && one.isRead && one.tx < tx,
  )
  const [first, second = first] = reads
  const replay = evidence.rowAt('replays', actor.step?.replayId, first?.tx ?? 0)
  if (!first || !second || !replay || reads.length > 2) return undefined
  const all = partsAt(evidence, String(replay['id']), first.tx)
  const parts = all.filter((part) => part['is_over'] === 0)
  const createdAt = Number(replay['created_at'])
  const now = actor.startAt + actor.skewMs
  const endpointOf = (part: Row): Row | undefined => endpointAt(evidence, replay, part, first.tx)
  // What a closed one has missed is not looked for.
  const open = parts.filter((part) => !isClosed(endpointOf(part)))
  const missed = missedBy(evidence, { replay, parts: open, now, tx: second.tx })
  return {
    now,
    replay,
    parts,
    endpointOf,
    parkedFor: (part) => parkedAt(evidence, part['endpoint_id'], first.tx),
    deliveries: [...evidence.rowsAt('deliveries', second.tx)]
      .filter(([id]) => !isPruned(evidence, id, second.tx))
      .map(([, row]) => row)
      .filter((row) => isInSet(row, createdAt))
      .concat(missed)
      .toSorted((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1)),
  }
}

/** The endpoint of a part, as its replay sees it. */
function endpointAt(evidence: Evidence, replay: Row, part: Row, tx: number): Row | undefined {
  const row = evidence.rowAt('endpoints', part['endpoint_id'], tx)
  return isCopying(replay) ? asCopied(row) : row
}

function partsAt(evidence: Evidence, replayId: string, tx: number): Row[] {
  const rows = [...evidence.rowsAt('replay_parts', tx).values()]
  return rows.filter((part) => part['replay_id'] === replayId)
}

function parkedAt(evidence: Evidence, endpointId: Row[string] | undefined, tx: number): number {
  return [...evidence.rowsAt('deliveries', tx)].filter(
    ([id, row]) =>
      row['endpoint_id'] === endpointId &&
      row['stage'] === 'pending' &&
      row['sweep_at'] === null &&
      !isPruned(evidence, id, tx),
  ).length
}

function isPruned({ run }: Evidence, deliveryId: string, until: number): boolean {
  return run.history.deletions.some(
    ({ kind, id, tx }) => kind === 'deliveries' && id === deliveryId && tx <= until,
  )
}

/** Whether a step is still the replay's next one when it is written, and its endpoints are as it has read. */
function holds(evidence: Evidence, { actor, tx }: Operation, known: Known): boolean {
  const now = evidence.rowAt('replays', actor.step?.replayId, tx - 1)
  const isSame = planStep(known).turns.every(({ part }) => {
    const read = known.endpointOf(part)
    const then = endpointAt(evidence, known.replay, part, tx - 1)
    return read?.['status'] === then?.['status'] && read?.['is_deleted'] === then?.['is_deleted']
  })
  return now?.['status'] === 'running' && now['step'] === actor.step?.step && isSame
}

/** The rows as they should be after a step. */
function after(evidence: Evidence, operation: Operation, known: Known): Named[] {
  const { tx } = operation
  const { now, replay } = known
  const plan = planStep(known)
  const replayId = String(replay['id'])
  const sent = plan.turns.flatMap(({ sends }) => sends).flatMap(movedBy(evidence, operation, known))
  const made = makingOf(evidence, operation, known, plan)
  const done = new Set([...sent, ...made].map(({ planned }) => planned))
  const parts = partsAt(evidence, replayId, tx - 1)
  const turned = plan.turns.flatMap((turn): Named[] => {
    const id = `${replayId} ${turn.part['endpoint_id']}`
    const before = evidence.rowAt('replay_parts', id, tx - 1)
    const own = turn.sends.filter((one) => done.has(one)).length
    const left = before && partAfter(turn, before, own, now)
    // How far it has come says nothing of a part that is over.
    const cursor = evidence.rowAt('replay_parts', id, tx)?.['cursor'] ?? null
    const row = left?.['is_over'] === 1 ? { ...left, cursor } : left
    return row ? [{ kind: 'replay_parts', id, row }] : []
  })
  const others = parts.filter(
    (part) => !plan.turns.some((turn) => turn.part['endpoint_id'] === part['endpoint_id']),
  )
  const before = evidence.rowAt('replays', replayId, tx - 1) ?? replay
  const row = replayAfter(before, [...turned.map((one) => one.row), ...others], plan, now)
  const listed = made.map(({ event }) => event).filter((event) => event['listed_under'] === '')
  return [
    ...sent.map((one) => one.named),
    ...made.map((one) => named('deliveries', one.row)),
    ...listed.map((event) => named('events', listedRow(event))),
    ...turned,
    named('replays', row),
  ]
}

function named(kind: Step['kind'], row: Row): Named {
  return { kind, id: String(row['id']), row }
}

/** A delivery that a step has planned, as it is after it, or its copy. */
type Sent = { planned: Planned; named: Named }

/** Those that are still as they were when they were read: now due at their second, parked, or copied. */
function movedBy(evidence: Evidence, { tx }: Operation, { now, replay }: Known) {
  return (planned: Planned): Sent[] => {
    const { row: read, at } = planned
    const id = String(read['id'])
    const before = evidence.rowAt('deliveries', id, tx - 1)
    if (!before || before['version'] !== read['version'] || isPruned(evidence, id, tx)) return []
    if (isForgotten(before)) return []
    const replayId = String(replay['id'])
    if (isCopying(replay)) {
      const copy = copiedRow({ replayId, delivery: before }, at, now)
      return [{ planned, named: { kind: 'replay_copies', id: `${replayId} ${id}`, row: copy } }]
    }
    const isWaiting = isWaitingAt(evidence, before, tx - 1)
    const moved = redeliveredRow(before, { by: `replay:${replayId}`, now, at, isWaiting })
    const row = maybeParked(evidence, planned, moved, { tx, now })
    return [{ planned, named: named('deliveries', row) }]
  }
}

/** Those that are made of events, which are still missed. */
function makingOf(evidence: Evidence, { tx }: Operation, { now, replay }: Known, plan: Plan) {
  const planned = plan.turns.flatMap(({ sends }) => sends).filter(({ row }) => row['missed'] === 1)
  return madeOf(evidence, planned, { replay, now, tx }).map((one) =>
    Object.assign(one, { row: maybeParked(evidence, one.planned, one.row, { tx, now }) }),
  )
}

function maybeParked(
  evidence: Evidence,
  planned: Planned,
  row: Row,
  { tx, now }: { tx: number; now: number },
): Row {
  const endpointId = planned.row['endpoint_id']
  const endpoint = evidence.rowAt('endpoints', endpointId, tx - 1)
  const parked = parkedAt(evidence, endpointId, tx - 1)
  return isLeft(planned, endpoint, parked, now) ? { ...row, sweep_at: null } : row
}

/** A start makes a part of each endpoint; a resumption lets those try again that were held. */
function controls(evidence: Evidence): string[] {
  return evidence.changesOf('replays').flatMap((step) => {
    const { id, actor, before, row, now, tx } = step
    if (isStepping(actor)) return []
    const parts = evidence.changesOf('replay_parts').filter((one) => one.tx === tx)
    if (!before) return startOf(evidence, step, parts)
    const call = evidence.run.history.calls.find((one) => one.actor === actor)
    const wanted = controlledRow(before, nameOf(actor), call?.input.rate ?? 0, now)
    const difference = differenceOf(wanted, row)
    const isResumed = nameOf(actor) === 'resume'
    const held = partsAt(evidence, id, tx - 1).filter((part) => isResumed && isHeld(part))
    const isRight = parts.length === held.length && parts.every(isFreed)
    const wrong = difference ? [`${actor.name} left ${id}: ${difference}`] : []
    return isRight ? wrong : wrong.concat(`${actor.name} left the parts of ${id} wrong`)
  })
}

function isFreed({ row, before }: Step): boolean {
  return before !== undefined && !differenceOf({ ...before, canary_sent: 0, canary_failed: 0 }, row)
}

function startOf(evidence: Evidence, { id, actor, row, tx }: Step, parts: Step[]): string[] {
  const now = actor.startAt + actor.skewMs
  const isRunning = row['status'] === 'running'
  const wanted = {
    ...row,
    status: row['total'] === 0 || oneOf(row) !== undefined ? 'completed' : 'running',
    step: 1,
    next_step_at: isRunning ? now : null,
    created_at: now,
    updated_at: now,
    ended_at: isRunning ? null : now,
  }
  const difference = differenceOf(wanted, row)
  const endpoints = [...evidence.rowsAt('endpoints', tx - 1).keys(), '']
  const missing = endpoints.filter(
    (endpointId) => isRunning && !parts.some((part) => part.row['endpoint_id'] === endpointId),
  )
  return [
    ...(difference ? [`${actor.name} left ${id}: ${difference}`] : []),
    ...missing.map((endpointId) => `${id} has no part for ${endpointId}`),
  ]
}
