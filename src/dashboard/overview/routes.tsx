// The first page: how deliveries fare, and what needs a hand.
import { Hono } from 'hono'
import { listEndpoints } from '../../db/account/endpoints.ts'
import { listReplays } from '../../db/replays/views.ts'
import { readConditions } from '../../db/views/conditions.ts'
import { readOverview } from '../../db/views/overview.ts'
import { readStats } from '../../db/views/stats.ts'
import { BASE, dataOf, type DashboardEnv, type PageContext } from '../context.ts'
import { Current, hasSeen } from '../ui/current.tsx'
import { FirstSteps } from '../ui/first-steps.tsx'
import { answerPage } from '../ui/layout.tsx'
import { PageHead } from '../ui/parts.tsx'
import { DAY_MS } from '../ui/series.ts'
import { Overview, seenOfOverview } from './page.tsx'

/** The route of the overview. */
export function overviewRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/', (c) => answerOverview(c))
  return app
}

/** How often an open page asks, in seconds: it reads what its charts are drawn from. */
const POLL_S = 15

/** Replays that are looked at for those that wait for somebody. */
const REPLAYS_LOOKED_AT = 20

async function answerOverview(c: PageContext) {
  const { now } = c.get('world')
  const { orgId } = c.get('session')
  const days: 1 | 7 = c.req.query('days') === '7' ? 7 : 1
  const [overview, stats, endpoints, conditions, replays] = await Promise.all([
    readOverview(dataOf(c), orgId, now()),
    readStats(dataOf(c), orgId, { since: now() - days * DAY_MS }),
    listEndpoints(dataOf(c), orgId),
    readConditions(dataOf(c), orgId),
    listReplays(dataOf(c), orgId, { limit: REPLAYS_LOOKED_AT }),
  ])
  const isEmpty = stats.hours.length === 0 && overview.backlog.pending === 0
  const shown = {
    ...overview,
    stats,
    endpoints,
    conditions,
    replays: replays.rows,
    days,
    now: now(),
  }
  const seen = seenOfOverview(shown)
  if (hasSeen(c, seen)) return c.body(null, 204)
  const path = days === 7 ? `${BASE}?days=7` : BASE
  return answerPage(
    c,
    { title: 'Overview', section: 'Overview' },
    <Current id="overview" path={path} everyS={POLL_S} seen={seen}>
      {isEmpty && overview.failed.length === 0 && days === 1 ? (
        <>
          <PageHead title="Overview" />
          <FirstSteps origin={new URL(c.req.url).origin} />
        </>
      ) : (
        <Overview {...shown} />
      )}
    </Current>,
  )
}
