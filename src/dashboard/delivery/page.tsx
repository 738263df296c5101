// One delivery: what happened, what was sent, how it was signed, and the button to send it again.
import { isTest, eventIdOf } from '../../db/ids.ts'
import type { Inspection } from '../../db/views/inspect.ts'
import type { NumberedEntry } from '../../delivery/attempt/log.ts'
import { OPERATIONAL } from '../../webhook/event-types.ts'
import { DELIVERIES, ENDPOINTS, EVENTS } from '../context.ts'
import { Copyable } from '../ui/copy.tsx'
import { Current, digestOf } from '../ui/current.tsx'
import { StatusBadge } from '../ui/delivery-state.tsx'
import { outOf } from '../ui/delivery-words.ts'
import { Badge, nameOf, Notice, Time, writeUrl } from '../ui/parts.tsx'
import { AttemptDetails } from './attempt.tsx'
import { Explanation, LastFailure } from './explanation.tsx'
import { RedeliverForm, TwoUrls } from './redeliver-form.tsx'
import { Timeline } from './timeline.tsx'

/** How often an open page looks for news, in seconds: when an attempt is near, and otherwise. */
const NEAR_POLL_S = 1
const FAR_POLL_S = 5

/** An attempt is near so many ms before its time. */
const NEAR_MS = 60_000

/** What the page shows. */
export type ShownDelivery = {
  inspection: Inspection
  log: NumberedEntry[]
  maxAttempts: number
  now: number
  /** The client certificate that goes along, where that is not bound. */
  unbound?: string | undefined
  /** Why a redelivery was refused. */
  error: string | undefined
}

/** What an open page shows of it; how it is parked, and how its endpoint is, change without a version. */
export function seenOfDelivery({ delivery, endpoint }: Inspection): string {
  const { version, parkedAs, waitingFor, nextAttemptAt, updatedAt, payloadDeletedAt } = delivery
  const state = [version, parkedAs, waitingFor, nextAttemptAt, updatedAt, payloadDeletedAt]
  return digestOf(...state, endpoint)
}

/** The part that changes: it polls, and is morphed in place when there is news. */
export function DeliveryState(shown: ShownDelivery) {
  const { inspection, log, now, error } = shown
  const { delivery } = inspection
  const isNear = delivery.status === 'pending' && delivery.nextAttemptAt - now < NEAR_MS
  const pollS = isNear && delivery.parkedAs === null ? NEAR_POLL_S : FAR_POLL_S
  return (
    <Current
      id="delivery"
      path={`${DELIVERIES}/${delivery.id}`}
      everyS={pollS}
      seen={seenOfDelivery(inspection)}
    >
      <Head inspection={inspection} />
      {error === undefined ? null : <Notice kind="bad">{error}</Notice>}
      <Explanation {...inspection} {...shown} />
      <TwoUrls inspection={inspection} />
      <div class="columns">
        <section class="card">
          <div class="card-head">
            <h2>Timeline</h2>
          </div>
          <Timeline inspection={inspection} log={log} now={now} />
        </section>
        <Facts {...shown} />
      </div>
      {log.length === 0 ? null : (
        <section class="card" aria-labelledby="attempts">
          <div class="card-head">
            <h2 id="attempts">Attempts</h2>
          </div>
          {log.toReversed().map((entry, place) => (
            <AttemptDetails entry={entry} isOpen={place === 0} />
          ))}
        </section>
      )}
    </Current>
  )
}

function Head({ inspection }: { inspection: Inspection }) {
  const { delivery } = inspection
  return (
    <div class="page-head">
      <div>
        <p class="crumb">
          <a href={DELIVERIES}>Deliveries</a>
        </p>
        <h1>
          {delivery.eventType} <StatusBadge delivery={delivery} />
          {isTest(delivery.id) ? <Badge kind="plain">Test</Badge> : null}
        </h1>
      </div>
      <RedeliverForm inspection={inspection} />
    </div>
  )
}

function Facts(shown: ShownDelivery) {
  const { id, url, callId } = shown.inspection.delivery
  return (
    <section class="card facts">
      <div class="card-head">
        <h2>Delivery</h2>
      </div>
      <dl>
        <dt>Event id</dt>
        <dd>
          <Copyable what="event id" text={id}>
            <code id="event-id">{id}</code>
          </Copyable>
        </dd>
        <dt>Event</dt>
        <dd>
          <a href={`${EVENTS}/${eventIdOf(id)}`}>All who got it, and who did not</a>
        </dd>
        <dt>Call</dt>
        <dd>
          <Call id={callId} />
        </dd>
        <dt>Destination</dt>
        <dd class="breakable">
          <Copyable what="URL" text={writeUrl(url)} />
        </dd>
        <dt>Endpoint</dt>
        <dd>
          <EndpointLink endpoint={shown.inspection.endpoint} url={url} />
        </dd>
        <Course {...shown} />
      </dl>
    </section>
  )
}

function Call({ id }: { id: string | null }) {
  if (id === OPERATIONAL) return <>None: it is about the service itself</>
  if (id === null) return <>Not known</>
  return (
    <Copyable what="call id" text={id}>
      <a class="mono" href={`${DELIVERIES}?call=${id}`}>
        {id}
      </a>
    </Copyable>
  )
}

/** What has happened to it, in short. */
function Course({ inspection: { delivery }, log, maxAttempts }: ShownDelivery) {
  const { createdAt, deliveredAt, attemptCount, manualRetryCount } = delivery
  return (
    <>
      <dt>Attempts</dt>
      <dd>
        {outOf(attemptCount, maxAttempts)} automatic, {manualRetryCount} by hand
      </dd>
      <dt>Last failure</dt>
      <dd class="breakable">
        <LastFailure delivery={delivery} log={log} />
      </dd>
      <dt>Accepted</dt>
      <dd>
        <Time at={createdAt} style="full" />
      </dd>
      <dt>Delivered</dt>
      <dd>{deliveredAt === null ? 'Not yet' : <Time at={deliveredAt} style="full" />}</dd>
    </>
  )
}

function EndpointLink({ endpoint, url }: { endpoint: Inspection['endpoint']; url: string }) {
  if (!endpoint) return <>None: inline, to the URL that the call named</>
  const name = nameOf({ description: endpoint.description, url })
  if (endpoint.status === null) return <>{name} (deleted)</>
  return <a href={`${ENDPOINTS}/${endpoint.id}`}>{name}</a>
}
