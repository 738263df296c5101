// Charts, drawn here as SVG: no script, no inline style, readable without seeing them.
import { Time, writeDuration } from './parts.tsx'
import { HOUR_MS, type Point } from './series.ts'

/** The drawing's own units: each hour is one column, whatever the width on the screen. */
const COLUMN = 10
const HEIGHT = 100

const STACK = ['delivered', 'pending', 'exhausted'] as const

/** Deliveries by their present status, one column an hour. */
export function StatusChart({ points, label }: { points: Point[]; label: string }) {
  const most = Math.max(1, ...points.map(totalOf))
  return (
    <figure class="chart">
      <figcaption class="chart-head">
        <span>{label}</span>
        <span class="legend">
          {STACK.map((status) => (
            <span class={status}>{status}</span>
          ))}
        </span>
      </figcaption>
      <div class="plot">
        <span class="most">{most}</span>
        <Columns points={points} most={most} title={describe(points, label)} />
      </div>
      <Axis points={points} />
    </figure>
  )
}

/** The mean time to an answer, one step an hour; hours without any are gaps. */
export function LatencyChart({ points, label }: { points: Point[]; label: string }) {
  const most = Math.max(1, ...points.map(({ meanMs = 0 }) => meanMs))
  const timed = points.flatMap(({ meanMs }) => meanMs ?? [])
  const title =
    timed.length === 0
      ? `${label}: nothing was answered`
      : `${label}: between ${writeDuration(Math.min(...timed))} and ${writeDuration(most)}`
  return (
    <figure class="chart">
      <figcaption class="chart-head">
        <span>{label}</span>
      </figcaption>
      <div class="plot">
        <span class="most">{timed.length === 0 ? '–' : writeDuration(most)}</span>
        <svg {...frame(points, title)}>
          {points.map(({ hour, meanMs }, place) =>
            meanMs === undefined ? null : (
              <Bar kind="latency" place={place} bottom={0} height={(meanMs / most) * HEIGHT}>
                {`${hourOf(hour)}: ${writeDuration(meanMs)}`}
              </Bar>
            ),
          )}
        </svg>
      </div>
      <Axis points={points} />
    </figure>
  )
}

/** The same as the status chart, small enough for a line of a table. */
export function Sparkline({ points, label }: { points: Point[]; label: string }) {
  const most = Math.max(1, ...points.map(totalOf))
  return (
    <span class="spark">
      <Columns points={points} most={most} title={describe(points, label)} />
    </span>
  )
}

function Columns({ points, most, title }: { points: Point[]; most: number; title: string }) {
  return (
    <svg {...frame(points, title)}>
      {points.map((point, place) => {
        let bottom = 0
        return STACK.map((status) => {
          const height = (point[status] / most) * HEIGHT
          bottom += height
          return height === 0 ? null : (
            <Bar kind={status} place={place} bottom={bottom - height} height={height}>
              {`${hourOf(point.hour)}: ${point[status]} ${status}`}
            </Bar>
          )
        })
      })}
    </svg>
  )
}

/** A bar and its words on hover; the least there is stays visible. */
function Bar(props: {
  kind: string
  place: number
  bottom: number
  height: number
  children: string
}) {
  const { kind, place, bottom, children } = props
  const height = Math.max(props.height, 2)
  return (
    <rect
      class={kind}
      x={place * COLUMN + 1}
      y={round(HEIGHT - bottom - height)}
      width={COLUMN - 2}
      height={round(height)}
    >
      <title>{children}</title>
    </rect>
  )
}

function Axis({ points }: { points: Point[] }) {
  const [first] = points
  if (!first) return null
  return (
    <div class="axis">
      <Time at={first.hour * HOUR_MS} style="minute" />
      <span>now</span>
    </div>
  )
}

function frame(points: Point[], title: string) {
  return {
    viewBox: `0 0 ${points.length * COLUMN} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': title,
  }
}

function describe(points: Point[], label: string): string {
  const total = (status: (typeof STACK)[number]) =>
    points.reduce((count, point) => count + point[status], 0)
  return `${label}: ${STACK.map((status) => `${total(status)} ${status}`).join(', ')}`
}

function totalOf({ delivered, pending, exhausted }: Point): number {
  return delivered + pending + exhausted
}

function hourOf(hour: number): string {
  return `${new Date(hour * HOUR_MS).toISOString().slice(5, 16).replace('T', ' ')} UTC`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
