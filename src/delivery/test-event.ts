// A test: an event that one endpoint gets because a person wants to see whether it works.
import { findEndpoint, type Endpoint } from '../db/account/endpoints.ts'
import { findFirst, type Idempotency, type Once } from '../db/idempotency.ts'
import { instantOf } from '../db/ids.ts'
import type { PublicDelivery } from '../db/words.ts'
import { AppError, invalidRequest, notFound } from '../errors.ts'
import { ALL_TYPES, OPERATIONAL, takes, type EVENT_TYPES } from '../webhook/event-types.ts'
import { sampleCall } from '../webhook/sample-calls.ts'
import { isOperationalType, sampleData, type OperationalType } from '../webhook/sample-data.ts'
import type { World } from '../world.ts'
import { acceptEvent, type AcceptedEvent } from './accept.ts'

/** One of the event types, about a call or about the service itself. */
export type EventType = (typeof EVENT_TYPES)[number] | OperationalType

/** Sent when the endpoint takes every type. */
const USUAL_TYPE = 'call.completed'

/** What a test is asked with: by itself a made-up call, and an event of the first type that the endpoint takes. */
export type AskedTest = {
  type?: EventType | undefined
  /** The JSON text to pass on, which was checked. */
  call?: { id: string; text: string } | undefined
  idempotency?: Idempotency | undefined
}

const DISABLED =
  'The endpoint is disabled. Enable it with PATCH /v1/webhook_endpoints/{id} {"status":"enabled"}, then send the test again.'

/** The event types that an endpoint takes, in the order in which they happen to a call; then those about the service. */
export function typesOf({ enabledEvents }: Pick<Endpoint, 'enabledEvents'>): EventType[] {
  return ALL_TYPES.filter((type) => takes(enabledEvents, type))
}

/** The type of a test, where nobody says one. */
export function usualType(endpoint: Pick<Endpoint, 'enabledEvents'>): EventType {
  const types = typesOf(endpoint)
  return types.includes(USUAL_TYPE) ? USUAL_TYPE : (types[0] ?? USUAL_TYPE)
}

/**
 * Sends an event to one endpoint alone. It is an event like any other but for its delivery's number, of which
 * headers and answers say that it is a test; a call's own URL gets nothing. Answers the delivery as it was made.
 * @throws AppError `not_found`, `endpoint_disabled`, `invalid_request` naming `type`, `idempotency_key_reused`.
 */
export async function sendTest(
  world: World,
  orgId: string,
  endpointId: string,
  { type, call, idempotency }: AskedTest,
): Promise<Once<PublicDelivery>> {
  const isAskedAgain = await findFirst(world.store, idempotency, world.now(), () => true)
  // What is answered again is that of then, whatever the endpoint is now.
  const chosen = isAskedAgain ? USUAL_TYPE : await chooseType(world, orgId, endpointId, type)
  const made = makeTest(chosen, orgId, call)
  const input = {
    ...made,
    type: chosen,
    webhookUrl: null,
    created: undefined,
    endpointId,
  }
  const { answer, isRepeated } = await acceptEvent(world, orgId, input, { idempotency })
  return { answer: asMade(orgId, answer), isRepeated }
}

/** What a test says: of a call, made up if none is given, or of the service. @throws AppError `invalid_request`. */
export function makeTest(type: EventType, orgId: string, call?: AskedTest['call']) {
  return isOperationalType(type) ? toTestOf(type, orgId, call) : toTest(type, call)
}

function toTest(type: (typeof EVENT_TYPES)[number], call: AskedTest['call']) {
  const callId = call?.id ?? crypto.randomUUID()
  return { callId, call: call?.text ?? JSON.stringify(sampleCall(type, callId)) }
}

function toTestOf(type: OperationalType, orgId: string, call: AskedTest['call']) {
  const message = `does not go with ${type}, which is about no call`
  if (call) throw invalidRequest([{ path: 'call', message }])
  return { callId: OPERATIONAL, call: JSON.stringify(sampleData(type, orgId)) }
}

async function chooseType(
  world: Pick<World, 'store'>,
  orgId: string,
  endpointId: string,
  type: EventType | undefined,
): Promise<EventType> {
  const endpoint = await findEndpoint(world.store.of(orgId), orgId, endpointId)
  if (!endpoint) throw notFound('endpoint')
  if (endpoint.status === 'disabled') throw refuse()
  if (type === undefined) return usualType(endpoint)
  const types = typesOf(endpoint)
  if (types.includes(type)) return type
  const message = `the endpoint does not take ${type}, only ${types.join(', ')}: send one of these, or change its enabled_events`
  throw invalidRequest([{ path: 'type', message }])
}

/** @throws AppError `endpoint_disabled`: it was disabled in between. */
function asMade(orgId: string, { type, callId, deliveries }: AcceptedEvent): PublicDelivery {
  const [made] = deliveries
  if (!made) throw refuse()
  const at = instantOf(made.id)
  return {
    ...made,
    orgId,
    callId,
    eventType: type,
    status: 'pending',
    attemptCount: 0,
    manualRetryCount: 0,
    nextAttemptAt: at,
    lastError: null,
    lastErrorAt: null,
    lastResponseStatus: null,
    deliveredAt: null,
    createdAt: at,
    updatedAt: at,
    replayId: null,
    payloadDeletedAt: null,
  }
}

function refuse(): AppError {
  return new AppError('endpoint_disabled', { message: DISABLED })
}
