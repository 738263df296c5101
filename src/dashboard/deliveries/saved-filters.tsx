// Filters kept under a name. A filter is its address, so they are kept in the browser: nobody else sees or pays for them.
import { DELIVERIES } from '../context.ts'
import { isFiltered, writeQuery, type ListQuery } from './filter.ts'

/** Characters of a name. */
const MAX_NAME = 60

/** What the page knows of them: for which organization, and which filter may be kept here, at which origin. */
type Place = { query: ListQuery; orgId: string; origin: string }

/** What is kept is listed by a script; without one the address is what a person can keep. */
export function SavedFilters({ query, orgId, origin }: Place) {
  const filter = writeQuery(query, { after: '' })
  return (
    <div
      class="saved"
      data-filters={`callingbox-filters-${orgId}`}
      data-path={DELIVERIES}
      data-query={filter}
    >
      <ul class="needs-js" aria-label="Kept filters" data-kept></ul>
      {isFiltered(query) ? <Keep address={origin + DELIVERIES + filter} /> : null}
      <span class="muted small needs-js" role="status"></span>
    </div>
  )
}

function Keep({ address }: { address: string }) {
  return (
    <>
      <form class="needs-js" data-keep-filter>
        <label>
          <span class="hidden">Name for this filter</span>
          <input name="name" required maxlength={MAX_NAME} placeholder="Name for this filter" />
        </label>
        <button class="small">Keep this filter</button>
      </form>
      <span data-copyable>
        <button type="button" class="quiet small needs-js" data-copy="address of the filter">
          Copy its address
        </button>
        <span class="mono breakable" data-copied data-text={address} hidden></span>
      </span>
      <span class="muted small no-js">To keep this filter, bookmark this page.</span>
    </>
  )
}
