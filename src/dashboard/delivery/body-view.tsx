// The body: readable, raw, and as a command line.
import { DELIVERIES } from '../context.ts'
import { CopyBlock } from '../ui/parts.tsx'
import { prettify, tokenize } from './json-text.ts'

/** Characters of a body that a page shows; the whole of it is a link away. */
const MAX_SHOWN = 64 * 1024

/** The body as it is sent on every attempt; `curl` sends it, freshly signed. */
export function BodyView(props: { id: string; body: string; curl: string | undefined }) {
  const { id, body, curl } = props
  const bytes = new TextEncoder().encode(body).length
  const shown = body.length > MAX_SHOWN ? `${body.slice(0, MAX_SHOWN)}…` : body
  return (
    <section class="card" aria-labelledby="body">
      <div class="card-head">
        <h2 id="body">Body</h2>
        <span class="muted small">
          {bytes} bytes, <a href={`${DELIVERIES}/${id}/body`}>download</a>
        </span>
      </div>
      <pre class="json" tabindex={0} role="region" aria-label="Body, laid out">
        {tokenize(prettify(shown)).map(({ kind, text }) =>
          kind === undefined ? text : <span class={kind}>{text}</span>,
        )}
      </pre>
      <details class="fold">
        <summary>Raw, as it is sent and signed</summary>
        <CopyBlock id="raw-body" label="Body" text={shown} />
      </details>
      {curl === undefined || body.length > MAX_SHOWN ? null : (
        <details class="fold">
          <summary>As curl, signed for the next five minutes</summary>
          <CopyBlock id="curl" label="Command" text={curl} />
        </details>
      )}
    </section>
  )
}
