// The HTTP door: middleware, then routes.
import type { MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { createHostNote, type HostNote } from '../account/own-hosts.ts'
import { isUuid } from '../db/ids.ts'
import { createRouteFinder, refuseOtherMethods } from '../http/methods.ts'
import { privately } from '../http/privately.ts'
import type { MakeWorld } from '../wiring.ts'
import { adminRoutes } from './admin.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { auditRoutes } from './audit.ts'
import { databaseRoutes } from './databases.ts'
import { deliveryRoutes } from './deliveries.ts'
import { discardRoutes } from './discard.ts'
import { endpointRoutes } from './endpoints.ts'
import { eventRoutes } from './events.ts'
import { documentRoutes } from './document/route.ts'
import { healthRoutes } from './health.ts'
import { listenRoutes } from './listen.ts'
import { authenticate, authenticateOperator } from './http/auth.ts'
import type { ApiEnv } from './http/context.ts'
import { answerError, nothingHere } from './http/problem.ts'
import { refuseUnknownQuery } from './http/query.ts'
import { createRouter, type Router } from './http/router.ts'
import { requireKeyScope } from './http/key-scopes.ts'
import { endpointCertificateRoutes } from './endpoint-certificate.ts'
import { checkRoutes } from './endpoint-check.ts'
import { filterRoutes } from './filter-try.ts'
import { metricsRoutes } from './metrics.ts'
import { orgRoutes } from './orgs.ts'
import { payloadRoutes } from './payload.ts'
import { portalLinkRoutes } from './portal-links.ts'
import { replayRoutes } from './replays.ts'
import { stopRoutes } from './stops.ts'
import { testRoutes } from './tests.ts'

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
  app.use(refuseOtherMethods(findRoutes), requireKeyScope(findRoutes))
  app.use(refuseUnknownQuery(app, findRoutes))
  app.route('/', healthRoutes())
  app.route('/', eventRoutes())
  app.route('/', payloadRoutes())
  app.route('/', endpointRoutes())
  app.route('/', listenRoutes())
  app.route('/', testRoutes())
  app.route('/', filterRoutes())
  app.route('/', checkRoutes())
  app.route('/', deliveryRoutes())
  app.route('/', discardRoutes())
  app.route('/', replayRoutes())
  app.route('/', portalLinkRoutes())
  app.route('/', apiKeyRoutes())
  app.route('/', auditRoutes())
  app.route('/', orgRoutes())
  app.route('/', endpointCertificateRoutes())
  app.route('/', adminRoutes())
  app.route('/', stopRoutes())
  app.route('/', databaseRoutes())
  app.route('/', metricsRoutes())
  app.route('/', documentRoutes(app))
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
