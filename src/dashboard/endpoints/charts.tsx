// How an endpoint has fared over a day or a week, and what was done to it meanwhile: marked on the charts, and in words.
import type { EndpointPast, Moment, MomentKind } from '../../db/views/endpoint-past.ts'
import { AnswerTime } from '../ui/answer-time.tsx'
import { LatencyChart, StatusChart, SuccessChart } from '../ui/chart.tsx'
import { DaysSwitch } from '../ui/days-switch.tsx'
import { Figure, Time, Who, writeCount } from '../ui/parts.tsx'
import type { Mark } from '../ui/plot.tsx'
import { DAY_MS, summarize, toAnswerTimes, toPoints, writePercent } from '../ui/series.ts'

/** Days that are read, and that the charts show at most. */
export const MAX_CHART_DAYS = 7

/** Days that the charts show. */
export type ChartDays = 1 | 7

/** What the charts show, at `path`, and up to when. */
type Shown = Pick<EndpointPast, 'stats' | 'moments'> & {
  path: string
  days: ChartDays
  now: number
}

/** What is said of a moment. */
const WORDS: Record<MomentKind, string> = {
  enabled: 'Enabled',
  disabled: 'Disabled',
  switched: 'Enabled or disabled',
  rotated: 'Secret rotated',
  moved: 'URL changed',
}

/** Figures, charts, and what is marked on these. */
export function Charts({ stats: all, moments: known, path, days, now }: Shown) {
  const since = now - days * DAY_MS
  const moments = known.filter(({ at }) => at >= since)
  const hours = days * 24
  const points = toPoints(all, now, hours)
  const marks = moments.map(markOf)
  const stats = { ...all, ...only(all, points[0]?.hour ?? 0) }
  return (
    <>
      <div class="section-head">
        <h2>{days === 1 ? 'The last 24 hours' : 'The last 7 days'}</h2>
        <DaysSwitch path={path} days={days} />
      </div>
      <Figures stats={stats} />
      <section class="card">
        <StatusChart points={points} label="Deliveries by status" marks={marks} />
      </section>
      <div class="columns even">
        <section class="card">
          <SuccessChart points={points} label="Success rate" marks={marks} />
        </section>
        <section class="card">
          <LatencyChart
            times={toAnswerTimes(all, now, hours)}
            label="Time to answer"
            marks={marks}
          />
        </section>
      </div>
      <Moments moments={moments} />
    </>
  )
}

/** The days that an address asks for. */
export function readDays(text: string | undefined): ChartDays {
  return text === '7' ? 7 : 1
}

function only({ hours, counts }: Shown['stats'], from: number) {
  const isShown = (one: { hour: number }) => one.hour >= from
  return { hours: hours.filter(isShown), counts: counts.filter(isShown) }
}

function Figures({ stats }: Pick<Shown, 'stats'>) {
  const { created, delivered, exhausted, retrying, successRate } = summarize(stats)
  return (
    <dl class="figures">
      <Figure name="Success rate" note="of what is over">
        {successRate === undefined ? '–' : writePercent(successRate)}
      </Figure>
      <AnswerTime stats={stats} />
      <Figure name="Deliveries" note={`${writeCount(delivered)} delivered`}>
        {writeCount(created)}
      </Figure>
      <Figure name="Exhausted" note={`${writeCount(retrying)} being retried`}>
        {writeCount(exhausted)}
      </Figure>
    </dl>
  )
}

function markOf({ at, kind, actor }: Moment): Mark {
  return { at, says: wordsOf(kind, actor), kind: kind === 'disabled' ? 'bad' : 'plain' }
}

function wordsOf(kind: MomentKind, actor: string | null): string {
  return actor === null ? `${WORDS[kind]} automatically` : WORDS[kind]
}

function Moments({ moments }: { moments: Moment[] }) {
  return (
    <section class="card" aria-labelledby="moments">
      <div class="card-head">
        <h2 id="moments">What was done to it</h2>
        <span class="muted small">marked on the charts</span>
      </div>
      {moments.length === 0 ? (
        <p class="muted pad">
          Meanwhile nobody has disabled or enabled it, rotated its secret or changed its URL.
        </p>
      ) : (
        <ul class="lines">
          {moments.map(({ at, kind, actor }) => (
            <li>
              <span class={kind === 'disabled' ? 'bad-text' : undefined}>
                {wordsOf(kind, actor)}
              </span>
              <span class="clip muted">{actor === null ? null : <Who actor={actor} />}</span>
              <span class="muted">
                <Time at={at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
