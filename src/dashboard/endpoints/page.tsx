// One endpoint: its health over time, its latest deliveries, and all that can be done to it.
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { Condition } from '../../db/views/conditions.ts'
import type { ListedDelivery } from '../../db/views/deliveries.ts'
import type { Stats } from '../../db/views/stats.ts'
import { DELIVERIES, ENDPOINTS } from '../context.ts'
import { LatencyChart, StatusChart } from '../ui/chart.tsx'
import { Result, StatusBadge } from '../ui/delivery-state.tsx'
import { Confirm, OverlapForm } from '../ui/forms.tsx'
import { nameOf, Notice, ShownOnce, Time } from '../ui/parts.tsx'
import { toPoints } from '../ui/series.ts'
import { EndpointForm, type EndpointValues } from './form.tsx'
import { isDisabledByUs, StateBadge } from './state.tsx'

/** Days that the charts show. */
export const CHART_DAYS = 7

/** What the page shows. */
export type ShownEndpoint = {
  endpoint: Endpoint
  condition: Condition
  values: EndpointValues
  deliveries: ListedDelivery[]
  stats: Stats
  now: number
  disableAfter: number
  /** A new secret, shown this once. */
  secret?: string | undefined
  notice?: { kind: 'ok' | 'bad'; text: string } | undefined
}

/** The whole page. */
export function EndpointPage(shown: ShownEndpoint) {
  const { endpoint, condition, values, stats, now, secret, notice, deliveries } = shown
  const path = `${ENDPOINTS}/${endpoint.id}`
  return (
    <>
      <Head endpoint={endpoint} condition={condition} path={path} />
      {notice ? <Notice kind={notice.kind}>{notice.text}</Notice> : null}
      {secret === undefined ? null : <ShownOnce id="secret" label="Signing secret" text={secret} />}
      {endpoint.status === 'disabled' ? <Disabled {...shown} /> : <Trouble {...shown} />}
      <div class="columns even">
        <section class="card">
          <StatusChart
            points={toPoints(stats, now, CHART_DAYS * 24)}
            label="Deliveries by status"
          />
        </section>
        <section class="card">
          <LatencyChart
            points={toPoints(stats, now, CHART_DAYS * 24)}
            label="Mean time to answer"
          />
        </section>
      </div>
      <Latest deliveries={deliveries} endpoint={endpoint} />
      <div class="columns even">
        <section class="card">
          <div class="card-head">
            <h2>Settings</h2>
          </div>
          <EndpointForm action={path} values={values} submit="Save" />
        </section>
        <div>
          <Rotation path={path} />
          <Removal endpoint={endpoint} path={path} />
        </div>
      </div>
    </>
  )
}

function Head(props: { endpoint: Endpoint; condition: Condition; path: string }) {
  const { endpoint, condition, path } = props
  const isEnabled = endpoint.status === 'enabled'
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
        <p class="muted breakable">{endpoint.url}</p>
      </div>
      <div class="inline">
        <form method="post" action={`${path}/status`}>
          <button name="status" value={isEnabled ? 'disabled' : 'enabled'}>
            {isEnabled ? 'Disable' : 'Enable'}
          </button>
        </form>
        <form method="post" action={`${path}/test`}>
          <button class="primary" disabled={!isEnabled}>
            Send a test event
          </button>
        </form>
      </div>
    </div>
  )
}

function Disabled({ endpoint, disableAfter }: ShownEndpoint) {
  const { disabledAt } = endpoint
  return (
    <Notice kind="bad">
      {isDisabledByUs(endpoint)
        ? `Disabled after ${disableAfter} exhausted deliveries in a row`
        : 'Disabled by hand'}
      {disabledAt === null ? '' : ' on '}
      {disabledAt === null ? null : <Time at={disabledAt} />}. Its pending deliveries are held, and
      new events make none for it, until it is enabled.
    </Notice>
  )
}

/** What is behind the badge of an endpoint that is not well. */
const TROUBLE: Record<Condition, string | undefined> = {
  well: undefined,
  slow: 'It answers, but takes more than a second. That is no failure.',
  failing: 'Its last attempt failed. What fails is tried again, later each time.',
  recovering: 'It works again. What has waited for it is sent a few at a time, oldest first.',
}

function Trouble({ endpoint: { consecutiveFailures }, condition, disableAfter }: ShownEndpoint) {
  const trouble = TROUBLE[condition]
  if (trouble === undefined && consecutiveFailures === 0) return null
  return (
    <Notice kind="wait">
      {trouble}
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

function Rotation({ path }: { path: string }) {
  return (
    <section class="card">
      <div class="card-head">
        <h2>Signing secret</h2>
      </div>
      <OverlapForm action={`${path}/rotate`} submit="Rotate the secret" />
    </section>
  )
}

/** Asks twice, without a script. */
function Removal({ endpoint, path }: { endpoint: Endpoint; path: string }) {
  return (
    <section class="card">
      <details class="fold bare-fold">
        <summary>Delete this endpoint</summary>
        <Confirm action={`${path}/delete`} submit={`Delete ${nameOf(endpoint)}`}>
          Its pending deliveries end as exhausted. Their history stays readable.
        </Confirm>
      </details>
    </section>
  )
}
