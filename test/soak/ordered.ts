// What the soak test sends of calls in order, and what it looks at then.
import type { Receipt } from '../bench/harness/receiver.ts'
import type { Produced } from './producer.ts'

/** Events of each call. */
const EVENTS_A_CALL = 5

/** The ids of calls in the order in which their events are sent: of each five, shuffled among those of all others. */
export function shuffledCalls(events: number): string[] {
  const calls = Array.from({ length: events / EVENTS_A_CALL }, () => crypto.randomUUID())
  const places = calls.flatMap((call) => Array.from({ length: EVENTS_A_CALL }, () => call))
  return places
    .map((call) => ({ call, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ call }) => call)
}

/** One event after the other within each call, as its producer does who knows what happened first. */
export function oneByOne<T>(send: (call: string) => Promise<T>): (call: string) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  return (call) => {
    const sent = (last.get(call) ?? Promise.resolve()).then(() => send(call))
    last.set(call, sent)
    return sent
  }
}

/** Of all events that have one before them in their call, those whose first request came after the success of that. */
export function countInOrder(produced: Produced[], received: Receipt[]) {
  const places = new Map<string, { first: number; success: number }>()
  for (const [place, { id, status }] of received.entries()) {
    const { first, success } = places.get(id) ?? { first: place, success: Infinity }
    places.set(id, { first, success: status === 200 ? Math.min(success, place) : success })
  }
  const calls = [...Map.groupBy(produced, ({ callId }) => callId).values()]
  const pairs = calls.flatMap((events) =>
    events.slice(1).map((event, place) => [events[place], event] as const),
  )
  const ordered = pairs.filter(
    ([before, event]) =>
      (places.get(before?.deliveryId ?? '')?.success ?? Infinity) <
      (places.get(event.deliveryId)?.first ?? -1),
  )
  return { pairs: pairs.length, inOrder: ordered.length }
}
