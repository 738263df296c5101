// /admin/orgs/{id}/webhook_endpoints/{endpoint_id}: the client certificate of one endpoint, for the operator.
import { createRoute, z } from '@hono/zod-openapi'
import { nameCertificate } from '../account/certificates.ts'
import { ClientCertificate } from '../account/schema.ts'
import { EndpointSchema, presentEndpoint } from './endpoint-shape.ts'
import { actorOf } from './http/auth.ts'
import { jsonBody, MAX_BODY_BYTES, requireBody } from './http/body.ts'
import { EndpointId, idParams, OrgId } from './http/ids.ts'
import { createRouter, type Router } from './http/router.ts'
import { json, problems, requiredJson } from './http/schema.ts'
import { CERTIFICATE } from './org-shape.ts'

const Params = idParams(OrgId, 'organization').extend({
  endpoint_id: EndpointId.openapi({
    param: { name: 'endpoint_id', in: 'path' },
    description: 'The endpoint’s id.',
  }),
})

const Patch = z
  .strictObject({
    client_certificate: ClientCertificate.openapi({
      ...CERTIFICATE,
      example: null,
      description:
        'The client certificate that its receiver is shown; null: none. One that is bound, by its name.',
    }),
  })
  .openapi('OperatorEndpointChanges')

const patchRoute = createRoute({
  method: 'patch',
  path: '/admin/orgs/{id}/webhook_endpoints/{endpoint_id}',
  operationId: 'updateOrganizationWebhookEndpoint',
  summary: 'Name the client certificate that an endpoint’s receiver is shown',
  description:
    'From the next attempt on, and to the origin of its URL alone, whichever that becomes. Over plain HTTP, and where the endpoint is listened to, nobody is shown one.',
  middleware: [jsonBody(MAX_BODY_BYTES), requireBody()],
  request: { params: Params, body: requiredJson(Patch) },
  responses: { 200: json('The endpoint', EndpointSchema), ...problems() },
})

/** The route of one endpoint's client certificate. */
export function endpointCertificateRoutes(): Router {
  const app = createRouter()
  app.openapi(patchRoute, async (c) => {
    const { id, endpoint_id: endpointId } = c.req.valid('param')
    const { client_certificate: name } = c.req.valid('json')
    const endpoint = await nameCertificate(c.get('world'), actorOf(c, id), endpointId, name)
    return c.json(presentEndpoint(endpoint), 200)
  })
  return app
}
