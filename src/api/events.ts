// /v1/events: accepted, one or a batch; listed, and looked at.
import { createRoute, z } from '@hono/zod-openapi'
import { eventIdOf } from '../db/ids.ts'
import type { CreatedDelivery } from '../db/lifecycle/accept.ts'
import type { Skipped } from '../db/skipped.ts'
import { findEvent, listEvents, type EventFilter } from '../db/views/events.ts'
import {
  acceptBatch,
  acceptEvent,
  createIntakeGroups,
  type AcceptedEvent,
  type Refused,
} from '../delivery/accept.ts'
import { notFound } from '../errors.ts'
import { EventBody, IntakeHeaders, toInput, toInputOrRefused } from './event-intake.ts'
import { jsonBody, MAX_BATCH_BYTES, MAX_BODY_BYTES } from './http/body.ts'
import { dataOf } from './http/context.ts'
import { answerOnce, readIdempotency } from './http/idempotency.ts'
import { CallId, DeliveryId, EndpointId, EventId, idParams } from './http/ids.ts'
import { Problem } from './http/problem.ts'
import { createRouter, type Router } from './http/router.ts'
import {
  AnyEventType,
  count,
  cutPageOf,
  EventKind,
  json,
  PageQuery,
  presentNext,
  problems,
  requiredJson,
  TimeQuery,
  toCall,
  toPage,
  toTime,
  Url,
} from './http/schema.ts'
import { listInside } from '../json/json-parts.ts'
import type { JsonText } from '../json/strict-json.ts'
import { toCallId } from '../webhook/event-types.ts'
import { PayloadDeletedAt, presentForgotten } from './payload-shape.ts'
import { shareOf } from './sharing.ts'

/** Events in one batch. */
const MAX_BATCH = 100

const BATCH_HINT = `must be a list of 1 to ${MAX_BATCH} events`

// Each event of a batch is checked by itself, so that a bad one does not sink the others.
const BatchBody = z
  .strictObject({
    events: z
      .array(z.unknown(), BATCH_HINT)
      .min(1, BATCH_HINT)
      .max(MAX_BATCH, BATCH_HINT)
      .openapi({
        type: 'array',
        items: { $ref: '#/components/schemas/NewEvent' },
        minItems: 1,
        maxItems: MAX_BATCH,
        description: 'Each is judged by itself: one that is refused does not sink the others.',
      }),
  })
  .openapi('EventBatch')

const SkippedSchema = z
  .object({
    endpoint_id: EndpointId.nullable().openapi({
      description: 'null is the call’s own webhook_url.',
    }),
    reason: z.enum(['disabled', 'not_subscribed', 'filtered', 'invalid_url']).openapi('SkipReason'),
    url: z.string().optional().openapi({
      description:
        'Of an invalid_url: as it was given, or its JSON if it is no string; cut at 2,048.',
    }),
    message: z.string().optional().openapi({
      description:
        'What is wrong with that URL; of one that is filtered the condition that did not hold, after its place in the filter.',
    }),
  })
  .openapi('Skipped')

const CreatedSchema = z
  .object({ id: DeliveryId, endpoint_id: EndpointId.nullable(), url: Url })
  .openapi('CreatedDelivery')

/** An event as it is answered. */
export const EventSchema = z
  .object({
    id: EventId,
    type: AnyEventType,
    created: count('When it happened, in Unix seconds.', 1_776_263_450),
    call_id: CallId.nullable(),
    deliveries: z.array(CreatedSchema),
    skipped: z
      .array(SkippedSchema)
      .openapi({ description: 'Destinations that got no delivery, and why.', example: [] }),
    payload_deleted_at: PayloadDeletedAt,
  })
  .openapi('Event')

const BatchResult = z
  .discriminatedUnion('result', [
    EventSchema.extend({ result: z.literal('accepted') }).openapi('AcceptedEvent'),
    Problem.omit({ request_id: true })
      .extend({ result: z.literal('refused') })
      .openapi('RefusedEvent'),
  ])
  .openapi('BatchResult')

const BatchResults = z
  .object({ data: z.array(BatchResult).openapi({ description: 'One for each event, in order.' }) })
  .openapi('BatchResults')

const EventPage = cutPageOf(EventSchema).openapi('EventPage')

const OneEvent = idParams(EventId, 'event')

const createEventRoute = createRoute({
  method: 'post',
  path: '/v1/events',
  operationId: 'createEvent',
  summary: 'Accept an event',
  description:
    'A 202 means that the event and its deliveries are stored: one for each enabled endpoint that takes its type, and one for the call’s `webhook_url`. ' +
    'Without an Idempotency-Key a repetition is another event.',
  middleware: [jsonBody(MAX_BODY_BYTES, 'call')],
  request: { headers: IntakeHeaders, body: requiredJson(EventBody) },
  responses: { 202: json('Stored, and on its way', EventSchema), ...problems('quota_exceeded') },
})

const batchRoute = createRoute({
  method: 'post',
  path: '/v1/events/batch',
  operationId: 'createEvents',
  summary: 'Accept up to 100 events',
  description:
    'Those that are accepted are stored together; `result` tells them from those that are refused. A batch of which all are refused is not remembered by its Idempotency-Key.',
  middleware: [jsonBody(MAX_BATCH_BYTES, 'events')],
  request: { headers: IntakeHeaders, body: requiredJson(BatchBody) },
  responses: {
    202: json('One result for each, in order', BatchResults),
    ...problems('quota_exceeded'),
  },
})

const ListQuery = PageQuery.extend({
  ...TimeQuery.shape,
  type: AnyEventType.optional().openapi({ description: 'Only of this type.' }),
  kind: EventKind.optional(),
  call_id: CallId.optional().openapi({ description: 'Only about this call.' }),
  without_deliveries: z
    .enum(['true', 'false'], 'must be true or false')
    .optional()
    .openapi({ description: 'true: only events that no endpoint got.' }),
})

const listRoute = createRoute({
  method: 'get',
  path: '/v1/events',
  operationId: 'listEvents',
  summary: 'List events, newest first',
  description:
    'Each with all of its deliveries. All that is given must match; the times are those at which events were accepted.',
  request: { query: ListQuery },
  responses: { 200: json('A page', EventPage), ...problems() },
})

const getRoute = createRoute({
  method: 'get',
  path: '/v1/events/{id}',
  operationId: 'getEvent',
  summary: 'An event, its deliveries, and why an endpoint got none',
  description:
    'What became of one event: where it went, and where it did not. The id of one of its deliveries will do.',
  request: { params: OneEvent },
  responses: { 200: json('The event', EventSchema), ...problems() },
})

/** The routes of events. */
export function eventRoutes(): Router {
  const app = createRouter()
  const groups = createIntakeGroups()
  app.openapi(createEventRoute, async (c) => {
    const input = toInput(c, c.req.valid('json'), textOf(c.get('json')))
    const idempotency = await readIdempotency(c)
    const once = await acceptEvent(c.get('world'), c.get('orgId'), input, {
      idempotency,
      share: shareOf(c, groups),
    })
    return c.json(presentAccepted(answerOnce(c, once)), 202)
  })
  app.openapi(batchRoute, async (c) => {
    const { events } = c.req.valid('json')
    const texts = textsOfEvents(textOf(c.get('json')))
    const inputs = events.map((event, place) => toInputOrRefused(c, event, texts[place] ?? ''))
    const idempotency = await readIdempotency(c)
    const once = await acceptBatch(c.get('world'), c.get('orgId'), inputs, {
      idempotency,
      share: shareOf(c, groups),
    })
    return c.json({ data: answerOnce(c, once).map(presentResult) }, 202)
  })
  app.openapi(listRoute, async (c) => {
    const query = c.req.valid('query')
    const page = toPage(query)
    const found = await listEvents(dataOf(c), c.get('orgId'), toFilter(query), page)
    return c.json({ data: found.rows.map(presentAccepted), ...presentNext(found, page) }, 200)
  })
  app.openapi(getRoute, async (c) => {
    const { id } = c.req.valid('param')
    // A delivery's id, as consumers have it, names its event.
    const found = await findEvent(dataOf(c), c.get('orgId'), eventIdOf(id))
    if (!found) throw notFound('event')
    return c.json(presentAccepted({ ...found.event, deliveries: found.deliveries }), 200)
  })
  return app
}

function toFilter(query: z.infer<typeof ListQuery>): EventFilter {
  const { type, without_deliveries: without } = query
  return { type, callId: toCall(query), withoutDeliveries: without === 'true', ...toTime(query) }
}

function textOf(body: JsonText | undefined): string {
  if (!body) throw new Error('the schema found a body, so its text is there')
  return body.text
}

/** The texts of a batch's events, in order. */
function textsOfEvents(body: string): string[] {
  const events = listInside(body).find(({ step }) => step === 'events')
  return events ? listInside(events.text).map(({ text }) => text) : []
}

function presentResult(result: AcceptedEvent | Refused) {
  return 'refused' in result
    ? { result: 'refused' as const, ...result.refused }
    : { result: 'accepted' as const, ...presentAccepted(result) }
}

function presentAccepted(event: AcceptedEvent & { payloadDeletedAt?: number | null }) {
  const { id, type, created, callId, deliveries, skipped } = event
  return {
    id,
    // It passed the schema on its way in.
    type: type as z.infer<typeof AnyEventType>,
    created,
    call_id: toCallId(callId),
    deliveries: deliveries.map(presentCreated),
    skipped: skipped.map(presentSkipped),
    ...presentForgotten(event),
  }
}

function presentCreated({ id, endpointId, url }: CreatedDelivery) {
  return { id, endpoint_id: endpointId, url }
}

function presentSkipped({ endpointId, ...rest }: Skipped) {
  return { endpoint_id: endpointId, ...rest }
}
