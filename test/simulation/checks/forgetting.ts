// P7: what is left of a payload that was deleted, and what becomes of its deliveries.
import { eventIdOf } from '../../../src/db/ids.ts'
import { endedBy } from '../model/sweep.ts'
import { differenceOf } from '../model/tables.ts'
import type { Row } from '../world/history.ts'
import { isMover } from '../world/homes.ts'
import { copyIn } from './copied.ts'
import { idIn, isForgotten, nameOf, type Evidence, type Moment, type Step } from './evidence.ts'
import { isLetGo } from './lines.ts'

/** No attempt starts later than so many ms after its batch was read, as the consumer says. */
const BATCH_WINDOW_MS = 15_000

/** What stands in the place of a call that was deleted. */
const NOTHING = '1'

/** What is logged of an attempt that was under way, or made of the lease of one that never ended. */
const LATE = new Set(['attempts', 'last_response_status', 'last_error_at', 'updated_at'])

/**
 * Once the payload of an event is deleted no row has it, nothing is sent from a read after that, nor later than a batch's
 * window after one before; its deliveries stay, those that were pending exhausted, and stay as they are but for the log;
 * none is made of it. Whoever was told that it is gone finds it gone. It changes nothing else.
 */
export function P7(evidence: Evidence): string[] {
  return [
    ...sentOf(evidence),
    ...lied(evidence),
    ...evidence.changesOf('events').flatMap((step) => comeBack(step)),
    ...evidence.changesOf('deliveries').flatMap((step) => movedOn(evidence, step)),
    ...[...evidence.moments()].flatMap((moment) =>
      nameOf(moment.actor) === 'forget' ? changedBy(evidence, moment) : [],
    ),
  ]
}

function sentOf(evidence: Evidence): string[] {
  const late = evidence.requests.filter((post) => {
    const event = evidence.rowAt('events', eventIdOf(idIn(post)), post.readTx)
    return isForgotten(event) || post.at - post.readAt > BATCH_WINDOW_MS
  })
  return late.map((post) => `${copyIn(evidence, post) ?? idIn(post)} was sent without a payload`)
}

/** Calls that were answered, and their event has its payload still. */
function lied(evidence: Evidence): string[] {
  return evidence.run.history.calls.flatMap(({ action, actor, answer, error, input }) => {
    if (action !== 'forget' || (!answer && error?.code !== 'not_found')) return []
    const event = evidence.rowAt('events', input.target, answer?.tx ?? error?.tx ?? 0)
    const isOld = evidence.run.history.deletions.some(({ id }) => id === input.target)
    return isOld || (isForgotten(event) && answer) ? [] : [`${actor.name} left ${input.target}`]
  })
}

function comeBack({ id, actor, before, row }: Step): string[] {
  const isGone = isForgotten(row) ? row['call'] === NOTHING : !isForgotten(before)
  return isGone ? [] : [`${actor.name} left a payload in ${id}`]
}

/** A delivery without a payload that is another than it was, or is made. */
function movedOn(evidence: Evidence, { id, actor, before, row, tx }: Step): string[] {
  if (isMover(actor)) return []
  if (!before) {
    const event = evidence.rowAt('events', eventIdOf(id), tx - 1)
    return isForgotten(event) ? [`${actor.name} made ${id}, which has no payload`] : []
  }
  if (!isForgotten(before)) return []
  const kept = Object.fromEntries(Object.entries(row).filter(([name]) => !LATE.has(name)))
  const difference = differenceOf(before, kept)
  return difference ? [`${actor.name} changed ${id}, which has no payload: ${difference}`] : []
}

/** What such a call changed, where it was not as it is to be; and what it left out. */
function changedBy(evidence: Evidence, moment: Moment): string[] {
  const { actor, changes, now, tx } = moment
  const target = evidence.run.history.calls.find((call) => call.actor === actor)?.input.target ?? ''
  const wrong = changes.flatMap((step) => {
    const { kind, id, before, row } = step
    if (kind === 'audit_log' || isLetGo(evidence, step)) return []
    const expected = before && isOf(id, target) ? wanted(kind, before, now) : undefined
    const difference = expected ? differenceOf(expected, row) : 'it is none of it'
    return difference ? [`${actor.name} left ${kind} ${id}: ${difference}`] : []
  })
  if (moment.isRead || !isForgotten(evidence.rowAt('events', target, tx))) return wrong
  const left = [...evidence.rowsAt('deliveries', tx)].filter(
    ([id, row]) => isOf(id, target) && !isForgotten(row) && !isPruned(evidence, id),
  )
  return wrong.concat(left.map(([id]) => `${actor.name} left out ${id}`))
}

function isOf(id: string, eventId: string): boolean {
  return eventIdOf(id) === eventId
}

function isPruned({ run }: Evidence, deliveryId: string): boolean {
  return run.history.deletions.some(({ kind, id }) => kind === 'deliveries' && id === deliveryId)
}

function wanted(kind: string, before: Row, now: number): Row | undefined {
  const marked = { ...before, payload_deleted_at: now }
  if (isForgotten(before)) return undefined
  if (kind === 'events') return { ...marked, call: NOTHING }
  if (kind !== 'deliveries') return undefined
  return before['status'] === 'pending'
    ? { ...marked, ...endedBy('payload deleted', before, now) }
    : marked
}
