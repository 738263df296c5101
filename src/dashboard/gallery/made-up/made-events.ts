// Made-up events: who got each, and who did not and why.
import type { Skipped } from '../../../db/skipped.ts'
import type { ListedEvent } from '../../../db/views/events.ts'
import type { InspectedEvent } from '../../../db/views/inspect-event.ts'
import { makeDeliveries } from './made-deliveries.ts'
import { ENDPOINT_STATES, makeEndpoints } from './made-endpoints.ts'
import { FOREIGN, HOSTILE, LONG_URL, UNBROKEN } from './made-texts.ts'

const CALL_ID = '4f6a1c2e-9d1b-4c55-8a0e-2b7f6d3e9a10'

/** Of these digits the first are the instant. */
const EVENT_ID = '019ab5c0-3c4d-7e5f-8a6b-9c0d1e2f0000'

/** One for each reason, to an endpoint that is there, one that is deleted, and a call's own URL. */
function makeSkipped(now: number): Skipped[] {
  const [first, , long] = makeEndpoints(now)
  return [
    { endpointId: first?.id ?? '', reason: 'disabled' },
    { endpointId: long?.id ?? '', reason: 'not_subscribed' },
    { endpointId: CALL_ID, reason: 'disabled' },
    { endpointId: null, reason: 'invalid_url', url: LONG_URL, message: HOSTILE },
  ]
}

/** One that some got and others did not, but for what is told of it. */
export function makeEvent(now: number, told: Partial<InspectedEvent> = {}): InspectedEvent {
  return {
    id: EVENT_ID,
    type: 'call.completed',
    callId: CALL_ID,
    created: Math.floor(now / 1000),
    skipped: makeSkipped(now),
    payloadDeletedAt: null,
    apiVersion: '2026-04',
    acceptedAt: now - 3_600_000,
    trace: '4bf92f3577b34da6a3ce929d0e0e4736-01',
    call: JSON.stringify({ id: CALL_ID, prompt: HOSTILE, result: { [UNBROKEN]: FOREIGN } }),
    deliveries: makeDeliveries(now),
    ...told,
  }
}

/** The newest events of an organization, of which each endpoint has missed some. */
export function listMadeEvents(now: number): ListedEvent[] {
  return ENDPOINT_STATES.map((_, place) => ({
    id: EVENT_ID.replace(/0000$/, `${place}000`),
    type: place % 2 === 0 ? 'call.completed' : 'call.no_answer',
    callId: CALL_ID,
    created: Math.floor(now / 1000),
    skipped: makeSkipped(now),
    payloadDeletedAt: place % 2 === 0 ? null : now,
    deliveries: [],
  }))
}
