// /v1/webhook_endpoints: where an org's events go.
import { createRoute, z } from '@hono/zod-openapi'
import {
  addEndpoint,
  findAdded,
  MAX_DESCRIPTION,
  replaceSecret,
  type WithSecret,
} from '../account/endpoints.ts'
import {
  deleteEndpoint,
  findEndpoint,
  listEndpoints,
  updateEndpoint,
  type Endpoint,
} from '../db/account/endpoints.ts'
import { notFound } from '../errors.ts'
import { EVENT_TYPES } from '../webhook/event-types.ts'
import { actorOf } from './http/auth.ts'
import { jsonBody, MAX_BODY_BYTES, noBody, requireBody } from './http/body.ts'
import { answerOnce, readIdempotency } from './http/idempotency.ts'
import { createRouter, type Router } from './http/router.ts'
import {
  EventType,
  Id,
  IdempotencyHeader,
  IdParams,
  Instant,
  json,
  jsonOnce,
  optionalJson,
  presentInstant,
  problems,
  requiredJson,
  RotateBody,
} from './http/schema.ts'
import { checkTarget } from './http/target.ts'

const EnabledEvents = z
  .union(
    [z.array(EventType).min(1), z.tuple([z.literal('*')])],
    `must be ["*"] or a list of event types: ${EVENT_TYPES.join(', ')}`,
  )
  .openapi({
    type: 'array',
    items: { type: 'string' },
    description: 'Event types, or ["*"] for all of them, which is the default.',
  })

const Description = z.string().max(MAX_DESCRIPTION).nullable()

const CreateBody = z.strictObject({
  url: z.string(),
  description: Description.optional(),
  enabled_events: EnabledEvents.optional(),
})

const PatchBody = z.strictObject({
  url: z.string().optional(),
  description: Description.optional(),
  enabled_events: EnabledEvents.optional(),
  status: z.enum(['enabled', 'disabled']).optional(),
})

const EndpointSchema = z
  .object({
    id: Id,
    org_id: Id,
    url: z.string(),
    description: z.string().nullable(),
    enabled_events: z.array(z.string()),
    status: z.enum(['enabled', 'disabled']),
    disabled_reason: z.string().nullable(),
    disabled_at: Instant.nullable(),
    consecutive_failures: z.int().openapi({ description: 'Exhausted deliveries in a row.' }),
    created_at: Instant,
    updated_at: Instant,
  })
  .openapi('Endpoint')

const EndpointWithSecret = EndpointSchema.extend({ signing_secret: z.string() }).openapi(
  'EndpointWithSecret',
)

const path = '/v1/webhook_endpoints'
const onePath = '/v1/webhook_endpoints/{id}'
const jsonOnly = [jsonBody(MAX_BODY_BYTES)]

const createEndpointRoute = createRoute({
  method: 'post',
  path,
  summary: 'Create an endpoint',
  middleware: jsonOnly,
  request: { headers: IdempotencyHeader, body: requiredJson(CreateBody) },
  responses: {
    201: jsonOnce('The endpoint, its secret shown once', EndpointWithSecret),
    ...problems(409),
  },
})

const listRoute = createRoute({
  method: 'get',
  path,
  summary: 'List endpoints',
  responses: {
    200: json('All of them', z.object({ data: z.array(EndpointSchema) })),
    ...problems(),
  },
})

const getRoute = createRoute({
  method: 'get',
  path: onePath,
  summary: 'An endpoint',
  request: { params: IdParams },
  responses: { 200: json('The endpoint', EndpointSchema), ...problems(404) },
})

const patchRoute = createRoute({
  method: 'patch',
  path: onePath,
  summary: 'Change, enable or disable an endpoint',
  middleware: [...jsonOnly, requireBody()],
  request: { params: IdParams, body: requiredJson(PatchBody) },
  responses: { 200: json('The endpoint', EndpointSchema), ...problems(404) },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: onePath,
  summary: 'Delete an endpoint and end its pending deliveries',
  middleware: [noBody()],
  request: { params: IdParams },
  responses: { 204: { description: 'It is gone.' }, ...problems(404) },
})

const rotateRoute = createRoute({
  method: 'post',
  path: `${onePath}/rotate_secret`,
  summary: 'Replace the signing secret',
  middleware: jsonOnly,
  request: { params: IdParams, headers: IdempotencyHeader, body: optionalJson(RotateBody) },
  responses: {
    200: jsonOnce('The endpoint with its new secret', EndpointWithSecret),
    ...problems(404, 409),
  },
})

/** The routes of endpoints. */
export function endpointRoutes(): Router {
  const app = createRouter()
  app.openapi(listRoute, async (c) => {
    const rows = await listEndpoints(c.get('engine').db, c.get('orgId'))
    return c.json({ data: rows.map(presentEndpoint) }, 200)
  })
  app.openapi(getRoute, async (c) => {
    const { id } = c.req.valid('param')
    const endpoint = await findEndpoint(c.get('engine').db, c.get('orgId'), id)
    return c.json(presentEndpoint(found(endpoint)), 200)
  })
  app.openapi(patchRoute, async (c) => {
    const { db, now } = c.get('engine')
    const { enabled_events: enabledEvents, ...changes } = c.req.valid('json')
    if (changes.url !== undefined) await checkTarget(c, changes.url)
    const all = { ...changes, enabledEvents }
    const endpoint = await updateEndpoint(db, actorOf(c), c.req.valid('param').id, all, now())
    return c.json(presentEndpoint(found(endpoint)), 200)
  })
  app.openapi(deleteRoute, async (c) => {
    const { db, now } = c.get('engine')
    const isDeleted = await deleteEndpoint(db, actorOf(c), c.req.valid('param').id, now())
    if (!isDeleted) throw notFound('endpoint')
    return c.body(null, 204)
  })
  secretRoutes(app)
  return app
}

/** The routes that answer a secret, once. */
function secretRoutes(app: Router): void {
  app.openapi(createEndpointRoute, async (c) => {
    const wanted = toWanted(c.req.valid('json'))
    const idempotency = await readIdempotency(c)
    const again = await findAdded(c.get('engine'), idempotency)
    if (!again) await checkTarget(c, wanted.url)
    const once = again ?? (await addEndpoint(c.get('engine'), actorOf(c), wanted, idempotency))
    return c.json(presentWithSecret(answerOnce(c, once)), 201)
  })
  app.openapi(rotateRoute, async (c) => {
    const { overlap_seconds = 0 } = c.req.valid('json')
    const { id } = c.req.valid('param')
    const rotation = { overlapMs: overlap_seconds * 1000, idempotency: await readIdempotency(c) }
    const once = await replaceSecret(c.get('engine'), actorOf(c), id, rotation)
    return c.json(presentWithSecret(answerOnce(c, once)), 200)
  })
}

function toWanted({ url, description, enabled_events }: z.infer<typeof CreateBody>) {
  return { url, description: description ?? null, enabledEvents: enabled_events ?? ['*'] }
}

function presentWithSecret({ endpoint, plaintext }: WithSecret) {
  return { ...presentEndpoint(endpoint), signing_secret: plaintext }
}

function found(endpoint: Endpoint | undefined): Endpoint {
  if (!endpoint) throw notFound('endpoint')
  return endpoint
}

function presentEndpoint(endpoint: Endpoint): z.infer<typeof EndpointSchema> {
  return {
    id: endpoint.id,
    org_id: endpoint.orgId,
    url: endpoint.url,
    description: endpoint.description,
    enabled_events: endpoint.enabledEvents,
    status: endpoint.status,
    disabled_reason: endpoint.disabledReason,
    disabled_at: presentInstant(endpoint.disabledAt),
    consecutive_failures: endpoint.consecutiveFailures,
    created_at: presentInstant(endpoint.createdAt),
    updated_at: presentInstant(endpoint.updatedAt),
  }
}
