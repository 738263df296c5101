// Messages: ids only, and what to do when the queue does not take them.
import type { DeliveryRef, StepRef } from '../db/words.ts'
import { explainFault } from '../errors.ts'
import type { Lane, World } from '../world.ts'

/** Cloudflare's limit for one sendBatch call. */
const MAX_BATCH = 100

/** Messages that may wait in a queue before what can wait adds no more: about a minute's work. */
export const ENOUGH_QUEUED = 10_000

/** How many messages were sent, and how many wait in the queue, where it says so. */
export type Enqueued = { sent: number; depth: number }

/**
 * Sends messages down a lane, 100 a call (R4: ids only), each kept back by `delaySeconds`. A failed call
 * is logged and left at that: the rows are in the database with a lease, and the sweep sends what nobody
 * has dealt with when it ends (D5).
 */
export async function enqueue(
  world: Pick<World, 'isolate' | 'log' | 'queues' | 'takeConnection'>,
  lane: Lane,
  refs: (DeliveryRef | StepRef)[],
  delaySeconds: (place: number) => number = () => 0,
): Promise<Enqueued> {
  const result = { sent: 0, depth: 0 }
  for (let start = 0; start < refs.length; start += MAX_BATCH) {
    const messages = refs.slice(start, start + MAX_BATCH).map((ref, place) => ({
      body: toBody(ref),
      contentType: 'json' as const,
      delaySeconds: delaySeconds(start + place),
    }))
    const release = await world.takeConnection('own')
    try {
      const { metadata } = await world.queues[lane].sendBatch(messages)
      result.sent += messages.length
      result.depth = metadata?.metrics?.backlogCount ?? 0
      if (metadata?.metrics) world.isolate.meters.depth(lane, result.depth)
    } catch (error) {
      world.isolate.meters.count('enqueue_failures_total', { lane }, messages.length)
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

/** A reference is mostly a row with more to it. */
function toBody(ref: DeliveryRef | StepRef): DeliveryRef | StepRef {
  const { orgId } = ref
  if ('step' in ref) return { orgId, replayId: ref.replayId, step: ref.step }
  const { id, version, copiedBy } = ref
  return { orgId, id, version, ...(copiedBy !== undefined && { copiedBy }) }
}

/** A message's body as a reference, or undefined when it is none of ours. */
export function parseMessage(body: unknown): DeliveryRef | undefined {
  const { orgId, id, version, copiedBy } = membersOf(body)
  if (typeof orgId !== 'string' || typeof id !== 'string') return undefined
  if (typeof version !== 'number') return undefined
  if (copiedBy === undefined) return { orgId, id, version }
  return typeof copiedBy === 'string' ? { orgId, id, version, copiedBy } : undefined
}

/** The same of a step of a replay. */
export function parseStep(body: unknown): StepRef | undefined {
  const { orgId, replayId, step } = membersOf(body)
  if (typeof orgId !== 'string' || typeof replayId !== 'string') return undefined
  return typeof step === 'number' ? { orgId, replayId, step } : undefined
}

function membersOf(body: unknown): Record<string, unknown> {
  // Any object may be looked into; each member is checked before it is believed.
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
}
