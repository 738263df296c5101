// The dead-letter consumer: what a queue gave up on is noted, and left to the sweep.
import { recordDeadLetters } from '../../db/upkeep/dead-letters.ts'
import type { World } from '../../world.ts'
import type { ReceivedMessage } from '../consume.ts'
import { parseMessage, parseStep } from '../queue.ts'

/**
 * Logs each message and counts it for /healthz. Nothing is lost: the delivery's row has a lease, and
 * when it lapses the sweep sends the delivery again, or ends it. The step of a replay is no delivery: it is
 * logged, and the cron sends it again.
 */
export async function buryDeadLetters(
  world: Pick<World, 'log' | 'now' | 'store'>,
  messages: readonly ReceivedMessage[],
): Promise<void> {
  const refs = messages.flatMap(({ body }) => parseMessage(body) ?? [])
  for (const { id, orgId, version } of refs) {
    world.log({ event: 'dead_letter', delivery_id: id, org_id: orgId, version })
  }
  for (const { orgId, replayId, step } of messages.flatMap(({ body }) => parseStep(body) ?? [])) {
    world.log({ event: 'dead_letter', replay_id: replayId, org_id: orgId, step })
  }
  const parts = await world.store.spread(refs, (db, some) =>
    recordDeadLetters(db, some, world.now()),
  )
  const lost = parts.find((part) => part.status === 'rejected')
  // Noted twice is noted once: the whole batch may come again.
  if (lost) throw lost.reason
  for (const message of messages) message.ack()
}
