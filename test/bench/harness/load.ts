// Two ways to put load on something: at a given rate, or as fast as so many can go.
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Calls `send` so many times a second, whatever becomes of the calls before, and waits for all. What
 * was due while this process was busy is sent at once: the rate holds.
 */
export async function atRate<T>(
  perSecond: number,
  total: number,
  send: (place: number) => Promise<T>,
): Promise<T[]> {
  const startedAt = performance.now()
  const calls: Promise<T>[] = []
  while (calls.length < total) {
    const due = Math.min(total, ((performance.now() - startedAt) * perSecond) / 1000 + 1)
    while (calls.length < Math.floor(due)) calls.push(send(calls.length))
    await sleep(1)
  }
  return Promise.all(calls)
}

/** Calls `send` in all so many times, `width` at a time. */
export async function asFastAsPossible<T>(
  width: number,
  total: number,
  send: (place: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const lane = async () => {
    while (next < total) results.push(await send(next++))
  }
  await Promise.all(Array.from({ length: width }, lane))
  return results
}
