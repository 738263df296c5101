// First attempts that leave behind the requests that had them stored: whose, and how many.
import { DIRECT_SHARE, ROOM_SHARE } from '../model/rules.ts'
import { placeOf, placesOf } from '../world/clients.ts'
import type { Actor } from '../world/history.ts'
import {
  isAccepted,
  isDirect,
  isFaultless,
  isIntake,
  type Evidence,
  type Step,
} from './evidence.ts'
import { frontsOf } from './lines.ts'

/** Who attempts what was just stored; undefined when nobody does. */
export function directOf({ run }: Evidence, { before, id }: Step): Actor | undefined {
  if (before) return undefined
  return run.history.actors.find(
    (one) => isDirect(one) && one.messages.some((held) => held.id === id),
  )
}

/** Who may send what this process took: itself, and of what was just stored those who asked for it. */
export function sendersOf(evidence: Evidence, step: Step): Actor[] {
  return isAccepted(step) ? [step.actor, ...askersOf(evidence, step)] : [step.actor]
}

/** Whether a new delivery may leave behind its request. */
export function isForWell(evidence: Evidence, { row, tx, id }: Step): boolean {
  if (frontsOf(evidence).has(id)) return false
  const endpoint = evidence.rowAt('endpoints', row['endpoint_id'], tx - 1)
  return !endpoint || (endpoint['unwell_since'] === null && endpoint['pace'] === null)
}

/**
 * New deliveries of endpoints that are well leave behind their requests, a share of each request's, as there
 * is room; none is sent, too, unless something went wrong.
 */
export function directFaults(evidence: Evidence): string[] {
  const { actors, sents } = evidence.run.history
  const crowded = actors.filter((actor) => isDirect(actor) && !hadRoom(evidence, actor))
  const twice = actors.filter(
    (actor) =>
      isDirect(actor) &&
      isFaultless(evidence, actor) &&
      sents.some((sent) => sent.actor === actor && sent.refs.some(({ id }) => isMade(actor, id))),
  )
  function isMade(actor: Actor, id: string): boolean {
    return evidence.postsOf(id).some((post) => post.actor === actor)
  }
  return [
    ...crowded.map(({ name }) => `${name} had no room`),
    ...twice.map(({ name }) => `${name} attempted what it sent`),
    ...unshared(evidence).map(({ name }) => `${name} attempts too few or too many`),
  ]
}

/** Requests that attempt another share of what they had stored than they should. */
function unshared(evidence: Evidence): Actor[] {
  const { schedule } = evidence.run
  const created = evidence.changesOf('deliveries').filter(isAccepted)
  // By chance an answer may be so late that nothing leaves by it; and there has to be room for all.
  if (schedule.seed !== 0 || created.length * ROOM_SHARE > schedule.room) return []
  const byAsker = Map.groupBy(created, (step) => {
    const [asker, ...others] = askersOf(evidence, step)
    return others.length === 0 && step.actor.faults === 0 ? asker : undefined
  })
  return [...byAsker].flatMap(([asker, steps]) => {
    if (!asker || asker.faults > 0) return []
    const well = steps.filter((step) => isForWell(evidence, step))
    return asker.messages.length === Math.min(well.length, DIRECT_SHARE) ? [] : [asker]
  })
}

/** The requests that asked for the event of a new delivery. */
function askersOf({ run }: Evidence, { row }: Step): Actor[] {
  const place = placeOf(row)
  return run.history.calls
    .filter((call) => isIntake(call.actor) && placesOf(call).includes(place))
    .map(({ actor }) => actor)
}

/** Whether the isolate had room, and for each destination its part, when this one began. */
function hadRoom(evidence: Evidence, { beganAt = 0 }: Actor): boolean {
  const { schedule, history } = evidence.run
  const staying = history.actors.filter((one) => {
    const isOver = one.isDead || (one.end !== undefined && one.end.at <= beganAt)
    return one.beganAt !== undefined && one.beganAt <= beganAt && !isOver
  })
  const guests = staying.flatMap(({ messages }) => messages.map(({ id }) => id))
  const destinations = Map.groupBy(guests, (id) => destinationOf(evidence, id))
  const most = Math.max(0, ...[...destinations.values()].map((ids) => ids.length))
  return guests.length <= schedule.room && most <= Math.ceil(schedule.room / ROOM_SHARE)
}

/** An endpoint, whatever another one's URL is; or the URL of a call. */
function destinationOf(evidence: Evidence, id: string) {
  const row = evidence.rowAt('deliveries', id, Infinity)
  return row?.['endpoint_id'] ?? row?.['url']
}
