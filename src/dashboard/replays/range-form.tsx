// The form that says which deliveries a plan is about; sent, it leads to that plan.
import type { Endpoint } from '../../db/account/endpoints.ts'
import { STATUSES } from '../../db/words.ts'
import { EVENT_TYPES } from '../../webhook/event-types.ts'
import { REPLAYS } from '../context.ts'
import { endpointOptions } from '../ui/endpoint-options.ts'
import { HiddenFields } from '../ui/forms.tsx'
import { InstantField } from '../ui/parts.tsx'
import { writeTerms, type PlanQuery } from './plan-query.ts'

/** The filter's fields, as they are; the terms go along. */
export function RangeForm({ query, endpoints }: { query: PlanQuery; endpoints: Endpoint[] }) {
  return (
    <form method="get" action={`${REPLAYS}/new`} class="stack">
      <Boxes name="status" legend="Status" words={STATUSES} chosen={query.statuses} />
      <label>
        Endpoint
        <select name="endpoint">
          <option value="">All endpoints</option>
          {endpointOptions(endpoints, query.endpoint).map(({ value, text }) => (
            <option value={value} selected={value === query.endpoint}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <Boxes name="type" legend="Event type" words={EVENT_TYPES} chosen={query.types} />
      <label>
        Call
        <input name="call" value={query.call} placeholder="Call id" spellcheck={false} />
      </label>
      <div class="fields">
        <InstantField label="Created from" name="from" value={query.from} />
        <InstantField label="Created before" name="to" value={query.to} />
      </div>
      <label class="check">
        <input type="checkbox" name="missing" value="true" checked={query.missing === 'true'} />{' '}
        Also what endpoints missed, because they were off or not there yet: deliveries are made of
        it
      </label>
      <button>Plan this</button>
      <HiddenFields fields={writeTerms(query)} />
    </form>
  )
}

function Boxes(props: {
  name: string
  legend: string
  words: readonly string[]
  chosen: readonly string[]
}) {
  const { name, legend, words, chosen } = props
  return (
    <fieldset class="boxes">
      <legend>{legend} (none chosen: all)</legend>
      {words.map((word) => (
        <label class="check">
          <input type="checkbox" name={name} value={word} checked={chosen.includes(word)} /> {word}
        </label>
      ))}
    </fieldset>
  )
}
