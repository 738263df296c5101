// /v1/webhook_deliveries: list, look at, redeliver.
import { createRoute, z } from '@hono/zod-openapi'
import {
  findDelivery,
  listDeliveries,
  STATUSES,
  type Delivery,
  type DeliveryWithLog,
} from '../db/deliveries.ts'
import { redeliver } from '../delivery/redeliver.ts'
import { type AppError, notFound } from '../errors.ts'
import { readIdempotency } from './body.ts'
import { invalidRequest } from './problem.ts'
import { createRouter, type Router } from './router.ts'
import {
  Id,
  IdempotencyHeader,
  IdParams,
  Instant,
  json,
  presentInstant,
  problems,
} from './schema.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200

const DeliverySchema = z
  .object({
    id: Id,
    org_id: Id,
    endpoint_id: Id.nullable(),
    call_id: Id.nullable(),
    event_type: z.string().openapi({ example: 'call.completed' }),
    url: z.string(),
    status: z.enum(STATUSES),
    attempt_count: z.int().openapi({ description: 'Automatic attempts so far.' }),
    manual_retry_count: z.int().openapi({ description: 'Times it was redelivered by hand.' }),
    next_attempt_at: Instant,
    last_error: z.string().nullable(),
    last_response_status: z.int().nullable(),
    delivered_at: Instant.nullable().openapi({ description: 'The first success.' }),
    created_at: Instant,
    updated_at: Instant,
  })
  .openapi('Delivery')

const AttemptSchema = z
  .looseObject({
    number: z.int().openapi({ description: 'From 1, manual attempts included.' }),
    trigger: z.enum(['automatic', 'manual']),
    started_at: Instant,
    duration_ms: z.int(),
    error: z.object({ kind: z.string(), message: z.string() }).nullable(),
    superseded: z.boolean().optional().openapi({
      description: 'It ended after a redelivery had replaced it, and changed nothing.',
    }),
  })
  .openapi('Attempt')

const DeliveryDetail = DeliverySchema.extend({ attempts: z.array(AttemptSchema) }).openapi(
  'DeliveryWithAttempts',
)

const ListQuery = z.object({
  endpoint_id: Id.optional(),
  call_id: Id.optional(),
  status: z.enum(STATUSES, `must be one of ${STATUSES.join(', ')}`).optional(),
  limit: z
    .string()
    .regex(/^\d+$/, `must be a whole number from 1 to ${MAX_LIMIT}`)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= MAX_LIMIT, `must be from 1 to ${MAX_LIMIT}`)
    .default(DEFAULT_LIMIT)
    .openapi({ type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT }),
  starting_after: Id.optional().openapi({ description: 'The last id of the page before.' }),
})

const listRoute = createRoute({
  method: 'get',
  path: '/v1/webhook_deliveries',
  summary: 'List deliveries, newest first',
  request: { query: ListQuery },
  responses: {
    200: json('A page', z.object({ data: z.array(DeliverySchema), has_more: z.boolean() })),
    ...problems(),
  },
})

const getRoute = createRoute({
  method: 'get',
  path: '/v1/webhook_deliveries/{id}',
  summary: 'A delivery with its attempts',
  request: { params: IdParams },
  responses: { 200: json('The delivery', DeliveryDetail), ...problems(404) },
})

const redeliverRoute = createRoute({
  method: 'post',
  path: '/v1/webhook_deliveries/{id}/redeliver',
  summary: 'Send a delivery again, now',
  request: { params: IdParams, headers: IdempotencyHeader },
  responses: { 200: json('The delivery, pending', DeliverySchema), ...problems(404, 409) },
})

/** The routes of deliveries. */
export function deliveryRoutes(): Router {
  const app = createRouter()
  app.openapi(listRoute, async (c) => {
    const { endpoint_id, call_id, status, limit, starting_after } = c.req.valid('query')
    const filter = { endpointId: endpoint_id, callId: call_id, status }
    const page = { startingAfter: starting_after, limit }
    const rows = await listDeliveries(c.get('engine').db, c.get('orgId'), filter, page)
    if (!rows) throw unknownCursor()
    const data = rows.slice(0, limit).map(presentDelivery)
    return c.json({ data, has_more: rows.length > limit }, 200)
  })
  app.openapi(getRoute, async (c) => {
    const { id } = c.req.valid('param')
    const delivery = await findDelivery(c.get('engine').db, c.get('orgId'), id)
    if (!delivery) throw notFound('delivery')
    return c.json(presentWithAttempts(delivery), 200)
  })
  app.openapi(redeliverRoute, async (c) => {
    const { id } = c.req.valid('param')
    const idempotency = await readIdempotency(c)
    const delivery = await redeliver(c.get('engine'), c.get('orgId'), id, idempotency)
    return c.json(presentDelivery(delivery), 200)
  })
  return app
}

function unknownCursor(): AppError {
  const message = 'must be the id of a delivery in this list'
  return invalidRequest([{ path: 'starting_after', message }])
}

function presentDelivery(delivery: Delivery): z.infer<typeof DeliverySchema> {
  return {
    id: delivery.id,
    org_id: delivery.orgId,
    endpoint_id: delivery.endpointId,
    call_id: delivery.callId,
    event_type: delivery.eventType,
    url: delivery.url,
    status: delivery.status,
    attempt_count: delivery.attemptCount,
    manual_retry_count: delivery.manualRetryCount,
    next_attempt_at: presentInstant(delivery.nextAttemptAt),
    last_error: delivery.lastError,
    last_response_status: delivery.lastResponseStatus,
    delivered_at: presentInstant(delivery.deliveredAt),
    created_at: presentInstant(delivery.createdAt),
    updated_at: presentInstant(delivery.updatedAt),
  }
}

/** Attempts are numbered by their place in the log (A2). */
function presentWithAttempts(delivery: DeliveryWithLog): z.infer<typeof DeliveryDetail> {
  // The consumer writes the log, each entry in the shape of AttemptSchema but for its number.
  const log = JSON.parse(delivery.attempts) as z.infer<typeof AttemptSchema>[]
  for (const [place, entry] of log.entries()) entry.number = place + 1
  return { ...presentDelivery(delivery), attempts: log }
}
