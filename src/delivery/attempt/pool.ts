// The attempts of a set, a few at a time and in turns, so that no slow destination holds up the others.
import type { DeliveryToSend } from '../../db/lifecycle/consume.ts'
import type { AttemptRecord } from '../../db/lifecycle/record.ts'
import type { World } from '../../world.ts'
import { ATTEMPT_CONNECTIONS } from '../send/connections.ts'
import { inTurns } from '../turns.ts'
import { attempt } from './attempt.ts'
import { createKeyring, type Keyring } from './keyring.ts'
import { createRests, RECOVERY_SPACING_MS, type Rests } from './pace.ts'
import { createWatch, type Watched } from './watch.ts'

/**
 * An attempt that has come to an end; without a record it was our own fault, and never left. `isLate`: because its slot has
 * passed.
 */
export type Ended = { delivery: DeliveryToSend; record: AttemptRecord | undefined; isLate: boolean }

/** An attempt that is waiting for its answer. */
export type InFlight = { delivery: DeliveryToSend; end: Promise<Ended> }

/** How a set went: what ended, what still waits, what was kept behind that, and what got no turn. */
export type PoolResult = {
  ended: Ended[]
  inFlight: InFlight[]
  heldUp: DeliveryToSend[]
  postponed: DeliveryToSend[]
}

/** Attempts at a time: each has one connection at most, first for its look-up, then for its POST. */
export const CONCURRENT_SENDS = ATTEMPT_CONNECTIONS

/** Sends at a time to one destination, while there are others. */
const CONCURRENT_SENDS_EACH = 2

/** A delivery, and what its attempts wait for together: an endpoint, or the host of a URL. */
type Placed = { delivery: DeliveryToSend; destination: string }

/** An attempt on its way. */
type Flight = Placed & InFlight & Watched

/** A set under way. */
type Run = {
  keyring: Keyring
  limitEach: number
  closesAt: number
  waiting: Placed[]
  flights: Set<Flight>
  ended: Ended[]
  rests: Rests
  watch: () => Promise<void>
  /** Settles when an attempt ends or is found to be slow, or a destination has rested. */
  change: PromiseWithResolvers<void>
}

/**
 * Makes attempts until all have ended, but for those of slow destinations: these are left in flight, and
 * the rest of their deliveries unsent; so are those that have had no turn by `closesAt` (Unix ms). Never
 * throws.
 */
export async function attemptAll(
  world: World,
  deliveries: DeliveryToSend[],
  closesAt: number,
): Promise<PoolResult> {
  const run = begin(world, deliveries, closesAt)
  for (;;) {
    while (launchNext(world, run)) void run.watch()
    if (!isAwaited(world, run)) break
    await run.change.promise
    run.change = Promise.withResolvers()
  }
  return conclude(run)
}

function begin(world: World, deliveries: DeliveryToSend[], closesAt: number): Run {
  const placed = deliveries.map((delivery) => ({ delivery, destination: destinationOf(delivery) }))
  const destinations = new Set(placed.map(({ destination }) => destination))
  const flights = new Set<Flight>()
  const run: Run = {
    keyring: createKeyring(world),
    limitEach: destinations.size > 1 ? CONCURRENT_SENDS_EACH : CONCURRENT_SENDS,
    closesAt,
    waiting: inTurns(placed, ({ delivery }) => delivery.orgId),
    flights,
    ended: [],
    rests: createRests(world, () => run.change.resolve()),
    watch: createWatch(world, flights, () => run.change.resolve()),
    change: Promise.withResolvers(),
  }
  for (const destination of destinations) rest(world, run, destination, null)
  return run
}

/** Lets a destination rest until the slot of its next one; where it has no slots and is recovering, for a moment after each. */
function rest(
  { now }: Pick<World, 'now'>,
  { rests, waiting }: Run,
  destination: string,
  pace: number | null,
): void {
  const next = waiting.find((one) => one.destination === destination)
  const usual = pace === null ? 0 : RECOVERY_SPACING_MS
  const { slotAt } = next?.delivery ?? {}
  const ms = slotAt === undefined ? usual : slotAt - now()
  if (ms > 0) void rests.begin(destination, ms)
}

/** What an attempt waits for together with others': its endpoint, or the host of an inline URL or of a copy's. */
export function destinationOf({
  endpointId,
  url,
  copiedBy,
}: Pick<DeliveryToSend, 'endpointId' | 'url' | 'copiedBy'>): string {
  if (endpointId !== null && copiedBy === undefined) return endpointId
  // The attempt finds out what is wrong with the URL, and not this, at the cost of the others.
  return URL.canParse(url) ? new URL(url).host : url
}

/** Starts the first of the waiting that may start now; false when there is none. */
function launchNext(world: World, run: Run): boolean {
  if (run.flights.size >= CONCURRENT_SENDS || world.now() >= run.closesAt) return false
  const place = run.waiting.findIndex(({ destination }) => mayStart(run, destination))
  const [next] = place < 0 ? [] : run.waiting.splice(place, 1)
  if (!next) return false
  launch(world, run, next)
  return true
}

function mayStart({ flights, rests, limitEach }: Run, destination: string): boolean {
  if (rests.has(destination)) return false
  const same = [...flights].filter((flight) => flight.destination === destination)
  return same.length < limitEach && !same.some(({ isSlow }) => isSlow)
}

function launch(world: World, run: Run, { delivery, destination }: Placed): void {
  const watched = { startedAt: world.now(), isSlow: false }
  const end = attempt(world, run.keyring, delivery).then((made) => {
    const record = made === 'late' ? undefined : made
    return {
      delivery,
      record: record && { ...record, isWell: record.isWell && !flight.isSlow },
      isLate: made === 'late',
    }
  })
  const flight: Flight = Object.assign(watched, { delivery, destination, end })
  run.flights.add(flight)
  void land(run, flight)
  rest(world, run, destination, delivery.pace)
}

async function land(run: Run, flight: Flight): Promise<void> {
  const end = await flight.end
  run.flights.delete(flight)
  run.ended.push(end)
  run.change.resolve()
}

/** True while something that is not slow is on its way, or only rests before it may be. */
function isAwaited(
  { now }: Pick<World, 'now'>,
  { flights, waiting, rests, closesAt }: Run,
): boolean {
  if ([...flights].some((flight) => !flight.isSlow)) return true
  const slow = destinationsOf(flights)
  return (
    now() < closesAt &&
    waiting.some(({ destination }) => rests.has(destination) && !slow.has(destination))
  )
}

/** What is in flight now is slow, and its destination holds up the others that it has. */
function conclude({ ended, flights, waiting }: Run): PoolResult {
  const slow = destinationsOf(flights)
  const result: PoolResult = { ended, inFlight: [...flights], heldUp: [], postponed: [] }
  for (const { delivery, destination } of waiting) {
    result[slow.has(destination) ? 'heldUp' : 'postponed'].push(delivery)
  }
  return result
}

function destinationsOf(flights: Set<Flight>): Set<string> {
  return new Set([...flights].map(({ destination }) => destination))
}
