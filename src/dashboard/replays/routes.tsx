// The pages of replays: the plan, the start, one on its way, and those of the past.
import { Hono } from 'hono'
import { ownHostOf } from '../../account/own-hosts.ts'
import { listEndpoints, type Endpoint } from '../../db/account/endpoints.ts'
import { listReplays } from '../../db/replays/views.ts'
import { planReplay } from '../../delivery/replay/dry-run.ts'
import { startReplay } from '../../delivery/replay/start.ts'
import { AppError } from '../../errors.ts'
import {
  actorOf,
  dataOf,
  readId,
  REPLAYS,
  type DashboardEnv,
  type PageContext,
} from '../context.ts'
import { readForm } from '../sent-form.ts'
import { onceFor } from '../once.ts'
import { tellRefusal } from '../refusal.ts'
import { answerPage } from '../ui/layout.tsx'
import { May } from '../ui/may.tsx'
import { PageHead } from '../ui/parts.tsx'
import { NoReplays, ReplayList } from './list.tsx'
import { readPlan, settledUrl, toReplayRequest, type ReadPlan } from './plan-query.ts'
import { PlanView } from './plan-view.tsx'
import { runningRoutes } from './running.tsx'

/** Replays on a page of the list. */
const LISTED = 50

/** The routes below /dashboard/replays. */
export function replayPageRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/', (c) => answerList(c))
  app.get('/new', async (c) => {
    const given = new URL(c.req.url).searchParams
    const read = readPlan(given)
    if (read.query.token !== '') return answerPlan(c, read, read.isWhole ? 200 : 400)
    return c.redirect(settledUrl(given, c.get('world').now()), 303)
  })
  app.post('/new', (c) => start(c))
  app.route('/', runningRoutes())
  return app
}

async function answerList(c: PageContext) {
  const page = { startingAfter: readId(c.req.query('after')), limit: LISTED }
  const { orgId } = c.get('session')
  const [{ rows, hasMore }, endpoints] = await Promise.all([
    listReplays(dataOf(c), orgId, page),
    listEndpoints(dataOf(c), orgId),
  ])
  return answerPage(
    c,
    { title: 'Replays', section: 'Replays' },
    <>
      <PageHead title="Replays">
        <May do="operate">
          <a class="button primary" href={`${REPLAYS}/new?status=exhausted`}>
            New replay
          </a>
        </May>
      </PageHead>
      {rows.length === 0 ? (
        <NoReplays origin={new URL(c.req.url).origin} now={c.get('world').now()} />
      ) : (
        <ReplayList
          replays={rows}
          known={byId(endpoints)}
          next={hasMore ? rows.at(-1)?.id : undefined}
        />
      )}
    </>,
  )
}

function byId(endpoints: Endpoint[]): Map<string, Endpoint> {
  return new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]))
}

async function answerPlan(c: PageContext, read: ReadPlan, status: 200 | 400 | 409) {
  const { query, faults, isWhole } = read
  const { orgId } = c.get('session')
  // Planned for the original URLs it tells how many of them their endpoints no longer have.
  const request = { ...toReplayRequest(query), recipient: 'original' as const }
  const [plan, endpoints] = await Promise.all([
    planReplay(c.get('world'), orgId, request),
    listEndpoints(dataOf(c), orgId),
  ])
  const shown = { plan, query, faults, isWhole, endpoints, known: byId(endpoints) }
  return answerPage(c, { title: 'New replay', section: 'Replays', status }, <PlanView {...shown} />)
}

/** What would be left out of a filter is refused here: less of a filter is more deliveries. */
async function start(c: PageContext) {
  const form = await readForm(c)
  const read = readPlan(form)
  if (read.faults.length > 0) return answerPlan(c, withToken(read), 400)
  const request = toReplayRequest(read.query)
  try {
    const host = ownHostOf(c.req.url)
    // A plan starts one replay, whatever is sent with its token later, be it by a second click or after Back:
    // so the request is not part of what is compared.
    const asked = { host, idempotency: onceFor(c, form) }
    const { answer, isRepeated } = await startReplay(c.get('world'), actorOf(c), request, asked)
    const done = isRepeated ? 'again' : 'started'
    return c.redirect(`${REPLAYS}/${answer.id}?done=${done}`, 303)
  } catch (error) {
    if (!(error instanceof AppError) || error.status !== 409) throw error
    return answerPlan(c, withToken({ ...read, faults: [tellRefusal(error)] }), 409)
  }
}

function withToken(read: ReadPlan): ReadPlan {
  return { ...read, query: { ...read.query, token: read.query.token || crypto.randomUUID() } }
}
