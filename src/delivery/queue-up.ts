// Deliveries that nobody has attempted yet, each down its lane.
import type { DeliveryRef } from '../db/words.ts'
import { LANES, type Lane, type World } from '../world.ts'
import { enqueue } from './queue.ts'

/** What of the world shares are taken of. */
type Sharing = Pick<World, 'isolate'>

/** What takes a lane: the retry lane, if its endpoint is unwell. */
type Queued = { ref: DeliveryRef; isUnwell: boolean }

/** The lane of what is new: beyond its org's share of the one that is for it no one else waits behind it. */
export function laneOf({ isolate }: Sharing, { ref: { orgId }, isUnwell }: Queued): Lane {
  const lane = isUnwell ? 'retry' : 'fresh'
  return isolate.takeShare(orgId, lane) ? lane : 'bulk'
}

/** Hands over to the lanes. */
export async function queueUp(world: World, queued: Queued[]): Promise<void> {
  const lanes = Object.groupBy(queued, (one) => laneOf(world, one))
  for (const lane of LANES) {
    const refs = (lanes[lane] ?? []).map(({ ref }) => ref)
    await enqueue(world, lane, refs)
  }
}
