// One endpoint: its health over time, its latest deliveries, and all that can be done to it.
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { Condition, LastEnding } from '../../db/views/conditions.ts'
import type { EndpointPast, Moment } from '../../db/views/endpoint-past.ts'
import type { ListedDelivery } from '../../db/views/look-up.ts'
import type { ReceiverCheck } from '../../delivery/check-receiver.ts'
import type { AppError } from '../../errors.ts'
import { DELIVERIES, ENDPOINTS } from '../context.ts'
import { tellRefusal } from '../refusal.ts'
import { Copyable, ShownOnce } from '../ui/copy.tsx'
import { Current, digestOf } from '../ui/current.tsx'
import { Result, StatusBadge } from '../ui/delivery-state.tsx'
import { writeDuration } from '../ui/durations.ts'
import { StateBadge } from '../ui/endpoint-state.tsx'
import { isDisabledByUs, stateOf } from '../ui/endpoint-words.ts'
import { may } from '../ui/may.tsx'
import { nameOf, Notice, Time, Who, writeUrl } from '../ui/parts.tsx'
import { summarize } from '../ui/series.ts'
import { CheckCard } from './check-card.tsx'
import { Charts, type ChartDays } from './charts.tsx'
import type { EndpointValues } from './form.tsx'
import { Managed, Subscribed } from './managed.tsx'
import { MissedEvents } from './missed.tsx'
import type { TypedNotes } from './notes-card.tsx'
import { Recover } from './recover.tsx'

/** What the page shows. */
export type ShownEndpoint = EndpointPast & {
  endpoint: Endpoint
  condition: Condition
  values: EndpointValues
  deliveries: ListedDelivery[]
  /** When its oldest exhausted delivery was created. */
  exhaustedSince: number | undefined
  days: ChartDays
  /** What the last ones ended with, of one that was disabled automatically. */
  endings: LastEnding[]
  /** What of it is shown, as `seenOfEndpoint` gives it. */
  seen: string
  now: number
  disableAfter: number
  /** A new secret, shown this once. */
  secret?: string | undefined
  /** What a check has found just now. */
  checked?: ReceiverCheck | undefined
  /** What was done. */
  notice?: string | undefined
  /** Headers as they were typed, but for their values. */
  typedHeaders?: string | undefined
  typedNotes?: TypedNotes | undefined
  /** Why what was asked for was not done. */
  refusal?: AppError | undefined
}

/** How often an open page asks, in seconds: what it asks for first is little. */
const POLL_S = 5

/** What an open page shows of its state. */
export function seenOfEndpoint(
  shown: Pick<ShownEndpoint, 'endpoint' | 'condition' | 'deliveries' | 'exhaustedSince'>,
): string {
  const { endpoint, condition, deliveries, exhaustedSince } = shown
  return digestOf(endpoint, condition, exhaustedSince, deliveries)
}

/** The whole page. What is typed is left alone, and so is what is shown once. */
export function EndpointPage(shown: ShownEndpoint) {
  const { endpoint, secret, notice, refusal, seen } = shown
  const path = `${ENDPOINTS}/${endpoint.id}`
  return (
    <>
      {notice === undefined ? null : <Notice kind="ok">{notice}</Notice>}
      {refusal ? <Notice kind="bad">{tellRefusal(refusal)}</Notice> : null}
      {secret === undefined ? null : <ShownOnce id="secret" label="Signing secret" text={secret} />}
      {shown.checked ? <CheckCard checked={shown.checked} /> : null}
      <Current id="endpoint" path={`${path}?days=${shown.days}`} everyS={POLL_S} seen={seen}>
        <State {...shown} path={path} />
      </Current>
      {may('manage') ? <Managed {...shown} path={path} /> : <Subscribed endpoint={endpoint} />}
    </>
  )
}

function State({ path, ...shown }: ShownEndpoint & { path: string }) {
  const { endpoint, condition, deliveries, exhaustedSince } = shown
  return (
    <>
      <Head endpoint={endpoint} condition={condition} path={path} />
      {endpoint.status === 'disabled' ? <Disabled {...shown} /> : <Trouble {...shown} />}
      <Recover endpoint={endpoint} exhaustedSince={exhaustedSince} hasLost={hasLost(shown)} />
      <Charts {...shown} path={path} />
      <Latest deliveries={deliveries} endpoint={endpoint} />
      <MissedEvents endpoint={endpoint} events={shown.events} />
    </>
  )
}

function hasLost({ condition, stats }: ShownEndpoint): boolean {
  const { exhausted, retrying } = summarize(stats)
  return condition === 'failing' || exhausted + retrying > 0
}

function Head(props: { endpoint: Endpoint; condition: Condition; path: string }) {
  const { endpoint, condition, path } = props
  return (
    <div class="page-head">
      <div class="clip-parent">
        <p class="crumb">
          <a href={ENDPOINTS}>Endpoints</a>
        </p>
        <h1>
          <span class="breakable">{nameOf(endpoint)}</span>{' '}
          <StateBadge endpoint={endpoint} condition={condition} />
        </h1>
        <p class="muted breakable">
          <Copyable what="URL" text={writeUrl(endpoint.url)} />
        </p>
        <p class="muted small mono breakable">
          <Copyable what="endpoint id" text={endpoint.id} />
        </p>
        {endpoint.clientCertificate === null ? null : (
          <p class="muted small breakable">
            Its receiver is shown the client certificate <code>{endpoint.clientCertificate}</code>:
            whoever runs the service gives you what to check it by.
          </p>
        )}
        <Order endpoint={endpoint} />
        {endpoint.externalId === null ? null : (
          <p class="muted small mono breakable">
            <Copyable what="external id" text={endpoint.externalId} />
          </p>
        )}
      </div>
      <Acts isEnabled={endpoint.status === 'enabled'} path={path} />
    </div>
  )
}

function Order({ endpoint: { orderingMaxWait } }: { endpoint: Endpoint }) {
  if (orderingMaxWait === null || orderingMaxWait === 0) return null
  return (
    <p class="muted small">
      It gets the events of a call in order: each waits for the one before it, at most{' '}
      {writeDuration(orderingMaxWait * 1000)}.
    </p>
  )
}

function Acts({ isEnabled, path }: { isEnabled: boolean; path: string }) {
  return (
    <div class="inline">
      {isEnabled && may('manage') ? (
        <a class="button" href={`${path}/status?status=disabled`}>
          Disable…
        </a>
      ) : null}
      {may('operate') ? (
        <form method="post" action={`${path}/check`}>
          <button>Check the receiver</button>
        </form>
      ) : null}
      {isEnabled && may('operate') ? (
        <a class="button primary" href={`${path}/test`}>
          Send a test event…
        </a>
      ) : null}
      {!isEnabled && may('operate') ? (
        <form method="post" action={`${path}/status`}>
          <button class="primary" name="status" value="enabled">
            Enable
          </button>
        </form>
      ) : null}
    </div>
  )
}

function Disabled({ endpoint, endings, disableAfter, moments }: ShownEndpoint) {
  const { disabledAt, consecutiveFailures } = endpoint
  const by = isDisabledByUs(endpoint) ? null : findDisabler(moments, disabledAt)
  return (
    <Notice kind="bad">
      {isDisabledByUs(endpoint)
        ? `Disabled after ${consecutiveFailures} exhausted deliveries in a row, ${disableAfter} being the limit`
        : 'Disabled by hand'}
      {disabledAt === null ? '' : ' on '}
      {disabledAt === null ? null : <Time at={disabledAt} />}
      {by === null ? null : (
        <>
          {' '}
          (<Who actor={by} />)
        </>
      )}
      . Its pending deliveries are held, and new events make none for it, until it is enabled.
      {endings.length === 0 ? null : ` What came back last: ${writeEndings(endings)}.`}
    </Notice>
  )
}

/** Who has done it; null where that was longer ago than what was done to it is read. */
function findDisabler(moments: Moment[], disabledAt: number | null): string | null {
  const isIt = ({ at, kind }: Moment) =>
    at === disabledAt && (kind === 'disabled' || kind === 'switched')
  return moments.find(isIt)?.actor ?? null
}

function writeEndings(endings: LastEnding[]): string {
  return endings.map(({ error, count }) => `${error} (${count})`).join(', ')
}

/** What is behind the badge of an endpoint that is not well, and how far it is from being disabled. */
function Trouble({ endpoint, condition, disableAfter }: ShownEndpoint) {
  const { consecutiveFailures } = endpoint
  const { sentence } = stateOf(endpoint, condition)
  if (sentence === undefined && consecutiveFailures === 0) return null
  return (
    <Notice kind="wait">
      {sentence}
      {consecutiveFailures === 0
        ? null
        : ` ${consecutiveFailures} exhausted in a row. At ${disableAfter} the endpoint is disabled.`}
    </Notice>
  )
}

function Latest({ deliveries, endpoint }: Pick<ShownEndpoint, 'deliveries' | 'endpoint'>) {
  return (
    <section class="card" aria-labelledby="latest">
      <div class="card-head">
        <h2 id="latest">Latest deliveries</h2>
        <a href={`${DELIVERIES}?endpoint=${endpoint.id}`}>All of them</a>
      </div>
      {deliveries.length === 0 ? (
        <p class="muted pad">None yet. Send a test event to see one arrive.</p>
      ) : (
        <ul class="lines latest">
          {deliveries.map((delivery) => (
            <li>
              <StatusBadge delivery={delivery} />
              <a class="row-link" href={`${DELIVERIES}/${delivery.id}`}>
                {delivery.eventType}
              </a>
              <span class="clip muted">
                <Result delivery={delivery} />
              </span>
              <span class="muted">
                <Time at={delivery.createdAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
