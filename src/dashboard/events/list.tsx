// Events, newest first: of one call, or of all.
import type { ListedEvent } from '../../db/views/events.ts'
import { instantOf } from '../../db/ids.ts'
import { EVENTS } from '../context.ts'
import { Badge, Empty, Time } from '../ui/parts.tsx'

/** A line for each, with how many got it and how many did not; those that nobody got stand out. */
export function EventList({ events, next }: { events: ListedEvent[]; next: string | undefined }) {
  return (
    <section class="card" aria-label="Events">
      {events.length === 0 ? (
        <Empty title="No event is known">
          <p>None was accepted for this call, or it was too long ago.</p>
        </Empty>
      ) : null}
      <ul class="lines latest">
        {events.map((event) => (
          <EventLine event={event} />
        ))}
      </ul>
      {next === undefined ? null : (
        <nav class="pager" aria-label="Pages">
          <a class="next-page" href={next}>
            Older →
          </a>
        </nav>
      )}
    </section>
  )
}

function EventLine({ event: { id, type, deliveries, skipped } }: { event: ListedEvent }) {
  const isLost = deliveries.length === 0
  return (
    <li>
      <Badge kind={isLost ? 'wait' : 'plain'}>
        {isLost ? 'Nobody' : `${deliveries.length} got it`}
      </Badge>
      <a class="row-link" href={`${EVENTS}/${id}`}>
        {type}
      </a>
      <span class="clip muted">{skipped.length === 0 ? '' : `${skipped.length} did not`}</span>
      <span class="muted">
        <Time at={instantOf(id)} />
      </span>
    </li>
  )
}
