// A batch's attempts, six at a time, so that no slow destination holds up the others.
import type { AttemptRecord, DeliveryToSend } from '../../db/engine/attempts.ts'
import { explainFault } from '../../errors.ts'
import { attempt, SLOW_MS } from './attempt.ts'
import type { Engine } from '../engine.ts'

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

/**
 * Sends at a time. Cloudflare holds back the 7th connection of an invocation that waits for headers;
 * we hold it back ourselves, so that the clock of an attempt does not run while it waits.
 */
const CONCURRENT_SENDS = 6

/** Sends at a time to one destination, while there are others. */
const CONCURRENT_SENDS_EACH = 3

/**
 * No attempt starts later than so many ms into a batch. With the longest attempt after it an invocation
 * ends within the 30 s that an update of the runtime leaves it.
 */
const BATCH_WINDOW_MS = 15_000

/** An attempt on its way; `change` settles when it ends, or is found to be slow. */
type Flight<Job> = Sendable<Job> & {
  isSlow: boolean
  outcome: Promise<Settled<Job>>
  change: Promise<unknown>
}

/**
 * Makes attempts until all have ended, but for those of slow destinations: these are left in flight, and
 * the rest of their deliveries unsent. Never throws.
 */
export async function attemptBatch<Job>(
  engine: Engine,
  sendables: Sendable<Job>[],
): Promise<BatchResult<Job>> {
  const closesAt = engine.now() + BATCH_WINDOW_MS
  const limitEach =
    new Set(sendables.map(destinationOf)).size > 1 ? CONCURRENT_SENDS_EACH : CONCURRENT_SENDS
  const waiting = [...sendables]
  const settled: Settled<Job>[] = []
  const flights = new Set<Flight<Job>>()
  for (;;) {
    while (flights.size < CONCURRENT_SENDS && engine.now() < closesAt) {
      const place = waiting.findIndex((one) => mayStart(one, flights, limitEach))
      const [next] = place < 0 ? [] : waiting.splice(place, 1)
      if (!next) break
      const flight = launch(engine, next)
      flights.add(flight)
      void flight.outcome.then((end) => flights.delete(flight) && settled.push(end))
    }
    const awaited = [...flights].filter(({ isSlow }) => !isSlow)
    if (awaited.length === 0) break
    await Promise.race(awaited.map(({ change }) => change))
  }
  return { settled, inFlight: [...flights], postponed: waiting }
}

/** What attempts wait for together: an endpoint, or the host of an inline URL. */
export function destinationOf({ delivery }: { delivery: DeliveryToSend }): string {
  return delivery.endpointId ?? new URL(delivery.url).host
}

function mayStart<Job>(one: Sendable<Job>, flights: Set<Flight<Job>>, limitEach: number): boolean {
  const destination = destinationOf(one)
  const same = [...flights].filter((flight) => destinationOf(flight) === destination)
  return same.length < limitEach && !same.some(({ isSlow }) => isSlow)
}

function launch<Job>(engine: Engine, one: Sendable<Job>): Flight<Job> {
  const outcome = settle(engine, one)
  const flight = { ...one, isSlow: false, outcome, change: outcome as Promise<unknown> }
  const slow = engine.sleep(SLOW_MS).then(() => (flight.isSlow = true))
  flight.change = Promise.race([outcome, slow])
  return flight
}

async function settle<Job>(
  engine: Engine,
  { job, delivery }: Sendable<Job>,
): Promise<Settled<Job>> {
  try {
    return { job, record: await attempt(engine, delivery) }
  } catch (error) {
    engine.log({ event: 'attempt_faulted', delivery_id: delivery.id, error: explainFault(error) })
    return { job, record: undefined }
  }
}
