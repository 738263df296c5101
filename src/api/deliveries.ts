// /v1/webhook_deliveries: list, look at, redeliver.
import { createRoute, z } from '@hono/zod-openapi'
import { ownHostOf } from '../account/own-hosts.ts'
import { Reason } from '../account/schema.ts'
import { findDelivery, listDeliveries, type DeliveryFilter } from '../db/views/deliveries.ts'
import { createRedeliveryGroups, redeliver } from '../delivery/redeliver.ts'
import { redeliverElsewhere } from '../delivery/replay/start-one.ts'
import { invalidRequest, notFound } from '../errors.ts'
import {
  DeliveryDetail,
  DeliverySchema,
  presentDelivery,
  presentWithAttempts,
} from './delivery-shape.ts'
import { actorOf } from './http/auth.ts'
import { jsonBody, MAX_BODY_BYTES } from './http/body.ts'
import { dataOf } from './http/context.ts'
import { answerOnce, readIdempotency } from './http/idempotency.ts'
import { CallId, DeliveryId, EndpointId, Id, idParams } from './http/ids.ts'
import { createRouter, type Router } from './http/router.ts'
import { requireScopeOfUrl } from './http/key-scopes.ts'
import {
  AnyEventType,
  cutPageOf,
  DeliveryStatus,
  EventKind,
  IdempotencyHeader,
  json,
  optionalJson,
  PageQuery,
  REASON,
  Recipient,
  TargetUrl,
  presentNext,
  problems,
  TimeQuery,
  toCall,
  toPage,
  toTime,
} from './http/schema.ts'
import { shareOf } from './sharing.ts'

const DeliveryPage = cutPageOf(DeliverySchema).openapi('DeliveryPage')

const ListQuery = PageQuery.extend({
  ...TimeQuery.shape,
  endpoint_id: EndpointId.optional().openapi({ description: 'Only to this endpoint.' }),
  call_id: CallId.optional().openapi({ description: 'Only about this call.' }),
  status: DeliveryStatus.optional().openapi({ description: 'Only with this status.' }),
  event_type: AnyEventType.optional().openapi({ description: 'Only of this type.' }),
  kind: EventKind.optional(),
})

const OneDelivery = idParams(DeliveryId, 'delivery')

const listRoute = createRoute({
  method: 'get',
  path: '/v1/webhook_deliveries',
  operationId: 'listDeliveries',
  summary: 'List deliveries, newest first',
  description:
    'All that is given must match. A page lies on one side of a cursor, which is any id of the list; an id that was pruned will do.',
  request: { query: ListQuery },
  responses: {
    200: json('A page', DeliveryPage),
    ...problems(),
  },
})

const getRoute = createRoute({
  method: 'get',
  path: '/v1/webhook_deliveries/{id}',
  operationId: 'getDelivery',
  summary: 'A delivery with its attempts',
  description: 'The delivery, and what was sent and answered each time, oldest first.',
  request: { params: OneDelivery },
  responses: { 200: json('The delivery', DeliveryDetail), ...problems() },
})

const RedeliverBody = z
  .strictObject({
    to: Recipient.optional().openapi({
      default: 'original',
      description:
        'The URL that the delivery has, or the one that its endpoint has now, which becomes the ' +
        'delivery’s; of an inline delivery both are its own.',
    }),
    reason: Reason.nullish().openapi({
      ...REASON,
      description: 'Why, for the audit log.',
    }),
    url: TargetUrl.optional().openapi({
      description:
        'A copy goes there, signed anew, and the delivery stays as it is. Not together with `to`. It takes a key with the scope `manage` besides.',
    }),
  })
  .openapi('Redelivery', { example: { to: 'current', reason: 'The consumer was down' } })

const RedeliveredSchema = DeliverySchema.extend({
  copied_by: Id.optional().openapi({
    description: 'The replay of one that sends the copy, when a `url` was given.',
  }),
}).openapi('RedeliveredDelivery')

const redeliverRoute = createRoute({
  method: 'post',
  path: '/v1/webhook_deliveries/{id}/redeliver',
  operationId: 'redeliver',
  summary: 'Send a delivery again, now',
  description:
    'From whatever status: one attempt starts after this was answered, with the same id and body. It takes no body; with one it ' +
    'goes to the endpoint’s present URL, or a copy goes to another, and the audit log has the reason. Refused while its endpoint is disabled.',
  middleware: [jsonBody(MAX_BODY_BYTES), requireScopeOfUrl()],
  request: { params: OneDelivery, headers: IdempotencyHeader, body: optionalJson(RedeliverBody) },
  responses: {
    200: json('The delivery, pending', RedeliveredSchema),
    ...problems(
      'endpoint_disabled',
      'endpoint_deleted',
      'payload_deleted',
      'redeliver_limit_reached',
      'too_many_replays',
    ),
  },
})

const BESIDE_URL = 'does not go with a url: leave one of them out'

/** The routes of deliveries. */
export function deliveryRoutes(): Router {
  const app = createRouter()
  app.openapi(listRoute, async (c) => {
    const query = c.req.valid('query')
    const page = toPage(query)
    const found = await listDeliveries(dataOf(c), c.get('orgId'), toFilter(query), page)
    return c.json({ data: found.rows.map(presentDelivery), ...presentNext(found, page) }, 200)
  })
  app.openapi(getRoute, async (c) => {
    const { id } = c.req.valid('param')
    const delivery = await findDelivery(dataOf(c), c.get('orgId'), id)
    if (!delivery) throw notFound('delivery')
    return c.json(presentWithAttempts(delivery), 200)
  })
  const groups = createRedeliveryGroups()
  app.openapi(redeliverRoute, async (c) => {
    const { id } = c.req.valid('param')
    const idempotency = await readIdempotency(c)
    const about = { idempotency, share: shareOf(c, groups) }
    const { to, reason, url } = c.req.valid('json')
    if (url !== undefined) {
      if (to !== undefined) throw invalidRequest([{ path: 'to', message: BESIDE_URL }])
      const where = { url, host: ownHostOf(c.req.url), reason: reason || null, idempotency }
      const sent = await redeliverElsewhere(c.get('world'), actorOf(c), id, where)
      const { delivery, replayId } = answerOnce(c, sent)
      return c.json({ ...presentDelivery(delivery), copied_by: replayId }, 200)
    }
    const terms = { to, reason: reason || undefined }
    const once = await redeliver(c.get('world'), actorOf(c), id, { ...terms, ...about })
    // What is redelivered waits for nobody.
    return c.json(presentDelivery({ ...answerOnce(c, once), waitingFor: null }), 200)
  })
  return app
}

function toFilter(query: z.infer<typeof ListQuery>): DeliveryFilter {
  const { endpoint_id: endpointId, event_type: eventType, status } = query
  return { endpointId, callId: toCall(query), eventType, status, ...toTime(query) }
}
