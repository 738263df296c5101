// Finds out which attempts on their way are slow.
import type { World } from '../../world.ts'

/** An attempt that takes longer, in ms, is slow: its endpoint leaves the lane of the healthy. */
export const SLOW_MS = 1000

/** What is watched. The oldest comes first in its set; `startedAt` is in Unix ms. */
export type Watched = { startedAt: number; isSlow: boolean }

/**
 * Makes the function that watches what is in the set now, and what joins it meanwhile, until all of it is
 * slow or gone. One timer at a time, however often it is called: a set has many attempts, most of them
 * short. `onSlow` is called when some have been found.
 */
export function createWatch(
  { now, sleep }: Pick<World, 'now' | 'sleep'>,
  set: ReadonlySet<Watched>,
  onSlow: () => void,
): () => Promise<void> {
  let isRunning = false
  return async function watch() {
    if (isRunning) return
    isRunning = true
    for (let oldest = findOldest(set); oldest; oldest = findOldest(set)) {
      await sleep(Math.max(0, oldest.startedAt + SLOW_MS - now()))
      if (markSlow(set, now())) onSlow()
    }
    isRunning = false
  }
}

/** Whether some are slow now that were not. */
function markSlow(set: ReadonlySet<Watched>, now: number): boolean {
  const found = [...set].filter((one) => !one.isSlow && one.startedAt <= now - SLOW_MS)
  for (const one of found) one.isSlow = true
  return found.length > 0
}

/** The one that was started first of those that are not slow yet. */
function findOldest(set: ReadonlySet<Watched>): Watched | undefined {
  return [...set].find(({ isSlow }) => !isSlow)
}
