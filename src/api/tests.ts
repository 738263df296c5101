// /v1/webhook_endpoints/{id}/test: an event for one endpoint, to see whether it works.
import { createRoute, z } from '@hono/zod-openapi'
import { listMembers } from '../account/call.ts'
import { sendTest } from '../delivery/test-event.ts'
import { compact } from '../json/json-parts.ts'
import { strictly } from '../json/strict-json.ts'
import { DeliveryDetail, presentDelivery } from './delivery-shape.ts'
import { CallBody, callIn } from './event-intake.ts'
import { jsonBody, MAX_BODY_BYTES } from './http/body.ts'
import { answerOnce, readIdempotency } from './http/idempotency.ts'
import { endpointIdOf, OneEndpoint } from './http/endpoint-ref.ts'
import { createRouter, type Router } from './http/router.ts'
import { AnyEventType, IdempotencyHeader, json, optionalJson, problems } from './http/schema.ts'

const TestBody = z
  .strictObject({
    type: AnyEventType.openapi({
      description: 'One that the endpoint takes; call.completed by default, or the first it takes.',
    }).nullish(),
    call: CallBody.openapi({
      description:
        'Passed on like an event’s; its webhook_url gets nothing. A made-up one by default.',
    }).nullish(),
  })
  .openapi('TestEvent', { example: { type: 'call.completed' } })

const testRoute = createRoute({
  method: 'post',
  path: '/v1/webhook_endpoints/{id}/test',
  operationId: 'sendTestEvent',
  summary: 'Send a test event to one endpoint',
  description:
    'To see whether it works: one delivery to this endpoint alone, with `CallingBox-Test: true`. It takes no body; with one it says the type, or the call.',
  middleware: [jsonBody(MAX_BODY_BYTES, 'call')],
  request: { params: OneEndpoint, headers: IdempotencyHeader, body: optionalJson(TestBody) },
  responses: {
    201: json('Its delivery, on its way', DeliveryDetail),
    ...problems('endpoint_disabled', 'quota_exceeded'),
  },
})

/** The route of tests. */
export function testRoutes(): Router {
  const app = createRouter()
  app.openapi(testRoute, async (c) => {
    const { type, call } = c.req.valid('json')
    const text = c.get('json')?.text ?? ''
    const asked = {
      type: type ?? undefined,
      call: call ? { id: call.id, text: checkedText(text) } : undefined,
      idempotency: await readIdempotency(c),
    }
    const id = await endpointIdOf(c, c.req.valid('param'))
    const once = await sendTest(c.get('world'), c.get('orgId'), id, asked)
    // A test is in no order.
    const delivery = presentDelivery({ ...answerOnce(c, once), waitingFor: null })
    return c.json({ ...delivery, attempts: [] }, 201)
  })
  return app
}

/** The call of the body, as it is passed on. @throws AppError `invalid_json`. */
function checkedText(body: string): string {
  const sent = callIn(body)
  strictly(() => listMembers(sent))
  return compact(sent.text)
}
