// The endpoints with their health at a glance.
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { Condition } from '../../db/views/conditions.ts'
import type { Stats } from '../../db/views/stats.ts'
import { ENDPOINTS } from '../context.ts'
import { Sparkline } from '../ui/chart.tsx'
import { Empty, nameOf, writeDuration } from '../ui/parts.tsx'
import { summarize, toPoints, writePercent } from '../ui/series.ts'
import { isDisabledByUs, StateBadge } from './state.tsx'

/** What the lines are made of; an endpoint without a condition is well. */
type Lines = {
  endpoints: Endpoint[]
  conditions: Map<string, Condition>
  stats: Stats
  disableAfter: number
  now: number
}

/** A line for each: its last day, its failures in a row, its state. */
export function EndpointList({ endpoints, ...shared }: Lines) {
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
            <EndpointRow endpoint={endpoint} {...shared} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** How to get a first endpoint. */
export function NoEndpoints({ origin }: { origin: string }) {
  const body = '{"url":"https://example.com/webhooks"}'
  return (
    <Empty title="No endpoints yet">
      <p>An endpoint is a URL of yours that receives events.</p>
      <p>
        <a class="button primary" href={`${ENDPOINTS}/new`}>
          Create an endpoint
        </a>
      </p>
      <pre tabindex={0} role="region" aria-label="Command to create an endpoint">
        {`curl ${origin}/v1/webhook_endpoints \\\n  -H 'Authorization: Bearer sk_…' \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`}
      </pre>
    </Empty>
  )
}

function EndpointRow(props: Omit<Lines, 'endpoints'> & { endpoint: Endpoint }) {
  const { endpoint, conditions, stats, disableAfter, now } = props
  const { id, url, description, consecutiveFailures } = endpoint
  const { successRate, meanMs } = summarize(stats, id)
  return (
    <tr>
      <td class="cell-name">
        <a class="row-link clip" href={`${ENDPOINTS}/${id}`}>
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
        <StateBadge endpoint={endpoint} condition={conditions.get(id) ?? 'well'} />
        {isDisabledByUs(endpoint) ? <span class="sub">too many failures</span> : null}
      </td>
    </tr>
  )
}
