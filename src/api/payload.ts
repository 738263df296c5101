// DELETE /v1/events/{id}/payload: what a call was about is forgotten, and the event stays.
import { createRoute } from '@hono/zod-openapi'
import { eventIdOf } from '../db/ids.ts'
import { forget } from '../delivery/forget.ts'
import { actorOf } from './http/auth.ts'
import { noBody } from './http/body.ts'
import { EventId, idParams } from './http/ids.ts'
import { createRouter, type Router } from './http/router.ts'
import { problems } from './http/schema.ts'

const deletePayloadRoute = createRoute({
  method: 'delete',
  path: '/v1/events/{id}/payload',
  operationId: 'deleteEventPayload',
  summary: 'Delete what an event says of its call, for good',
  description:
    'For a person’s right to be forgotten. The event and its deliveries stay, with type, call id, URLs and attempts; what is pending ends as exhausted, "payload deleted", and nothing of it can be sent again. ' +
    'An attempt that is on its way may still arrive. Asked again it changes nothing. The id of one of its deliveries will do.',
  middleware: [noBody()],
  request: { params: idParams(EventId, 'event') },
  responses: { 204: { description: 'It is gone.' }, ...problems() },
})

/** The route that deletes a payload. */
export function payloadRoutes(): Router {
  const app = createRouter()
  app.openapi(deletePayloadRoute, async (c) => {
    const { id } = c.req.valid('param')
    await forget(c.get('world'), actorOf(c), eventIdOf(id))
    return c.body(null, 204)
  })
  return app
}
