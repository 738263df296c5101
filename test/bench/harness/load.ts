// Ways to put load on something: at a given rate, or as fast as so many can go, so often or for so long.
import { setTimeout as sleep } from 'node:timers/promises'

/** Calls that come at a rate, until they are stopped or there were enough. */
export type Stream<T> = {
  count: () => number
  /** Begins no more calls, waits for all that were begun, and answers what they answered. */
  stop: () => Promise<T[]>
}

/**
 * Calls `send` so many times a second, evenly, whatever becomes of the calls before. What was due while
 * this process was busy is sent at once: the rate holds.
 */
export function startStream<T>(
  perSecond: number,
  send: (place: number) => Promise<T>,
  total = Infinity,
): Stream<T> {
  const startedAt = performance.now()
  const calls: Promise<T>[] = []
  const catchUp = () => {
    const due = ((performance.now() - startedAt) * perSecond) / 1000
    while (calls.length <= due && calls.length < total) {
      const call = send(calls.length)
      // Whoever stops the stream is told; until then nobody waits for it.
      call.catch(() => {})
      calls.push(call)
    }
  }
  const timer = setInterval(catchUp, 1)
  return {
    count: () => calls.length,
    stop: () => {
      clearInterval(timer)
      return Promise.all(calls)
    },
  }
}

/** Calls `send` so many times a second, in all so many times, and waits for all. */
export async function atRate<T>(
  perSecond: number,
  total: number,
  send: (place: number) => Promise<T>,
): Promise<T[]> {
  const stream = startStream(perSecond, send, total)
  while (stream.count() < total) await sleep(1)
  return stream.stop()
}

/** Calls `send` in all so many times, `width` at a time. */
export async function asFastAsPossible<T>(
  width: number,
  total: number,
  send: (place: number) => Promise<T>,
): Promise<T[]> {
  return inLanes(width, (place) => place < total, send)
}

/** Calls `send` for so many ms, `width` at a time, and waits for all that were begun. */
export async function forAsLongAs<T>(
  width: number,
  forMs: number,
  send: (place: number) => Promise<T>,
): Promise<T[]> {
  const endsAt = performance.now() + forMs
  return inLanes(width, () => performance.now() < endsAt, send)
}

async function inLanes<T>(
  width: number,
  goesOn: (place: number) => boolean,
  send: (place: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const lane = async () => {
    while (goesOn(next)) results.push(await send(next++))
  }
  await Promise.all(Array.from({ length: width }, lane))
  return results
}
