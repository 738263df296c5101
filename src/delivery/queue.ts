// Messages: ids only, and what to do when the queue does not take them.
import type { DeliveryRef } from '../db/attempts.ts'
import type { DeliveryQueue, Engine } from './engine.ts'

/** Cloudflare's limit for one sendBatch call. */
const MAX_BATCH = 100

/** A message to send, and how long the queue keeps it back, in seconds. */
export type Outgoing = { ref: DeliveryRef; delaySeconds: number }

/**
 * Sends messages, 100 a call (R4: ids only). A failed call is logged and left at that: the rows are in
 * the database with a lease, and the sweep sends what nobody has dealt with when it ends (D5).
 * Returns how many were sent.
 */
export async function enqueue(
  engine: Pick<Engine, 'log'>,
  queue: DeliveryQueue,
  outgoing: Outgoing[],
): Promise<number> {
  let sent = 0
  for (let start = 0; start < outgoing.length; start += MAX_BATCH) {
    const part = outgoing.slice(start, start + MAX_BATCH)
    try {
      await queue.sendBatch(
        part.map(({ ref: { orgId, id, version }, delaySeconds }) => ({
          body: { orgId, id, version },
          contentType: 'json',
          delaySeconds,
        })),
      )
      sent += part.length
    } catch (error) {
      engine.log({ event: 'enqueue_failed', count: part.length, error: String(error) })
    }
  }
  return sent
}

/** A message's body as a reference, or undefined when it is none of ours. */
export function parseMessage(body: unknown): DeliveryRef | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { orgId, id, version } = body as Record<string, unknown>
  if (typeof orgId !== 'string' || typeof id !== 'string') return undefined
  return typeof version === 'number' ? { orgId, id, version } : undefined
}
