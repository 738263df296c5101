// Endpoints that were made to be listened to, and that nobody listens to any more, are removed.
import { listUnheard, removeUnheard } from '../../db/lifecycle/listen.ts'
import type { Visited, World } from '../../world.ts'
import { tell } from '../transitions.ts'

/** So long, in ms, such an endpoint waits for somebody who listens. */
export const UNHEARD_MS = 3_600_000

/**
 * Removes them as a person would, with what is pending: whoever made them was cut off, and nothing is to grow for
 * ever. It may stop anywhere and be run again. Returns how many.
 */
export async function removeUnheardEndpoints(
  world: Pick<World, 'isolate' | 'listen' | 'log' | 'now' | 'store'> & Visited,
): Promise<number> {
  const before = world.now() - UNHEARD_MS
  const unheard = await listUnheard(world.db, before)
  for (const one of unheard) {
    const db = world.store.of(one.orgId)
    tell(world, await removeUnheard(db, one, before, world.now()))
  }
  return unheard.length
}
