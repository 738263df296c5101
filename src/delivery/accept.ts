// Event intake: from accepted events to stored deliveries and messages on their way.
import { type Idempotency, type Once } from '../db/idempotency.ts'
import { eventIdOf, newEventId, newId } from '../db/ids.ts'
import {
  storeEvents,
  type CreatedDelivery,
  type NewEvent,
  type StoredDelivery,
  type StoredEvents,
} from '../db/lifecycle/accept.ts'
import type { RefusedUrl, Skipped } from '../db/skipped.ts'
import type { Issue } from '../errors.ts'
import { type World } from '../world.ts'
import { LEASE_MS } from './lease.ts'
import { enqueue } from './queue.ts'

/**
 * A checked event; `call` is the JSON text to pass on, `created` Unix seconds, now by default. The
 * call's own URL is one of both: to be delivered to, or refused.
 */
export type EventInput = {
  type: string
  callId: string
  webhookUrl: string | null
  refusedUrl?: RefusedUrl | undefined
  created: number | undefined
  call: string
  /** For this endpoint only; usually it is for all that match. */
  endpointId?: string
}

/** An element of a batch that is no event, with the error that stands in its place. */
export type Refused = { refused: { error: string; code: string; issues?: Issue[] } }

/** Deliveries of one request that take the fresh lane, at most: a hundred events at fan-out 10. */
const FRESH_SHARE = 1000

/** What became of an event. */
export type AcceptedEvent = {
  id: string
  type: string
  callId: string
  created: number
  deliveries: CreatedDelivery[]
  skipped: Skipped[]
}

/** One place of a batch's answer as an Idempotency-Key keeps it; an event's fan-out is read anew. */
type Place = Pick<NewEvent, 'id' | 'type' | 'callId' | 'created'> | Refused

/**
 * Stores the events and their deliveries, all in one transaction, then hands the deliveries to the
 * queue without waiting for it. Each result stands in its input's place; what was refused already
 * stays where it is, and is remembered with the others (I1).
 * @throws AppError `idempotency_key_reused`, `unavailable`.
 */
export async function acceptBatch(
  world: World,
  orgId: string,
  inputs: (EventInput | Refused)[],
  idempotency?: Idempotency,
): Promise<Once<(AcceptedEvent | Refused)[]>> {
  const now = world.now()
  const planned = inputs.map((input) => ('refused' in input ? input : toNewEvent(input, now)))
  const places = planned.map(toPlace)
  const stored = await storeEvents(world.store.of(orgId), {
    orgId,
    events: planned.flatMap((one) => ('refused' in one ? [] : [one])),
    apiVersion: world.config.apiVersion,
    now,
    leaseMs: LEASE_MS,
    token: newId(now),
    idempotency,
    snapshot: JSON.stringify(places),
  })
  // acceptBatch wrote it for the same request.
  const first = stored.first as Place[] | undefined
  if (!first) world.defer(dispatch(world, orgId, stored.deliveries))
  return { answer: toResults(first ?? places, stored), isRepeated: first !== undefined }
}

/** The same for one event, which there is an answer for: it is stored, or this throws. */
export async function acceptEvent(
  world: World,
  orgId: string,
  input: EventInput,
  idempotency?: Idempotency,
): Promise<Once<AcceptedEvent>> {
  const { answer, isRepeated } = await acceptBatch(world, orgId, [input], idempotency)
  const [accepted] = answer
  if (!accepted || 'refused' in accepted) throw new Error('a checked event has no refusal')
  return { answer: accepted, isRepeated }
}

/**
 * Fresh deliveries of healthy endpoints have a lane of their own, but for what one request has of them
 * beyond its share: they would all be sent before the next org's.
 */
async function dispatch(world: World, orgId: string, deliveries: StoredDelivery[]): Promise<void> {
  const lanes = Object.groupBy(deliveries, ({ isUnwell }, place) =>
    isUnwell || place >= FRESH_SHARE ? 'retry' : 'fresh',
  )
  for (const lane of ['fresh', 'retry'] as const) {
    const refs = (lanes[lane] ?? []).map(({ id }) => ({ orgId, id, version: 1 }))
    await enqueue(world, lane, refs)
  }
}

function toNewEvent(input: EventInput, now: number): NewEvent {
  return { ...input, id: newEventId(now), created: input.created ?? Math.floor(now / 1000) }
}

function toPlace(planned: NewEvent | Refused): Place {
  if ('refused' in planned) return planned
  const { id, type, callId, created } = planned
  return { id, type, callId, created }
}

function toResults(places: Place[], stored: StoredEvents): (AcceptedEvent | Refused)[] {
  const deliveries = Map.groupBy(stored.deliveries, ({ id }) => eventIdOf(id))
  return places.map((place) => {
    if ('refused' in place) return place
    const { id } = place
    return {
      ...place,
      deliveries: deliveries.get(id) ?? [],
      skipped: stored.skipped.get(id) ?? [],
    }
  })
}
