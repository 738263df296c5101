// The first page: how deliveries fare, and what needs a hand.
import { Hono } from 'hono'
import { listEndpoints } from '../../db/account/endpoints.ts'
import { readOverview } from '../../db/views/overview.ts'
import { readStats } from '../../db/views/stats.ts'
import { dataOf, type DashboardEnv, type PageContext } from '../context.ts'
import { FirstSteps } from '../ui/first-steps.tsx'
import { answerPage } from '../ui/layout.tsx'
import { PageHead } from '../ui/parts.tsx'
import { DAY_MS } from '../ui/series.ts'
import { Overview } from './page.tsx'

/** The route of the overview. */
export function overviewRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/', (c) => answerOverview(c))
  return app
}

async function answerOverview(c: PageContext) {
  const { now } = c.get('world')
  const { orgId } = c.get('session')
  const days = c.req.query('days') === '7' ? 7 : 1
  const [overview, stats, endpoints] = await Promise.all([
    readOverview(dataOf(c), orgId),
    readStats(dataOf(c), orgId, { since: now() - days * DAY_MS }),
    listEndpoints(dataOf(c), orgId),
  ])
  const isEmpty = stats.hours.length === 0 && overview.backlog.pending === 0
  return answerPage(
    c,
    { title: 'Overview', section: 'Overview' },
    isEmpty && overview.failed.length === 0 && days === 1 ? (
      <>
        <PageHead title="Overview" />
        <FirstSteps origin={new URL(c.req.url).origin} />
      </>
    ) : (
      <Overview {...overview} stats={stats} endpoints={endpoints} days={days} now={now()} />
    ),
  )
}
