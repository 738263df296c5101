// When the last attempt of an invocation may start: so that it, and what follows it, ends in time.
import { LOOKUP_TIMEOUT_MS } from '../send/resolve.ts'

/** An update of the runtime leaves an invocation so many ms. */
export const INVOCATION_MS = 30_000

/** What of it is left for writing what came of the attempts, and for handing on what was not attempted. */
export const WRITING_MS = 3000

/**
 * For so many ms after an invocation has begun it may start attempts: one that starts last may wait for its
 * look-up and its answer as long as either is allowed to. 5 s at the longest timeout that config.ts allows.
 */
export function startWindowMs({ attemptTimeoutMs }: { attemptTimeoutMs: number }): number {
  return INVOCATION_MS - WRITING_MS - LOOKUP_TIMEOUT_MS - attemptTimeoutMs
}
