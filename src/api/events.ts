// /v1/events: the producer's side, one event or a batch.
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { findEvent, type CreatedDelivery, type EventRow } from '../db/records/events.ts'
import { acceptEvents, type AcceptedEvent, type EventInput } from '../delivery/accept.ts'
import { AppError, notFound } from '../errors.ts'
import { jsonBody, MAX_BATCH_BYTES, MAX_BODY_BYTES, readIdempotency } from './http/body.ts'
import type { ApiEnv } from './http/context.ts'
import { invalidRequest, presentError, toIssues } from './http/problem.ts'
import { createRouter, type Router } from './http/router.ts'
import {
  EventType,
  Id,
  IdempotencyHeader,
  IdParams,
  json,
  problems,
  requiredJson,
} from './http/schema.ts'
import { targetProblem } from './http/target.ts'

/** Events in one batch. */
const MAX_BATCH = 100

/** An invocation has six connections, so no more names are looked up at a time. */
const IN_PARALLEL = 6

/** The last second of the year 9999, the last that RFC 3339 can write. */
const MAX_UNIX_S = 253_402_300_799

const EventBody = z
  .strictObject({
    type: EventType,
    call: z
      .looseObject({ id: z.guid('must be a UUID'), webhook_url: z.string().nullish() })
      .openapi({ description: 'Passed on unchanged, unknown members included.' }),
    created: z
      .int()
      .min(0)
      .max(MAX_UNIX_S)
      .optional()
      .openapi({ description: 'Unix seconds; now by default.' }),
  })
  .openapi('NewEvent')

// Each event of a batch is checked by itself, so that a bad one does not sink the others.
const BatchBody = z.strictObject({
  events: z
    .array(z.unknown())
    .min(1)
    .max(MAX_BATCH)
    .openapi({ type: 'array', items: { $ref: '#/components/schemas/NewEvent' } }),
})

const Accepted = z
  .object({
    id: Id,
    type: EventType,
    created: z.int(),
    call_id: Id,
    deliveries: z.array(z.object({ id: Id, endpoint_id: Id.nullable(), url: z.string() })),
  })
  .openapi('AcceptedEvent')

const RefusedEvent = z
  .object({
    error: z.string(),
    code: z.string(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('RefusedEvent')

const EventDetail = Accepted.extend({
  skipped: z.array(z.object({ endpoint_id: Id, reason: z.enum(['disabled', 'not_subscribed']) })),
}).openapi('Event')

const createEventRoute = createRoute({
  method: 'post',
  path: '/v1/events',
  summary: 'Accept an event',
  middleware: [jsonBody(MAX_BODY_BYTES)],
  request: { headers: IdempotencyHeader, body: requiredJson(EventBody) },
  responses: { 202: json('Stored, and on its way', Accepted), ...problems(409) },
})

const batchRoute = createRoute({
  method: 'post',
  path: '/v1/events/batch',
  summary: 'Accept up to 100 events',
  middleware: [jsonBody(MAX_BATCH_BYTES)],
  request: { headers: IdempotencyHeader, body: requiredJson(BatchBody) },
  responses: {
    202: json(
      'One result or error for each, in order',
      z.object({ data: z.array(Accepted.or(RefusedEvent)) }),
    ),
    ...problems(409),
  },
})

const getRoute = createRoute({
  method: 'get',
  path: '/v1/events/{id}',
  summary: 'An event, its deliveries, and why an endpoint got none',
  request: { params: IdParams },
  responses: { 200: json('The event', EventDetail), ...problems(404) },
})

/** The routes of events. */
export function eventRoutes(): Router {
  const app = createRouter()
  app.openapi(createEventRoute, async (c) => {
    const input = await toInput(c, c.req.valid('json'), [])
    if (input instanceof AppError) throw input
    const idempotency = await readIdempotency(c)
    const [accepted] = await acceptEvents(c.get('engine'), c.get('orgId'), [input], idempotency)
    if (!accepted) throw new Error('one event was stored, so there is one answer')
    return c.json(presentAccepted(accepted), 202)
  })
  app.openapi(batchRoute, async (c) => {
    const { events } = c.req.valid('json')
    const idempotency = await readIdempotency(c)
    const inputs = await checkEvents(c, events)
    const good = inputs.flatMap((input) => (input instanceof AppError ? [] : [input]))
    const accepted = await acceptEvents(c.get('engine'), c.get('orgId'), good, idempotency)
    const rest = accepted.values()
    return c.json({ data: inputs.map((input) => presentResult(input, rest)) }, 202)
  })
  app.openapi(getRoute, async (c) => {
    const { id } = c.req.valid('param')
    const found = await findEvent(c.get('engine').db, c.get('orgId'), id)
    if (!found) throw notFound('event')
    return c.json(presentEvent(found.event, found.deliveries), 200)
  })
  return app
}

async function checkEvents(c: Context<ApiEnv>, events: unknown[]) {
  const checked: (EventInput | AppError)[] = []
  while (checked.length < events.length) {
    const start = checked.length
    const some = events.slice(start, start + IN_PARALLEL)
    const results = some.map((event, place) => checkEvent(c, event, start + place))
    checked.push(...(await Promise.all(results)))
  }
  return checked
}

async function checkEvent(
  c: Context<ApiEnv>,
  event: unknown,
  place: number,
): Promise<EventInput | AppError> {
  const path = ['events', place]
  const text = c.get('json')?.textAt(path) ?? ''
  if (new TextEncoder().encode(text).length > MAX_BODY_BYTES) {
    const message = `The event is too large: at most ${MAX_BODY_BYTES / 1024} KB.`
    return new AppError('payload_too_large', { message })
  }
  const parsed = EventBody.safeParse(event)
  if (!parsed.success) return invalidRequest(toIssues(parsed.error))
  return toInput(c, parsed.data, path)
}

async function toInput(
  c: Context<ApiEnv>,
  { type, call, created }: z.infer<typeof EventBody>,
  path: (string | number)[],
): Promise<EventInput | AppError> {
  const webhookUrl = call.webhook_url || null
  const problem = webhookUrl && (await targetProblem(c, webhookUrl))
  if (problem) return invalidRequest([{ path: 'call.webhook_url', message: problem }])
  const text = c.get('json')?.textAt([...path, 'call'])
  if (text === undefined) throw new Error('the schema found a call, so its text is there')
  return { type, callId: call.id, webhookUrl, created, call: text }
}

function presentResult(input: EventInput | AppError, rest: Iterator<AcceptedEvent>) {
  if (input instanceof AppError) return presentError(input)
  const { value } = rest.next()
  return presentAccepted(value)
}

function presentAccepted({ id, type, created, callId, deliveries }: AcceptedEvent) {
  return {
    id,
    // It passed the schema on its way in.
    type: type as z.infer<typeof EventType>,
    created,
    call_id: callId,
    deliveries: deliveries.map(presentCreated),
  }
}

function presentEvent(event: EventRow, deliveries: CreatedDelivery[]) {
  // The intake's statement builds it with these members.
  const skipped = JSON.parse(event.skipped) as Record<'disabled' | 'not_subscribed', string[]>
  const reasons = ['disabled', 'not_subscribed'] as const
  return {
    ...presentAccepted({ ...event, deliveries }),
    skipped: reasons.flatMap((reason) =>
      skipped[reason].map((endpointId) => ({ endpoint_id: endpointId, reason })),
    ),
  }
}

function presentCreated({ id, endpointId, url }: CreatedDelivery) {
  return { id, endpoint_id: endpointId, url }
}
