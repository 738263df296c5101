// The pages of endpoints, and what can be done to one.
import { Hono } from 'hono'
import {
  addEndpoint,
  applyChanges,
  changeEndpoint,
  removeEndpoint,
  replaceSecret,
} from '../../account/endpoints.ts'
import { ownHostOf } from '../../account/own-hosts.ts'
import { EndpointStatus } from '../../account/schema.ts'
import { findEndpoint, listEndpoints, type Endpoint } from '../../db/account/endpoints.ts'
import { readConditions } from '../../db/views/conditions.ts'
import { listShown } from '../../db/views/deliveries.ts'
import { readStats } from '../../db/views/stats.ts'
import { sendTestEvent } from '../../delivery/test-event.ts'
import { AppError, notFound } from '../../errors.ts'
import {
  actorOf,
  dataOf,
  DELIVERIES,
  ENDPOINTS,
  idOf,
  type DashboardEnv,
  type PageContext,
} from '../context.ts'
import { readField, readOverlapMs } from '../fields.ts'
import { answerPage } from '../ui/layout.tsx'
import { Notice, PageHead } from '../ui/parts.tsx'
import { DAY_MS } from '../ui/series.ts'
import {
  EndpointForm,
  NEW_ENDPOINT,
  problemsOf,
  readEndpoint,
  type EndpointValues,
} from './form.tsx'
import { EndpointList, NoEndpoints } from './list.tsx'
import { CHART_DAYS, EndpointPage, type ShownEndpoint } from './page.tsx'

/** Deliveries on an endpoint's page. */
const LATEST = 10

const NOTICES: Record<string, string> = {
  saved: 'Saved.',
  enabled: 'Enabled. What was held goes on now.',
  disabled: 'Disabled. Its pending deliveries are held.',
}

/** The routes below /dashboard/endpoints. */
export function endpointRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/', (c) => answerList(c))
  app.get('/new', (c) => answerNew(c, NEW_ENDPOINT, crypto.randomUUID()))
  app.post('/', (c) => create(c))
  app.get('/:id', async (c) => {
    const text = NOTICES[c.req.query('done') ?? '']
    return answerEndpoint(c, await endpointOf(c), text ? { notice: { kind: 'ok', text } } : {})
  })
  app.post('/:id', (c) => save(c))
  app.post('/:id/status', async (c) => {
    const { status } = await c.req.parseBody()
    const wanted = readField('status', EndpointStatus, status)
    return setStatus(c, wanted)
  })
  app.post('/:id/rotate', (c) => rotate(c))
  app.post('/:id/test', (c) => test(c))
  app.post('/:id/delete', async (c) => {
    await removeEndpoint(c.get('world'), actorOf(c), idOf(c))
    return c.redirect(`${ENDPOINTS}?done=deleted`, 303)
  })
  return app
}

async function answerList(c: PageContext) {
  const { now, config } = c.get('world')
  const { orgId } = c.get('session')
  const [endpoints, conditions, stats] = await Promise.all([
    listEndpoints(dataOf(c), orgId),
    readConditions(dataOf(c), orgId),
    readStats(dataOf(c), orgId, { since: now() - DAY_MS }),
  ])
  const disableAfter = config.disableAfterExhausted
  return answerPage(
    c,
    { title: 'Endpoints', section: 'Endpoints' },
    <>
      <PageHead title="Endpoints">
        <a class="button primary" href={`${ENDPOINTS}/new`}>
          New endpoint
        </a>
      </PageHead>
      {c.req.query('done') === 'deleted' ? <Notice kind="ok">Deleted.</Notice> : null}
      {endpoints.length === 0 ? (
        <NoEndpoints origin={new URL(c.req.url).origin} />
      ) : (
        <EndpointList
          endpoints={endpoints}
          conditions={conditions}
          stats={stats}
          disableAfter={disableAfter}
          now={now()}
        />
      )}
    </>,
  )
}

/** The token makes a form that is sent twice create one endpoint, and show its secret both times. */
function answerNew(c: PageContext, values: EndpointValues, token: string) {
  const status = values.problems === undefined ? 200 : 400
  return answerPage(
    c,
    { title: 'New endpoint', section: 'Endpoints', status },
    <>
      <PageHead title="New endpoint" />
      <section class="card narrow">
        <EndpointForm action={ENDPOINTS} values={values} submit="Create">
          <input type="hidden" name="token" value={token} />
        </EndpointForm>
      </section>
    </>,
  )
}

async function create(c: PageContext) {
  const form = await c.req.parseBody({ all: true })
  const { wanted, values } = readEndpoint(form)
  const token = typeof form['token'] === 'string' ? form['token'] : crypto.randomUUID()
  if (!wanted) return answerNew(c, values, token)
  // Only compared with that of a repetition, so the request itself does for its hash.
  const requestHash = JSON.stringify(wanted)
  const idempotency = { scope: c.get('session').orgId, key: `dashboard-${token}`, requestHash }
  const asked = { host: ownHostOf(c.req.url), idempotency }
  try {
    const { answer } = await addEndpoint(c.get('world'), actorOf(c), wanted, asked)
    return await answerEndpoint(c, answer.endpoint, { secret: answer.plaintext })
  } catch (error) {
    return answerNew(c, { ...wanted, problems: problemsOf(error) }, token)
  }
}

async function save(c: PageContext) {
  const { wanted, values } = readEndpoint(await c.req.parseBody({ all: true }))
  const endpoint = await endpointOf(c)
  if (!wanted) return answerEndpoint(c, endpoint, { values })
  const asked = { changes: wanted, host: ownHostOf(c.req.url) }
  try {
    await changeEndpoint(c.get('world'), actorOf(c), endpoint, asked)
    return c.redirect(`${ENDPOINTS}/${endpoint.id}?done=saved`, 303)
  } catch (error) {
    return answerEndpoint(c, endpoint, { values: { ...wanted, problems: problemsOf(error) } })
  }
}

async function setStatus(c: PageContext, status: 'enabled' | 'disabled') {
  const endpoint = await applyChanges(c.get('world'), actorOf(c), idOf(c), { status })
  return c.redirect(`${ENDPOINTS}/${endpoint.id}?done=${status}`, 303)
}

async function rotate(c: PageContext) {
  const { overlap } = await c.req.parseBody()
  try {
    const rotation = { overlapMs: readOverlapMs(overlap) }
    const { answer } = await replaceSecret(c.get('world'), actorOf(c), idOf(c), rotation)
    return await answerEndpoint(c, answer.endpoint, { secret: answer.plaintext })
  } catch (error) {
    return answerConflict(c, error)
  }
}

async function test(c: PageContext) {
  const endpoint = await endpointOf(c)
  try {
    const id = await sendTestEvent(c.get('world'), endpoint)
    return c.redirect(`${DELIVERIES}/${id}`, 303)
  } catch (error) {
    return answerConflict(c, error, 'Enable it first.')
  }
}

/** What a person is told on the endpoint's page, where he can do something about it. */
async function answerConflict(c: PageContext, error: unknown, text?: string) {
  if (!(error instanceof AppError) || error.status !== 409) throw error
  const notice = { kind: 'bad' as const, text: text ?? error.message }
  return answerEndpoint(c, await endpointOf(c), { notice })
}

async function answerEndpoint(
  c: PageContext,
  endpoint: Endpoint,
  extra: Partial<ShownEndpoint> = {},
) {
  const { now, config } = c.get('world')
  const { orgId, id: endpointId } = endpoint
  const [conditions, stats, latest] = await Promise.all([
    readConditions(dataOf(c), orgId, endpointId),
    readStats(dataOf(c), orgId, { since: now() - CHART_DAYS * DAY_MS, endpointId }),
    listShown(dataOf(c), orgId, { endpointId }, { limit: LATEST }),
  ])
  const shown = {
    endpoint,
    condition: conditions.get(endpointId) ?? ('well' as const),
    values: endpoint,
    stats,
    deliveries: latest.rows,
    now: now(),
    disableAfter: config.disableAfterExhausted,
    ...extra,
  }
  const { problems } = shown.values as EndpointValues
  const isConflict = extra.notice?.kind === 'bad'
  const status = problems !== undefined ? 400 : isConflict ? 409 : 200
  return answerPage(
    c,
    { title: endpoint.description ?? endpoint.url, section: 'Endpoints', status },
    <EndpointPage {...shown} />,
  )
}

async function endpointOf(c: PageContext): Promise<Endpoint> {
  const endpoint = await findEndpoint(dataOf(c), c.get('session').orgId, idOf(c))
  if (!endpoint) throw notFound('endpoint')
  return endpoint
}
