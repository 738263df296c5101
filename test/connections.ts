// The six connections of an invocation, as production has them and the local runtime does not.

const CONNECTIONS = 6

/** Makes a call when one of six connections is free; the 7th waits, unless its signal ends that. */
export type Connect = <T>(call: () => Promise<T>, signal?: AbortSignal | null) => Promise<T>

/** The connections of one invocation: each is held until the call's headers come, or it fails. */
export function sixConnections(): Connect {
  const waiting = new Set<() => void>()
  let held = 0
  function wait(signal: AbortSignal | null | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      waiting.add(resolve)
      signal?.addEventListener('abort', () => {
        if (waiting.delete(resolve)) reject(new Error('aborted before there was a connection'))
      })
    })
  }
  return async function connect(call, signal) {
    // Who has waited takes over what another held.
    if (held >= CONNECTIONS) await wait(signal)
    else held += 1
    try {
      return await call()
    } finally {
      const [next] = waiting
      if (next) {
        waiting.delete(next)
        next()
      } else held -= 1
    }
  }
}
