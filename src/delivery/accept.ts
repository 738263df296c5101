// Event intake: from accepted events to stored deliveries and messages on their way.
import {
  storeEvents,
  type CreatedDelivery,
  type NewEvent,
  type StoredDelivery,
} from '../db/records/events.ts'
import type { IdempotencyRecord } from '../db/idempotency.ts'
import { eventIdOf, newEventId, newId } from '../db/ids.ts'
import { AppError } from '../errors.ts'
import { LEASE_MS, type Engine } from './engine.ts'
import { enqueue } from './queue.ts'

/** A checked event; `call` is the JSON text to pass on, `created` Unix seconds, now by default. */
export type EventInput = {
  type: string
  callId: string
  webhookUrl: string | null
  created: number | undefined
  call: string
  /** For this endpoint only; usually it is for all that match. */
  endpointId?: string
}

/** What became of an event. */
export type AcceptedEvent = {
  id: string
  type: string
  callId: string
  created: number
  deliveries: CreatedDelivery[]
}

/** An Idempotency-Key and the SHA-256 of the request that came with it. */
export type Idempotency = { key: string; requestHash: string }

/**
 * Stores the events and their deliveries, all in one transaction, then hands the deliveries to the
 * queue without waiting for it. The answers are in the inputs' order.
 * @throws AppError `idempotency_key_reused`, `unavailable`.
 */
export async function acceptEvents(
  engine: Engine,
  orgId: string,
  inputs: EventInput[],
  idempotency?: Idempotency,
): Promise<AcceptedEvent[]> {
  const now = engine.now()
  const events = inputs.map((input) => toNewEvent(input, now))
  const request = idempotency && { ...idempotency, token: newId(now) }
  const { deliveries, record } = await storeEvents(engine.db, {
    orgId,
    events,
    apiVersion: engine.config.apiVersion,
    now,
    leaseMs: LEASE_MS,
    idempotency: request,
    snapshot: JSON.stringify(events.map(({ id, created }) => ({ id, created }))),
  })
  const isRepetition = record !== undefined && record.token !== request?.token
  if (isRepetition) return answerAgain(events, deliveries, record, request?.requestHash)
  engine.defer(dispatch(engine, orgId, deliveries))
  return toAccepted(events, deliveries)
}

/** Fresh deliveries of healthy endpoints have a lane of their own. */
async function dispatch(
  engine: Engine,
  orgId: string,
  deliveries: StoredDelivery[],
): Promise<void> {
  const lanes = Object.groupBy(deliveries, ({ isUnwell }) => (isUnwell ? 'retry' : 'fresh'))
  for (const lane of ['fresh', 'retry'] as const) {
    const refs = (lanes[lane] ?? []).map(({ id }) => ({ orgId, id, version: 1 }))
    await enqueue(engine, lane, refs)
  }
}

function toNewEvent(input: EventInput, now: number): NewEvent {
  return { ...input, id: newEventId(now), created: input.created ?? Math.floor(now / 1000) }
}

function answerAgain(
  events: NewEvent[],
  deliveries: StoredDelivery[],
  record: IdempotencyRecord,
  requestHash: string | undefined,
): AcceptedEvent[] {
  if (record.requestHash !== requestHash) throw new AppError('idempotency_key_reused')
  // Written by acceptEvents for the same request, so there is one for each of its events.
  const first = JSON.parse(record.snapshot) as { id: string; created: number }[]
  const again = events.map((event, place) => ({ ...event, ...first[place] }))
  return toAccepted(again, deliveries)
}

function toAccepted(events: NewEvent[], deliveries: StoredDelivery[]): AcceptedEvent[] {
  const byEvent = Map.groupBy(deliveries, ({ id }) => eventIdOf(id))
  return events.map(({ id, type, callId, created }) => ({
    id,
    type,
    callId,
    created,
    deliveries: byEvent.get(id) ?? [],
  }))
}
