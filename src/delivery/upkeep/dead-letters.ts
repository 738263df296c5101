// The dead-letter consumer: what a queue gave up on is noted, and left to the sweep.
import { recordDeadLetters } from '../../db/upkeep/dead-letters.ts'
import type { World } from '../../world.ts'
import type { ReceivedMessage } from '../consume.ts'
import { parseMessage } from '../queue.ts'

/**
 * Logs each message and counts it for /healthz. Nothing is lost: the delivery's row has a lease, and
 * when it lapses the sweep sends the delivery again, or ends it.
 */
export async function buryDeadLetters(
  world: Pick<World, 'log' | 'now' | 'store'>,
  messages: readonly ReceivedMessage[],
): Promise<void> {
  const refs = messages.flatMap(({ body }) => parseMessage(body) ?? [])
  for (const { id, orgId, version } of refs) {
    world.log({ event: 'dead_letter', delivery_id: id, org_id: orgId, version })
  }
  if (refs.length > 0) await recordDeadLetters(world.store.shared, refs, world.now())
  for (const message of messages) message.ack()
}
