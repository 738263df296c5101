// First attempts: what intake has stored leaves at once where it may, else by the queue.
import type { DeliveryToSend } from '../db/lifecycle/consume.ts'
import type { World } from '../world.ts'
import { startWindowMs } from './attempt/window.ts'
import { deliverLoaded, type Fate } from './deliver.ts'
import { handOn } from './hand-on.ts'
import { laneOf, queueUp } from './queue-up.ts'

/** First attempts that leave behind one request, at most: as many as it may have events. */
const DIRECT_SHARE = 100

/** For so many ms they do; what has had no turn by then goes on in other invocations, side by side. */
const DIRECT_WINDOW_MS = 1000

/** So long ago, in ms, may have been asked what a first attempt goes by, such as whether its endpoint is enabled. */
const FRESH_MS = 5000

/** Whether a delivery's first attempt may leave behind its request: its endpoint is well, and not recovering. */
export function mayLeaveNow({ unwellSince, pace }: DeliveryToSend): boolean {
  return unwellSince === null && pace === null
}

/**
 * Makes the first attempts of what a request had stored, in its own invocation: no message, no read, and no
 * wait for either. They are leased from their insert, so whatever becomes of the invocation, the sweep has
 * them. What the isolate has no room for, or the request no time, goes down a lane, and so does what
 * was stored too long ago: the transaction's answer was late. Never throws.
 */
export async function attemptNow(world: World, deliveries: DeliveryToSend[]): Promise<void> {
  const fresh = deliveries.filter(({ nextAttemptAt: at }) => world.now() - at <= FRESH_MS)
  const { taken, leave } = world.isolate.takeRoom(fresh.slice(0, DIRECT_SHARE))
  const direct = new Set(taken)
  const rest = deliveries.filter((one) => !direct.has(one))
  const queued = rest.map((ref) => ({ ref, isUnwell: false }))
  await Promise.all([attemptTaken(world, taken).finally(leave), queueUp(world, queued)])
}

/** Settles when the last attempt is over, a slow one's included. */
async function attemptTaken(world: World, deliveries: DeliveryToSend[]): Promise<void> {
  if (deliveries.length === 0) return
  const later: Promise<unknown>[] = []
  const defer = (work: Promise<unknown>): void => {
    later.push(work)
    world.defer(work)
  }
  const set = deliveries.map((delivery) => ({ ref: delivery, delivery }))
  const windowMs = Math.min(DIRECT_WINDOW_MS, startWindowMs(world.config))
  const fates = await deliverLoaded({ ...world, defer }, set, 'fresh', world.now() + windowMs)
  await handOn(
    world,
    fates.map((fate) => asHandedOn(world, fate)),
  )
  await Promise.all(later)
}

/** There is no message that could come back: a new one is sent. */
function asHandedOn(world: Pick<World, 'isolate'>, fate: Fate): Fate {
  if (fate.kind === 'done') return fate
  const isUnwell = fate.kind === 'handed_on' && fate.lane === 'retry'
  return { ...fate, kind: 'handed_on', lane: laneOf(world, { ref: fate.ref, isUnwell }) }
}
