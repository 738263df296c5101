// /v1/webhook_endpoints: where an org's events go.
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import {
  addEndpoint,
  changeEndpoint,
  removeEndpoint,
  replaceSecret,
  type WithSecret,
} from '../account/endpoints.ts'
import { ownHostOf } from '../account/own-hosts.ts'
import { EndpointStatus, EXTERNAL_ID, ExternalId } from '../account/schema.ts'
import { findEndpoint, MAX_ENDPOINTS, type Endpoint } from '../db/account/endpoints.ts'
import { pageEndpoints } from '../db/views/endpoint-pages.ts'
import { invalidRequest, notFound } from '../errors.ts'
import {
  CreateBody,
  EndpointSchema,
  findReadOnlyChanges,
  PatchBody,
  presentEndpoint,
  toChanges,
  toWanted,
} from './endpoint-shape.ts'
import { filterIn } from './filter-shape.ts'
import { actorOf } from './http/auth.ts'
import { jsonBody, MAX_BODY_BYTES, noBody, requireBody } from './http/body.ts'
import { dataOf, type ApiEnv } from './http/context.ts'
import { answerOnce, readIdempotency } from './http/idempotency.ts'
import { endpointIdOf, OneEndpoint } from './http/endpoint-ref.ts'
import { createRouter, type Router } from './http/router.ts'
import { requireScopeOfMembers } from './http/key-scopes.ts'
import {
  IdempotencyHeader,
  json,
  limitBy,
  optionalJson,
  pageOf,
  PageQuery,
  problems,
  requiredJson,
  RotateBody,
  SigningSecret,
  toPage,
} from './http/schema.ts'
import { MAX_URL_LENGTH } from '../webhook/target.ts'

const EndpointWithSecret = EndpointSchema.extend({ signing_secret: SigningSecret }).openapi(
  'EndpointWithSecret',
)

const EndpointList = pageOf(EndpointSchema).openapi('EndpointList')

const URL_HINT = 'must be a URL, as the endpoint has it'

const ListQuery = PageQuery.extend({
  limit: limitBy(MAX_ENDPOINTS),
  starting_after: PageQuery.shape.starting_after.openapi({
    description: 'Any id: the page has what was created after it.',
  }),
  ending_before: PageQuery.shape.ending_before.openapi({
    description:
      'Any id: the page has what was created just before it. Not together with starting_after.',
  }),
  status: EndpointStatus.optional().openapi({ description: 'Only with this status.' }),
  url: z
    .string()
    .max(MAX_URL_LENGTH, URL_HINT)
    .refine((url) => URL.canParse(url), URL_HINT)
    .optional()
    .openapi({
      format: 'uri',
      description: 'Only with this very URL.',
      example: 'https://example.com/hooks',
    }),
  external_id: ExternalId.optional().openapi({
    pattern: EXTERNAL_ID.source,
    description: 'Only the one that is called so.',
    example: 'billing-eu',
  }),
})

const path = '/v1/webhook_endpoints'
const onePath = '/v1/webhook_endpoints/{id}'
const jsonOnly = [jsonBody(MAX_BODY_BYTES)]

const createEndpointRoute = createRoute({
  method: 'post',
  path,
  operationId: 'createEndpoint',
  summary: 'Create an endpoint',
  description:
    'Events that are accepted from now on, and that it takes, go there. The answer has its signing secret, this once. An organization has 100 at most.',
  middleware: jsonOnly,
  request: { headers: IdempotencyHeader, body: requiredJson(CreateBody) },
  responses: {
    201: json('The endpoint, its secret shown once', EndpointWithSecret),
    ...problems('endpoint_limit_reached', 'external_id_taken', 'quota_exceeded'),
  },
})

const listRoute = createRoute({
  method: 'get',
  path,
  operationId: 'listEndpoints',
  summary: 'List endpoints',
  description:
    'Oldest first. All that is given must match; where no limit is given all of them come, of which there are 100 at most.',
  request: { query: ListQuery },
  responses: {
    200: json('A page', EndpointList),
    ...problems(),
  },
})

const getRoute = createRoute({
  method: 'get',
  path: onePath,
  operationId: 'getEndpoint',
  summary: 'An endpoint',
  description: 'The endpoint as it is now, without its signing secret.',
  request: { params: OneEndpoint },
  responses: { 200: json('The endpoint', EndpointSchema), ...problems() },
})

const patchRoute = createRoute({
  method: 'patch',
  path: onePath,
  operationId: 'updateEndpoint',
  summary: 'Change, enable or disable an endpoint',
  description:
    'What is not given stays. What GET answered may be sent back: members that cannot be changed are accepted while they are as they were. ' +
    'Another URL is for events from now on; what is on its way goes where it went.',
  middleware: [...jsonOnly, requireBody(), requireScopeOfMembers()],
  request: { params: OneEndpoint, body: requiredJson(PatchBody) },
  responses: { 200: json('The endpoint', EndpointSchema), ...problems('external_id_taken') },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: onePath,
  operationId: 'deleteEndpoint',
  summary: 'Delete an endpoint and end its pending deliveries',
  description:
    'For good: what is pending ends as exhausted, "endpoint deleted", and cannot be sent again. Its history stays readable.',
  middleware: [noBody()],
  request: { params: OneEndpoint },
  responses: { 204: { description: 'It is gone.' }, ...problems() },
})

const rotateRoute = createRoute({
  method: 'post',
  path: `${onePath}/rotate_secret`,
  operationId: 'rotateEndpointSecret',
  summary: 'Replace the signing secret',
  description:
    'The answer has the new secret, this once. The one before stops signing at once, or after `overlap_seconds`, in which both sign.',
  middleware: jsonOnly,
  request: { params: OneEndpoint, headers: IdempotencyHeader, body: optionalJson(RotateBody) },
  responses: {
    200: json('The endpoint with its new secret', EndpointWithSecret),
    ...problems('too_many_live_secrets'),
  },
})

/** The routes of endpoints. */
export function endpointRoutes(): Router {
  const app = createRouter()
  app.openapi(listRoute, async (c) => {
    const query = c.req.valid('query')
    const { status, url, external_id: externalId } = query
    const filter = { status, url, externalId }
    const page = await pageEndpoints(dataOf(c), c.get('orgId'), filter, toPage(query))
    return c.json({ data: page.rows.map(presentEndpoint), has_more: page.hasMore }, 200)
  })
  app.openapi(getRoute, async (c) => {
    const id = await endpointIdOf(c, c.req.valid('param'))
    const endpoint = await findEndpoint(dataOf(c), c.get('orgId'), id)
    return c.json(presentEndpoint(found(endpoint)), 200)
  })
  app.openapi(patchRoute, async (c) => {
    const id = await endpointIdOf(c, c.req.valid('param'))
    return c.json(presentEndpoint(await patchEndpoint(c, id, c.req.valid('json'))), 200)
  })
  app.openapi(deleteRoute, async (c) => {
    await removeEndpoint(c.get('world'), actorOf(c), await endpointIdOf(c, c.req.valid('param')))
    return c.body(null, 204)
  })
  secretRoutes(app)
  return app
}

/** The routes that answer a secret, once. */
function secretRoutes(app: Router): void {
  app.openapi(createEndpointRoute, async (c) => {
    const wanted = toWanted(c.req.valid('json'), filterIn(c))
    const asked = { host: ownHostOf(c.req.url), idempotency: await readIdempotency(c) }
    const once = await addEndpoint(c.get('world'), actorOf(c), wanted, asked)
    return c.json(presentWithSecret(answerOnce(c, once)), 201)
  })
  app.openapi(rotateRoute, async (c) => {
    const { overlap_seconds = 0 } = c.req.valid('json')
    const id = await endpointIdOf(c, c.req.valid('param'))
    const rotation = { overlapMs: overlap_seconds * 1000, idempotency: await readIdempotency(c) }
    const once = await replaceSecret(c.get('world'), actorOf(c), id, rotation)
    return c.json(presentWithSecret(answerOnce(c, once)), 200)
  })
}

async function patchEndpoint(
  c: Context<ApiEnv>,
  id: string,
  body: z.infer<typeof PatchBody>,
): Promise<Endpoint> {
  const current = found(await findEndpoint(dataOf(c), c.get('orgId'), id))
  const issues = findReadOnlyChanges(body, current)
  if (issues.length > 0) throw invalidRequest(issues)
  const changes = toChanges(body, filterIn(c), current)
  // Sent back as it was answered, an enabled endpoint keeps its count of failures as well.
  if (changes.status === current.status && body.consecutive_failures !== undefined) {
    delete changes.status
  }
  return changeEndpoint(c.get('world'), actorOf(c), current, {
    changes,
    host: ownHostOf(c.req.url),
  })
}

function presentWithSecret({ endpoint, plaintext }: WithSecret) {
  return { ...presentEndpoint(endpoint), signing_secret: plaintext }
}

function found(endpoint: Endpoint | undefined): Endpoint {
  if (!endpoint) throw notFound('endpoint')
  return endpoint
}
