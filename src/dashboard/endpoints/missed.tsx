// What an endpoint has missed of the newest events, and why; and the way to have it sent.
import type { Endpoint } from '../../db/account/endpoints.ts'
import { instantOf } from '../../db/ids.ts'
import type { Skipped } from '../../db/skipped.ts'
import type { ListedEvent } from '../../db/views/events.ts'
import { takes } from '../../webhook/event-types.ts'
import { EVENTS, REPLAYS } from '../context.ts'
import { May } from '../ui/may.tsx'
import { Time } from '../ui/parts.tsx'
import { WhySkipped } from '../ui/skipped-words.tsx'
import { writeInstant } from '../ui/time-range.ts'

/** Missed events that are shown; of all that were looked at the oldest is where “Send these” begins. */
const SHOWN = 10

/** An event that it did not get, and why. */
type MissedEvent = { event: ListedEvent; skipped: Skipped }

/** Those of the events that the endpoint has missed. */
function missedOf(events: ListedEvent[], id: string): MissedEvent[] {
  return events.flatMap((event) => {
    const skipped = event.skipped.find(({ endpointId }) => endpointId === id)
    const hasGot = event.deliveries.some(({ endpointId }) => endpointId === id)
    return skipped && !hasGot ? [{ event, skipped }] : []
  })
}

/** `events` are the newest of the organization, as many as are looked at. */
export function MissedEvents({ endpoint, events }: { endpoint: Endpoint; events: ListedEvent[] }) {
  const missed = missedOf(events, endpoint.id)
  const oldest = events.at(-1)
  if (oldest === undefined) return null
  return (
    <section class="card" aria-labelledby="missed">
      <div class="card-head">
        <h2 id="missed">What it missed, and why</h2>
        <span class="muted small">
          of the newest {events.length} events, back to <Time at={instantOf(oldest.id)} />
        </span>
      </div>
      {missed.length === 0 ? <p class="muted pad">Nothing: it got each of them.</p> : null}
      <ul class="lines missed">
        {missed.slice(0, SHOWN).map(({ event, skipped }) => (
          <li>
            <a class="row-link" href={`${EVENTS}/${event.id}`}>
              {event.type}
            </a>
            <span class="muted breakable">
              <WhySkipped skipped={skipped} type={event.type} />
            </span>
            <span class="muted">
              <Time at={instantOf(event.id)} />
            </span>
          </li>
        ))}
      </ul>
      <May do="operate">
        <SendThese endpoint={endpoint} missed={missed} />
      </May>
    </section>
  )
}

/** A replay makes what is missed of the types that it takes now, while it is enabled. */
function SendThese({ endpoint, missed }: { endpoint: Endpoint; missed: MissedEvent[] }) {
  const { id, status, enabledEvents, filter } = endpoint
  const taken = missed.filter(({ event }) => takes(enabledEvents, event.type))
  const first = taken.at(-1)
  if (first === undefined) return null
  const count = `${taken.length} of these ${missed.length}`
  if (status === 'disabled') {
    return <p class="muted pad">Enable it, then {count} can be sent: it takes their types.</p>
  }
  const from = writeInstant(instantOf(first.event.id))
  const params = new URLSearchParams({ endpoint: id, from, missing: 'true' })
  return (
    <p class="pad">
      <a class="button" href={`${REPLAYS}/new?${params.toString()}`}>
        Send these
      </a>{' '}
      <span class="muted">
        {count} are of types that it takes now
        {filter === null ? '' : ', of which its filter has to let them through'}; you see the plan
        first.
      </span>
    </p>
  )
}
