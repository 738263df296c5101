// Charts, drawn here: no script, no inline style, readable without seeing them.
import { writeDuration } from './durations.ts'
import { writeCount } from './parts.tsx'
import { Bar, Drawing, HEIGHT, Plot, roundUp, type Mark } from './plot.tsx'
import { writePercent, type AnswerTimes, type Point } from './series.ts'

const STACK = ['delivered', 'pending', 'exhausted'] as const

/** What every chart has: its name, and the instants to mark. */
type Labelled = { label: string; marks?: Mark[] }

/** Deliveries by their present status, one column an hour. */
export function StatusChart({ points, label, marks = [] }: Labelled & { points: Point[] }) {
  const top = roundUp(Math.max(2, ...points.map(totalOf)))
  const legend = STACK.map((status) => <span class={status}>{status}</span>)
  const shared = { label, marks, legend, top, hours: points, write: writeCount }
  return (
    <Plot {...shared} title={describe(points, label)}>
      <Columns points={points} most={top} />
    </Plot>
  )
}

/** Which share of an hour's deliveries that are over was delivered; hours without any are gaps. */
export function SuccessChart({ points, label, marks = [] }: Labelled & { points: Point[] }) {
  const rates = points.flatMap((point) => rateOf(point) ?? [])
  const title =
    rates.length === 0
      ? `${label}: nothing is over`
      : `${label}: ${writePercent(Math.min(...rates))} in the worst hour`
  const shared = { label, marks, title, top: 1, hours: points, write: writePercent }
  return (
    <Plot {...shared}>
      {points.map((point, place) => {
        const rate = rateOf(point)
        return rate === undefined ? null : (
          <Bar
            kind={rate === 1 ? 'rate delivered' : 'rate exhausted'}
            place={place}
            bottom={0}
            height={rate * HEIGHT}
            hour={point.hour}
            says={`${writePercent(rate)} delivered`}
          />
        )
      })}
    </Plot>
  )
}

/** What answers took, p50 before p95, one step an hour; hours without any are gaps. */
export function LatencyChart({ times, label, marks = [] }: Labelled & { times: AnswerTimes[] }) {
  const highs = times.flatMap((one) => highOf(one) ?? [])
  const most = Math.max(2, ...highs)
  const top = roundUp(most)
  const title =
    highs.length === 0
      ? `${label}: nothing was answered`
      : `${label}: between ${writeDuration(Math.min(...highs))} and ${writeDuration(most)}`
  const legend = [<span class="p50">p50</span>, <span class="p95">p95</span>]
  const shared = { label, marks, legend, title, top, hours: times, write: writeDuration }
  return (
    <Plot {...shared}>
      {times.map((one, place) => (
        <LatencyBars times={one} place={place} top={top} />
      ))}
    </Plot>
  )
}

/** One behind the other; only a mean is known of what was counted before answers were by what they took. */
function LatencyBars({ times, place, top }: { times: AnswerTimes; place: number; top: number }) {
  const { hour, quantiles, meanMs } = times
  const high = highOf(times)
  const low = quantiles?.p50 ?? meanMs
  if (high === undefined || low === undefined) return null
  const says = quantiles ? writeQuantiles(quantiles) : `${writeDuration(low)} in the mean`
  const bar = { place, hour, says, bottom: 0 }
  return (
    <>
      {quantiles ? <Bar {...bar} kind="latency p95" height={(high / top) * HEIGHT} /> : null}
      <Bar {...bar} kind="latency" height={(low / top) * HEIGHT} />
    </>
  )
}

function highOf({ quantiles, meanMs }: AnswerTimes): number | undefined {
  return quantiles?.p95 ?? meanMs
}

function writeQuantiles({ p50, p95, p99 }: { p50: number; p95: number; p99: number }): string {
  return `p50 ${writeDuration(p50)}, p95 ${writeDuration(p95)}, p99 ${writeDuration(p99)}`
}

/** The same as the status chart, small enough for a line of a table. */
export function Sparkline({ points, label }: { points: Point[]; label: string }) {
  const most = Math.max(1, ...points.map(totalOf))
  return (
    <span class="spark">
      <Drawing hours={points} title={describe(points, label)}>
        <Columns points={points} most={most} />
      </Drawing>
    </span>
  )
}

function Columns({ points, most }: { points: Point[]; most: number }) {
  return (
    <>
      {points.map((point, place) => {
        let bottom = 0
        return STACK.map((status) => {
          const height = (point[status] / most) * HEIGHT
          bottom += height
          return height === 0 ? null : (
            <Bar
              kind={status}
              place={place}
              bottom={bottom - height}
              height={height}
              hour={point.hour}
              says={`${writeCount(point[status])} ${status}`}
            />
          )
        })
      })}
    </>
  )
}

function describe(points: Point[], label: string): string {
  const total = (status: (typeof STACK)[number]) =>
    points.reduce((count, point) => count + point[status], 0)
  return `${label}: ${STACK.map((status) => `${writeCount(total(status))} ${status}`).join(', ')}`
}

function totalOf({ delivered, pending, exhausted }: Point): number {
  return delivered + pending + exhausted
}

/** Undefined where nothing is over. What is pending has not failed. */
function rateOf({ delivered, exhausted }: Point): number | undefined {
  return delivered + exhausted === 0 ? undefined : delivered / (delivered + exhausted)
}
