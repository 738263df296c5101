// The form above the list of deliveries; with scripts a choice takes effect at once.
import type { Endpoint } from '../../db/account/endpoints.ts'
import { DEFAULT_LIMIT } from '../../db/page.ts'
import { STATUSES } from '../../db/words.ts'
import { EVENT_TYPES, OPERATIONAL, OPERATIONAL_TYPES } from '../../webhook/event-types.ts'
import { DELIVERIES } from '../context.ts'
import { endpointOptions, type Option } from '../ui/endpoint-options.ts'
import { InstantField } from '../ui/parts.tsx'
import { RANGES } from '../ui/time-range.ts'
import { isFiltered, writeQuery, type ListQuery } from './filter.ts'

/** Status as tabs, the rest as fields; all of it ends up in the URL. */
export function FilterForm({ query, endpoints }: { query: ListQuery; endpoints: Endpoint[] }) {
  return (
    <div class="filters">
      <StatusTabs query={query} />
      <form method="get" action={DELIVERIES} class="filter-form" data-autosubmit role="search">
        {query.status === '' ? null : <input type="hidden" name="status" value={query.status} />}
        <Selects query={query} endpoints={endpoints} />
        <label class="grow">
          <span class="hidden">Id or its beginning, or host</span>
          <input
            id="search"
            type="search"
            name="q"
            value={query.q || query.call}
            placeholder="Event, delivery or call id, or its first 8 characters, or host"
            spellcheck={false}
          />
        </label>
        <Between query={query} />
        <button class="small no-js">Apply</button>
        {isFiltered(query) ? <a href={DELIVERIES}>Clear</a> : null}
      </form>
      <Export query={query} />
    </div>
  )
}

/** All that the filters match, not only what is on the page. */
function Export({ query }: { query: ListQuery }) {
  const shown = { ...query, after: '', limit: DEFAULT_LIMIT }
  const links = ['csv', 'ndjson'].map((format) => {
    const search = writeQuery(shown)
    return { format, search: `${search === '' ? '?' : `${search}&`}format=${format}` }
  })
  return (
    <p class="muted small">
      Export as{' '}
      {links.map(({ format, search }, place) => (
        <>
          {place === 0 ? null : ' or '}
          <a href={`${DELIVERIES}/export${search}`} download>
            {format.toUpperCase()}
          </a>
        </>
      ))}
    </p>
  )
}

function StatusTabs({ query }: { query: ListQuery }) {
  const tabs = ['', ...STATUSES]
  return (
    <nav class="tabs" aria-label="Status">
      {tabs.map((status) => (
        <a
          href={DELIVERIES + writeQuery(query, { status, after: '' })}
          aria-current={status === query.status ? 'page' : undefined}
        >
          {status === '' ? 'All' : status.charAt(0).toUpperCase() + status.slice(1)}
        </a>
      ))}
    </nav>
  )
}

function Selects({ query, endpoints }: { query: ListQuery; endpoints: Endpoint[] }) {
  return (
    <>
      <Select
        name="endpoint"
        label="Endpoint"
        value={query.endpoint}
        any="All endpoints"
        options={endpointOptions(endpoints, query.endpoint)}
      />
      <Select
        name="type"
        label="Event type"
        value={query.type}
        any="All event types"
        options={typesOf(query).map((type) => ({ value: type, text: type }))}
      />
      <Select
        name="kind"
        label="About"
        value={query.kind}
        any="About calls"
        options={[{ value: OPERATIONAL, text: 'About the service' }]}
      />
      <Select
        name="range"
        label="Time"
        value={query.range}
        any="Any time"
        options={RANGES.map(({ name, label }) => ({ value: name, text: label }))}
      />
    </>
  )
}

function typesOf({ kind }: ListQuery): readonly string[] {
  return kind === OPERATIONAL ? OPERATIONAL_TYPES : EVENT_TYPES
}

function Select(props: {
  name: string
  label: string
  value: string
  any: string
  options: Option[]
}) {
  const { name, label, value, any, options } = props
  return (
    <label>
      <span class="hidden">{label}</span>
      <select name={name}>
        <option value="">{any}</option>
        {options.map((one) => (
          <option value={one.value} selected={one.value === value}>
            {one.text}
          </option>
        ))}
      </select>
    </label>
  )
}

function Between({ query: { from, to } }: { query: ListQuery }) {
  return (
    <details class="between" open={from !== '' || to !== ''}>
      <summary>Between…</summary>
      <div class="fields">
        <InstantField label="From" name="from" value={from} />
        <InstantField label="To" name="to" value={to} />
        <button class="small">Apply</button>
      </div>
    </details>
  )
}
