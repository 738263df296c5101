// The dead-letter consumer: what a queue gave up on is noted, and left to the sweep.
import { recordDeadLetters } from '../../db/figures/health.ts'
import type { ReceivedMessage } from '../consume.ts'
import type { Engine } from '../engine.ts'
import { parseMessage } from '../queue.ts'

/**
 * Logs each message and counts it for /healthz. Nothing is lost: the delivery's row has a lease, and
 * when it lapses the sweep sends the delivery again, or ends it.
 */
export async function buryDeadLetters(
  engine: Engine,
  messages: readonly ReceivedMessage[],
): Promise<void> {
  const refs = messages.flatMap(({ body }) => parseMessage(body) ?? [])
  for (const { id, orgId, version } of refs) {
    engine.log({ event: 'dead_letter', delivery_id: id, org_id: orgId, version })
  }
  if (refs.length > 0) await recordDeadLetters(engine.db, refs, engine.now())
  for (const message of messages) message.ack()
}
