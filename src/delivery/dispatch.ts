// First attempts: what intake has stored leaves at once where it may, else by the queue.
import type { StoredDelivery } from '../db/lifecycle/accept.ts'
import type { DeliveryRef } from '../db/words.ts'
import type { World } from '../world.ts'
import { deliver, type Fate } from './deliver.ts'
import { handOn } from './hand-on.ts'
import { enqueue } from './queue.ts'

/** First attempts that leave behind one group of requests, at most: as many as it may have events. */
const DIRECT_SHARE = 100

/** For so many ms they do; what has had no turn by then goes on in other invocations, side by side. */
const DIRECT_WINDOW_MS = 1000

/** Deliveries of one group that take the fresh lane, at most: a hundred events at fan-out 10. */
const FRESH_SHARE = 1000

/**
 * Makes the first attempts of what one transaction has stored, in the invocation that ran it: no message, and
 * no wait for one. It is leased from its insert, so whatever becomes of the invocation, the sweep has it.
 * Only endpoints that are well are met so, by a share of the deliveries, and while the isolate has room;
 * the others' go down their lanes. Never throws.
 */
export async function dispatch(
  world: World,
  orgId: string,
  deliveries: StoredDelivery[],
): Promise<void> {
  const well = deliveries.filter(isForWell).slice(0, DIRECT_SHARE)
  const { refs, leave } = world.takeRoom(toRefs(orgId, well))
  const direct = new Set(refs.map(({ id }) => id))
  const queued = deliveries.filter(({ id }) => !direct.has(id))
  await Promise.all([attemptNow(world, refs).finally(leave), queue(world, orgId, queued)])
}

function isForWell({ health }: StoredDelivery): boolean {
  return health === 'well' || health === null
}

function toRefs(orgId: string, deliveries: StoredDelivery[]): DeliveryRef[] {
  return deliveries.map(({ id }) => ({ orgId, id, version: 1 }))
}

/** Settles when the last attempt is over, a slow one's included. */
async function attemptNow(world: World, refs: DeliveryRef[]): Promise<void> {
  if (refs.length === 0) return
  const later: Promise<unknown>[] = []
  const defer = (work: Promise<unknown>) => void later.push(work)
  const fates = await deliver({ ...world, defer }, refs, 'fresh', DIRECT_WINDOW_MS)
  await handOn(world, fates.map(asHandedOn))
  await Promise.all(later)
}

/** There is no message that could come back: a new one is sent. */
function asHandedOn(fate: Fate): Fate {
  return fate.kind === 'comes_back' ? { ...fate, kind: 'handed_on', lane: 'fresh' } : fate
}

/** An unwell endpoint's, and what would all be sent before the next org's, do not take the fresh lane. */
async function queue(world: World, orgId: string, deliveries: StoredDelivery[]): Promise<void> {
  const lanes = Object.groupBy(deliveries, ({ health }, place) =>
    health === 'unwell' || place >= FRESH_SHARE ? 'retry' : 'fresh',
  )
  for (const lane of ['fresh', 'retry'] as const) {
    await enqueue(world, lane, toRefs(orgId, lanes[lane] ?? []))
  }
}
