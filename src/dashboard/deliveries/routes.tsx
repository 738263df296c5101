// The pages of deliveries: the list, what is new in it, and what can be done to some of its rows.
import { Hono } from 'hono'
import { listEndpoints, type Endpoint } from '../../db/account/endpoints.ts'
import { listByIds, type DeliveryNow } from '../../db/views/browse.ts'
import { eventIdOf } from '../../db/ids.ts'
import { findCalls } from '../../db/views/find-calls.ts'
import { findDelivery, listShown, type DeliveryFilter } from '../../db/views/deliveries.ts'
import { listEvents } from '../../db/views/events.ts'
import { inspectEvent } from '../../db/views/inspect-event.ts'
import type { ListedDelivery, SearchedPage } from '../../db/views/look-up.ts'
import { maxAttempts } from '../../delivery/attempt/decide.ts'
import {
  dataOf,
  DELIVERIES,
  EVENTS,
  isFragment,
  type DashboardEnv,
  type PageContext,
} from '../context.ts'
import { findFaults, ID, TYPED, type Fields } from '../query-fields.ts'
import { AlertList } from '../ui/alerts.tsx'
import { Copyable } from '../ui/copy.tsx'
import { BelowAlerts, hasSeen } from '../ui/current.tsx'
import { Progress, Result, StatusBadge } from '../ui/delivery-state.tsx'
import { answerPage } from '../ui/layout.tsx'
import { Offered } from '../ui/may.tsx'
import { Notice, PageHead } from '../ui/parts.tsx'
import { bulkRoutes, BulkOutcome, MAX_SELECTED, OUTCOME } from './bulk.tsx'
import { answerFile, readFormat } from './export.ts'
import { FilterForm } from './filter-form.tsx'
import { FIELDS, readQuery, toFilter, writeQuery, type ListQuery } from './filter.ts'
import { DeliveryList, NoDeliveries, ReplayAll } from './list.tsx'
import { Live, seenOfRows } from './live.tsx'
import { SavedFilters } from './saved-filters.tsx'
import { readSearch } from './search.ts'

/** What the addresses of the list, of its file and of its news may say. */
const LISTED: Fields = { ...FIELDS, ...OUTCOME }
const EXPORTED: Fields = { ...FIELDS, format: TYPED }
const WATCHED: Fields = { ...FIELDS, ids: TYPED, seen: TYPED, newest: ID }

/** New rows that are counted; beyond it says "20+". */
const MAX_NEWS = 20

/** The routes below /dashboard/deliveries. */
export function deliveryRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/', (c) => answerList(c))
  app.get('/live', (c) => answerLive(c))
  app.get('/export', (c) => answerExport(c))
  app.route('/redeliver', bulkRoutes())
  return app
}

function answerExport(c: PageContext) {
  const query = readQuery(c.req.query())
  const faults = findFaults(new URL(c.req.url).searchParams, EXPORTED)
  if (faults.length > 0) return answerFaults(c, query, faults)
  const format = readFormat(c.req.query('format'))
  return answerFile(c, toFilter(query, c.get('world').now()), format)
}

async function answerList(c: PageContext) {
  const query = readQuery(c.req.query())
  const faults = findFaults(new URL(c.req.url).searchParams, LISTED)
  if (faults.length > 0) return answerFaults(c, query, faults)
  const { now } = c.get('world')
  const { orgId } = c.get('session')
  const [page, endpoints, found] = await Promise.all([
    listShown(dataOf(c), orgId, toFilter(query, now()), {
      startingAfter: query.after || undefined,
      limit: query.limit,
    }),
    listEndpoints(dataOf(c), orgId),
    lookFor(c, query),
  ])
  if (found.page !== undefined) return c.redirect(found.page, 303)
  const [onlyCall, ...otherCalls] = found.calls
  if (onlyCall !== undefined && otherCalls.length === 0 && page.rows.length === 0) {
    return c.redirect(DELIVERIES + writeQuery(query, { q: '', call: onlyCall }), 303)
  }
  const isMiss = page.rows.length === 0 && found.calls.length === 0
  const lost = isMiss ? await findLost(c, query) : undefined
  if (lost !== undefined) return c.redirect(eventsOf(lost), 303)
  return answerFound(c, query, { page, endpoints, calls: found.calls })
}

/** The call that is searched for, where it has events that nobody got: no delivery tells of it. */
async function findLost(c: PageContext, { q }: ListQuery): Promise<string | undefined> {
  const search = readSearch(q)
  if (search?.kind !== 'id') return undefined
  const { orgId } = c.get('session')
  const { rows } = await listEvents(dataOf(c), orgId, { callId: search.id }, { limit: 1 })
  return rows.length === 0 ? undefined : search.id
}

function eventsOf(callId: string): string {
  return `${EVENTS}?call=${callId}`
}

type Found = { page: SearchedPage<ListedDelivery>; endpoints: Endpoint[]; calls: string[] }

function answerFound(c: PageContext, query: ListQuery, { page, endpoints, calls }: Found) {
  const { now, config } = c.get('world')
  const { searchParams, origin } = new URL(c.req.url)
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
      <PageHead title="Deliveries">
        {query.call === '' ? null : (
          <a class="button" href={eventsOf(query.call)}>
            Events of this call
          </a>
        )}
        {page.rows.length === 0 ? null : <ReplayAll page={page} query={query} />}
      </PageHead>
      <BulkOutcome params={searchParams} />
      <FilterForm query={query} endpoints={endpoints} />
      <SavedFilters query={query} orgId={c.get('session').orgId} origin={origin} />
      <Calls ids={calls} query={query} />
      {page.rows.length > 0 || page.hasMore ? (
        <DeliveryList page={page} context={context} />
      ) : calls.length > 0 ? null : (
        <NoDeliveries query={query} origin={origin} />
      )}
    </>,
  )
}

/** What is searched for, where it is more than rows of the list: a page of its own, or calls. */
async function lookFor(c: PageContext, { q, call }: ListQuery) {
  const { orgId } = c.get('session')
  const search = readSearch(q || call)
  const beginningSo = (prefix: string) => findCalls(dataOf(c), orgId, prefix)
  if (search === undefined || search.kind === 'host') return { page: undefined, calls: [] }
  if (search.kind === 'beginning')
    return { page: undefined, calls: await beginningSo(search.prefix) }
  const { id } = search
  const [delivery, event, calls] = await Promise.all([
    findDelivery(dataOf(c), orgId, id),
    id === eventIdOf(id) ? inspectEvent(dataOf(c), orgId, id) : undefined,
    q === '' ? [] : beginningSo(id),
  ])
  if (event) return { page: `${EVENTS}/${id}`, calls }
  return { page: delivery && `${DELIVERIES}/${id}`, calls }
}

/** Less of a filter is more deliveries: so none are shown, nor offered to be redelivered. */
async function answerFaults(c: PageContext, query: ListQuery, faults: string[]) {
  const endpoints = await listEndpoints(dataOf(c), c.get('session').orgId)
  return answerPage(
    c,
    { title: 'Deliveries', section: 'Deliveries', status: 400 },
    <>
      <PageHead title="Deliveries" />
      <FilterForm query={query} endpoints={endpoints} />
      <Notice kind="bad">
        This address asks for what makes no sense, so nothing is shown: {faults.join('; ')}.{' '}
        <a href={DELIVERIES + writeQuery(query)}>Leave that out</a>
      </Notice>
    </>,
  )
}

function Calls({ ids, query }: { ids: string[]; query: ListQuery }) {
  if (ids.length === 0) return null
  return (
    <Notice kind="wait">
      {ids.length === 1 ? 'A call begins' : 'Calls begin'} like this:{' '}
      {ids.map((id, place) => (
        <>
          {place === 0 ? '' : ', '}
          <Copyable what="call id" text={id}>
            <a class="mono breakable" href={DELIVERIES + writeQuery(query, { q: '', call: id })}>
              {id}
            </a>
          </Copyable>
        </>
      ))}
    </Notice>
  )
}

/** What happened since the page was made: it never moves a row, it fills cells and offers the rest. */
async function answerLive(c: PageContext) {
  const query = readQuery(c.req.query())
  const faults = findFaults(new URL(c.req.url).searchParams, WATCHED)
  if (faults.length > 0) return answerFaults(c, query, faults)
  if (!isFragment(c)) return c.redirect(DELIVERIES + writeQuery(query), 303)
  const { now, config } = c.get('world')
  const { orgId } = c.get('session')
  const ids = (c.req.query('ids') ?? '').split(',').slice(0, MAX_SELECTED)
  const newest = c.req.query('newest')
  const [rows, news] = await Promise.all([
    listByIds(dataOf(c), orgId, ids),
    newest === undefined ? 0 : countNewer(c, toFilter(query, now()), newest),
  ])
  if (hasSeen(c, seenOfRows(rows, news))) return c.body(null, 204)
  const max = maxAttempts(config)
  const session = c.get('session')
  return c.html(
    <Offered scopes={session.scopes}>
      <Cell target="alerts">
        <AlertList alerts={session.alerts} stops={session.toldStops} />
      </Cell>
      <BelowAlerts session={session}>
        <Live
          rows={rows}
          newest={newest}
          query={query}
          count={news}
          news={news === 0 ? null : <NewRows count={news} query={query} />}
        />
      </BelowAlerts>
      {rows.map((row) => (
        <RowNow row={row} max={max} now={now()} />
      ))}
    </Offered>,
  )
}

/** What of a row may change. */
function RowNow({ row, max, now }: { row: DeliveryNow; max: number; now: number }) {
  return (
    <>
      <Cell target={`s-${row.id}`}>
        <StatusBadge delivery={row} />
      </Cell>
      <Cell target={`r-${row.id}`}>
        <Result delivery={row} />
      </Cell>
      <Cell target={`p-${row.id}`}>
        <Progress delivery={row} max={max} now={now} />
      </Cell>
    </>
  )
}

async function countNewer(c: PageContext, filter: DeliveryFilter, newest: string): Promise<number> {
  const { orgId } = c.get('session')
  const { rows } = await listShown(dataOf(c), orgId, filter, { limit: MAX_NEWS })
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
