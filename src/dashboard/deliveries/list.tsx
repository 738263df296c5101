// The list of deliveries: filters, rows, selection, paging.
import type { Child } from 'hono/jsx'
import type { Endpoint } from '../../db/account/endpoints.ts'
import { DEFAULT_LIMIT } from '../../db/page.ts'
import { isTest } from '../../db/ids.ts'
import type { ListedDelivery, SearchedPage } from '../../db/views/look-up.ts'
import { toCallId } from '../../webhook/event-types.ts'
import { DELIVERIES, REPLAYS } from '../context.ts'
import { Progress, Result, StatusBadge } from '../ui/delivery-state.tsx'
import { FirstSteps } from '../ui/first-steps.tsx'
import { closedAmong, InsteadOfRedeliver } from '../ui/closed.tsx'
import { OnceField } from '../ui/forms.tsx'
import { may } from '../ui/may.tsx'
import { Badge, Empty, nameOf, Time } from '../ui/parts.tsx'
import { isFiltered, writeQuery, type ListQuery } from './filter.ts'
import { Live } from './live.tsx'

/** What the rows are shown with. */
export type ListContext = {
  query: ListQuery
  endpoints: Map<string, Endpoint>
  maxAttempts: number
  now: number
}

/** The rows in a form, so that some can be selected and redelivered; their state is kept up to date. */
export function DeliveryList({
  page,
  context,
}: {
  page: SearchedPage<ListedDelivery>
  context: ListContext
}) {
  const { query } = context
  const [newest] = page.rows
  return (
    <Selectable back={writeQuery(query)}>
      <div class="list-bar">
        <Selected rows={page.rows} context={context} />
        <Live
          rows={page.rows}
          newest={query.after === '' ? (newest?.id ?? '') : undefined}
          query={query}
        />
      </div>
      <DeliveryTable rows={page.rows} context={context} />
      <Pager page={page} query={query} />
    </Selectable>
  )
}

/** The form that rows are selected in; for those who may only look there is nothing to send. */
function Selectable({ back, children }: { back: string; children: Child }) {
  if (!may('operate')) {
    return (
      <div class="list" id="list">
        {children}
      </div>
    )
  }
  return (
    <form method="get" action={`${DELIVERIES}/redeliver`} class="list" id="list">
      <input type="hidden" name="back" value={back} />
      <OnceField />
      {children}
    </form>
  )
}

/** What can be done to the rows that are selected. */
function Selected({ rows, context }: { rows: ListedDelivery[]; context: ListContext }) {
  if (!may('operate')) return null
  return (
    <>
      <label class="check needs-js">
        <input type="checkbox" data-select-all /> <span data-selected>0 selected</span>
      </label>
      <button class="small" data-needs-selection>
        Redeliver selected…
      </button>
      {rows.some((row) => isElsewhere(row, context)) ? (
        <button class="small" data-needs-selection name="to" value="current">
          Redeliver to present URLs…
        </button>
      ) : null}
    </>
  )
}

/** The way to all that the filters match, not only what is on the page. */
export function ReplayAll({
  page,
  query,
}: {
  page: SearchedPage<ListedDelivery>
  query: ListQuery
}) {
  // A replay has no filter like it: without it, it would be of others, too.
  if (!may('operate') || query.q !== '') return null
  const isAll = query.after === '' && page.next === undefined
  const count = isAll ? ` ${page.rows.length}` : ''
  return (
    <a
      class="button"
      href={`${REPLAYS}/new${writeQuery(query, { after: '', limit: DEFAULT_LIMIT })}`}
    >
      Replay all{count}
      {isFiltered(query) ? ' that match' : ''}…
    </a>
  )
}

/** Whether the endpoint has another URL now than when the delivery was made. */
function isElsewhere({ endpointId, url }: ListedDelivery, { endpoints }: ListContext): boolean {
  const endpoint = endpointId === null ? undefined : endpoints.get(endpointId)
  return endpoint !== undefined && endpoint.url !== url
}

function DeliveryTable({ rows, context }: { rows: ListedDelivery[]; context: ListContext }) {
  return (
    <table class="rows deliveries">
      <thead>
        <tr>
          <th class="pick">
            <span class="hidden">Select</span>
          </th>
          <th class="cell-status">Status</th>
          <th class="cell-event">Event</th>
          <th>Destination</th>
          <th class="cell-result">Last result</th>
          <th class="cell-progress">Attempts</th>
          <th class="cell-created">Created</th>
          <th class="cell-action">
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
        {may('operate') && closedAmong(delivery, context.endpoints) === undefined ? (
          <input type="checkbox" name="id" value={id} data-select aria-label={`Select ${id}`} />
        ) : null}
      </td>
      <td class="cell-status" id={`s-${id}`}>
        <StatusBadge delivery={delivery} />
      </td>
      <td class="cell-event">
        <a class="row-link" href={`${DELIVERIES}/${id}`}>
          {eventType}
        </a>
        {isTest(id) ? <Badge kind="plain">Test</Badge> : null}
        <span class="sub mono" title={`Call ${toCallId(callId) ?? ''}`}>
          {toCallId(callId)}
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
        <Redeliver delivery={delivery} context={context} />
      </td>
    </tr>
  )
}

/** Where it is to be asked which URL, the delivery's page asks. */
function Redeliver({ delivery, context }: { delivery: ListedDelivery; context: ListContext }) {
  if (!may('operate')) return null
  const path = `${DELIVERIES}/${delivery.id}`
  const id = <span class="hidden"> {delivery.id}</span>
  const closed = closedAmong(delivery, context.endpoints)
  if (closed) {
    const { endpointId } = delivery
    return <InsteadOfRedeliver closed={closed} endpointId={endpointId} of={delivery.id} />
  }
  if (isElsewhere(delivery, context)) {
    return (
      <a class="button small quiet" href={path} data-asks-where>
        Redeliver…{id}
      </a>
    )
  }
  return (
    <button class="small quiet" formmethod="post" formaction={`${path}/redeliver`}>
      Redeliver{id}
    </button>
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

function Pager({ page, query }: { page: SearchedPage<ListedDelivery>; query: ListQuery }) {
  const { next, searchedTo } = page
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
      {next === undefined ? null : (
        <a class="next-page" href={DELIVERIES + writeQuery(query, { after: next })}>
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
    <Empty title={query.q === '' ? 'No delivery matches' : `Nothing matches “${query.q}”`}>
      {query.q === '' ? null : (
        <p>
          A search finds an event, a delivery or a call by its id, or by the first 8 characters of
          it or more, and deliveries by the host that they go to.
        </p>
      )}
      <p>
        <a href={DELIVERIES}>Clear the filters</a>
      </p>
    </Empty>
  )
}
