// Messages: ids only, and what to do when the queue does not take them.
import type { DeliveryRef } from '../db/words.ts'
import { explainFault } from '../errors.ts'
import type { Lane, World } from '../world.ts'

/** Cloudflare's limit for one sendBatch call. */
const MAX_BATCH = 100

/** How many messages were sent, and how many wait in the queue, where it says so. */
export type Enqueued = { sent: number; depth: number }

/**
 * Sends messages down a lane, 100 a call (R4: ids only), each kept back by `delaySeconds`. A failed call
 * is logged and left at that: the rows are in the database with a lease, and the sweep sends what nobody
 * has dealt with when it ends (D5).
 */
export async function enqueue(
  world: Pick<World, 'log' | 'queues' | 'takeConnection'>,
  lane: Lane,
  refs: DeliveryRef[],
  delaySeconds: (place: number) => number = () => 0,
): Promise<Enqueued> {
  const result = { sent: 0, depth: 0 }
  for (let start = 0; start < refs.length; start += MAX_BATCH) {
    const messages = refs.slice(start, start + MAX_BATCH).map(({ orgId, id, version }, place) => ({
      body: { orgId, id, version },
      contentType: 'json' as const,
      delaySeconds: delaySeconds(start + place),
    }))
    const release = await world.takeConnection('own')
    try {
      const { metadata } = await world.queues[lane].sendBatch(messages)
      result.sent += messages.length
      result.depth = metadata?.metrics?.backlogCount ?? 0
    } catch (error) {
      world.log({
        event: 'enqueue_failed',
        lane,
        count: messages.length,
        error: explainFault(error),
      })
    } finally {
      release()
    }
  }
  return result
}

/** A message's body as a reference, or undefined when it is none of ours. */
export function parseMessage(body: unknown): DeliveryRef | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  // Any object may be looked into; each member is checked before it is believed.
  const { orgId, id, version } = body as Record<string, unknown>
  if (typeof orgId !== 'string' || typeof id !== 'string') return undefined
  return typeof version === 'number' ? { orgId, id, version } : undefined
}
