// What one attempt sends: body and headers, signed at this instant, whoever carries them to the receiver.
import { isTest, newAttemptId } from '../../db/ids.ts'
import { loadCall, type DeliveryToSend } from '../../db/lifecycle/consume.ts'
import {
  coverValue,
  findNameProblem,
  isSameOrigin,
  type HeaderLine,
} from '../../webhook/own-headers.ts'
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
  /** Those of these that are the endpoint's own. */
  own: readonly HeaderLine[]
  body: string
}

/** @throws when the call cannot be read, or a secret or the endpoint's headers do not decrypt. */
export async function prepare(
  world: Pick<World, 'config' | 'now' | 'store'>,
  keyring: Keyring,
  delivery: DeliveryToSend,
): Promise<Prepared> {
  const call = delivery.call ?? (await loadCall(world.store.of(delivery.orgId), delivery))
  const startedAt = world.now()
  const body = composeBody({ ...delivery, type: delivery.eventType, call })
  const keys = await keyring.keysOf(delivery.secrets)
  const timestampS = Math.floor(startedAt / 1000)
  const signature = await signWebhook({ id: delivery.id, timestampS, body, keys })
  const prefix = world.config.headerPrefix
  const { trace } = delivery
  const own = await goingAlong(keyring, delivery, prefix)
  const sent = { prefix, timestampS, signature, trace, own, attempt: delivery.attemptsMade + 1 }
  const attemptId = newAttemptId(startedAt)
  const about = {
    type: delivery.eventType,
    isTest: isTest(delivery.id),
    trace: within(delivery.trace, attemptId),
  }
  const headers = composeHeaders({ ...delivery, ...sent, ...about })
  // The log is told of them what anybody may know.
  const told = { ...sent, own: own?.map(cover) }
  return { attemptId, startedAt, sent: told, headers, own: own ?? [], body }
}

/**
 * The endpoint's headers where the request goes to its origin of now, and to no other (X10): a delivery may have been made
 * for another URL, and a copy goes elsewhere. None takes a name that has become one of ours since.
 */
async function goingAlong(
  { headersOf }: Keyring,
  { headers, url }: Pick<DeliveryToSend, 'headers' | 'url'>,
  prefix: string,
): Promise<HeaderLine[] | undefined> {
  if (headers === null || !isSameOrigin(url, headers.endpointUrl)) return undefined
  const lines = await headersOf(headers)
  return lines.filter(([name]) => findNameProblem(name, prefix) === undefined)
}

function cover([name, value]: HeaderLine): HeaderLine {
  return [name, coverValue(value)]
}
