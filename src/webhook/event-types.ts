// The closed list of event types.

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
