// T1: what a sweep takes, when, and for how long.
import { afterSweep } from '../model/sweep.ts'
import { differenceOf, MOVING } from '../model/tables.ts'
import type { Row } from '../world/history.ts'
import { frontsOf } from './lines.ts'
import { nameOf, type Evidence, type Moment } from './evidence.ts'

/**
 * A sweep takes each delivery whose lease has ended, and each retry that comes due within a minute; the
 * lease runs from the retry's time, doubles with each lapse up to a quarter of an hour, and only what had
 * been handed out counts as a lapse. It begins, goes on with and ends recoveries, and touches nothing else.
 */
export function T1(evidence: Evidence): string[] {
  const wrong: string[] = []
  for (const moment of evidence.moments()) {
    if (!isClaim(moment)) continue
    const isFenced = evidence.isFencedAt(moment.tx)
    const before = { ...moment.before, fronts: frontsOf(evidence) }
    const expected = isFenced ? before : afterSweep(before, moment.now)
    if (!isBeating(evidence, moment)) wrong.push(`${moment.actor.name} left no heartbeat`)
    for (const kind of MOVING) wrong.push(...differencesIn(kind, moment, expected[kind]))
  }
  return wrong
}

/** A sweep leaves a heartbeat, unless the last is younger than two minutes. */
function isBeating(evidence: Evidence, { tx, now, changes }: Moment): boolean {
  const last = evidence.rowAt('heartbeats', 'sweep', tx - 1)?.['beat_at']
  if (typeof last === 'number' && now < last + 120_000) return true
  return changes.some(
    ({ kind, id, row }) => kind === 'heartbeats' && id === 'sweep' && row['beat_at'] === now,
  )
}

/** Whether an operation is a sweep's round trip: giving a delivery up, and letting go what waits, are others, of four statements. */
export function isClaim({ actor, size }: Pick<Moment, 'actor' | 'size'>): boolean {
  return nameOf(actor) === 'sweep' && size > 4
}

/** How the rows of one table after an operation differ from what they should be. */
export function differencesIn(
  kind: (typeof MOVING)[number],
  moment: Moment,
  expected: Map<string, Row>,
): string[] {
  return [...rowsAfter(kind, moment)].flatMap(([id, row]) => {
    const difference = differenceOf(expected.get(id), row)
    return difference ? [`${moment.actor.name} left ${kind} ${id}: ${difference}`] : []
  })
}

/** The rows of one table as an operation left them. */
export function rowsAfter(
  kind: (typeof MOVING)[number],
  { before, changes, deletions }: Moment,
): Map<string, Row> {
  const after = new Map<string, Row>(before[kind])
  for (const step of changes) if (step.kind === kind) after.set(step.id, step.row)
  for (const one of deletions) if (one.kind === kind) after.delete(one.id)
  return after
}
