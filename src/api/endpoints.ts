// /v1/webhook_endpoints: where an org's events go.
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { createSigningSecret } from '../credentials/signing-secret.ts'
import {
  createEndpoint,
  deleteEndpoint,
  findEndpoint,
  listEndpoints,
  rotateEndpointSecret,
  updateEndpoint,
  type Endpoint,
  type FirstSecret,
} from '../db/endpoints.ts'
import { newId } from '../db/ids.ts'
import { AppError, notFound } from '../errors.ts'
import { jsonBody, MAX_BODY_BYTES, readIdempotency } from './body.ts'
import type { ApiEnv } from './context.ts'
import { createRouter, type Router } from './router.ts'
import {
  EventType,
  Id,
  IdempotencyHeader,
  IdParams,
  Instant,
  json,
  presentInstant,
  problems,
  requiredJson,
} from './schema.ts'
import { checkTarget } from './target.ts'

const MAX_DESCRIPTION = 1000

/** A week: long enough to roll a secret out, short enough that a leaked one dies. */
const MAX_OVERLAP_S = 604_800

const EnabledEvents = z
  .array(EventType)
  .min(1)
  .or(z.tuple([z.literal('*')]))
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

const RotateBody = z.strictObject({
  overlap_seconds: z.int().min(0).max(MAX_OVERLAP_S).optional().openapi({
    default: 0,
    description: 'How long the secrets before it go on signing, beside the new one.',
  }),
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
    201: json('The endpoint, its secret shown once', EndpointWithSecret),
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
  middleware: jsonOnly,
  request: { params: IdParams, body: requiredJson(PatchBody) },
  responses: { 200: json('The endpoint', EndpointSchema), ...problems(404) },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: onePath,
  summary: 'Delete an endpoint and end its pending deliveries',
  request: { params: IdParams },
  responses: { 204: { description: 'It is gone.' }, ...problems(404) },
})

const rotateRoute = createRoute({
  method: 'post',
  path: `${onePath}/rotate_secret`,
  summary: 'Replace the signing secret',
  middleware: jsonOnly,
  request: { params: IdParams, body: { content: { 'application/json': { schema: RotateBody } } } },
  responses: {
    200: json('The endpoint with its new secret', EndpointWithSecret),
    ...problems(404),
  },
})

/** The routes of endpoints. */
export function endpointRoutes(): Router {
  const app = createRouter()
  app.openapi(createEndpointRoute, async (c) => {
    const { url, description = null, enabled_events = ['*'] } = c.req.valid('json')
    checkTarget(c, url)
    return c.json(await create(c, { url, description, enabledEvents: enabled_events }), 201)
  })
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
    if (changes.url !== undefined) checkTarget(c, changes.url)
    const all = { ...changes, enabledEvents }
    const endpoint = await updateEndpoint(db, c.get('orgId'), c.req.valid('param').id, all, now())
    return c.json(presentEndpoint(found(endpoint)), 200)
  })
  app.openapi(deleteRoute, async (c) => {
    const { db, now } = c.get('engine')
    const isDeleted = await deleteEndpoint(db, c.get('orgId'), c.req.valid('param').id, now())
    if (!isDeleted) throw notFound('endpoint')
    return c.body(null, 204)
  })
  app.openapi(rotateRoute, async (c) => {
    const { overlap_seconds = 0 } = c.req.valid('json')
    return c.json(await rotate(c, c.req.valid('param').id, overlap_seconds * 1000), 200)
  })
  return app
}

type Wanted = Pick<Endpoint, 'url' | 'description' | 'enabledEvents'>

async function create(c: Context<ApiEnv>, wanted: Wanted) {
  const { db, now } = c.get('engine')
  const idempotency = await readIdempotency(c)
  const endpoint = toNewEndpoint(c.get('orgId'), wanted, now())
  const { secret, plaintext } = await newSecret(c, endpoint.id)
  const request = idempotency && { ...idempotency, token: endpoint.id }
  const result = await createEndpoint(db, endpoint, secret, request)
  const { record } = result
  if (record && record.token !== endpoint.id) {
    if (record.requestHash !== idempotency?.requestHash)
      throw new AppError('idempotency_key_reused')
    return answerAgain(c, record.snapshot)
  }
  if (!result.endpoint) throw new AppError('endpoint_limit_reached')
  return { ...presentEndpoint(endpoint), signing_secret: plaintext }
}

/** The secret is kept sealed in the snapshot too, so that the first answer can be given again whole. */
async function answerAgain(c: Context<ApiEnv>, snapshot: string) {
  // createEndpoint wrote it from exactly these two.
  const first = JSON.parse(snapshot) as { endpoint: Endpoint; secret: FirstSecret }
  const { orgId, id } = first.endpoint
  const context = { orgId, ownerId: id, secretId: first.secret.id }
  const plaintext = await c.get('engine').vault.unseal(first.secret.sealed, context)
  return { ...presentEndpoint(first.endpoint), signing_secret: plaintext }
}

async function rotate(c: Context<ApiEnv>, id: string, overlapMs: number) {
  const { db, now } = c.get('engine')
  const { secret, plaintext } = await newSecret(c, id)
  const timing = { now: now(), overlapMs }
  const endpoint = await rotateEndpointSecret(db, c.get('orgId'), id, secret, timing)
  return { ...presentEndpoint(found(endpoint)), signing_secret: plaintext }
}

async function newSecret(c: Context<ApiEnv>, ownerId: string) {
  const { vault, now } = c.get('engine')
  const plaintext = createSigningSecret()
  const id = newId(now())
  const sealed = await vault.seal(plaintext, { orgId: c.get('orgId'), ownerId, secretId: id })
  return { secret: { id, sealed }, plaintext }
}

function toNewEndpoint(orgId: string, wanted: Wanted, now: number): Endpoint {
  return {
    ...wanted,
    orgId,
    id: newId(now),
    status: 'enabled',
    disabledReason: null,
    disabledAt: null,
    consecutiveFailures: 0,
    backlogAt: null,
    deletedAt: null,
    createdAt: now,
    updatedAt: now,
  }
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
