// The rest between two sends to an endpoint that works off what is parked for it, or has a pace of its own.
import type { World } from '../../world.ts'

/**
 * Ms between two sends to a recovering endpoint: at most 125 a second and set. It has just come back, and
 * is met by a steady stream, not by a burst; nor are those that it shares us with.
 */
export const RECOVERY_SPACING_MS = 8

/** Who rests, by the name of a destination; a rest is in ms. */
export type Rests = {
  has: (destination: string) => boolean
  begin: (destination: string, ms: number) => Promise<void>
}

/** Makes the rests of one set of attempts; `onEnd` is called when one is over. */
export function createRests({ sleep }: Pick<World, 'sleep'>, onEnd: () => void): Rests {
  const resting = new Set<string>()
  return {
    has: (destination) => resting.has(destination),
    async begin(destination, ms) {
      resting.add(destination)
      await sleep(ms)
      resting.delete(destination)
      onEnd()
    },
  }
}
