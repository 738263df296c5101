// The queues' door: what a batch is for is told by the last word of its queue's name.
import type { World } from '../world.ts'
import { consume, type ReceivedMessage } from './consume.ts'
import { buryDeadLetters } from './upkeep/dead-letters.ts'

const ROLES = ['fresh', 'retry', 'dead'] as const

/** What a queue is for: one of the lanes, or the messages that both of them gave up on. */
export type QueueRole = (typeof ROLES)[number]

/** In so many seconds the messages of an unknown queue come back; meanwhile it may be made known. */
const UNKNOWN_DELAY_S = 60

/** What is used of a batch. */
export type ReceivedBatch = { queue: string; messages: readonly ReceivedMessage[] }

/**
 * Works through a batch as its queue's role says. A queue without one is a fault of the deployment: it is
 * logged, nothing is sent for its messages, and they go back. Their deliveries are the sweep's (D2).
 */
export async function receive(world: World, { queue, messages }: ReceivedBatch): Promise<void> {
  const role = roleOf(queue)
  if (role === 'dead') return buryDeadLetters(world, messages)
  if (role !== undefined) return consume(world, messages, role)
  const error = 'the name of a queue must end in -fresh, -retry or -dead'
  world.log({ event: 'queue_unknown', queue, count: messages.length, error })
  for (const message of messages) message.retry({ delaySeconds: UNKNOWN_DELAY_S })
}

/**
 * The role of a queue, whatever stands before it: `callingbox-webhooks-staging-dead` is for dead letters.
 * Undefined when there is none. There is no setting beside wrangler.toml's names that could contradict them.
 */
export function roleOf(queue: string): QueueRole | undefined {
  return ROLES.find((role) => queue.endsWith(`-${role}`))
}
