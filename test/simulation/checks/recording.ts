// A9 and C7: what a consumer's write makes of deliveries and of their endpoints, to the last column.
import { afterVerdicts, roomAfter, type Verdict } from '../model/health.ts'
import { letFollow } from '../model/ordering.ts'
import { afterOutcome, afterSuperseded, dueWithin, isSuccess, type Plan } from '../model/outcome.ts'
import { JITTER, SLOW_MS } from '../model/rules.ts'
import { isPaced, release } from '../model/sweep.ts'
import { change, copyOf, differenceOf, type Tables } from '../model/tables.ts'
import type { Actor, Row } from '../world/history.ts'
import { idIn, isFaultless, isManual, startOf, type Evidence, type Moment } from './evidence.ts'
import {
  hasHeld,
  heldBy,
  isListenedTo,
  ofEndpoint,
  recordedPosts,
  recordingsIn,
  type Recorded,
  type Recording,
} from './records.ts'
import { frontsOf, isOver } from './lines.ts'
import { isCrowded, NO_TURN_MS } from './crowding.ts'
import { isStopped, putAside, STOPPED_MS } from './stopping.ts'
import { differencesIn, rowsAfter } from './sweeping.ts'

/**
 * An outcome changes its delivery as the model says, to the last column; one that came too late adds to
 * the log, may be the answer that is shown, and changes nothing else. A write also hands out what a
 * recovery sends next, and parks what is held. A consumer that suffered no fault records each of its attempts.
 */
export function A9(evidence: Evidence): string[] {
  const wrong: string[] = []
  const { writers, heldIn } = watchHeld(evidence)
  for (const recording of recordingsIn(evidence)) {
    const { moment } = recording
    const { deliveries } = expectedAfter(evidence, recording, heldIn(moment))
    wrong.push(...differencesIn('deliveries', moment, deliveries))
  }
  const recorded = recordedPosts(evidence)
  const lost = evidence.run.history.posts.filter(
    (post) => isFaultless(evidence, post.actor) && post.answered && !recorded.has(post),
  )
  const silent = evidence.run.history.actors.filter(
    (actor) =>
      isFaultless(evidence, actor) && actor.end && !writers.has(actor) && hasHeld(evidence, actor),
  )
  return [
    ...wrong,
    ...lost.map((post) => `an attempt at ${idIn(post)} is not recorded`),
    ...silent.map(({ name }) => `${name} put aside nothing`),
  ]
}

/**
 * An outcome changes its endpoint as the model says, to the last column: exhaustions add up and disable
 * at the limit, a success sets them back; it is unwell from the first failure or slow answer on, until
 * all is well; the pace of its recovery grows by one for each success, and halves when any failed. While it is
 * stopped its pace is one.
 */
export function C7(evidence: Evidence): string[] {
  const wrong: string[] = []
  const { heldIn } = watchHeld(evidence)
  for (const recording of recordingsIn(evidence)) {
    const { moment } = recording
    const after = rowsAfter('endpoints', moment)
    const held = heldIn(moment)
    for (const [id, before] of moment.before.endpoints) {
      const choices = endpointAfter(evidence, recording, before).map((row) =>
        restedRow(evidence, recording, held, row),
      )
      const differences = choices.map((one) => differenceOf(one, after.get(id)))
      if (!differences.includes(undefined))
        wrong.push(`${moment.actor.name} left endpoint ${id}: ${differences[0]}`)
    }
  }
  return wrong
}

/** What is put aside, and when it was read that it is. */
type Held = { id: string; readTx: number }

/** Who has written, and what each member of a write puts aside with its first one. */
function watchHeld(evidence: Evidence) {
  const writers = new Set<Actor>()
  const heldIn = (moment: Moment): Held[] => {
    const members = evidence.membersOf(moment).map(({ actor }) => actor)
    const first = members.filter((member) => !writers.has(member))
    for (const member of first) writers.add(member)
    return first.flatMap((member) =>
      heldBy(member, moment, evidence).map((id) => ({ id, readTx: member.readTx })),
    )
  }
  return { writers, heldIn }
}

/** An endpoint once what is stopped of it was put aside. */
function restedRow(evidence: Evidence, { moment }: Recording, held: Held[], endpoint: Row): Row {
  const tables = copyOf(moment.before)
  tables.endpoints.set(String(endpoint['id']), endpoint)
  hold(evidence, tables, moment, held)
  return tables.endpoints.get(String(endpoint['id'])) ?? endpoint
}

function planOf({ run }: Evidence): Plan {
  const { waits, seed } = run.schedule
  return { waits, jitter: seed === 0 ? 0 : JITTER }
}

function expectedAfter(evidence: Evidence, recording: Recording, held: Held[]): Tables {
  const { moment, outcomes, superseded } = recording
  const { before, now } = moment
  const tables = copyOf({ ...before, fronts: frontsOf(evidence) })
  const over = outcomes.filter(({ step }) => isOver(step.row)).map(({ step }) => step.id)
  letFollow(tables, new Set(over), now)
  for (const [id, endpoint] of before.endpoints) {
    const verdicts = verdictsOn(ofEndpoint(outcomes, id))
    if (isPaced(endpoint) && verdicts.length > 0)
      release(tables, endpoint, roomAfter(Number(endpoint['pace']), verdicts), now)
  }
  for (const one of outcomes) expectOutcome(tables, one, planOf(evidence), now)
  for (const one of superseded) expectSuperseded(evidence, tables, one, now)
  hold(evidence, tables, moment, held)
  return tables
}

// What is pending again is due within bounds, and so comes up again just then.
function expectOutcome(tables: Tables, { post, step }: Recorded, plan: Plan, now: number): void {
  const before = tables.deliveries.get(step.id)
  const { answered } = post
  if (!before || !answered) return
  const overAt = answered.at + post.actor.skewMs
  const after = afterOutcome(before, { answered, overAt, isManual: isManual(post) }, plan, now)
  const [earliest, latest] = dueWithin(before, { answered, overAt }, plan)
  const dueAt = Math.min(Math.max(Number(step.row['next_attempt_at']), earliest - 1), latest + 1)
  const due = after['status'] === 'pending' ? { next_attempt_at: dueAt, sweep_at: dueAt } : {}
  change(tables.deliveries, after, due)
}

function expectSuperseded(
  evidence: Evidence,
  { deliveries }: Tables,
  { post, step }: Recorded,
  now: number,
): void {
  const before = deliveries.get(step.id)
  const { answered } = post
  if (!before || !answered) return
  const startedAt = startOf(post)
  const delivery = evidence.deliveries.find((row) => row['id'] === step.id)
  // Its log is gone with it: nobody can tell.
  if (!delivery) return change(deliveries, before, step.row)
  const log = evidence.logOf(delivery).slice(0, Number(before['attempts']))
  const starts = log.map(({ started_at: start }) => start)
  const overAt = answered.at + post.actor.skewMs
  change(deliveries, before, afterSuperseded(before, { answered, overAt, startedAt, starts }, now))
}

// After a fault it is not known which of its writes this is, and only the first one puts aside.
function hold(evidence: Evidence, tables: Tables, moment: Moment, held: Held[]): void {
  const endpoints = rowsAfter('endpoints', moment)
  const deliveries = rowsAfter('deliveries', moment)
  for (const { id, readTx } of held) {
    const row = tables.deliveries.get(id)
    const endpoint = endpoints.get(String(row?.['endpoint_id']))
    const isDisabled = endpoint && (endpoint['status'] === 'disabled' || isListenedTo(row))
    const left = deliveries.get(id)
    const isLeft = [null, left?.['next_attempt_at']].includes(left?.['sweep_at'])
    const wasHeld = left?.['stage'] === 'pending' && isLeft
    if (!row || (moment.actor.faults > 0 && !wasHeld)) continue
    if (isDisabled) change(tables.deliveries, row, { stage: 'pending', sweep_at: null })
    else if (isStopped(evidence, row['url'], moment.tx))
      putAside(tables, moment, row, { left, restMs: STOPPED_MS })
    else if (isCrowded(evidence, row['url'], readTx))
      putAside(tables, moment, row, { left, restMs: NO_TURN_MS })
  }
}

/**
 * Attempts of one batch end in one order and begin in another, and listeners tell of theirs in a third; each write
 * has one of them.
 */
function endpointAfter(evidence: Evidence, recording: Recording, before: Row): Row[] {
  const { moment, outcomes, missing } = recording
  const { now } = moment
  const id = String(before['id'])
  const ended = ofEndpoint(outcomes, id)
  const { posts } = evidence.run.history
  const begun = ended.toSorted((a, b) => posts.indexOf(a.post) - posts.indexOf(b.post))
  const tellers = evidence.membersOf(moment).map(({ actor }) => actor)
  const told = ended.toSorted(
    (a, b) => tellers.indexOf(a.post.actor) - tellers.indexOf(b.post.actor),
  )
  const isSlow = missing.some(
    (post) => moment.before.deliveries.get(idIn(post))?.['endpoint_id'] === id,
  )
  const noting = { now, disable: evidence.run.schedule.disable }
  return [ended, begun, told].flatMap((order) => {
    const row = afterVerdicts(before, verdictsOn(order), noting)
    const slow = { ...row, unwell_since: row['unwell_since'] ?? now }
    if (moment.actor.faults > 0) return isSlow ? [row, slow] : [row]
    return [isSlow ? slow : row]
  })
}

function verdictsOn(recorded: Recorded[]): Verdict[] {
  return recorded.map(({ post: { answered, at, actor }, step: { id, before, row } }) => {
    const isDelivered = answered !== undefined && isSuccess(answered)
    const isWell = isDelivered && answered.at - at <= SLOW_MS
    const counts = row['status'] === 'exhausted' && before?.['is_manual'] === 0
    const isLate = !actor.messages.some(
      (one) => one.id === id && one.version === before?.['version'],
    )
    return { isDelivered, isWell, counts, isLate }
  })
}
