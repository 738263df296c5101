// Two attempts compared: what was sent, and what came back.
import type { NumberedEntry } from '../../delivery/attempt/log.ts'
import { writeDuration } from '../ui/durations.ts'
import { Time } from '../ui/parts.tsx'
import { describeTrigger } from './attempt.tsx'
import { diffLines } from './diff.ts'
import { coverSecrets } from './shown-headers.ts'

type Pair = { left: NumberedEntry; right: NumberedEntry }

/** Members that are shown as more than text: what came of it in its colour, an instant in the page's zone. */
const RESULT = 'Result'
const STARTED = 'Started'

type Compared = { log: NumberedEntry[]; a: number; b: number }

/** The choice of two attempts, by number, and their difference. */
export function Compare({ log, a, b }: Compared) {
  const [left, right] = [log[a - 1], log[b - 1]]
  return (
    <section class="card" id="compare">
      <div class="card-head">
        <h2>Compare attempts</h2>
        <form method="get" action="#compare" class="inline" data-autosubmit>
          <Choice name="a" label="First attempt" log={log} value={a} />
          <span class="muted">with</span>
          <Choice name="b" label="Second attempt" log={log} value={b} />
          <button class="small no-js">Compare</button>
        </form>
      </div>
      {left && right ? <Difference left={left} right={right} /> : null}
    </section>
  )
}

function Choice(props: { name: string; label: string; log: NumberedEntry[]; value: number }) {
  const { name, label, log, value } = props
  return (
    <select name={name} aria-label={label}>
      {log.map(({ number }) => (
        <option value={String(number)} selected={number === value}>
          Attempt {number}
        </option>
      ))}
    </select>
  )
}

function Difference({ left, right }: Pair) {
  const rows = [
    ...summaryRows(left, right),
    ...headerRows('Request', left.request?.headers, right.request?.headers),
    ...headerRows('Response', left.response?.headers, right.response?.headers),
  ]
  const changed = rows.filter(({ a, b }) => a !== b)
  return (
    <>
      <table class="rows diff" aria-label="Difference">
        <thead>
          <tr>
            <th>What</th>
            <th>Attempt {left.number}</th>
            <th>Attempt {right.number}</th>
          </tr>
        </thead>
        <tbody>
          {changed.map((row) => (
            <tr>
              <th scope="row" class="cell-name">
                {row.name}
              </th>
              <Side name={row.name} value={row.a} of={left} />
              <Side name={row.name} value={row.b} of={right} />
            </tr>
          ))}
        </tbody>
      </table>
      <p class="muted small pad">{rows.length - changed.length} other members are the same.</p>
      <BodyDifference a={left.response?.body ?? ''} b={right.response?.body ?? ''} />
    </>
  )
}

function Side({ name, value, of }: { name: string; value: string; of: NumberedEntry }) {
  return (
    <td class={name === RESULT ? colourOf(of) : undefined} data-name={`Attempt ${of.number}`}>
      {name === STARTED ? <Time at={Date.parse(value)} style="full" /> : value}
    </td>
  )
}

/** Of what came of it: which is the older of the two has no colour. */
function colourOf({ error }: NumberedEntry): 'ok-text' | 'bad-text' {
  return error ? 'bad-text' : 'ok-text'
}

function BodyDifference({ a, b }: { a: string; b: string }) {
  if (a === b) return <p class="muted small pad">The response bodies are the same.</p>
  const signs = { same: ' ', removed: '-', added: '+' }
  return (
    <pre class="diff-lines" tabindex={0} role="region" aria-label="Difference of response bodies">
      {diffLines(a, b).map(({ kind, text }) => (
        <span class={kind}>{`${signs[kind]} ${text}\n`}</span>
      ))}
    </pre>
  )
}

type Row = { name: string; a: string; b: string }

function summaryRows(left: NumberedEntry, right: NumberedEntry): Row[] {
  const [a, b] = [summarize(left), summarize(right)]
  return Object.entries(a).map(([name, value]) => ({
    name,
    a: value,
    // Both were made with the same names.
    b: b[name as keyof typeof b],
  }))
}

function summarize(entry: NumberedEntry) {
  return {
    [RESULT]: entry.error?.message ?? 'delivered',
    Status: entry.response ? String(entry.response.status) : '–',
    Trigger: describeTrigger(entry),
    [STARTED]: entry.started_at,
    Duration: writeDuration(entry.duration_ms),
    'To the headers': entry.headers_ms === null ? '–' : writeDuration(entry.headers_ms),
  }
}

type Headers = Record<string, string> | undefined

function headerRows(side: string, left: Headers, right: Headers): Row[] {
  // A receiver names its headers: one may be called as what every object has.
  const [a, b] = [new Map(coverSecrets(left ?? {})), new Map(coverSecrets(right ?? {}))]
  return [...new Set([...a.keys(), ...b.keys()])].map((name) => ({
    name: `${side} ${name}`,
    a: a.get(name) ?? '–',
    b: b.get(name) ?? '–',
  }))
}
