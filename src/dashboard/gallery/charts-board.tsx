// Charts of nothing, of one, of many and of very many.
import { LatencyChart, Sparkline, StatusChart, SuccessChart } from '../ui/chart.tsx'
import { toAnswerTimes, toPoints } from '../ui/series.ts'
import { makeStats, NO_STATS } from './made-up/made-endpoints.ts'
import { HOSTILE, LONG_NAME } from './made-up/made-texts.ts'
import { Specimen } from './specimen.tsx'

/** The board. */
export function ChartsBoard({ now }: { now: number }) {
  const charts = {
    'Nothing, a day': { stats: NO_STATS, hours: 24 },
    'One, an hour': { stats: makeStats(now, { hours: 1, most: 1 }), hours: 24 },
    'Many, a day': { stats: makeStats(now, { hours: 24, most: 480 }), hours: 24 },
    'Many, a week': { stats: makeStats(now, { hours: 168, most: 480 }), hours: 168 },
    'Very many, a week': { stats: makeStats(now, { hours: 168, most: 48_000_000 }), hours: 168 },
  }
  return Object.entries(charts).map(([name, { stats, hours }]) => {
    const points = toPoints(stats, now, hours)
    const marks = [
      { at: now - 5e6, says: HOSTILE, kind: 'bad' as const },
      { at: now - 4e6, says: LONG_NAME, kind: 'plain' as const },
    ]
    return (
      <Specimen title={name}>
        <div class="columns even">
          <section class="card">
            <StatusChart points={points} label="Deliveries by status" marks={marks} />
          </section>
          <section class="card">
            <LatencyChart times={toAnswerTimes(stats, now, hours)} label={LONG_NAME} />
          </section>
        </div>
        <section class="card">
          <SuccessChart points={points} label="Success" />
        </section>
        <Sparkline points={points} label="The same in small" />
      </Specimen>
    )
  })
}
