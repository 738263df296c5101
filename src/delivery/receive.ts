// The queues' door: what a batch is for is told by the last word of its queue's name.
import { explainFault } from '../errors.ts'
import { LANES, type World } from '../world.ts'
import { consume, type ReceivedMessage } from './consume.ts'
import { parseStep } from './queue.ts'
import { stepReplay } from './replay/step.ts'
import { buryDeadLetters } from './upkeep/dead-letters.ts'

const ROLES = [...LANES, 'dead'] as const

/** What a queue is for: one of the lanes, or the messages that they gave up on. */
export type QueueRole = (typeof ROLES)[number]

/** In so many seconds the messages of an unknown queue come back; meanwhile it may be made known. */
const UNKNOWN_DELAY_S = 60

/** After a fault of ours the step of a replay comes back in so many seconds. */
const FAULT_DELAY_S = 5

/** What is used of a batch; it may say how many messages wait in its queue. */
export type ReceivedBatch = {
  queue: string
  messages: readonly ReceivedMessage[]
  metadata?: { metrics?: { backlogCount: number } }
}

/**
 * Works through a batch as its queue's role says: deliveries, and steps of replays. A queue without one is a fault of the deployment: it is
 * logged, nothing is sent for its messages, and they go back. Their deliveries are the sweep's (D2).
 */
export async function receive(
  world: World,
  { queue, messages, metadata }: ReceivedBatch,
): Promise<void> {
  const role = roleOf(queue)
  if (role === 'dead') return buryDeadLetters(world, messages)
  if (role !== undefined) {
    const { steps = [], deliveries = [] } = Object.groupBy(messages, ({ body }) =>
      parseStep(body) ? 'steps' : 'deliveries',
    )
    const depth = metadata?.metrics?.backlogCount ?? 0
    if (metadata?.metrics) world.isolate.meters.depth(role, depth)
    await Promise.all([
      ...(deliveries.length > 0 ? [consume(world, deliveries, role)] : []),
      ...steps.map((message) => takeStep(world, message, depth)),
    ])
    return
  }
  const error = 'the name of a queue must end in -fresh, -bulk, -retry or -dead'
  world.log({ event: 'queue_unknown', queue, count: messages.length, error })
  for (const message of messages) message.retry({ delaySeconds: UNKNOWN_DELAY_S })
}

/** Never throws: other messages of the batch have nothing to do with it. */
async function takeStep(world: World, message: ReceivedMessage, depth: number): Promise<void> {
  const ref = parseStep(message.body)
  try {
    if (ref) await stepReplay(world, ref, depth)
    message.ack()
  } catch (error) {
    world.log({ event: 'step_failed', replay_id: ref?.replayId, error: explainFault(error) })
    message.retry({ delaySeconds: FAULT_DELAY_S })
  }
}

/**
 * The role of a queue, whatever stands before it: `callingbox-webhooks-staging-dead` is for dead letters.
 * Undefined when there is none. There is no setting beside wrangler.toml's names that could contradict them.
 */
export function roleOf(queue: string): QueueRole | undefined {
  return ROLES.find((role) => queue.endsWith(`-${role}`))
}
