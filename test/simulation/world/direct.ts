// What a request does behind its answer: first attempts, told as those of an actor of its own.
import type { DeliveryQueue, World as EngineWorld, Lane } from '../../../src/world.ts'
import { makeDoor } from './engine.ts'
import type { Actor, MessageRef } from './history.ts'
import type { World } from './world.ts'

/**
 * Makes what the doors make from the Worker's env. What a request does behind its answer is told as an actor
 * of its own, which holds what it attempts like a consumer does, and dies with the request's.
 */
export function makeEngine(world: World, actor: Actor): EngineWorld {
  const engine = makeDoor(world, actor)
  let behind: { engine: EngineWorld; messages: MessageRef[] } | undefined
  const current = (): EngineWorld => behind?.engine ?? engine
  const senderOf = (messages: MessageRef[]): EngineWorld =>
    messages.some((one) => isLeftToQueue(world, actor, one, behind?.messages)) ? engine : current()
  const queue = (lane: Lane): DeliveryQueue => ({
    sendBatch: (messages) => {
      const batch = [...messages]
      return senderOf(batch.map(({ body }) => body)).queues[lane].sendBatch(batch)
    },
  })
  return {
    ...engine,
    store: {
      of: (orgId) => engine.store.of(orgId),
      get shared() {
        return current().store.shared
      },
    },
    queues: { fresh: queue('fresh'), retry: queue('retry') },
    vault: {
      ...engine.vault,
      unseal: (sealed, context) => current().vault.unseal(sealed, context),
    },
    fetch: (url, init) => current().fetch(url, init),
    takeRoom: (wanted) => {
      const { refs, leave } = world.takeRoom(wanted)
      if (refs.length === 0) return { refs, leave }
      const direct = begin(world, actor, refs)
      behind = { engine: makeDoor(world, direct), messages: refs }
      return { refs, leave: () => (leave(), end(world, direct)) }
    },
  }
}

/** A request's own delivery that it does not attempt itself. */
function isLeftToQueue(
  { history }: World,
  actor: Actor,
  { id }: MessageRef,
  held: MessageRef[] = [],
): boolean {
  const isOwn = history.changes.some(
    (one) => one.actor === actor && one.kind === 'deliveries' && one.id === id,
  )
  return isOwn && !held.some((one) => one.id === id)
}

/** In its own process, so its clock is the request's. */
function begin(world: World, actor: Actor, refs: MessageRef[]): Actor {
  const direct = world.actor('direct', 'consumer')
  return Object.assign(direct, {
    behind: actor,
    skewMs: actor.skewMs,
    messages: refs,
    lane: 'fresh' as const,
  })
}

/** Its last attempt is over. */
function end({ clock }: World, direct: Actor): void {
  if (!direct.isDead) direct.end = { how: 'returned', at: clock.now }
}
