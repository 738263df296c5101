// What the overview shows: figures, a chart, what failed last, and the endpoints that are worst off.
import type { Child } from 'hono/jsx'
import type { Endpoint } from '../../db/account/endpoints.ts'
import { SWEEP_LATE_AFTER_MS } from '../../db/views/health.ts'
import { BACKLOG_LIMIT, type Backlog, type FailedDelivery } from '../../db/views/overview.ts'
import { COUNT_LIMIT, type Stats } from '../../db/views/stats.ts'
import { BASE, DELIVERIES, ENDPOINTS } from '../context.ts'
import { StatusChart } from '../ui/chart.tsx'
import { Badge, nameOf, PageHead, Time, writeDuration } from '../ui/parts.tsx'
import { summarize, toPoints, writePercent, type Summary } from '../ui/series.ts'

/** Endpoints in each ranking. */
const RANKED = 5

/** What the page shows. */
export type ShownOverview = {
  backlog: Backlog
  failed: FailedDelivery[]
  stats: Stats
  endpoints: Endpoint[]
  days: 1 | 7
  now: number
}

/** The whole page. */
export function Overview(shown: ShownOverview) {
  const { stats, days, now, failed, endpoints } = shown
  return (
    <>
      <PageHead title="Overview">
        <nav class="switch" aria-label="Time range">
          <a href={BASE} aria-current={days === 1 ? 'page' : undefined}>
            24 hours
          </a>
          <a href={`${BASE}?days=7`} aria-current={days === 7 ? 'page' : undefined}>
            7 days
          </a>
        </nav>
      </PageHead>
      <Figures {...shown} />
      <section class="card">
        <StatusChart points={toPoints(stats, now, days * 24)} label="Deliveries by status" />
        <TooMany stats={stats} />
      </section>
      <Failed failed={failed} endpoints={endpoints} />
      <div class="columns even">
        <Ranking
          title="Lowest success rate"
          ranked={rankWorst(shown)}
          figure={({ summary }) =>
            summary.successRate === undefined ? '–' : writePercent(summary.successRate)
          }
        />
        <Ranking
          title="Slowest answers"
          ranked={rankSlowest(shown)}
          figure={({ summary }) =>
            summary.meanMs === undefined ? '–' : writeDuration(summary.meanMs)
          }
        />
      </div>
    </>
  )
}

function Figures({ backlog, stats, now }: ShownOverview) {
  const { pending, oldestDueAt, sweptAt } = backlog
  const summary = summarize(stats)
  const overdueMs = oldestDueAt === null ? 0 : now - oldestDueAt
  const isLate = sweptAt === null || now - sweptAt > SWEEP_LATE_AFTER_MS
  return (
    <dl class="figures">
      <Figure name="Success rate" note={`${summary.created.toLocaleString('en')} deliveries`}>
        {summary.successRate === undefined ? '–' : writePercent(summary.successRate)}
      </Figure>
      <Figure name="Mean answer" note={`slowest ${writeDuration(summary.slowestMs)}`}>
        {summary.meanMs === undefined ? '–' : writeDuration(summary.meanMs)}
      </Figure>
      <Figure name="Backlog" note={describeBacklog(backlog)}>
        {pending >= BACKLOG_LIMIT ? `${BACKLOG_LIMIT}+` : pending}
      </Figure>
      <Figure name="Oldest due" note={overdueMs > 0 ? 'overdue' : 'nothing is overdue'}>
        {overdueMs > 0 ? writeDuration(overdueMs) : '–'}
      </Figure>
      <Figure name="Sweep" note={sweptAt === null ? 'never ran' : <Time at={sweptAt} />}>
        <Badge kind={isLate ? 'bad' : 'ok'}>{isLate ? 'Late' : 'Running'}</Badge>
      </Figure>
    </dl>
  )
}

/** How many of what is pending wait for their endpoints, and for what. */
function describeBacklog({ held, paced }: Backlog): string {
  const parked = [...(held > 0 ? [`${held} held`] : []), ...(paced > 0 ? [`${paced} paced`] : [])]
  return parked.length === 0 ? 'pending deliveries' : parked.join(', ')
}

function Figure({ name, note, children }: { name: string; note: Child; children: Child }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd class="value">{children}</dd>
      <dd class="sub">{note}</dd>
    </div>
  )
}

/** Pending and exhausted ones are counted up to a limit: beyond it, say so. */
function TooMany({ stats: { counts } }: { stats: Stats }) {
  const statuses = ['pending', 'exhausted'] as const
  const full = statuses.filter(
    (status) =>
      counts.reduce((sum, one) => sum + (one.status === status ? one.count : 0), 0) >= COUNT_LIMIT,
  )
  if (full.length === 0) return null
  return (
    <p class="muted small pad">
      Only the newest {COUNT_LIMIT} {full.join(' and ')} ones are told apart; older ones show as
      delivered.
    </p>
  )
}

function Failed({ failed, endpoints }: { failed: FailedDelivery[]; endpoints: Endpoint[] }) {
  const known = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]))
  return (
    <section class="card" aria-labelledby="failed">
      <div class="card-head">
        <h2 id="failed">Failed last</h2>
        <a href={`${DELIVERIES}?status=exhausted`}>All exhausted</a>
      </div>
      {failed.length === 0 ? (
        <p class="muted pad">Nothing is failing.</p>
      ) : (
        <ul class="lines failures">
          {failed.map((delivery) => (
            <FailedLine delivery={delivery} endpoint={known.get(delivery.endpointId ?? '')} />
          ))}
        </ul>
      )}
    </section>
  )
}

function FailedLine(props: { delivery: FailedDelivery; endpoint: Endpoint | undefined }) {
  const { delivery, endpoint } = props
  const { id, eventType, url, lastError, updatedAt } = delivery
  return (
    <li>
      <a class="row-link" href={`${DELIVERIES}/${id}`}>
        {eventType}
      </a>
      <span class="clip muted">{nameOf({ url, description: endpoint?.description ?? null })}</span>
      <span class="clip bad-text" title={lastError ?? ''}>
        {lastError}
      </span>
      <span class="muted">
        <Time at={updatedAt} />
      </span>
      <form method="post" action={`${DELIVERIES}/${id}/redeliver`}>
        <button class="small">
          Redeliver<span class="hidden"> {id}</span>
        </button>
      </form>
    </li>
  )
}

type Ranked = { endpoint: Endpoint; summary: Summary }

function Ranking(props: { title: string; ranked: Ranked[]; figure: (one: Ranked) => Child }) {
  const { title, ranked, figure } = props
  return (
    <section class="card">
      <div class="card-head">
        <h2>{title}</h2>
      </div>
      {ranked.length === 0 ? <p class="muted pad">No endpoint has had a delivery.</p> : null}
      <ul class="lines ranking">
        {ranked.map((one) => (
          <li>
            <a class="row-link clip" href={`${ENDPOINTS}/${one.endpoint.id}`}>
              {nameOf(one.endpoint)}
            </a>
            <span class="num">{figure(one)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function rankWorst({ endpoints, stats }: ShownOverview): Ranked[] {
  return rank(endpoints, stats, ({ successRate }) => successRate)
}

function rankSlowest({ endpoints, stats }: ShownOverview): Ranked[] {
  return rank(endpoints, stats, ({ meanMs }) => (meanMs === undefined ? undefined : -meanMs))
}

/** By the figure, lowest first; endpoints without one are left out. */
function rank(
  endpoints: Endpoint[],
  stats: Stats,
  figure: (summary: Summary) => number | undefined,
): Ranked[] {
  const ranked: (Ranked & { value: number })[] = []
  for (const endpoint of endpoints) {
    const summary = summarize(stats, endpoint.id)
    const value = figure(summary)
    if (value !== undefined) ranked.push({ endpoint, summary, value })
  }
  return ranked.toSorted((a, b) => a.value - b.value).slice(0, RANKED)
}
