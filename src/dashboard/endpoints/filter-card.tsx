// What of an endpoint's events its filter lets through.
import { prettify } from '../ui/json-text.ts'

/** What an event's call has to say; it is changed on a page of its own. */
export function FilterCard({ filter, path }: { filter: string | null; path?: string }) {
  return (
    <section class="card">
      <div class="card-head">
        <h2>Filter</h2>
      </div>
      {filter === null ? (
        <p class="muted pad">None: it gets every event that it is subscribed to.</p>
      ) : (
        <pre class="json" tabindex={0} role="region" aria-label="Filter">
          {prettify(filter)}
        </pre>
      )}
      {path === undefined ? null : (
        <p class="pad">
          <a class="button" href={`${path}/filter`}>
            Filter its events…
          </a>
        </p>
      )}
    </section>
  )
}
