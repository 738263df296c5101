// The event that tells a customer whether an endpoint works.
import type { Endpoint } from '../db/account/endpoints.ts'
import { AppError } from '../errors.ts'
import type { World } from '../world.ts'
import { acceptEvent } from './accept.ts'

/** Sent when the endpoint takes every type. */
const USUAL_TYPE = 'call.completed'

/**
 * Sends an event of a made-up call to one endpoint, of the first type that it takes. It is an event
 * like any other but for `metadata.test`; answers its delivery's id.
 * @throws AppError `endpoint_disabled`, `unavailable`.
 */
export async function sendTestEvent(world: World, endpoint: Endpoint): Promise<string> {
  const [first = '*'] = endpoint.enabledEvents
  const callId = crypto.randomUUID()
  const call = {
    id: callId,
    to_number: '+14155550100',
    from_number: '+14155550199',
    direction: 'outbound',
    status: 'completed',
    duration_seconds: 42,
    metadata: { test: true },
  }
  const input = {
    type: first === '*' ? USUAL_TYPE : first,
    callId,
    webhookUrl: null,
    created: undefined,
    call: JSON.stringify(call),
    endpointId: endpoint.id,
  }
  const { answer } = await acceptEvent(world, endpoint.orgId, input)
  const [delivery] = answer.deliveries
  if (!delivery) throw new AppError('endpoint_disabled')
  return delivery.id
}
