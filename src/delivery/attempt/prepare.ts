// What one attempt sends: body and headers, signed at this instant, whoever carries them to the receiver.
import { isTest, newAttemptId } from '../../db/ids.ts'
import { loadCall, type DeliveryToSend } from '../../db/lifecycle/consume.ts'
import { composeBody, composeHeaders } from '../../webhook/request.ts'
import { signWebhook } from '../../webhook/signature.ts'
import type { World } from '../../world.ts'
import type { Keyring } from './keyring.ts'
import { within, type Sent } from './log.ts'

/** An attempt that has begun: its id, when (Unix ms), and what is sent. */
export type Prepared = {
  attemptId: string
  startedAt: number
  sent: Sent
  headers: Record<string, string>
  body: string
}

/** @throws when the call cannot be read, or a secret does not decrypt. */
export async function prepare(
  world: Pick<World, 'config' | 'now' | 'store'>,
  keysOf: Keyring,
  delivery: DeliveryToSend,
): Promise<Prepared> {
  const call = delivery.call ?? (await loadCall(world.store.of(delivery.orgId), delivery))
  const startedAt = world.now()
  const body = composeBody({ ...delivery, type: delivery.eventType, call })
  const keys = await keysOf(delivery.secrets)
  const timestampS = Math.floor(startedAt / 1000)
  const signature = await signWebhook({ id: delivery.id, timestampS, body, keys })
  const prefix = world.config.headerPrefix
  const { trace } = delivery
  const sent = { prefix, timestampS, signature, trace, attempt: delivery.attemptsMade + 1 }
  const attemptId = newAttemptId(startedAt)
  const about = {
    type: delivery.eventType,
    isTest: isTest(delivery.id),
    trace: within(delivery.trace, attemptId),
  }
  const headers = composeHeaders({ ...delivery, ...sent, ...about })
  return { attemptId, startedAt, sent, headers, body }
}
