// An org's share of a lane: first attempts beyond that wait in the bulk lane, behind nobody but their like.
import { BoundedMap } from '../bounded-map.ts'
import type { TakeShare } from '../world.ts'

/** First messages that an isolate sends down a lane for an org at once: a hundred events at fan-out 10. */
const SHARE = 1000

/** A share that was used up is full again after so many ms: a hundred a second. */
const FULL_AFTER_MS = 10_000

/** Counts the shares of one isolate, each org's of each lane; each is full at first. */
export function countShares(now: () => number, size: number = SHARE): TakeShare {
  const shares = new BoundedMap<{ left: number; at: number }>()
  return function takeShare(orgId, lane) {
    const name = `${lane} ${orgId}`
    const at = now()
    const last = shares.get(name) ?? { left: size, at }
    const refilled = (Math.max(0, at - last.at) * size) / FULL_AFTER_MS
    const left = Math.min(size, last.left + refilled)
    const isLeft = left >= 1
    shares.set(name, { left: isLeft ? left - 1 : left, at })
    return isLeft
  }
}
