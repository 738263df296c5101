// The list of deliveries: filters, rows, selection, paging.
import type { Child } from 'hono/jsx'
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { BrowsePage } from '../../db/views/browse.ts'
import type { ListedDelivery } from '../../db/views/deliveries.ts'
import { DELIVERIES } from '../context.ts'
import { Progress, Result, StatusBadge } from '../ui/delivery-state.tsx'
import { FirstSteps } from '../ui/first-steps.tsx'
import { Empty, nameOf, Time } from '../ui/parts.tsx'
import { isFiltered, writeQuery, type ListQuery } from './filter.ts'

/** Seconds between two looks for what is new. */
const POLL_S = 4

/** What the rows are shown with. */
export type ListContext = {
  query: ListQuery
  endpoints: Map<string, Endpoint>
  maxAttempts: number
  now: number
}

/** The rows in a form, so that some can be selected and redelivered; their state is kept up to date. */
export function DeliveryList({ page, context }: { page: BrowsePage; context: ListContext }) {
  const { query } = context
  const back = writeQuery(query)
  const [newest] = page.rows
  return (
    <form method="post" action={`${DELIVERIES}/redeliver`} class="list" id="list">
      <input type="hidden" name="back" value={back} />
      <div class="list-bar">
        <label class="check needs-js">
          <input type="checkbox" data-select-all /> <span data-selected>0 selected</span>
        </label>
        <button class="small" data-needs-selection>
          Redeliver selected
        </button>
        <Live
          rows={page.rows}
          newest={query.after === '' ? (newest?.id ?? '') : undefined}
          context={context}
        />
      </div>
      <DeliveryTable rows={page.rows} context={context} />
      <Pager page={page} query={query} />
    </form>
  )
}

/** What polling needs: the rows on the page, and the newest id, undefined on an older page. */
export type Watched = {
  rows: Pick<ListedDelivery, 'id' | 'status'>[]
  newest: string | undefined
  context: Pick<ListContext, 'query' | 'now'>
  news?: Child
}

/** The element that polls: it answers with itself, a hint at new rows, and the rows that changed. */
export function Live({ rows, newest, context, news }: Watched) {
  const pending = rows.filter(({ status }) => status === 'pending').map(({ id }) => id)
  if (newest === undefined && pending.length === 0) return <span id="live" />
  const params = new URLSearchParams({ ids: pending.join(','), since: String(context.now) })
  if (newest !== undefined) params.set('newest', newest)
  const search = writeQuery({ ...context.query, after: '' })
  const url = `${DELIVERIES}/live${search === '' ? '?' : `${search}&`}${params.toString()}`
  return (
    <span
      id="live"
      role="status"
      hx-get={url}
      hx-trigger={`every ${POLL_S}s`}
      hx-swap="outerHTML"
      hx-target="this"
    >
      {news}
    </span>
  )
}

function DeliveryTable({ rows, context }: { rows: ListedDelivery[]; context: ListContext }) {
  return (
    <table class="rows deliveries">
      <thead>
        <tr>
          <th class="pick">
            <span class="hidden">Select</span>
          </th>
          <th>Status</th>
          <th>Event</th>
          <th>Destination</th>
          <th>Last result</th>
          <th>Attempts</th>
          <th>Created</th>
          <th>
            <span class="hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <DeliveryRow delivery={row} context={context} />
        ))}
      </tbody>
    </table>
  )
}

function DeliveryRow({ delivery, context }: { delivery: ListedDelivery; context: ListContext }) {
  const { id, eventType, callId, createdAt } = delivery
  const { maxAttempts: max, now } = context
  return (
    <tr id={`d-${id}`}>
      <td class="pick">
        <input type="checkbox" name="id" value={id} data-select aria-label={`Select ${id}`} />
      </td>
      <td class="cell-status" id={`s-${id}`}>
        <StatusBadge delivery={delivery} />
      </td>
      <td class="cell-event">
        <a class="row-link" href={`${DELIVERIES}/${id}`}>
          {eventType}
        </a>
        <span class="sub mono" title={`Call ${callId ?? ''}`}>
          {callId}
        </span>
      </td>
      <td class="cell-destination">
        <Destination delivery={delivery} endpoints={context.endpoints} />
      </td>
      <td class="cell-result" id={`r-${id}`}>
        <Result delivery={delivery} />
      </td>
      <td class="cell-progress" id={`p-${id}`}>
        <Progress delivery={delivery} max={max} now={now} />
      </td>
      <td class="cell-created">
        <Time at={createdAt} />
      </td>
      <td class="cell-action">
        <button class="small quiet" formaction={`${DELIVERIES}/${id}/redeliver`}>
          Redeliver<span class="hidden"> {id}</span>
        </button>
      </td>
    </tr>
  )
}

function Destination({
  delivery,
  endpoints,
}: {
  delivery: ListedDelivery
  endpoints: Map<string, Endpoint>
}) {
  const { endpointId, url } = delivery
  const place = nameOf({ description: null, url })
  const description = endpointId === null ? 'Inline' : endpoints.get(endpointId)?.description
  return (
    <>
      <span class="clip" title={url}>
        {description ?? place}
      </span>
      {description ? <span class="sub clip">{place}</span> : null}
    </>
  )
}

function Pager({ page, query }: { page: BrowsePage; query: ListQuery }) {
  const { nextAfter, searchedTo } = page
  return (
    <nav class="pager" aria-label="Pages">
      {query.after === '' ? null : (
        <a href={DELIVERIES + writeQuery(query, { after: '' })}>← Newest</a>
      )}
      {searchedTo === undefined ? null : (
        <span class="muted">
          Searched back to <Time at={searchedTo} />.
        </span>
      )}
      {nextAfter === undefined ? null : (
        <a class="next-page" href={DELIVERIES + writeQuery(query, { after: nextAfter })}>
          {searchedTo === undefined ? 'Older →' : 'Search further →'}
        </a>
      )}
    </nav>
  )
}

/** What to say when nothing is listed: the way out of the filters, or to a first delivery. */
export function NoDeliveries({ query, origin }: { query: ListQuery; origin: string }) {
  if (!isFiltered(query) && query.after === '') return <FirstSteps origin={origin} />
  return (
    <Empty title="No delivery matches">
      <p>
        <a href={DELIVERIES}>Clear the filters</a>
      </p>
    </Empty>
  )
}
