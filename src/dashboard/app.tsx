// The dashboard: what goes around every page, and where the pages are.
import { Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { requestId } from 'hono/request-id'
import { routePath } from 'hono/route'
import { secureHeaders } from 'hono/secure-headers'
import { AppError, toAppError } from '../errors.ts'
import { logFailure, type FailedRequest } from '../http/failure.ts'
import { createRouteFinder, refuseOtherMethods } from '../http/methods.ts'
import { privately } from '../http/privately.ts'
import type { MakeWorld } from '../wiring.ts'
import { assetRoutes } from './assets.ts'
import { BASE, type DashboardEnv, type PageContext, type Session } from './context.ts'
import { deliveryRoutes } from './deliveries/routes.tsx'
import { deliveryPageRoutes } from './delivery/routes.tsx'
import { endpointRoutes } from './endpoints/routes.tsx'
import { readableForm, sameOriginOnly } from './form-guard.ts'
import { overviewRoutes } from './overview/routes.tsx'
import { requireSession } from './session.ts'
import { settingsRoutes } from './settings/routes.tsx'
import { signInRoutes } from './sign-in.tsx'
import { answerBarePage } from './ui/layout.tsx'

/** A form of ours is small; 200 selected ids are 8 KB. */
const MAX_FORM_BYTES = 64 * 1024

/** The pages under /dashboard. */
export function createDashboard(makeWorld: MakeWorld): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>({ strict: false }).basePath(BASE)
  app.onError(answerError)
  app.notFound((c) => answerError(new AppError('not_found'), c))
  // A caller's own id could be any text, and would be logged.
  app.use(requestId({ headerName: '' }), securityHeaders())
  app.route('/', assetRoutes())
  app.use(privately(), sameOriginOnly(), bodyLimit({ maxSize: MAX_FORM_BYTES }), readableForm())
  app.use(async function withWorld(c, next) {
    c.set('world', await makeWorld(c.env, c.executionCtx))
    await next()
  })
  app.route('/', signInRoutes())
  app.use(requireSession(), refuseOtherMethods(createRouteFinder(() => app.routes)))
  app.route('/', overviewRoutes())
  app.route('/deliveries', deliveryRoutes())
  app.route('/deliveries', deliveryPageRoutes())
  app.route('/endpoints', endpointRoutes())
  app.route('/settings', settingsRoutes())
  return app
}

/** Nothing runs and nothing loads but what this Worker serves as a file of its own. */
function securityHeaders(): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
    // With no-referrer a form's Origin would be "null", and tell nothing about where it came from.
    referrerPolicy: 'same-origin',
    xFrameOptions: 'DENY',
  })
}

function answerError(thrown: Error, c: PageContext): Response | Promise<Response> {
  if (thrown instanceof HTTPException) {
    const tooLarge = thrown.status === 413
    const title = tooLarge ? 'Too large' : 'Refused'
    const reason = tooLarge ? 'This form is too large.' : 'This request came from another site.'
    return answerBarePage(c, { title, status: tooLarge ? 400 : 403 }, <Fault reason={reason} />)
  }
  const error = toAppError(thrown)
  if (error.status >= 500) logFailure(c.get('world'), error, describeRequest(c))
  for (const [name, value] of Object.entries(error.headers)) c.header(name, value)
  return answerBarePage(
    c,
    { title: 'Error', status: error.status },
    <Fault reason={error.message} />,
  )
}

function describeRequest(c: PageContext): FailedRequest {
  // Not set where the fault comes before it is known who asks.
  const session: Session | undefined = c.get('session')
  return {
    request_id: c.get('requestId'),
    method: c.req.method,
    route: routePath(c),
    org_id: session?.orgId,
    key_id: session?.keyId,
  }
}

function Fault({ reason }: { reason: string }) {
  return (
    <div class="card sign-in">
      <h1>{reason}</h1>
      <p>
        <a href={BASE}>Back to the dashboard</a>
      </p>
    </div>
  )
}
