// The form above the list of deliveries; with scripts a choice takes effect at once.
import type { Endpoint } from '../../db/account/endpoints.ts'
import { STATUSES } from '../../db/words.ts'
import { EVENT_TYPES } from '../../webhook/event-types.ts'
import { DELIVERIES } from '../context.ts'
import { nameOf } from '../ui/parts.tsx'
import { isFiltered, RANGES, writeQuery, type ListQuery } from './filter.ts'

/** Status as tabs, the rest as fields; all of it ends up in the URL. */
export function FilterForm({ query, endpoints }: { query: ListQuery; endpoints: Endpoint[] }) {
  return (
    <div class="filters">
      <StatusTabs query={query} />
      <form method="get" action={DELIVERIES} class="filter-form" data-autosubmit role="search">
        {query.status === '' ? null : <input type="hidden" name="status" value={query.status} />}
        <Selects query={query} endpoints={endpoints} />
        <label class="grow">
          <span class="hidden">Call or delivery id</span>
          <input
            type="search"
            name="call"
            value={query.call}
            placeholder="Call or delivery id"
            spellcheck={false}
          />
        </label>
        <Between query={query} />
        <button class="small no-js">Apply</button>
        {isFiltered(query) ? <a href={DELIVERIES}>Clear</a> : null}
      </form>
    </div>
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
        options={endpoints.map((one) => ({ value: one.id, text: nameOf(one) }))}
      />
      <Select
        name="type"
        label="Event type"
        value={query.type}
        any="All event types"
        options={EVENT_TYPES.map((type) => ({ value: type, text: type }))}
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

type Option = { value: string; text: string }

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
        <label>
          From (UTC)
          <input type="datetime-local" name="from" value={from} />
        </label>
        <label>
          To (UTC)
          <input type="datetime-local" name="to" value={to} />
        </label>
        <button class="small">Apply</button>
      </div>
    </details>
  )
}
