// Handles each event once, although it may arrive several times.

type Awaitable<Value> = Value | PromiseLike<Value>

/** Where the ids of events that were handled are kept: a Set is one; a table or a cache can be. */
export type EventIds = {
  has(id: string): Awaitable<boolean>
  add(id: string): Awaitable<unknown>
}

/** What became of an event: `duplicate` when it had been handled before. Answer 2xx to both. */
export type Handling = 'handled' | 'duplicate'

/**
 * A function that handles an event unless one with its id was handled before, by the ids in `handled`.
 *
 * An id is added after its event was handled: where that fails, the error is the caller's, nothing is added,
 * and the retry of a webhook answered 5xx handles it again. The same event arriving meanwhile waits and
 * shares what becomes of it. That is within a process: where several may get the same one at once, add its id
 * in the transaction that handles it, under a unique index.
 */
export function once(
  handled: EventIds,
): (event: { id: string }, handle: () => Awaitable<unknown>) => Promise<Handling> {
  const underWay = new Map<string, Promise<Handling>>()
  return async ({ id }, handle) => {
    const other = underWay.get(id)
    if (other) return other.then(() => 'duplicate')
    const own = handleNew(handled, id, handle).finally(() => underWay.delete(id))
    underWay.set(id, own)
    return own
  }
}

async function handleNew(
  handled: EventIds,
  id: string,
  handle: () => Awaitable<unknown>,
): Promise<Handling> {
  if (await handled.has(id)) return 'duplicate'
  await handle()
  await handled.add(id)
  return 'handled'
}

/** The last so many ids, in memory: for one process, and lost with it. 10,000 by default. */
export function recentIds(limit = 10_000): EventIds {
  const ids = new Set<string>()
  // Once, and not anew each time: that would pass over what was deleted before.
  const oldestFirst = ids.values()
  return {
    has: (id) => ids.has(id),
    add(id) {
      ids.add(id)
      if (ids.size > limit) ids.delete(oldestFirst.next().value ?? '')
    },
  }
}
