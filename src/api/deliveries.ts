// /v1/webhook_deliveries: list, look at, redeliver.
import { createRoute, z } from '@hono/zod-openapi'
import { findDelivery, listDeliveries, type DeliveryWithLog } from '../db/views/deliveries.ts'
import { STATUSES, type Delivery } from '../db/words.ts'
import { readLog, SUPERSEDERS } from '../delivery/attempt/log.ts'
import { redeliver } from '../delivery/redeliver.ts'
import { ERROR_KINDS } from '../delivery/send/outcome.ts'
import { notFound } from '../errors.ts'
import { actorOf } from './http/auth.ts'
import { noBody } from './http/body.ts'
import { dataOf } from './http/context.ts'
import { answerOnce, readIdempotency } from './http/idempotency.ts'
import { createRouter, type Router } from './http/router.ts'
import {
  Id,
  IdempotencyHeader,
  IdParams,
  Instant,
  json,
  jsonOnce,
  pageOf,
  PageQuery,
  presentInstant,
  problems,
  toPage,
} from './http/schema.ts'

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

const Headers = z.record(z.string(), z.string())

const AttemptSchema = z
  .object({
    number: z.int().openapi({ description: 'From 1, manual attempts included.' }),
    id: Id,
    trigger: z.enum(['automatic', 'manual']),
    requested_by: z.string().nullable().openapi({
      description:
        'Who asked for a manual attempt: the public id of an API key, dashboard:<public id>, or admin.',
      example: 'dashboard:8fK2mQxZ',
    }),
    started_at: z.string().openapi({ format: 'date-time', example: '2026-04-15T14:30:50.123Z' }),
    duration_ms: z.int(),
    headers_ms: z.int().nullable().openapi({ description: 'Until the response headers came.' }),
    error: z.object({ kind: z.enum(ERROR_KINDS), message: z.string() }).nullable(),
    request: z.object({ headers: Headers }).optional().openapi({
      description: 'As sent, with shortened signatures; the body is the same each time.',
    }),
    response: z
      .object({ status: z.int(), headers: Headers, body: z.string() })
      .nullish()
      .openapi({
        description:
          'What came back, also when Cloudflare answered in the place of the receiver: the first ' +
          '4,096 bytes of the body as text, and 4,096 characters of headers, of which one that came ' +
          'more than once has its values in lines.',
      }),
    superseded: z
      .enum(SUPERSEDERS)
      .optional()
      .openapi({
        description:
          'What had happened to the delivery before this attempt ended: a redelivery was asked for, ' +
          'its endpoint was deleted, or another attempt of the same version was recorded. Its answer ' +
          'is shown, but changed nothing. Absent when the attempt counted.',
      }),
  })
  .openapi('Attempt')

const DeliveryDetail = DeliverySchema.extend({ attempts: z.array(AttemptSchema) }).openapi(
  'DeliveryWithAttempts',
)

const ListQuery = PageQuery.extend({
  endpoint_id: Id.optional(),
  call_id: Id.optional(),
  status: z.enum(STATUSES, `must be one of ${STATUSES.join(', ')}`).optional(),
})

const listRoute = createRoute({
  method: 'get',
  path: '/v1/webhook_deliveries',
  summary: 'List deliveries, newest first',
  request: { query: ListQuery },
  responses: {
    200: json('A page', pageOf(DeliverySchema)),
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
  middleware: [noBody()],
  request: { params: IdParams, headers: IdempotencyHeader },
  responses: { 200: jsonOnce('The delivery, pending', DeliverySchema), ...problems(404, 409) },
})

/** The routes of deliveries. */
export function deliveryRoutes(): Router {
  const app = createRouter()
  app.openapi(listRoute, async (c) => {
    const { endpoint_id, call_id, status, ...page } = c.req.valid('query')
    const filter = { endpointId: endpoint_id, callId: call_id, status }
    const { rows, hasMore } = await listDeliveries(dataOf(c), c.get('orgId'), filter, toPage(page))
    return c.json({ data: rows.map(presentDelivery), has_more: hasMore }, 200)
  })
  app.openapi(getRoute, async (c) => {
    const { id } = c.req.valid('param')
    const delivery = await findDelivery(dataOf(c), c.get('orgId'), id)
    if (!delivery) throw notFound('delivery')
    return c.json(presentWithAttempts(delivery), 200)
  })
  app.openapi(redeliverRoute, async (c) => {
    const { id } = c.req.valid('param')
    const idempotency = await readIdempotency(c)
    const once = await redeliver(c.get('world'), actorOf(c), id, idempotency)
    return c.json(presentDelivery(answerOnce(c, once)), 200)
  })
  return app
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

function presentWithAttempts(delivery: DeliveryWithLog): z.infer<typeof DeliveryDetail> {
  return { ...presentDelivery(delivery), attempts: readLog(delivery) }
}
