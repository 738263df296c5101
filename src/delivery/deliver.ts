// A set of deliveries becomes attempts: one read, the attempts, one write of what came of them.
import { loadForAttempt, type DeliveryToSend } from '../db/lifecycle/consume.ts'
import type { HeldRef } from '../db/lifecycle/hold.ts'
import type { AttemptRecord } from '../db/lifecycle/record.ts'
import { SLOT_TOLERANCE_MS } from '../db/lifecycle/slots.ts'
import type { DeliveryRef, EndpointRef } from '../db/words.ts'
import { explainFault } from '../errors.ts'
import type { Lane, World } from '../world.ts'
import { noteAnswers, takeTurns } from './attempt/host-turns.ts'
import { giveSlots } from './attempt/slots.ts'
import { attemptAll, CONCURRENT_SENDS, type Ended, type InFlight } from './attempt/pool.ts'
import { startWindowMs } from './attempt/window.ts'
import { recordOutcomes } from './record.ts'
import { triage, type Verdict } from './triage.ts'

/** After a fault of ours a delivery comes back in so many seconds. */
const FAULT_DELAY_S = 5

/** And after so many when its slot has passed before it could leave. */
const MISSED_DELAY_S = 1

/** What is stopped and has no endpoint to wait for is tried again after so many ms, and up to as many more. */
const STOPPED_MS = 5 * 60_000

/** The same of what goes to a host that had no turn for it. */
const NO_TURN_MS = 60_000

/** A slow destination's deliveries come back so many a second: what one set has in flight at once. */
const SLOW_PER_SECOND = CONCURRENT_SENDS

/**
 * What is left to do for a delivery: nothing; to bring it back in so many seconds, since it was early or
 * the fault was ours; or to hand it on to a lane, there to wait so many seconds, since it had no turn.
 */
export type Fate = { ref: DeliveryRef } & (
  | { kind: 'done' }
  | { kind: 'comes_back'; seconds: number }
  | { kind: 'handed_on'; lane: Lane; seconds: number }
)

/** One of a set, and what its attempt needs; nothing if there is none to be made any more. */
export type Loaded = { ref: DeliveryRef; delivery: DeliveryToSend | undefined }

/** Tells deliveries at their versions apart, and copies of them. */
export function nameOf({ id, version, copiedBy = '' }: DeliveryRef): string {
  return `${id} ${version} ${copiedBy}`
}

/** Reads a set that came down a lane, and delivers it, for as long as an invocation may. Never throws. */
export async function deliver(world: World, refs: DeliveryRef[], lane: Lane): Promise<Fate[]> {
  const closesAt = world.now() + startWindowMs(world.config)
  const { found, lost } = await load(world, refs)
  const fates = await deliverLoaded(world, found, lane, closesAt)
  return [...lost.map((ref) => comesBack(ref, FAULT_DELAY_S)), ...fates]
}

/**
 * Attempts what is to be attempted of a set, each of it once, and answers what is left to do for each: the
 * caller may have it from a queue or from anywhere. Attempts begin until `closesAt` (Unix ms). One that a
 * slow destination keeps waiting goes on afterwards, and is written when it ends: nothing is left to do for
 * it. Never throws for what a receiver does, nor for a fault of ours (A4).
 */
export async function deliverLoaded(
  world: World,
  set: Loaded[],
  lane: Lane,
  closesAt: number,
): Promise<Fate[]> {
  const { toSend, held, fates } = sort(world, set, lane)
  const slots = await giveSlots(world, toSend, lane)
  // At once, and not with what came of the attempts: those of others in flight bring on what is parked by then.
  const parked = parkAtOnce(world, slots.parked)
  const { admitted, refused } = await takeTurns(world, slots.admitted)
  const until = Math.max(closesAt, ...admitted.map(({ slotAt = 0 }) => slotAt + SLOT_TOLERANCE_MS))
  const { ended, inFlight, heldUp, postponed } = await attemptAll(world, admitted, until)
  await parked
  const attempts = recordsOf(ended)
  held.push(...refused.map((ref) => resting(world, ref, NO_TURN_MS)))
  const slow = inFlight.flatMap(endpointOf)
  const lost = new Set(await recordOutcomes(world, { attempts, held, slow }))
  if (inFlight.length > 0) world.defer(recordLater(world, inFlight))
  world.defer(noteAnswers(world, ended))
  const isFaulted = ({ record }: Ended) => !record || lost.has(record.attemptId)
  return [
    ...fates,
    ...ended.map((one) =>
      isFaulted(one) ? comesBack(one.delivery, againS(one)) : done(one.delivery),
    ),
    ...[...inFlight.map(({ delivery }) => delivery), ...refused, ...slots.parked].map(done),
    ...slots.later.map(({ delivery, seconds }) => handedOn(delivery, 'retry', seconds)),
    ...slots.lost.map((one) => comesBack(one, FAULT_DELAY_S)),
    ...heldUp.map((ref, place) => handedOn(ref, slowLane(lane), slowDelayS(lane, place))),
    ...postponed.map((ref) => handedOn(ref, lane)),
  ]
}

/** After how many seconds an attempt that was not made, or is not recorded, is to be made again. */
function againS({ isLate }: Ended): number {
  return isLate ? MISSED_DELAY_S : FAULT_DELAY_S
}

/** What has no slot soon enough is put aside; what cannot be written is left to its lease. */
async function parkAtOnce(world: World, held: HeldRef[]): Promise<void> {
  if (held.length > 0) await recordOutcomes(world, { attempts: [], held, slow: [] })
}

/**
 * Those that could be asked for, and those whose database is out of reach. An org that is being moved is not
 * asked for: what came of an attempt could not be written.
 */
async function load(
  world: Pick<World, 'log' | 'now' | 'store'>,
  refs: DeliveryRef[],
): Promise<{ found: Loaded[]; lost: DeliveryRef[] }> {
  const now = world.now()
  const parts = await world.store.spread(refs, (db, some) => loadForAttempt(db, some, now), 'all')
  const found: Loaded[] = []
  const lost: DeliveryRef[] = []
  for (const { database, items, ...part } of parts) {
    if (part.status === 'rejected') {
      const error = explainFault(part.reason)
      world.log({ event: 'load_failed', database, count: items.length, error })
      lost.push(...items)
    } else {
      const rows = new Map(part.value.map((row) => [nameOf(row), row]))
      found.push(...items.map((ref) => ({ ref, delivery: rows.get(nameOf(ref)) })))
    }
  }
  return { found, lost }
}

/** What to send, what to put aside, and the fates of all but what is to be sent. */
type Sorted = { toSend: DeliveryToSend[]; held: HeldRef[]; fates: Fate[] }

function sort(world: World, set: Loaded[], lane: Lane): Sorted {
  const sorted: Sorted = { toSend: [], held: [], fates: [] }
  for (const { ref, delivery } of set) {
    const verdict = triage(delivery, lane, world.now())
    if (verdict.kind === 'attempt') sorted.toSend.push(verdict.delivery)
    else sorted.fates.push(fateOf(ref, verdict))
    if (verdict.kind !== 'hold') continue
    const { stop } = verdict
    sorted.held.push(stop === undefined ? ref : resting(world, ref, STOPPED_MS, stop))
  }
  return sorted
}

/** Put aside for so many ms, and up to as many more; by a stop, or because there is no turn. */
function resting(
  { now, random }: World,
  { orgId, id, version, copiedBy }: DeliveryRef,
  ms: number,
  stop?: string,
): HeldRef {
  const until = Math.ceil(now() + ms * (1 + random()))
  const rest = { until, ...(stop !== undefined && { stop }) }
  return { orgId, id, version, rest, ...(copiedBy !== undefined && { copiedBy }) }
}

function fateOf(ref: DeliveryRef, verdict: Exclude<Verdict, { kind: 'attempt' }>): Fate {
  if (verdict.kind === 'wait') return comesBack(ref, verdict.seconds)
  return verdict.kind === 'hand_on' ? handedOn(ref, 'retry') : done(ref)
}

function done(ref: DeliveryRef): Fate {
  return { ref, kind: 'done' }
}

function comesBack(ref: DeliveryRef, seconds: number): Fate {
  return { ref, kind: 'comes_back', seconds }
}

function handedOn(ref: DeliveryRef, lane: Lane, seconds = 0): Fate {
  return { ref, kind: 'handed_on', lane, seconds }
}

/** What is behind a slow endpoint leaves the lane of the healthy at once, and is spread out in the others. */
function slowLane(lane: Lane): Lane {
  return lane === 'fresh' ? 'retry' : lane
}

function slowDelayS(lane: Lane, place: number): number {
  return lane !== 'fresh' ? 1 + Math.floor(place / SLOW_PER_SECOND) : 0
}

function recordsOf(ended: Ended[]): AttemptRecord[] {
  return ended.flatMap(({ record }) => record ?? [])
}

/** That of a copy has nothing to do with it. */
function endpointOf({ delivery: { orgId, endpointId, copiedBy } }: InFlight): EndpointRef[] {
  return endpointId === null || copiedBy !== undefined ? [] : [{ orgId, endpointId }]
}

/**
 * Written in the order in which they end, as those are that no destination kept waiting. If this is cut
 * short, their leases lapse and the sweep sends them again.
 */
async function recordLater(world: World, inFlight: InFlight[]): Promise<void> {
  const ended: Ended[] = []
  await Promise.all(inFlight.map(async ({ end }) => ended.push(await end)))
  await recordOutcomes(world, { attempts: recordsOf(ended), held: [], slow: [] })
  await noteAnswers(world, ended)
}
