// What can be copied: a text as it is shown, and beside it the button that takes it along.
import type { Child } from 'hono/jsx'

/** A text, and the button that copies it; `what` names it, and `children` show it where that is not by itself. */
export function Copyable(props: { what: string; text: string; children?: Child }) {
  const { what, text, children } = props
  return (
    <span class="copyable" data-copyable>
      {children === undefined ? (
        <span data-copied>{text}</span>
      ) : (
        <span data-copied data-text={text}>
          {children}
        </span>
      )}
      <CopyButton what={what} />
    </span>
  )
}

/** A longer text to copy: whole in the page, one click where scripts run. */
export function CopyBlock({ id, label, text }: { id: string; label: string; text: string }) {
  return (
    <div class="copy-block" data-copyable>
      <div class="copy-head">
        <span>{label}</span>
        <CopyButton what={label} />
      </div>
      <pre id={id} tabindex={0} aria-label={label} role="region" data-copied>
        {text}
      </pre>
    </div>
  )
}

/** A new key or secret, on the only page that ever shows it. */
export function ShownOnce({ id, label, text }: { id: string; label: string; text: string }) {
  return (
    <section class="card once">
      <div class="card-head">
        <h2>{label}</h2>
      </div>
      <p class="pad">Copy it now: it is not shown again.</p>
      <CopyBlock id={id} label={label} text={text} />
    </section>
  )
}

/** Copies what is `data-copied` of the `data-copyable` that it is in; without scripts it does not show. */
export function CopyButton({ what }: { what: string }) {
  return (
    <button
      type="button"
      class="quiet small needs-js"
      aria-label={`Copy ${what}`}
      title={`Copy ${what}`}
      data-copy={what}
    >
      <span class="word">Copy</span>
    </button>
  )
}

/** Where it is said that something was copied, or why not; once on each page. */
export function CopyNews() {
  return <div id="copy-news" role="status"></div>
}
