// The pages of deliveries: the list, what is new in it, and what can be done to some of its rows.
import { Hono } from 'hono'
import { listEndpoints } from '../../db/account/endpoints.ts'
import { browseDeliveries, listByIds, type BrowseFilter } from '../../db/views/browse.ts'
import { findDelivery } from '../../db/views/deliveries.ts'
import { maxAttempts } from '../../delivery/attempt/decide.ts'
import { redeliverAll } from '../../delivery/redeliver.ts'
import { AppError } from '../../errors.ts'
import { actorOf, dataOf, DELIVERIES, type DashboardEnv, type PageContext } from '../context.ts'
import { Progress, Result, StatusBadge } from '../ui/delivery-state.tsx'
import { answerPage } from '../ui/layout.tsx'
import { Notice, PageHead } from '../ui/parts.tsx'
import { FilterForm } from './filter-form.tsx'
import { readQuery, toFilter, writeQuery, type ListQuery } from './filter.ts'
import { DeliveryList, Live, NoDeliveries } from './list.tsx'

/** Selected deliveries that one request redelivers, at most: those of the longest page. */
const MAX_SELECTED = 200

/** New rows that are counted; beyond it says "20+". */
const MAX_NEWS = 20

/** Clocks of different machines: what changed so many ms before the last look is told again. */
const OVERLAP_MS = 10_000

/** The routes below /dashboard/deliveries. */
export function deliveryRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/', (c) => answerList(c))
  app.get('/live', (c) => answerLive(c))
  app.post('/redeliver', (c) => redeliverSelected(c))
  return app
}

async function answerList(c: PageContext) {
  const query = readQuery(c.req.query())
  const { now, config } = c.get('world')
  const { orgId } = c.get('session')
  const [page, endpoints, named] = await Promise.all([
    browseDeliveries(dataOf(c), orgId, toFilter(query, now()), {
      startingAfter: query.after || undefined,
      limit: query.limit,
    }),
    listEndpoints(dataOf(c), orgId),
    // The field takes a delivery's id, too.
    query.call ? findDelivery(dataOf(c), orgId, query.call) : undefined,
  ])
  if (named) return c.redirect(`${DELIVERIES}/${named.id}`, 303)
  const context = {
    query,
    endpoints: new Map(endpoints.map((endpoint) => [endpoint.id, endpoint])),
    maxAttempts: maxAttempts(config),
    now: now(),
  }
  return answerPage(
    c,
    { title: 'Deliveries', section: 'Deliveries' },
    <>
      <PageHead title="Deliveries" />
      <Outcome done={c.req.query('done')} refused={c.req.query('refused')} />
      <FilterForm query={query} endpoints={endpoints} />
      {page.rows.length === 0 && page.nextAfter === undefined ? (
        <NoDeliveries query={query} origin={new URL(c.req.url).origin} />
      ) : (
        <DeliveryList page={page} context={context} />
      )}
    </>,
  )
}

/** What happened since the page was made: it never moves a row, it fills cells and offers the rest. */
async function answerLive(c: PageContext) {
  const query = readQuery(c.req.query())
  const { now, config } = c.get('world')
  const { orgId } = c.get('session')
  const ids = (c.req.query('ids') ?? '').split(',').slice(0, MAX_SELECTED)
  const newest = c.req.query('newest')
  const [rows, news] = await Promise.all([
    listByIds(dataOf(c), orgId, ids),
    newest === undefined ? 0 : countNewer(c, toFilter(query, now()), newest),
  ])
  const since = Number(c.req.query('since')) - OVERLAP_MS
  const max = maxAttempts(config)
  return c.html(
    <>
      <Live
        rows={rows}
        newest={newest}
        context={{ query, now: now() }}
        news={news === 0 ? null : <NewRows count={news} query={query} />}
      />
      {rows
        .filter(({ updatedAt }) => !(updatedAt < since))
        .map((delivery) => (
          <>
            <Cell target={`s-${delivery.id}`}>
              <StatusBadge delivery={delivery} />
            </Cell>
            <Cell target={`r-${delivery.id}`}>
              <Result delivery={delivery} />
            </Cell>
            <Cell target={`p-${delivery.id}`}>
              <Progress delivery={delivery} max={max} now={now()} />
            </Cell>
          </>
        ))}
    </>,
  )
}

async function countNewer(c: PageContext, filter: BrowseFilter, newest: string): Promise<number> {
  const { orgId } = c.get('session')
  const { rows } = await browseDeliveries(dataOf(c), orgId, filter, { limit: MAX_NEWS })
  return rows.filter(({ id }) => id > newest).length
}

function NewRows({ count, query }: { count: number; query: ListQuery }) {
  const text = count >= MAX_NEWS ? `${MAX_NEWS}+` : String(count)
  return (
    <a class="news" href={DELIVERIES + writeQuery(query, { after: '' })}>
      {text} new
    </a>
  )
}

function Cell({ target, children }: { target: string; children: unknown }) {
  return (
    <hx-partial hx-target={`#${target}`} hx-swap="innerHTML">
      {children}
    </hx-partial>
  )
}

async function redeliverSelected(c: PageContext) {
  const form = await c.req.parseBody({ all: true })
  const ids = [form['id'] ?? []].flat().filter((id) => typeof id === 'string')
  const selected = [...new Set(ids)].slice(0, MAX_SELECTED)
  const results = await redeliverAll(c.get('world'), actorOf(c), selected)
  const done = [...results.values()].filter((result) => !(result instanceof AppError)).length
  const back = typeof form['back'] === 'string' ? form['back'] : ''
  const query = readQuery(Object.fromEntries(new URLSearchParams(back)))
  const params = new URLSearchParams(writeQuery(query))
  params.set('done', String(done))
  params.set('refused', String(selected.length - done))
  return c.redirect(`${DELIVERIES}?${params.toString()}`, 303)
}

function Outcome({ done, refused }: { done: string | undefined; refused: string | undefined }) {
  if (done === undefined) return null
  const [doneCount, refusedCount] = [Number(done) || 0, Number(refused) || 0]
  return (
    <Notice kind={refusedCount > 0 ? 'bad' : 'ok'}>
      {doneCount === 0 && refusedCount === 0 ? 'Nothing was selected. ' : null}
      {doneCount > 0 ? `${doneCount} on their way again. ` : null}
      {refusedCount > 0
        ? `${refusedCount} refused: the endpoint is disabled or deleted, or the limit is reached.`
        : null}
    </Notice>
  )
}
