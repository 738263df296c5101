// The one reader of what has happened to deliveries and endpoints, for the log and whoever listens.
import type { DeliveryTransition, EndpointTransition, Transition } from '../db/transitions.ts'
import type { LogLine, World } from '../world.ts'

/** What telling takes. */
export type Telling = Pick<World, 'isolate' | 'listen' | 'log'>

/**
 * Passes on all that has happened, and logs what an operator wants to be told of and no other line says:
 * attempts have their lines, and a deletion its entry in the audit log. Each is counted.
 */
export function tell({ isolate, log, listen }: Telling, transitions: Transition[]): void {
  listen?.(transitions)
  for (const one of transitions) {
    const { from, to, cause } = one
    const what = 'deliveryId' in one ? 'delivery' : 'endpoint'
    isolate.meters.count(`${what}_transitions_total`, { from, to, cause })
    const line = 'deliveryId' in one ? describeDelivery(one) : describeEndpoint(one)
    if (line) log(line)
  }
}

function describeDelivery(one: DeliveryTransition): LogLine | undefined {
  if (one.cause !== 'given_up') return undefined
  return { event: 'delivery_given_up', delivery_id: one.deliveryId, org_id: one.orgId }
}

function describeEndpoint({
  orgId,
  endpointId,
  ...change
}: EndpointTransition): LogLine | undefined {
  const about = { endpoint_id: endpointId, org_id: orgId }
  if (change.to === 'disabled') return { event: 'endpoint_disabled', ...about, cause: change.cause }
  if (change.to === 'enabled') return { event: 'endpoint_enabled', ...about }
  const isRecovered = change.from === 'recovering' && change.to === 'well'
  return isRecovered ? { event: 'endpoint_recovered', ...about } : undefined
}
