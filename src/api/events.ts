// /v1/events: the producer's side, one event or a batch.
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { CreatedDelivery } from '../db/lifecycle/accept.ts'
import type { Skipped } from '../db/skipped.ts'
import { findEvent } from '../db/views/events.ts'
import {
  acceptBatch,
  acceptEvent,
  createIntakeGroups,
  type AcceptedEvent,
  type IntakeGroups,
  type IntakeShare,
  type Refused,
} from '../delivery/accept.ts'
import { notFound } from '../errors.ts'
import { EventBody, toInput, toInputOrRefused } from './event-intake.ts'
import { jsonBody, MAX_BATCH_BYTES, MAX_BODY_BYTES } from './http/body.ts'
import { dataOf, type ApiEnv } from './http/context.ts'
import { answerOnce, readIdempotency } from './http/idempotency.ts'
import { createRouter, type Router } from './http/router.ts'
import {
  EventType,
  Id,
  IdempotencyHeader,
  IdParams,
  json,
  jsonOnce,
  problems,
  requiredJson,
} from './http/schema.ts'
import { listInside } from './json/json-parts.ts'
import type { JsonText } from './json/strict-json.ts'

/** Events in one batch. */
const MAX_BATCH = 100

// Each event of a batch is checked by itself, so that a bad one does not sink the others.
const BatchBody = z.strictObject({
  events: z
    .array(z.unknown())
    .min(1)
    .max(MAX_BATCH)
    .openapi({ type: 'array', items: { $ref: '#/components/schemas/NewEvent' } }),
})

const SkippedSchema = z
  .object({
    endpoint_id: Id.nullable().openapi({ description: 'null is the call’s own webhook_url.' }),
    reason: z.enum(['disabled', 'not_subscribed', 'invalid_url']),
    url: z.string().optional().openapi({
      description:
        'Of an invalid_url: as it was given, or its JSON if it is no string; cut at 2,048.',
    }),
    message: z.string().optional().openapi({ description: 'What is wrong with that URL.' }),
  })
  .openapi('Skipped')

const EventSchema = z
  .object({
    id: Id,
    type: EventType,
    created: z.int(),
    call_id: Id,
    deliveries: z.array(z.object({ id: Id, endpoint_id: Id.nullable(), url: z.string() })),
    skipped: z
      .array(SkippedSchema)
      .openapi({ description: 'Destinations that got no delivery, and why.' }),
  })
  .openapi('Event')

const RefusedEvent = z
  .object({
    error: z.string(),
    code: z.string(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('RefusedEvent')

const createEventRoute = createRoute({
  method: 'post',
  path: '/v1/events',
  summary: 'Accept an event',
  middleware: [jsonBody(MAX_BODY_BYTES, 'call')],
  request: { headers: IdempotencyHeader, body: requiredJson(EventBody) },
  responses: { 202: jsonOnce('Stored, and on its way', EventSchema), ...problems(409) },
})

const batchRoute = createRoute({
  method: 'post',
  path: '/v1/events/batch',
  summary: 'Accept up to 100 events',
  middleware: [jsonBody(MAX_BATCH_BYTES, 'events')],
  request: { headers: IdempotencyHeader, body: requiredJson(BatchBody) },
  responses: {
    202: jsonOnce(
      'One result or error for each, in order',
      z.object({ data: z.array(EventSchema.or(RefusedEvent)) }),
    ),
    ...problems(409),
  },
})

const getRoute = createRoute({
  method: 'get',
  path: '/v1/events/{id}',
  summary: 'An event, its deliveries, and why an endpoint got none',
  request: { params: IdParams },
  responses: { 200: json('The event', EventSchema), ...problems(404) },
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
  app.openapi(getRoute, async (c) => {
    const { id } = c.req.valid('param')
    const found = await findEvent(dataOf(c), c.get('orgId'), id)
    if (!found) throw notFound('event')
    return c.json(presentAccepted({ ...found.event, deliveries: found.deliveries }), 200)
  })
  return app
}

/** Requests of one caller share their transaction, which asks for its key in the place of each (X4). */
function shareOf(c: Context<ApiEnv>, groups: IntakeGroups): IntakeShare {
  const { line, leaveAskingTo } = c.get('caller')
  const share = groups.sharing(c.get('world'), line)
  return (intake, work) => {
    const answer = share(intake, work)
    leaveAskingTo(answer)
    return answer
  }
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
  return 'refused' in result ? result.refused : presentAccepted(result)
}

function presentAccepted(event: AcceptedEvent) {
  const { id, type, created, callId, deliveries, skipped } = event
  return {
    id,
    // It passed the schema on its way in.
    type: type as z.infer<typeof EventType>,
    created,
    call_id: callId,
    deliveries: deliveries.map(presentCreated),
    skipped: skipped.map(presentSkipped),
  }
}

function presentCreated({ id, endpointId, url }: CreatedDelivery) {
  return { id, endpoint_id: endpointId, url }
}

function presentSkipped({ endpointId, ...rest }: Skipped) {
  return { endpoint_id: endpointId, ...rest }
}
