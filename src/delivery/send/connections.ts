// The connections of one invocation, counted in one place for everything that takes one.
import type { Purpose, TakeConnection } from '../../world.ts'

/**
 * Calls that may wait for their answer's headers at a time: Cloudflare holds back an invocation's 7th,
 * whether it is a fetch or a queue send. Source: its Workers limits, "simultaneous open connections".
 */
const CONNECTIONS = 6

/**
 * Those that webhooks and their DNS look-ups hold at most. One is left for our own calls: behind six
 * receivers that hang, handing on the messages of the others would wait as long as they do (R2).
 */
export const ATTEMPT_CONNECTIONS = 5

/** Makes the counter of one invocation: whoever has waited longest, and may go, is next. */
export function countConnections(): TakeConnection {
  const held = { attempt: 0, own: 0 }
  const waiting: { purpose: Purpose; start: () => void }[] = []
  function mayStart({ purpose }: { purpose: Purpose }): boolean {
    if (held.attempt + held.own >= CONNECTIONS) return false
    return purpose === 'own' || held.attempt < ATTEMPT_CONNECTIONS
  }
  function startNext(): void {
    const place = waiting.findIndex(mayStart)
    const [next] = place < 0 ? [] : waiting.splice(place, 1)
    if (!next) return
    held[next.purpose] += 1
    next.start()
  }
  return async function takeConnection(purpose) {
    await new Promise<void>((start) => {
      waiting.push({ purpose, start })
      startNext()
    })
    return function release() {
      held[purpose] -= 1
      startNext()
    }
  }
}
