// A set of deliveries becomes attempts: one read, the attempts, one write of what came of them.
import { loadForAttempt, type DeliveryToSend } from '../db/lifecycle/consume.ts'
import type { AttemptRecord } from '../db/lifecycle/record.ts'
import type { DeliveryRef, EndpointRef } from '../db/words.ts'
import { explainFault } from '../errors.ts'
import type { Lane, World } from '../world.ts'
import { logSuccesses } from './attempt/lines.ts'
import { attemptAll, CONCURRENT_SENDS, type Ended, type InFlight } from './attempt/pool.ts'
import { recordOutcomes } from './record.ts'
import { triage, type Verdict } from './triage.ts'

/** After a fault of ours a delivery comes back in so many seconds. */
const FAULT_DELAY_S = 5

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

/** Tells deliveries at their versions apart. */
export function nameOf({ id, version }: DeliveryRef): string {
  return `${id} ${version}`
}

/**
 * Attempts what is to be attempted of a set that came down a lane, each of it once, and answers what is
 * left to do for each: the caller may have it from a queue or from anywhere. An attempt that a slow
 * destination keeps waiting goes on afterwards, and is written when it ends: nothing is left to do for
 * it. Never throws for what a receiver does, nor for a fault of ours (A4).
 */
export async function deliver(world: World, refs: DeliveryRef[], lane: Lane): Promise<Fate[]> {
  const begunAt = world.now()
  const loaded = await load(world, refs)
  if (!loaded) return refs.map((ref) => comesBack(ref, FAULT_DELAY_S))
  const { toSend, held, fates } = sort(refs, loaded, lane, world.now())
  const { ended, inFlight, heldUp, postponed } = await attemptAll(world, toSend, begunAt)
  const attempts = recordsOf(ended)
  logSuccesses(world, lane, attempts)
  const slow = inFlight.flatMap(endpointOf)
  const lost = new Set(await recordOutcomes(world, { attempts, held, slow }))
  if (inFlight.length > 0) world.defer(recordLater(world, lane, inFlight))
  const isFaulted = ({ record }: Ended) => !record || lost.has(record.attemptId)
  return [
    ...fates,
    ...ended.map((one) =>
      isFaulted(one) ? comesBack(one.delivery, FAULT_DELAY_S) : done(one.delivery),
    ),
    ...inFlight.map(({ delivery }) => done(delivery)),
    ...heldUp.map((ref, place) => handedOn(ref, 'retry', slowDelayS(lane, place))),
    ...postponed.map((ref) => handedOn(ref, lane)),
  ]
}

async function load(
  world: Pick<World, 'log' | 'now' | 'store'>,
  refs: DeliveryRef[],
): Promise<Map<string, DeliveryToSend> | undefined> {
  try {
    const rows = await loadForAttempt(world.store.shared, refs, world.now())
    return new Map(rows.map((row) => [nameOf(row), row]))
  } catch (error) {
    world.log({ event: 'load_failed', count: refs.length, error: explainFault(error) })
    return undefined
  }
}

/** What to send, what to put aside, and the fates of all but what is to be sent. */
type Sorted = { toSend: DeliveryToSend[]; held: DeliveryRef[]; fates: Fate[] }

function sort(
  refs: DeliveryRef[],
  loaded: Map<string, DeliveryToSend>,
  lane: Lane,
  now: number,
): Sorted {
  const sorted: Sorted = { toSend: [], held: [], fates: [] }
  for (const ref of refs) {
    const verdict = triage(loaded.get(nameOf(ref)), lane, now)
    if (verdict.kind === 'attempt') sorted.toSend.push(verdict.delivery)
    else sorted.fates.push(fateOf(ref, verdict))
    if (verdict.kind === 'hold') sorted.held.push(ref)
  }
  return sorted
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

/** What is behind a slow endpoint leaves the fresh lane at once, and is spread out in the other. */
function slowDelayS(lane: Lane, place: number): number {
  return lane === 'retry' ? 1 + Math.floor(place / SLOW_PER_SECOND) : 0
}

function recordsOf(ended: Ended[]): AttemptRecord[] {
  return ended.flatMap(({ record }) => record ?? [])
}

function endpointOf({ delivery: { orgId, endpointId } }: InFlight): EndpointRef[] {
  return endpointId === null ? [] : [{ orgId, endpointId }]
}

/**
 * Written in the order in which they end, as those are that no destination kept waiting. If this is cut
 * short, their leases lapse and the sweep sends them again.
 */
async function recordLater(world: World, lane: Lane, inFlight: InFlight[]): Promise<void> {
  const ended: Ended[] = []
  await Promise.all(inFlight.map(async ({ end }) => ended.push(await end)))
  const attempts = recordsOf(ended)
  logSuccesses(world, lane, attempts)
  await recordOutcomes(world, { attempts, held: [], slow: [] })
}
