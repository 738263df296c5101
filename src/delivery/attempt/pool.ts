// A batch's attempts, a few at a time, so that no slow destination holds up the others.
import type { DeliveryToSend } from '../../db/lifecycle/consume.ts'
import type { AttemptRecord } from '../../db/lifecycle/record.ts'
import { explainFault } from '../../errors.ts'
import type { World } from '../../world.ts'
import { ATTEMPT_CONNECTIONS } from '../send/connections.ts'
import { inTurns } from '../turns.ts'
import { attempt, SLOW_MS } from './attempt.ts'
import { createKeyring, type Keyring } from './keyring.ts'
import { startWindowMs } from './window.ts'

/** A delivery whose message is worth an attempt. */
export type Sendable<Job> = { job: Job; delivery: DeliveryToSend }

/** An attempt that has come to an end; without a record it was our own fault, and never left. */
export type Settled<Job> = { job: Job; record: AttemptRecord | undefined }

/** How a batch went: ended, still waiting for an answer, and never begun. */
export type BatchResult<Job> = {
  settled: Settled<Job>[]
  inFlight: (Sendable<Job> & { outcome: Promise<Settled<Job>> })[]
  postponed: Sendable<Job>[]
}

/** Attempts at a time: each has one connection at most, first for its look-up, then for its POST. */
export const CONCURRENT_SENDS = ATTEMPT_CONNECTIONS

/** Sends at a time to one destination, while there are others. */
const CONCURRENT_SENDS_EACH = 2

/**
 * Ms between two sends to an endpoint that works off a backlog: at most 125 a second and batch. It has
 * just come back, and is met by a steady stream, not by a burst; nor are those that it shares us with.
 */
const RECOVERY_SPACING_MS = 8

/** An attempt on its way. */
type Flight<Job> = Sendable<Job> & {
  destination: string
  startedAt: number
  isSlow: boolean
  outcome: Promise<Settled<Job>>
}

/** A batch under way. */
type Run<Job> = {
  keysOf: Keyring
  limitEach: number
  closesAt: number
  waiting: (Sendable<Job> & { destination: string })[]
  flights: Set<Flight<Job>>
  settled: Settled<Job>[]
  /** Recovering destinations that were sent to just now. */
  resting: Set<string>
  isWatched: boolean
  /** Settles when an attempt ends or is found to be slow, or a destination has rested. */
  change: PromiseWithResolvers<void>
}

/**
 * Makes attempts until all have ended, but for those of slow destinations: these are left in flight, and
 * the rest of their deliveries unsent; so are those that the invocation, begun at `begunAt` (Unix ms), has
 * no time for. Never throws.
 */
export async function attemptBatch<Job>(
  world: World,
  sendables: Sendable<Job>[],
  begunAt: number,
): Promise<BatchResult<Job>> {
  const run = begin(world, sendables, begunAt)
  for (;;) {
    while (launchNext(world, run)) void watch(world, run)
    if (!isAwaited(world, run)) break
    await run.change.promise
    run.change = Promise.withResolvers()
  }
  return { settled: run.settled, inFlight: [...run.flights], postponed: run.waiting }
}

/** What attempts wait for together: an endpoint, or the host of an inline URL. */
export function destinationOf({ delivery }: { delivery: DeliveryToSend }): string {
  const { endpointId, url } = delivery
  // The attempt finds out what is wrong with the URL, and not this, at the cost of the others.
  return endpointId ?? (URL.canParse(url) ? new URL(url).host : url)
}

function begin<Job>(world: World, sendables: Sendable<Job>[], begunAt: number): Run<Job> {
  const placed = sendables.map((one) => ({ ...one, destination: destinationOf(one) }))
  const waiting = inTurns(placed, ({ delivery }) => delivery.orgId)
  const destinations = new Set(waiting.map(({ destination }) => destination))
  return {
    keysOf: createKeyring(world),
    limitEach: destinations.size > 1 ? CONCURRENT_SENDS_EACH : CONCURRENT_SENDS,
    closesAt: begunAt + startWindowMs(world.config),
    waiting,
    flights: new Set(),
    settled: [],
    resting: new Set(),
    isWatched: false,
    change: Promise.withResolvers(),
  }
}

/** Starts the first of the waiting that may start now; false when there is none. */
function launchNext<Job>(world: World, run: Run<Job>): boolean {
  if (run.flights.size >= CONCURRENT_SENDS || world.now() >= run.closesAt) return false
  const place = run.waiting.findIndex(({ destination }) => mayStart(run, destination))
  const [next] = place < 0 ? [] : run.waiting.splice(place, 1)
  if (!next) return false
  const outcome = settle(world, run.keysOf, next)
  const flight = { ...next, startedAt: world.now(), isSlow: false, outcome }
  run.flights.add(flight)
  void land(run, flight)
  if (next.delivery.pace !== null) void rest(world, run, next.destination)
  return true
}

function mayStart<Job>({ flights, resting, limitEach }: Run<Job>, destination: string): boolean {
  if (resting.has(destination)) return false
  const same = [...flights].filter((flight) => flight.destination === destination)
  return same.length < limitEach && !same.some(({ isSlow }) => isSlow)
}

async function settle<Job>(
  world: World,
  keysOf: Keyring,
  { job, delivery }: Sendable<Job>,
): Promise<Settled<Job>> {
  try {
    return { job, record: await attempt(world, keysOf, delivery) }
  } catch (error) {
    world.log({ event: 'attempt_faulted', delivery_id: delivery.id, error: explainFault(error) })
    return { job, record: undefined }
  }
}

async function land<Job>(run: Run<Job>, flight: Flight<Job>): Promise<void> {
  const end = await flight.outcome
  run.flights.delete(flight)
  run.settled.push(end)
  run.change.resolve()
}

async function rest<Job>(world: World, run: Run<Job>, destination: string): Promise<void> {
  run.resting.add(destination)
  await world.sleep(RECOVERY_SPACING_MS)
  run.resting.delete(destination)
  run.change.resolve()
}

/** Finds flights to be slow when they are. One timer at a time: a batch has many flights, most short. */
async function watch<Job>(world: World, run: Run<Job>): Promise<void> {
  if (run.isWatched) return
  run.isWatched = true
  for (let oldest = findOldest(run); oldest; oldest = findOldest(run)) {
    await world.sleep(oldest.startedAt + SLOW_MS - world.now())
    const startedBefore = world.now() - SLOW_MS
    for (const flight of run.flights) flight.isSlow ||= flight.startedAt <= startedBefore
    run.change.resolve()
  }
  run.isWatched = false
}

/** The flight that was started first of those that are not slow yet. */
function findOldest<Job>({ flights }: Run<Job>): Flight<Job> | undefined {
  return [...flights].find(({ isSlow }) => !isSlow)
}

/** True while something that is not slow is on its way, or only rests before it may be. */
function isAwaited<Job>(world: World, { flights, waiting, resting, closesAt }: Run<Job>) {
  if ([...flights].some((flight) => !flight.isSlow)) return true
  const isSlow = (destination: string) =>
    [...flights].some((flight) => flight.destination === destination)
  return (
    world.now() < closesAt &&
    waiting.some(({ destination }) => resting.has(destination) && !isSlow(destination))
  )
}
