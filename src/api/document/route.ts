// GET /openapi.json: what there is, for machines and for people.
import { createRoute, z } from '@hono/zod-openapi'
import { createRouter, type Router } from '../http/router.ts'
import { json, problems } from '../http/schema.ts'
import { writeDocument } from './document.ts'

const Document = z.looseObject({}).openapi({
  example: {
    openapi: '3.1.0',
    info: { title: 'CallingBox webhooks', version: '1' },
    servers: [],
    tags: [],
    paths: {},
    webhooks: {},
    components: {},
  },
})

const documentRoute = createRoute({
  method: 'get',
  path: '/openapi.json',
  operationId: 'getOpenApiDocument',
  summary: 'This document',
  description:
    'All that can be asked here, as OpenAPI 3.1 describes it. It changes with the service only.',
  responses: { 200: json('This document', Document), ...problems() },
})

/** The route of the document, which describes all routes of `app`. */
export function documentRoutes(app: Router): Router {
  const router = createRouter()
  let text: string | undefined
  router.openAPIRegistry.registerPath(documentRoute)
  router.get(documentRoute.path, async (c) => {
    // Made once an isolate, when it is first asked for: it takes milliseconds, for anybody who asks. What is kept is
    // no promise: the request that made it may be cut off, and all others would wait for it.
    const made = text ?? (await writeDocument(app, c.get('world').config))
    text = made
    return c.body(made, 200, { 'Content-Type': 'application/json' })
  })
  return router
}
