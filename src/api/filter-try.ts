// POST /v1/webhook_endpoints/{id}/filter/try: what a filter would have let through, before it is set.
import { createRoute, z } from '@hono/zod-openapi'
import { tryFilter, type TriedEvent } from '../account/try-filter.ts'
import { toCallId } from '../webhook/event-types.ts'
import { Filter, filterIn } from './filter-shape.ts'
import { jsonBody, MAX_BODY_BYTES, requireBody } from './http/body.ts'
import { endpointIdOf, OneEndpoint } from './http/endpoint-ref.ts'
import { CallId, EventId } from './http/ids.ts'
import { createRouter, type Router } from './http/router.ts'
import { AnyEventType, count, json, problems, requiredJson } from './http/schema.ts'

const TryBody = z.strictObject({ filter: Filter.nullable() }).openapi('FilterTrial', {
  example: { filter: { path: 'metadata.campaign', equals: 'spring' } },
})

const Tried = z
  .object({
    event_id: EventId,
    type: AnyEventType,
    call_id: CallId.nullable(),
    created: count('When it happened, in Unix seconds.', 1_776_263_450),
    matches: z.boolean().openapi({ description: 'The endpoint would have got it.' }),
    reason: z.enum(['not_subscribed', 'filtered', 'not_read']).nullable().openapi({
      description:
        'Why not. `not_read`: its payload was deleted, or the newest payloads are too many bytes to be read at once.',
    }),
    message: z.string().optional().openapi({
      description: 'Of one that is filtered the condition that did not hold.',
      example: 'all.0: metadata.campaign equals "spring"',
    }),
  })
  .openapi('TriedEvent')

const Trial = z
  .object({
    matched: count('How many of them it would have got.', 1),
    data: z.array(Tried).openapi({ description: 'Newest first.' }),
  })
  .openapi('FilterTrialResult')

const tryRoute = createRoute({
  method: 'post',
  path: '/v1/webhook_endpoints/{id}/filter/try',
  operationId: 'tryEndpointFilter',
  summary: 'What a filter would have let through of the newest 100 events',
  description:
    'A draft is judged, with the types that the endpoint is subscribed to; nothing is stored or sent.',
  middleware: [jsonBody(MAX_BODY_BYTES), requireBody()],
  request: { params: OneEndpoint, body: requiredJson(TryBody) },
  responses: { 200: json('What would have become of each', Trial), ...problems() },
})

/** The route that tries a filter. */
export function filterRoutes(): Router {
  const app = createRouter()
  app.openapi(tryRoute, async (c) => {
    const id = await endpointIdOf(c, c.req.valid('param'))
    const tried = await tryFilter(c.get('world'), c.get('orgId'), id, filterIn(c) ?? null)
    const data = tried.map(presentTried)
    return c.json({ matched: data.filter(({ matches }) => matches).length, data }, 200)
  })
  return app
}

function presentTried({ event, reason, message }: TriedEvent): z.infer<typeof Tried> {
  return {
    event_id: event.id,
    // It passed the schema on its way in.
    type: event.type as z.infer<typeof AnyEventType>,
    call_id: toCallId(event.callId),
    created: event.created,
    matches: reason === undefined,
    reason: reason ?? null,
    ...(message !== undefined && { message }),
  }
}
