// What charts are drawn with, as SVG: bars by the hour, lines at instants, a scale and an axis.
import type { Child } from 'hono/jsx'
import { Time } from './parts.tsx'
import { HOUR_MS } from './series.ts'

/** The drawing's own units: each hour is one column, whatever the width on the screen. */
const COLUMN = 10

/** The height of a drawing. */
export const HEIGHT = 100

const DAY_HOURS = 24

/** So many lines side by side are as wide as the drawing. */
const LINES_WIDE = 300

/** What the scale of a plot may end with, by powers of ten. */
const STEPS = [1, 2, 4, 6, 8, 10]

/** The hours of a drawing, one after the other. */
export type Hours = { hour: number }[]

/** What happened at an instant (Unix ms), in words; a kind has a colour. */
export type Mark = { at: number; says: string; kind: 'bad' | 'plain' }

/** A drawing under its name; `title` says all of it to who does not see it, and `write` what its height stands for. */
export function Plot(props: {
  label: string
  legend?: Child
  hours: Hours
  marks: Mark[]
  title: string
  top: number
  write: (value: number) => string
  children: Child
}) {
  const { label, legend, hours, marks, title, top, write, children } = props
  return (
    <figure class="chart">
      <figcaption class="chart-head">
        <span>{label}</span>
        {legend === undefined ? null : <span class="legend">{legend}</span>}
      </figcaption>
      <div class="plot">
        <Scale top={top} write={write} />
        <Drawing hours={hours} title={title} marks={marks}>
          {children}
        </Drawing>
      </div>
      <Axis hours={hours} />
    </figure>
  )
}

/** The drawing alone. */
export function Drawing(props: { hours: Hours; title: string; marks?: Mark[]; children: Child }) {
  const { hours, title, marks = [], children } = props
  const from = (hours[0]?.hour ?? 0) * HOUR_MS
  const shown = marks.filter(({ at }) => at >= from && at < from + hours.length * HOUR_MS)
  const marked = shown.map(({ says }) => says).join(', ')
  return (
    <svg
      viewBox={`0 0 ${hours.length * COLUMN} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={marked === '' ? title : `${title}. Marked: ${marked}`}
    >
      {children}
      {shown.map((mark) => (
        <Line mark={mark} from={from} width={(hours.length * COLUMN) / LINES_WIDE} />
      ))}
    </svg>
  )
}

/** A bar of the hour at a place, from a height up, and what it says on hover. */
export type ShownBar = {
  kind: string
  place: number
  bottom: number
  height: number
  hour: number
  says: string
}

/** The least there is stays visible. */
export function Bar(props: ShownBar) {
  const { kind, place, bottom, hour, says } = props
  const height = Math.max(props.height, 2)
  return (
    <rect
      class={kind}
      x={place * COLUMN + 1}
      y={round(HEIGHT - bottom - height)}
      width={COLUMN - 2}
      height={round(height)}
    >
      <Tip at={hour * HOUR_MS} says={says} />
    </rect>
  )
}

function Line({ mark, from, width }: { mark: Mark; from: number; width: number }) {
  const { at, says, kind } = mark
  return (
    <rect
      class={`mark ${kind}`}
      x={round(((at - from) / HOUR_MS) * COLUMN - width / 2)}
      y={0}
      width={round(width)}
      height={HEIGHT}
    >
      <Tip at={at} says={says} />
    </rect>
  )
}

/** Words on hover, whose instant a script writes in the page's zone. */
function Tip({ at, says }: { at: number; says: string }) {
  const iso = new Date(at).toISOString()
  return (
    <title data-at={iso} data-says={says}>
      {`${iso.slice(5, 16).replace('T', ' ')} UTC: ${says}`}
    </title>
  )
}

/** What the plot's height stands for, at its lines: all of it, half, nothing. */
function Scale({ top, write }: { top: number; write: (value: number) => string }) {
  return (
    <div class="scale" aria-hidden="true">
      {[top, top / 2, 0].map((value) => (
        <span>{write(value)}</span>
      ))}
    </div>
  )
}

/** An instant at each quarter of a day, or at each day of a week. */
function Axis({ hours }: { hours: Hours }) {
  const every = hours.length > DAY_HOURS ? DAY_HOURS : DAY_HOURS / 4
  return (
    <div class={hours.length > DAY_HOURS ? 'axis days' : 'axis'}>
      {hours
        .filter((_, place) => place % every === 0)
        .map(({ hour }) => (
          <Time at={hour * HOUR_MS} style="minute" />
        ))}
      <span class="now">now</span>
    </div>
  )
}

/** The least of 1, 2, 4, 6, 8 and 10 times a power of ten that is no less: half of it is a number to read, too. */
export function roundUp(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most))
  const step = STEPS.find((one) => one * power >= most) ?? 10
  return step * power
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
