// The endpoints with their health at a glance.
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { Condition } from '../../db/views/conditions.ts'
import type { Stats } from '../../db/views/stats.ts'
import { ENDPOINTS } from '../context.ts'
import { writeAnswerFigure } from '../ui/answer-time.tsx'
import { Sparkline } from '../ui/chart.tsx'
import { CreateEndpoint } from '../ui/commands.tsx'
import { digestOf } from '../ui/current.tsx'
import { outOf } from '../ui/delivery-words.ts'
import { StateBadge } from '../ui/endpoint-state.tsx'
import { isDisabledByUs } from '../ui/endpoint-words.ts'
import { may } from '../ui/may.tsx'
import { Empty, nameOf, writeUrl } from '../ui/parts.tsx'
import { answerFigure, HOUR_MS, summarize, toPoints, writePercent } from '../ui/series.ts'

/** What the lines are made of; an endpoint without a condition is well. */
type Lines = {
  endpoints: Endpoint[]
  conditions: Map<string, Condition>
  stats: Stats
  disableAfter: number
  now: number
}

/** What an open page shows of them. */
export function seenOfList({ now, conditions, ...shown }: Lines): string {
  return digestOf(Math.floor(now / HOUR_MS), [...conditions], shown)
}

/** A line for each: its last day, its failures in a row, its state. */
export function EndpointList({ endpoints, ...shared }: Lines) {
  return (
    <div class="list">
      <table class="rows endpoints">
        <thead>
          <tr>
            <th>Endpoint</th>
            <th class="cell-spark">Last 24 hours</th>
            <th class="cell-success end">Success</th>
            <th class="cell-answer end">Answer time</th>
            <th class="cell-streak end">Exhausted in a row</th>
            <th class="cell-status">State</th>
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
  if (!may('manage')) return <Empty title="No endpoints yet" />
  return (
    <Empty title="No endpoints yet">
      <p>An endpoint is a URL of yours that receives events.</p>
      <p>
        <a class="button primary" href={`${ENDPOINTS}/new`}>
          Create an endpoint
        </a>
      </p>
      <CreateEndpoint origin={origin} />
    </Empty>
  )
}

function EndpointRow(props: Omit<Lines, 'endpoints'> & { endpoint: Endpoint }) {
  const { endpoint, conditions, stats, disableAfter, now } = props
  const { id, url, description, consecutiveFailures } = endpoint
  const { successRate } = summarize(stats, id)
  return (
    <tr>
      <td class="cell-name">
        <a class="row-link clip" href={`${ENDPOINTS}/${id}`}>
          {nameOf(endpoint)}
        </a>
        {description ? <span class="sub clip">{writeUrl(url)}</span> : null}
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
      <td class="end num" data-name="Answer time">
        {writeAnswerFigure(answerFigure(stats, id))}
      </td>
      <td class="end num" data-name="Exhausted in a row">
        {outOf(consecutiveFailures, disableAfter)}
      </td>
      <td class="cell-status">
        <StateBadge endpoint={endpoint} condition={conditions.get(id) ?? 'well'} />
        {isDisabledByUs(endpoint) ? <span class="sub">too many failures</span> : null}
      </td>
    </tr>
  )
}
