// An org's share of the fresh lane: what it sends beyond that waits in the bulk lane, behind nobody but its like.
import { BoundedMap } from '../bounded-map.ts'
import type { TakeShare } from '../world.ts'

/** Messages that an isolate sends down the fresh lane for an org at once: a hundred events at fan-out 10. */
const SHARE = 1000

/** A share that was used up is full again after so many ms: a hundred a second. */
const FULL_AFTER_MS = 10_000

/** Counts the shares of one isolate; each is full at first. */
export function countShares(now: () => number, size: number = SHARE): TakeShare {
  const shares = new BoundedMap<{ left: number; at: number }>()
  return function takeShare(orgId) {
    const at = now()
    const last = shares.get(orgId) ?? { left: size, at }
    const refilled = (Math.max(0, at - last.at) * size) / FULL_AFTER_MS
    const left = Math.min(size, last.left + refilled)
    const isLeft = left >= 1
    shares.set(orgId, { left: isLeft ? left - 1 : left, at })
    return isLeft
  }
}
