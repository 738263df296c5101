// What the overview shows: figures, a chart, what failed last, and the endpoints that are worst off.
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { QuotaUse } from '../../db/account/quotas.ts'
import type { Replay } from '../../db/replays/words.ts'
import type { Condition } from '../../db/views/conditions.ts'
import { FAULT_SHOWN_MS, SWEEP_LATE_AFTER_MS } from '../../db/views/health.ts'
import { BACKLOG_LIMIT, type Backlog, type FailedDelivery } from '../../db/views/overview.ts'
import { COUNT_LIMIT, type Stats } from '../../db/views/stats.ts'
import { BASE, DELIVERIES, ENDPOINTS } from '../context.ts'
import { AnswerTime, writeAnswerFigure } from '../ui/answer-time.tsx'
import { StatusChart } from '../ui/chart.tsx'
import { closedAmong, InsteadOfRedeliver } from '../ui/closed.tsx'
import { DaysSwitch } from '../ui/days-switch.tsx'
import { OnceField } from '../ui/forms.tsx'
import { digestOf } from '../ui/current.tsx'
import { may } from '../ui/may.tsx'
import { writeDuration } from '../ui/durations.ts'
import { QuotaAlerts } from '../ui/quotas.tsx'
import { Badge, Figure, nameOf, PageHead, Time } from '../ui/parts.tsx'
import {
  answerFigure,
  HOUR_MS,
  summarize,
  toPoints,
  writePercent,
  type Summary,
} from '../ui/series.ts'
import { Attention } from './attention.tsx'

/** Endpoints in each ranking. */
const RANKED = 5

/** What the page shows. */
export type ShownOverview = {
  backlog: Backlog
  failed: FailedDelivery[]
  /** Of what is sent, how much may be. */
  quotas: QuotaUse[]
  stats: Stats
  endpoints: Endpoint[]
  conditions: Map<string, Condition>
  /** The newest. */
  replays: Replay[]
  days: 1 | 7
  now: number
}

/** What an open page shows of it. Charts move on with the hour, and what is overdue with the time. */
export function seenOfOverview({ now, backlog, conditions, ...shown }: ShownOverview): string {
  const { oldestDueAt } = backlog
  const isOverdue = oldestDueAt !== null && oldestDueAt < now
  return digestOf(
    Math.floor(now / HOUR_MS),
    isOverdue ? now : undefined,
    backlog,
    [...conditions],
    shown,
  )
}

/** The whole page. */
export function Overview(shown: ShownOverview) {
  const { stats, days, now, failed, endpoints } = shown
  return (
    <>
      <PageHead title="Overview">
        <DaysSwitch path={BASE} days={days} />
      </PageHead>
      <QuotaAlerts uses={shown.quotas} />
      <Attention {...shown} undecryptableAt={faultOf(shown)} />
      <Figures {...shown} />
      <section class="card">
        <StatusChart points={toPoints(stats, now, days * 24)} label="Deliveries by status" />
        <TooMany stats={stats} />
      </section>
      <Failed failed={failed} endpoints={endpoints} />
      <Rankings {...shown} />
    </>
  )
}

/** What was long ago is over. */
function faultOf({ backlog: { undecryptableAt: at }, now }: ShownOverview): number | undefined {
  return at !== null && now - at < FAULT_SHOWN_MS ? at : undefined
}

function Rankings(shown: ShownOverview) {
  return (
    <div class="columns even">
      <Ranking
        title="Lowest success rate"
        none="No endpoint has lost a delivery."
        ranked={rankWorst(shown)}
      />
      <Ranking
        title="Slowest answers"
        none="No endpoint has answered yet."
        ranked={rankSlowest(shown)}
      />
    </div>
  )
}

function Figures({ backlog, stats, now }: ShownOverview) {
  const { pending, oldestDueAt, sweptAt } = backlog
  const summary = summarize(stats)
  const overdueMs = oldestDueAt === null ? 0 : now - oldestDueAt
  const isLate = sweptAt === null || now - sweptAt > SWEEP_LATE_AFTER_MS
  return (
    <dl class="figures">
      <Figure name="Success rate" note={describeRate(summary)}>
        {summary.successRate === undefined ? '–' : writePercent(summary.successRate)}
      </Figure>
      <AnswerTime stats={stats} />
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

/** What the rate is of, and what is not in it: it may arrive still. */
function describeRate({ created, retrying }: Summary): string {
  const count = `${created.toLocaleString('en')} deliveries`
  return retrying === 0 ? count : `${count}, ${retrying.toLocaleString('en')} being retried`
}

/** How many of what is pending wait for their endpoints, and for what. */
function describeBacklog({ held, paced }: Backlog): string {
  const parked = [...(held > 0 ? [`${held} held`] : []), ...(paced > 0 ? [`${paced} paced`] : [])]
  return parked.length === 0 ? 'pending deliveries' : parked.join(', ')
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
            <FailedLine delivery={delivery} known={known} />
          ))}
        </ul>
      )}
    </section>
  )
}

function FailedLine(props: { delivery: FailedDelivery; known: Map<string, Endpoint> }) {
  const { delivery, known } = props
  const { eventType, url, lastError, updatedAt, id } = delivery
  const endpoint = known.get(delivery.endpointId ?? '')
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
      <RedeliverLine delivery={delivery} known={known} />
    </li>
  )
}

function RedeliverLine(props: { delivery: FailedDelivery; known: Map<string, Endpoint> }) {
  const { delivery, known } = props
  const { id, endpointId, url } = delivery
  if (!may('operate')) return null
  const closed = closedAmong(delivery, known)
  if (closed) return <InsteadOfRedeliver closed={closed} endpointId={endpointId} of={id} />
  const endpoint = known.get(endpointId ?? '')
  if (endpoint && endpoint.url !== url) {
    return (
      <a class="button small" href={`${DELIVERIES}/${id}`}>
        Redeliver…<span class="hidden"> {id}</span>
      </a>
    )
  }
  return (
    <form method="post" action={`${DELIVERIES}/${id}/redeliver`}>
      <OnceField />
      <button class="small">
        Redeliver<span class="hidden"> {id}</span>
      </button>
    </form>
  )
}

/** An endpoint in a ranking, by `value`, of which it says `text`. */
type Ranked = { endpoint: Endpoint; value: number; text: string }

function Ranking({ title, none, ranked }: { title: string; none: string; ranked: Ranked[] }) {
  return (
    <section class="card">
      <div class="card-head">
        <h2>{title}</h2>
      </div>
      {ranked.length === 0 ? <p class="muted pad">{none}</p> : null}
      <ul class="lines ranking">
        {ranked.map((one) => (
          <li>
            <a class="row-link clip" href={`${ENDPOINTS}/${one.endpoint.id}`}>
              {nameOf(one.endpoint)}
            </a>
            <span class="num">{one.text}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** One that has lost nothing is not among the worst, however few there are. */
function rankWorst({ endpoints, stats }: ShownOverview): Ranked[] {
  return rank(endpoints, ({ id }) => {
    const { successRate: rate } = summarize(stats, id)
    return rate === undefined || rate === 1 ? undefined : { value: rate, text: writePercent(rate) }
  })
}

/** By their worst but for five of a hundred, which a mean would hide. */
function rankSlowest({ endpoints, stats }: ShownOverview): Ranked[] {
  return rank(endpoints, ({ id }) => {
    const figure = answerFigure(stats, id)
    return figure && { value: -figure.ms, text: writeAnswerFigure(figure) }
  })
}

/** By the value, lowest first; endpoints without one are left out. */
function rank(
  endpoints: Endpoint[],
  rate: (endpoint: Endpoint) => { value: number; text: string } | undefined,
): Ranked[] {
  const ranked = endpoints.flatMap((endpoint) => {
    const rated = rate(endpoint)
    return rated ? [{ endpoint, ...rated }] : []
  })
  return ranked.toSorted((a, b) => a.value - b.value).slice(0, RANKED)
}
