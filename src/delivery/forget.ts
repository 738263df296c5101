// Forgetting: what a call was about is deleted, because a person has a right to that.
import type { Actor } from '../db/audit.ts'
import { forget as storeForgetting } from '../db/lifecycle/forget.ts'
import { notFound } from '../errors.ts'
import type { World } from '../world.ts'
import { tell, type Telling } from './transitions.ts'

/**
 * Deletes the payload of an event for good. What is pending of it ends as exhausted, without counting against its
 * endpoint; an attempt that is on its way may still arrive. Asked again, nothing changes.
 * @throws AppError `not_found`.
 */
export async function forget(
  world: Telling & Pick<World, 'now' | 'store'>,
  actor: Actor,
  eventId: string,
): Promise<void> {
  const db = world.store.of(actor.orgId)
  const { isThere, transitions } = await storeForgetting(db, actor, eventId, world.now())
  tell(world, transitions)
  if (!isThere) throw notFound('event')
}
