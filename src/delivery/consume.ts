// The queue consumer: a batch's messages name the deliveries to attempt, and end as these do.
import type { DeliveryRef } from '../db/words.ts'
import type { Lane, World } from '../world.ts'
import { deliver, nameOf, type Fate } from './deliver.ts'
import { handOn } from './hand-on.ts'
import { parseMessage } from './queue.ts'

/** The part of a queue message that is used. */
export type ReceivedMessage = Pick<Message, 'body' | 'ack' | 'retry'>

/** A delivery, and all messages of a batch that name it at its version. */
type Named = { ref: DeliveryRef; messages: ReceivedMessage[] }

/**
 * Works through a batch of a lane. Messages are acknowledged when there is nothing left to do for their
 * delivery, or when it has been handed on to a lane as a new one; else they come back. A message that
 * came twice makes one attempt.
 */
export async function consume(
  world: World,
  messages: readonly ReceivedMessage[],
  lane: Lane,
): Promise<void> {
  const named = groupByDelivery(world, messages)
  if (named.size === 0) return
  const refs = [...named.values()].map(({ ref }) => ref)
  const fates = await deliver(world, refs, lane)
  await handOn(world, fates)
  for (const fate of fates) {
    for (const message of named.get(nameOf(fate.ref))?.messages ?? []) end(message, fate)
  }
}

function groupByDelivery(
  world: Pick<World, 'log'>,
  messages: readonly ReceivedMessage[],
): Map<string, Named> {
  const named = new Map<string, Named>()
  for (const message of messages) {
    const ref = parseMessage(message.body)
    if (!ref) {
      world.log({ event: 'message_malformed' })
      message.ack()
      continue
    }
    const one = named.get(nameOf(ref)) ?? { ref, messages: [] }
    one.messages.push(message)
    named.set(nameOf(ref), one)
  }
  return named
}

function end(message: ReceivedMessage, fate: Fate): void {
  if (fate.kind === 'comes_back') message.retry({ delaySeconds: fate.seconds })
  else message.ack()
}
