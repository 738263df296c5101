// An endpoint's own headers, a line each: typed, read, shown covered. What was typed is not shown again.
import type { WantedHeaders } from '../../account/headers.ts'
import type { Endpoint } from '../../db/account/endpoints.ts'
import { isCovered, type HeaderLine } from '../../webhook/own-headers.ts'
import { Lines, FieldProblem } from '../ui/forms.tsx'

/** What a form was sent with, or why that is no list of headers. */
type ReadHeaders =
  | { lines: HeaderLine[]; problem?: undefined }
  | { lines?: undefined; problem: string }

/** Reads the field; empty lines are none. */
export function readHeaders(form: URLSearchParams): ReadHeaders {
  const texts = linesOf(form.get('headers') ?? '')
  const wrong = texts.findIndex((text) => !text.includes(':'))
  if (wrong >= 0) return { problem: `Line ${wrong + 1} is not “Name: value”.` }
  return { lines: texts.map(toLine) }
}

/** What the endpoint is to have: null for none. */
export function orNone(lines: HeaderLine[]): WantedHeaders {
  return lines.length === 0 ? null : lines
}

/** What was typed, without the values: they are secrets, and have to be typed again. */
export function withoutValues(form: URLSearchParams): string {
  const lines = linesOf(form.get('headers') ?? '').filter((text) => text.includes(':'))
  return lines
    .map(toLine)
    .map(([name, value]) => `${name}: ${isCovered(value) ? value : ''}`)
    .join('\n')
}

/** How an endpoint's are shown, a line each. */
export function shownOf({ headersShown }: Pick<Endpoint, 'headersShown'>): string {
  return (headersShown ?? []).join('\n')
}

function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

function toLine(text: string): HeaderLine {
  const colon = text.indexOf(':')
  return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()]
}

/** The field; what stands in it is kept in no draft. */
export function HeadersField({ text, problem }: { text: string; problem?: string | undefined }) {
  return (
    <Lines
      label="Headers"
      name="headers"
      rows={3}
      text={text}
      problem={problem}
      autocomplete="off"
      data-secret
      placeholder="Authorization: Bearer …"
    >
      <span class="muted small" id="headers-hint">
        A line each, up to ten. They go along to this URL’s scheme, host and port alone, are stored
        encrypted, and are never shown in full again.
      </span>
      <FieldProblem of="headers" text={problem} />
    </Lines>
  )
}

/** The endpoint's, with what to do about them. */
export function HeadersCard(props: { path: string; text: string; problem?: string | undefined }) {
  const { path, text, problem } = props
  return (
    <section class="card" aria-labelledby="headers">
      <div class="card-head">
        <h2 id="headers">Headers of its own</h2>
      </div>
      <form method="post" action={`${path}/headers`} class="stack pad">
        <HeadersField text={text} problem={problem} />
        <p class="muted small">
          A value that is left as it is shown stays. A line that is taken out takes its header away.
        </p>
        <button class="primary">Save the headers</button>
      </form>
    </section>
  )
}
