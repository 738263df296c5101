// The endpoints with their health at a glance.
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { Stats } from '../../db/views/stats.ts'
import { BASE } from '../context.ts'
import { nameOf } from '../deliveries/filter.ts'
import { Sparkline } from '../ui/chart.tsx'
import { Badge, Empty, writeDuration } from '../ui/parts.tsx'
import { toHealth, toPoints, writePercent } from '../ui/series.ts'

const LIST = `${BASE}/endpoints`

type Shown = { endpoints: Endpoint[]; stats: Stats; disableAfter: number; now: number }

/** A line for each: its last day, its failures in a row, its state. */
export function EndpointList({ endpoints, stats, disableAfter, now }: Shown) {
  return (
    <div class="list">
      <table class="rows endpoints">
        <thead>
          <tr>
            <th>Endpoint</th>
            <th>Last 24 hours</th>
            <th class="end">Success</th>
            <th class="end">Mean answer</th>
            <th class="end">Exhausted in a row</th>
            <th>State</th>
          </tr>
        </thead>
        <tbody>
          {endpoints.map((endpoint) => (
            <EndpointRow endpoint={endpoint} stats={stats} disableAfter={disableAfter} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Enabled, or disabled and by whom. */
export function StateBadge({ endpoint }: { endpoint: Endpoint }) {
  const { status, disabledReason, unwellSince } = endpoint
  if (status === 'disabled') {
    const isOurs = disabledReason === 'too_many_failures'
    return <Badge kind="bad">{isOurs ? 'Disabled: too many failures' : 'Disabled'}</Badge>
  }
  return unwellSince === null ? (
    <Badge kind="ok">Enabled</Badge>
  ) : (
    <Badge kind="wait">Failing</Badge>
  )
}

/** How to get a first endpoint. */
export function NoEndpoints({ origin }: { origin: string }) {
  const body = '{"url":"https://example.com/webhooks"}'
  return (
    <Empty title="No endpoints yet">
      <p>An endpoint is a URL of yours that receives events.</p>
      <p>
        <a class="button primary" href={`${LIST}/new`}>
          Create an endpoint
        </a>
      </p>
      <pre tabindex={0} role="region" aria-label="Command to create an endpoint">
        {`curl ${origin}/v1/webhook_endpoints \\\n  -H 'Authorization: Bearer sk_…' \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`}
      </pre>
    </Empty>
  )
}

function EndpointRow(props: Omit<Shown, 'endpoints'> & { endpoint: Endpoint }) {
  const { endpoint, stats, disableAfter, now } = props
  const { id, url, description, consecutiveFailures } = endpoint
  const { successRate, meanMs } = toHealth(stats, id)
  return (
    <tr>
      <td class="cell-name">
        <a class="row-link clip" href={`${LIST}/${id}`}>
          {nameOf(endpoint)}
        </a>
        {description ? <span class="sub clip">{url}</span> : null}
      </td>
      <td class="cell-spark">
        <Sparkline
          points={toPoints(stats, now, 24, id)}
          label={`Deliveries of ${nameOf(endpoint)}`}
        />
      </td>
      <td class="end num" data-name="Success">
        {successRate === undefined ? '–' : writePercent(successRate)}
      </td>
      <td class="end num" data-name="Mean answer">
        {meanMs === undefined ? '–' : writeDuration(meanMs)}
      </td>
      <td class="end num" data-name="Exhausted in a row">
        {consecutiveFailures} of {disableAfter}
      </td>
      <td class="cell-status">
        <StateBadge endpoint={endpoint} />
      </td>
    </tr>
  )
}
