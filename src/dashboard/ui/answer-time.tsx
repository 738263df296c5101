// What answers took, as a figure: the worst that most of them had, and beside it the others.
import type { Stats } from '../../db/views/stats.ts'
import { writeDuration } from './durations.ts'
import { Figure, writeCount } from './parts.tsx'
import { quantilesIn, summarize, type AnswerFigure } from './series.ts'

/** Of one endpoint or of all. What was counted before times were has only a mean. */
export function AnswerTime({ stats, endpointId }: { stats: Stats; endpointId?: string }) {
  const quantiles = quantilesIn(stats, endpointId)
  const { meanMs, slowestMs } = summarize(stats, endpointId)
  const slowest = `slowest ${writeDuration(slowestMs)}`
  if (quantiles === undefined) {
    const hasAnswered = meanMs !== undefined
    return (
      <Figure name="Mean answer" note={hasAnswered ? slowest : 'nothing was answered'}>
        {hasAnswered ? writeDuration(meanMs) : '–'}
      </Figure>
    )
  }
  const { p50, p95, p99, count } = quantiles
  const note = `p50 ${writeDuration(p50)}, p99 ${writeDuration(p99)}, ${slowest}, of ${writeCount(count)}`
  return (
    <Figure name="Answer time, p95" note={note}>
      {writeDuration(p95)}
    </Figure>
  )
}

/** In a line of its own: `p95 1.2 s`. */
export function writeAnswerFigure(figure: AnswerFigure | undefined): string {
  return figure === undefined ? '–' : `${figure.of} ${writeDuration(figure.ms)}`
}
