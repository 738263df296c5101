// The room that an isolate has for first attempts which leave behind the requests that accepted them.
import type { RoomTaking, TakeRoom } from '../../world.ts'
import { destinationOf } from './pool.ts'
import { INVOCATION_MS } from './window.ts'

/**
 * What an isolate has room for at a time: an attempt takes one, and one more for each 32 KB of its call, so
 * that all together hold 32 of the 128 MB that it has.
 */
export const ISOLATE_ROOM = 1024

/** Of these, one destination has one in so many, that one which hangs leaves room to the others (R2). */
const SHARE = 4

/** A call of so many bytes takes one more. */
const UNIT_BYTES = 32_768

type Taken = { destination: string; units: number }
type Stay = { taken: Taken[]; until: number }

/**
 * Counts the room of one isolate. What is not given back is free again when the invocation that took it
 * must be over: one that was cut off gives nothing back.
 */
export function countRoom(now: () => number, size: number = ISOLATE_ROOM): TakeRoom {
  /** In the order in which they end. */
  const stays = new Set<Stay>()
  const held = new Map<string, number>()
  let free = size
  function hold({ destination, units }: Taken): boolean {
    const count = (held.get(destination) ?? 0) + units
    if (units > free || count > Math.ceil(size / SHARE)) return false
    held.set(destination, count)
    free -= units
    return true
  }
  function end(stay: Stay): void {
    if (!stays.delete(stay)) return
    for (const { destination, units } of stay.taken) {
      const left = (held.get(destination) ?? 0) - units
      if (left > 0) held.set(destination, left)
      else held.delete(destination)
      free += units
    }
  }
  return function takeRoom(wanted) {
    for (const stay of stays) {
      if (stay.until > now()) break
      end(stay)
    }
    const stay: Stay = { taken: [], until: now() + INVOCATION_MS }
    const taken = wanted.filter((delivery) => {
      const one = { destination: destinationOf(delivery), units: unitsOf(delivery) }
      return hold(one) && stay.taken.push(one)
    })
    stays.add(stay)
    return { taken, leave: () => end(stay) }
  }
}

function unitsOf({ call }: RoomTaking): number {
  return 1 + Math.floor((call?.length ?? 0) / UNIT_BYTES)
}
