// One delivery: what happened, what was sent, how it was signed, and the button to send it again.
import type { Inspection } from '../../db/views/inspect.ts'
import type { NumberedEntry } from '../../delivery/attempt/log.ts'
import { DELIVERIES, ENDPOINTS } from '../context.ts'
import { StatusBadge } from '../ui/delivery-state.tsx'
import { CopyButton, Countdown, nameOf, Notice, Time } from '../ui/parts.tsx'
import { AttemptDetails } from './attempt.tsx'
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
  /** Why a redelivery was refused. */
  error: string | undefined
}

/** The part that changes: it polls, and is morphed in place when there is news. */
export function DeliveryState(shown: ShownDelivery) {
  const { inspection, log, now, error } = shown
  const { delivery } = inspection
  const isNear = delivery.status === 'pending' && delivery.nextAttemptAt - now < NEAR_MS
  const pollS = isNear && delivery.parkedAs === null ? NEAR_POLL_S : FAR_POLL_S
  return (
    <div
      id="delivery"
      hx-get={`${DELIVERIES}/${delivery.id}?seen=${delivery.version}`}
      hx-trigger={`every ${pollS}s`}
      hx-select="#delivery"
      hx-swap="outerMorph"
    >
      <Head inspection={inspection} />
      {error === undefined ? null : <Notice kind="bad">{error}</Notice>}
      <Explanation {...shown} />
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
    </div>
  )
}

function Head({ inspection: { delivery, endpoint } }: { inspection: Inspection }) {
  const refusal = refusalOf(endpoint)
  return (
    <div class="page-head">
      <div>
        <p class="crumb">
          <a href={DELIVERIES}>Deliveries</a>
        </p>
        <h1>
          {delivery.eventType} <StatusBadge delivery={delivery} />
        </h1>
      </div>
      <form
        method="post"
        action={`${DELIVERIES}/${delivery.id}/redeliver`}
        hx-post={`${DELIVERIES}/${delivery.id}/redeliver`}
        hx-target="#delivery"
        hx-select="#delivery"
        hx-swap="outerMorph"
      >
        <button class="primary" disabled={refusal !== undefined} title={refusal}>
          Redeliver
        </button>
      </form>
    </div>
  )
}

function refusalOf(endpoint: Inspection['endpoint']): string | undefined {
  if (endpoint?.status === null) return 'The endpoint was deleted'
  return endpoint?.status === 'disabled' ? 'Enable the endpoint first' : undefined
}

/** The state in a sentence, with what to do about it. */
function Explanation({ inspection: { delivery, endpoint }, log, maxAttempts, now }: ShownDelivery) {
  const { status, attemptCount, lastError, nextAttemptAt, parkedAs } = delivery
  if (status === 'delivered') return null
  if (endpoint?.status === null) {
    return <Notice kind="bad">The endpoint was deleted, so this cannot be sent again.</Notice>
  }
  if (endpoint?.status === 'disabled') {
    return (
      <Notice kind="wait">
        The endpoint is disabled. <a href={`${ENDPOINTS}/${endpoint.id}`}>Enable it to go on</a>.
      </Notice>
    )
  }
  if (status === 'exhausted') {
    return (
      <Notice kind="bad">
        {attemptCount >= maxAttempts
          ? `All ${maxAttempts} automatic attempts failed, the last with “${lastError ?? ''}”.`
          : `It ended with “${lastError ?? ''}”.`}{' '}
        Once the receiver works again, redeliver.
      </Notice>
    )
  }
  if (log.length === 0 || lastError === null) return null
  return (
    <Notice kind="wait">
      The last attempt failed: {lastError}.{' '}
      {parkedAs === null ? (
        <>
          The next one is due <Countdown at={nextAttemptAt} now={now} />.
        </>
      ) : (
        'It is sent again when its turn comes.'
      )}
    </Notice>
  )
}

function Facts({ inspection: { delivery, endpoint }, maxAttempts }: ShownDelivery) {
  const { id, url, callId, createdAt, deliveredAt, attemptCount, manualRetryCount } = delivery
  return (
    <section class="card facts">
      <div class="card-head">
        <h2>Delivery</h2>
      </div>
      <dl>
        <dt>Event id</dt>
        <dd>
          <code id="event-id">{id}</code> <CopyButton of="event-id" />
        </dd>
        <dt>Call</dt>
        <dd>
          <a class="mono" href={`${DELIVERIES}?call=${callId ?? ''}`}>
            {callId}
          </a>
        </dd>
        <dt>Destination</dt>
        <dd class="breakable">{url}</dd>
        <dt>Endpoint</dt>
        <dd>
          <EndpointLink endpoint={endpoint} url={url} />
        </dd>
        <dt>Attempts</dt>
        <dd>
          {attemptCount} of {maxAttempts} automatic, {manualRetryCount} by hand
        </dd>
        <dt>Accepted</dt>
        <dd>
          <Time at={createdAt} style="full" />
        </dd>
        <dt>Delivered</dt>
        <dd>{deliveredAt === null ? 'Not yet' : <Time at={deliveredAt} style="full" />}</dd>
      </dl>
    </section>
  )
}

function EndpointLink({ endpoint, url }: { endpoint: Inspection['endpoint']; url: string }) {
  if (!endpoint) return <>None: inline, to the URL that the call named</>
  const name = nameOf({ description: endpoint.description, url })
  if (endpoint.status === null) return <>{name} (deleted)</>
  return <a href={`${ENDPOINTS}/${endpoint.id}`}>{name}</a>
}
