// The body: readable, raw, and as a command line.
import { DELIVERIES } from '../context.ts'
import { CopyBlock, CopyButton } from '../ui/copy.tsx'
import { Time, writeCount } from '../ui/parts.tsx'
import { findUnlaid, prettify, tokenize } from '../ui/json-text.ts'

/** Characters of a body that a page shows; the whole of it is a link away. */
const MAX_SHOWN = 64 * 1024

/** The body as it is sent on every attempt; `curl` sends it, freshly signed. */
export function BodyView(props: { id: string; body: string; curl: string | undefined }) {
  const { id, body, curl } = props
  const bytes = new TextEncoder().encode(body).length
  const isLong = body.length > MAX_SHOWN
  const shown = isLong ? `${body.slice(0, MAX_SHOWN)}…` : body
  const unlaid = findUnlaid(body)
  return (
    <section class="card" aria-labelledby="body" data-copyable>
      <div class="card-head">
        <h2 id="body">Body</h2>
        <span class="muted small">
          {writeCount(bytes)} bytes, <a href={`${DELIVERIES}/${id}/body`}>download</a>
          <CopyButton what={isLong ? 'first 64 KB of the body' : 'body, laid out'} />
        </span>
      </div>
      {unlaid === undefined ? null : (
        <p class="muted small pad">
          Shown as it is sent, not laid out: {unlaid}.
          {isLong ? ' These are its first 64 KB; the download has all of it.' : null}
        </p>
      )}
      <pre class="json" tabindex={0} role="region" aria-label="Body, laid out" data-copied>
        {tokenize(prettify(shown)).map(({ kind, text }) =>
          kind === undefined ? text : <span class={kind}>{text}</span>,
        )}
      </pre>
      <details class="fold">
        <summary>Raw, as it is sent and signed</summary>
        <CopyBlock id="raw-body" label="Body" text={shown} />
      </details>
      {curl === undefined || isLong ? null : (
        <details class="fold">
          <summary>As curl, signed for the next five minutes</summary>
          <CopyBlock id="curl" label="Command" text={curl} />
        </details>
      )}
    </section>
  )
}

/** In the place of the body, and of all that is worked out of it. */
export function NoBody({ deletedAt }: { deletedAt: number }) {
  return (
    <section class="card" aria-labelledby="body">
      <div class="card-head">
        <h2 id="body">Body</h2>
      </div>
      <p class="muted pad">
        Its payload was deleted, <Time at={deletedAt} style="full" />. So there is no body to show,
        no signature to work out and no command to send it with. What its attempts came to stays
        above.
      </p>
    </section>
  )
}
