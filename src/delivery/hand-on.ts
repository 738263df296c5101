// What a set's deliveries have left to do is handed on as messages.
import type { World } from '../world.ts'
import type { Fate } from './deliver.ts'
import { enqueue } from './queue.ts'

/** Sends those that were handed on down the lanes that they were handed to. Never throws. */
export async function handOn(
  world: Pick<World, 'isolate' | 'log' | 'queues' | 'takeConnection'>,
  fates: Fate[],
): Promise<void> {
  const handedOn = fates.filter((fate) => fate.kind === 'handed_on')
  for (const [lane, some] of Map.groupBy(handedOn, (fate) => fate.lane)) {
    const refs = some.map(({ ref }) => ref)
    await enqueue(world, lane, refs, (place) => some[place]?.seconds ?? 0)
  }
}
