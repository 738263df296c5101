// The HTTP door: middleware, routes, and the OpenAPI document made of them.
import type { MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { createHostNote, type HostNote } from '../account/own-hosts.ts'
import { isUuid } from '../db/ids.ts'
import { createRouteFinder, refuseOtherMethods } from '../http/methods.ts'
import { privately } from '../http/privately.ts'
import type { MakeWorld } from '../wiring.ts'
import { adminRoutes } from './admin.ts'
import { auditRoutes } from './audit.ts'
import { deliveryRoutes } from './deliveries.ts'
import { endpointRoutes } from './endpoints.ts'
import { eventRoutes } from './events.ts'
import { healthRoutes } from './health.ts'
import { authenticate, authenticateOperator } from './http/auth.ts'
import type { ApiEnv } from './http/context.ts'
import { answerError, nothingHere } from './http/problem.ts'
import { refuseUnknownQuery } from './http/query.ts'
import { createRouter, type Router } from './http/router.ts'

/** An answer is data: nothing frames it or runs anything that is in it. */
const HEADERS = {
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  strictTransportSecurity: 'max-age=31536000; includeSubDomains',
  xFrameOptions: 'DENY',
}

/** The whole HTTP API. */
export function createApp(makeWorld: MakeWorld): Router {
  const app = createRouter()
  app.onError(answerError)
  app.notFound((c) => answerError(nothingHere(), c))
  app.use(requestId(), privately(), secureHeaders(HEADERS))
  app.use(async function withWorld(c, next) {
    c.set('world', await makeWorld(c.env, c.executionCtx))
    await next()
  })
  app.use(rememberHost(createHostNote()))
  app.use('/v1/*', authenticate())
  app.use('/admin/*', authenticateOperator())
  const findRoutes = createRouteFinder(() => app.routes)
  app.use(refuseOtherMethods(findRoutes), refuseUnknownQuery(app, findRoutes))
  app.route('/', healthRoutes())
  app.route('/', eventRoutes())
  app.route('/', endpointRoutes())
  app.route('/', deliveryRoutes())
  app.route('/', auditRoutes())
  app.route('/', adminRoutes())
  describe(app)
  return app
}

/** Names the request; a caller may, with a UUID: other texts could be anything, and are logged. */
function requestId(): MiddlewareHandler<ApiEnv> {
  return async function nameRequest(c, next) {
    const given = c.req.header('X-Request-Id') ?? ''
    const id = isUuid(given) ? given : crypto.randomUUID()
    c.set('requestId', id)
    c.header('X-Request-Id', id)
    await next()
  }
}

/** Once its caller is known to be one of ours; anybody else could name any host. */
function rememberHost(noteHost: HostNote): MiddlewareHandler<ApiEnv> {
  return async function noteOwnHost(c, next) {
    await next()
    if (c.get('keyId') !== undefined && c.res.ok) noteHost(c.get('world'), c.req.url)
  }
}

function describe(app: Router): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'sk_…, which belongs to one organization.',
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'operatorToken', {
    type: 'http',
    scheme: 'bearer',
    description: 'ADMIN_TOKEN, which is the operator’s.',
  })
  let text: string | undefined
  app.get('/openapi.json', (c) => {
    // Made once an isolate: it takes milliseconds, for anybody who asks, and never changes.
    text ??= JSON.stringify(
      app.getOpenAPI31Document({
        openapi: '3.1.0',
        info: { title: 'CallingBox webhooks', version: '1' },
        security: [{ apiKey: [] }],
      }),
    )
    return c.body(text, 200, { 'Content-Type': 'application/json' })
  })
}
