// Waiting that always ends.
import { setTimeout as sleep } from 'node:timers/promises'

/** Polls `probe` until it answers something. @throws naming `what` after `withinMs`. */
export async function until<T>(
  what: string,
  withinMs: number,
  everyMs: number,
  probe: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + withinMs
  while (Date.now() < deadline) {
    const found = await probe()
    if (found !== undefined) return found
    await sleep(everyMs)
  }
  throw new Error(`${what}: not within ${withinMs / 1000} s`)
}
