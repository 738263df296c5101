// The dashboard: what goes around every page, and where the pages are.
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { requestId } from 'hono/request-id'
import { routePath } from 'hono/route'
import { AppError, toAppError, type ErrorCode } from '../errors.ts'
import { logFailure, type FailedRequest } from '../http/failure.ts'
import { createRouteFinder, refuseOtherMethods } from '../http/methods.ts'
import { privately } from '../http/privately.ts'
import type { MakeWorld } from '../wiring.ts'
import { assetRoutes } from './assets.ts'
import { BASE, isFragment, type DashboardEnv, type PageContext, type Session } from './context.ts'
import { deliveryRoutes } from './deliveries/routes.tsx'
import { deliveryPageRoutes } from './delivery/routes.tsx'
import { endpointRoutes } from './endpoints/routes.tsx'
import { eventPageRoutes } from './events/routes.tsx'
import { boundedForm, readableForm, sameOriginOnly } from './form-guard.ts'
import { overviewRoutes } from './overview/routes.tsx'
import { portalRoutes } from './portal.tsx'
import { tellRefusal } from './refusal.ts'
import { replayPageRoutes } from './replays/routes.tsx'
import { requireKnownQuery, type OddQuery } from './queries.ts'
import { requireScope } from './scopes.ts'
import { securityHeaders } from './security-headers.ts'
import { recognize, requireSession } from './session.ts'
import { settingsRoutes } from './settings/routes.tsx'
import { askToSignIn, signInRoutes } from './sign-in.tsx'
import { Copyable } from './ui/copy.tsx'
import { answerBarePage, answerPage, sectionOf } from './ui/layout.tsx'

/** What a form is refused with before it is asked who has sent it. */
const OF_FORMS = new Set<ErrorCode>(['payload_too_large', 'invalid_request'])

/** The pages under /dashboard. */
export function createDashboard(makeWorld: MakeWorld): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>({ strict: false }).basePath(BASE)
  app.onError(answerError)
  app.notFound((c) => answerError(new AppError('not_found'), c))
  // A caller's own id could be any text, and would be logged.
  app.use(requestId({ headerName: '' }), securityHeaders())
  app.route('/', assetRoutes())
  app.use(privately(), sameOriginOnly())
  app.use(async function withWorld(c, next) {
    c.set('world', await makeWorld(c.env, c.executionCtx))
    await next()
  })
  app.use(boundedForm(), readableForm())
  app.route('/', signInRoutes())
  app.route('/', portalRoutes())
  app.use(requireSession(askToSignIn), refuseOtherMethods(createRouteFinder(() => app.routes)))
  app.use(requireScope(), requireKnownQuery(answerOddQuery))
  app.route('/', overviewRoutes())
  app.route('/deliveries', deliveryRoutes())
  app.route('/deliveries', deliveryPageRoutes())
  app.route('/events', eventPageRoutes())
  app.route('/replays', replayPageRoutes())
  app.route('/endpoints', endpointRoutes())
  app.route('/settings', settingsRoutes())
  return app
}

async function answerError(thrown: Error, c: PageContext): Promise<Response> {
  if (thrown instanceof HTTPException) {
    const reason = 'This request came from another site.'
    return answerBarePage(c, { title: 'Refused', status: 403 }, <Fault reason={reason} />)
  }
  const error = toAppError(thrown)
  if (error.status >= 500) logFailure(c.get('world'), error, describeRequest(c))
  for (const [name, value] of Object.entries(error.headers)) c.header(name, value)
  if (OF_FORMS.has(error.code)) await recognize(c)
  return answerFault(c, error)
}

/** Around it is what is around every page, for whoever is signed in. */
function answerFault(c: PageContext, error: AppError): Response | Promise<Response> {
  const { status } = error
  const reason = tellRefusal(error)
  // Not set where the fault comes before it is known who asks.
  const session: Session | undefined = c.get('session')
  if (!session) return answerBarePage(c, { title: 'Error', status }, <Fault reason={reason} />)
  if (isFragment(c)) tellInPlace(c)
  return answerPage(
    c,
    { title: 'Error', section: sectionOf(c.req.path), status },
    <Fault reason={reason} reference={status >= 500 ? c.get('requestId') : undefined} />,
  )
}

/** Nothing of the page is shown: what it would show is not what was asked for. */
function answerOddQuery(c: PageContext, odd: OddQuery): Response | Promise<Response> {
  if (isFragment(c)) tellInPlace(c)
  const page = { title: 'Error', section: sectionOf(c.req.path), status: 400 } as const
  return answerPage(c, page, <OddAddress {...odd} path={c.req.path} />)
}

function OddAddress({ faults, known, path }: OddQuery & { path: string }) {
  return (
    <div class="card sign-in">
      <h1>This address asks for what makes no sense</h1>
      <p class="breakable">{faults.join('; ')}.</p>
      <p class="muted">
        {known.length === 0
          ? 'This page takes nothing behind the question mark.'
          : `Behind the question mark this page takes ${known.join(', ')}.`}
      </p>
      <p>
        <a class="button" href={path}>
          Leave that out
        </a>
      </p>
    </div>
  )
}

/** A look for news that fails leaves the page as it is; of an act that fails it tells in the place of the page. */
function tellInPlace(c: PageContext): void {
  if (c.req.method === 'GET') return c.header('HX-Reswap', 'none')
  c.header('HX-Retarget', '#main')
  c.header('HX-Reselect', '#main')
  c.header('HX-Reswap', 'outerHTML')
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

function Fault({ reason, reference }: { reason: string; reference?: string | undefined }) {
  return (
    <div class="card sign-in">
      <h1>{reason}</h1>
      {reference === undefined ? null : (
        <p class="muted small">
          In the log it is under{' '}
          <Copyable what="reference" text={reference}>
            <code>{reference}</code>
          </Copyable>
          .
        </p>
      )}
      <p>
        <a href={BASE}>Back to the dashboard</a>
      </p>
    </div>
  )
}
