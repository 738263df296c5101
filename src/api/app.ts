// The HTTP door: middleware, routes, and the OpenAPI document made of them.
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import type { Engine } from '../delivery/engine.ts'
import { adminRoutes } from './admin.ts'
import { authenticate, authenticateOperator } from './auth.ts'
import { deliveryRoutes } from './deliveries.ts'
import { endpointRoutes } from './endpoints.ts'
import { eventRoutes } from './events.ts'
import { healthRoutes } from './health.ts'
import { answerError, answerUnrouted } from './problem.ts'
import { createRouter, type Router } from './router.ts'

/** Makes an engine from what a Worker's door is given. */
export type MakeEngine = (env: Env, context: Pick<ExecutionContext, 'waitUntil'>) => Promise<Engine>

/** The whole HTTP API. */
export function createApp(makeEngine: MakeEngine): Router {
  const app = createRouter()
  app.onError(answerError)
  app.notFound(answerUnrouted(app))
  app.use(requestId(), secureHeaders())
  app.use(async function withEngine(c, next) {
    c.set('engine', await makeEngine(c.env, c.executionCtx))
    await next()
  })
  app.use('/v1/*', authenticate())
  app.use('/admin/*', authenticateOperator())
  app.route('/', healthRoutes())
  app.route('/', eventRoutes())
  app.route('/', endpointRoutes())
  app.route('/', deliveryRoutes())
  app.route('/', adminRoutes())
  describe(app)
  return app
}

function describe(app: Router): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'sk_…, which belongs to one organization.',
  })
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'CallingBox webhooks', version: '1' },
    security: [{ apiKey: [] }],
  })
}
