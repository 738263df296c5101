// The closed lists of event types: about calls, and about the service itself.

/** What can happen to a call, in the order in which it does. */
export const EVENT_TYPES = [
  'call.queued',
  'call.ringing',
  'call.answered',
  'call.completed',
  'call.failed',
  'call.no_answer',
  'call.busy',
  'call.canceled',
] as const

/** What can happen to the service, which an endpoint is told that names it: operational events. */
export const OPERATIONAL_TYPES = [
  'endpoint.disabled',
  'endpoint.failing',
  'endpoint.recovered',
  'delivery.exhausted',
  'replay.completed',
  'replay.paused',
  'key.expiring',
  'secret.undecryptable',
] as const

/** All of them. */
export const ALL_TYPES = [...EVENT_TYPES, ...OPERATIONAL_TYPES] as const

/** What the names of types about calls begin with, and no others do. */
export const OF_CALLS = 'call.'

/** Whether an endpoint that is subscribed to these takes events of a type; `*` are those about calls. */
export function takes(enabledEvents: readonly string[], type: string): boolean {
  return enabledEvents.includes(type) || (enabledEvents.includes('*') && type.startsWith(OF_CALLS))
}

/**
 * The kind of what is about the service itself. In the store it stands where others have their call's id, so that
 * operational events lie together as those of a call do; calls are UUIDs, so that none is meant by it.
 */
export const OPERATIONAL = 'operational'

/** The call's id as it is told; null: the event is about none. */
export function toCallId(stored: string | null): string | null {
  return stored === OPERATIONAL ? null : stored
}
