// The room that an isolate has for first attempts which leave behind the requests that accepted them.
import type { TakeRoom } from '../../world.ts'
import { INVOCATION_MS } from './window.ts'

/** First attempts of an isolate at a time: of the largest calls, 8 of the 128 MB that it has. */
export const ISOLATE_ROOM = 256

/**
 * Counts the room of one isolate. What is not given back is free again when the invocation that took it
 * must be over: one that was cut off gives nothing back.
 */
export function countRoom(now: () => number, size: number = ISOLATE_ROOM): TakeRoom {
  const stays = new Set<{ count: number; until: number }>()
  return function takeRoom(wanted) {
    let free = size
    for (const stay of stays) {
      if (stay.until <= now()) stays.delete(stay)
      else free -= stay.count
    }
    const refs = wanted.slice(0, free)
    const stay = { count: refs.length, until: now() + INVOCATION_MS }
    stays.add(stay)
    return { refs, leave: () => void stays.delete(stay) }
  }
}
