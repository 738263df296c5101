// One event: what came, who got it, and who did not and why.
import type { Child } from 'hono/jsx'
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { Skipped } from '../../db/skipped.ts'
import type { InspectedEvent } from '../../db/views/inspect-event.ts'
import type { ListedDelivery } from '../../db/views/look-up.ts'
import { OPERATIONAL } from '../../webhook/event-types.ts'
import { DELIVERIES, ENDPOINTS, EVENTS } from '../context.ts'
import { CopyButton, Copyable } from '../ui/copy.tsx'
import { Current, digestOf } from '../ui/current.tsx'
import { Result, StatusBadge } from '../ui/delivery-state.tsx'
import { prettify, tokenize } from '../ui/json-text.ts'
import { may } from '../ui/may.tsx'
import { nameOf, Notice, Time } from '../ui/parts.tsx'
import { WhySkipped } from '../ui/skipped-words.tsx'
import { traceIdOf } from '../../webhook/trace-context.ts'

/** What the page shows. */
export type ShownEvent = { event: InspectedEvent; known: Map<string, Endpoint> }

/** How often an open page asks, in seconds. */
const POLL_S = 5

/** Characters of a call that the page shows; a delivery's page has all of it. */
const MAX_SHOWN = 64 * 1024

/** What an open page shows of it: its deliveries alone change. */
export function seenOfEvent({ event }: ShownEvent): string {
  return digestOf(event.deliveries, event.payloadDeletedAt)
}

/** The whole page. */
export function EventPage(shown: ShownEvent) {
  const { id, call, callId, payloadDeletedAt } = shown.event
  return (
    <>
      <Current id="event" path={`${EVENTS}/${id}`} everyS={POLL_S} seen={seenOfEvent(shown)}>
        <Head {...shown} />
        <div class="columns">
          <div>
            <Got {...shown} />
            <Missed {...shown} />
          </div>
          <Facts {...shown} />
        </div>
      </Current>
      {payloadDeletedAt === null ? null : <NoCall deletedAt={payloadDeletedAt} />}
      {call === undefined ? null : <Call call={call} callId={callId} />}
    </>
  )
}

function Head({ event: { id, type, deliveries, payloadDeletedAt } }: ShownEvent) {
  return (
    <>
      <div class="page-head">
        <div>
          <p class="crumb">
            <a href={DELIVERIES}>Deliveries</a>
          </p>
          <h1>Event {type}</h1>
        </div>
        {payloadDeletedAt === null && may('manage') ? (
          <a class="button quiet" href={`${EVENTS}/${id}/forget`}>
            Delete its payload…
          </a>
        ) : null}
      </div>
      {payloadDeletedAt === null ? null : (
        <Notice kind="wait">
          Its payload was deleted, <Time at={payloadDeletedAt} />. Nothing of it can be sent again.
        </Notice>
      )}
      {deliveries.length === 0 ? (
        <Notice kind="wait">Nobody got this event. Below is why.</Notice>
      ) : null}
    </>
  )
}

function Got({ event: { deliveries }, known }: ShownEvent) {
  return (
    <Card id="got" title="Who got it">
      {deliveries.length === 0 ? <p class="muted pad">It has no deliveries.</p> : null}
      <ul class="lines latest got">
        {deliveries.map((delivery) => (
          <li>
            <StatusBadge delivery={delivery} />
            <a class="row-link clip" href={`${DELIVERIES}/${delivery.id}`}>
              {destinationOf(delivery, known)}
            </a>
            <span class="clip muted">
              <Result delivery={delivery} />
            </span>
            <span class="muted">
              <Time at={delivery.updatedAt} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function destinationOf({ endpointId, url }: ListedDelivery, known: Map<string, Endpoint>): string {
  if (endpointId === null) return `The call’s own URL, ${nameOf({ description: null, url })}`
  return nameOf({ description: known.get(endpointId)?.description ?? null, url })
}

function Missed({ event: { skipped, type }, known }: ShownEvent) {
  return (
    <Card id="missed" title="Who did not, and why">
      {skipped.length === 0 ? (
        <p class="muted pad">Every endpoint that there was got it.</p>
      ) : (
        <ul class="lines missed">
          {skipped.map((one) => (
            <li>
              <SkippedName skipped={one} known={known} />
              <span class="muted breakable">
                <WhySkipped skipped={one} type={type} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

function SkippedName({ skipped, known }: { skipped: Skipped; known: Map<string, Endpoint> }) {
  const { endpointId } = skipped
  if (endpointId === null) return <span class="row-link">The call’s own URL</span>
  const endpoint = known.get(endpointId)
  return (
    <a class="row-link clip" href={`${ENDPOINTS}/${endpointId}`}>
      {endpoint ? nameOf(endpoint) : `Endpoint …${endpointId.slice(-12)} (deleted)`}
    </a>
  )
}

function Card({ id, title, children }: { id: string; title: string; children: Child }) {
  return (
    <section class="card" aria-labelledby={id}>
      <div class="card-head">
        <h2 id={id}>{title}</h2>
      </div>
      {children}
    </section>
  )
}

function Facts({ event: { id, callId, acceptedAt, apiVersion, trace } }: ShownEvent) {
  return (
    <section class="card facts" aria-labelledby="facts">
      <div class="card-head">
        <h2 id="facts">Event</h2>
      </div>
      <dl>
        <dt>Id</dt>
        <dd>
          <Copyable what="event id" text={id}>
            <code id="event-id">{id}</code>
          </Copyable>
        </dd>
        <dt>Call</dt>
        <dd>
          <OfCall id={callId} />
        </dd>
        <dt>Accepted</dt>
        <dd>
          <Time at={acceptedAt} style="full" />
        </dd>
        <dt>API version</dt>
        <dd>{apiVersion}</dd>
        {trace === null ? null : <Trace id={traceIdOf(trace)} />}
      </dl>
    </section>
  )
}

function Trace({ id }: { id: string }) {
  return (
    <>
      <dt>Trace</dt>
      <dd>
        <Copyable what="trace id" text={id}>
          <span class="mono">{id}</span>
        </Copyable>
      </dd>
    </>
  )
}

function OfCall({ id }: { id: string }) {
  if (id === OPERATIONAL) return <>None: it is about the service itself</>
  return (
    <Copyable what="call id" text={id}>
      <a class="mono" href={`${EVENTS}?call=${id}`}>
        {id}
      </a>
    </Copyable>
  )
}

function NoCall({ deletedAt }: { deletedAt: number }) {
  return (
    <Card id="body" title="Body">
      <p class="muted pad">
        What it said was deleted, <Time at={deletedAt} style="full" />. Type, call id and deliveries
        stay.
      </p>
    </Card>
  )
}

function Call({ call, callId }: { call: string; callId: string }) {
  const member = callId === OPERATIONAL ? 'data' : 'data.call'
  const isLong = call.length > MAX_SHOWN
  const shown = isLong ? `${call.slice(0, MAX_SHOWN)}…` : call
  return (
    <section class="card" aria-labelledby="body" data-copyable>
      <div class="card-head">
        <h2 id="body">Body: {member}</h2>
        <span class="muted small">
          {isLong ? 'its first 64 KB' : 'the rest of a body is each delivery’s own'}
          <CopyButton what={isLong ? 'first 64 KB of the call' : 'call, laid out'} />
        </span>
      </div>
      <pre class="json" tabindex={0} role="region" aria-label="The call, laid out" data-copied>
        {tokenize(prettify(shown)).map(({ kind, text }) =>
          kind === undefined ? text : <span class={kind}>{text}</span>,
        )}
      </pre>
    </section>
  )
}
