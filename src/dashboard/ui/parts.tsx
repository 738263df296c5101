// The small pieces that pages are made of.
import type { Child } from 'hono/jsx'

/** An instant in Unix ms: UTC in the page and on hover, the reader's own zone where scripts run. */
export function Time({ at, style = 'short' }: { at: number; style?: 'full' | 'short' | 'minute' }) {
  const iso = toIso(at)
  if (iso === undefined) return <span>at no possible time</span>
  return (
    <time datetime={iso} title={writeUtc(iso)} data-style={style}>
      {writeUtc(iso)}
    </time>
  )
}

/** The time until an instant, counted down where scripts run. */
export function Countdown({ at, now }: { at: number; now: number }) {
  const iso = toIso(at)
  if (iso === undefined) return <span>at no possible time</span>
  return (
    <time datetime={iso} title={writeUtc(iso)} data-style="until">
      {at <= now ? 'now' : `in ${writeDuration(at - now)}`}
    </time>
  )
}

/** A duration in ms for a person, to two units: `840 ms`, `2.1 s`, `5 min 3 s`, `1 d 2 h`. */
export function writeDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  const s = Math.round(ms / 1000)
  const parts: [count: number, unit: string][] = [
    [Math.floor(s / 86_400), 'd'],
    [Math.floor(s / 3600) % 24, 'h'],
    [Math.floor(s / 60) % 60, 'min'],
    [s % 60, 's'],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0)
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ')
}

/** How a person tells an endpoint from the others: its description, or else where it leads. */
export function nameOf({ description, url }: { description: string | null; url: string }): string {
  return description || url.replace(/^https?:\/\//, '')
}

/** The name of a page, and what goes beside it. */
export function PageHead({ title, children }: { title: string; children?: Child }) {
  return (
    <div class="page-head">
      <h1>{title}</h1>
      {children}
    </div>
  )
}

/** A word with a dot in the colour of its kind; the word says all that the colour does. */
export function Badge({ kind, children }: { kind: BadgeKind; children: Child }) {
  return <span class={`badge ${kind}`}>{children}</span>
}

/** The kinds of badges. */
export type BadgeKind = 'ok' | 'bad' | 'wait' | 'plain'

/** A message on top of a page: what was done, or why not. */
export function Notice({ kind, children }: { kind: 'ok' | 'bad' | 'wait'; children: Child }) {
  return (
    <div class={`notice ${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
      {children}
    </div>
  )
}

/** A text to copy: whole in the page, one click where scripts run. */
export function CopyBlock({ id, label, text }: { id: string; label: string; text: string }) {
  return (
    <div class="copy-block">
      <div class="copy-head">
        <span>{label}</span>
        <CopyButton of={id} />
      </div>
      <pre id={id} tabindex={0} aria-label={label} role="region">
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

/** The button that copies another element's text; without scripts it does not show. */
export function CopyButton({ of }: { of: string }) {
  return (
    <button type="button" class="quiet small needs-js" data-copy={of}>
      Copy
    </button>
  )
}

/** What to say where there is nothing yet, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: Child }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  )
}

/** Undefined for what is no instant of the years 0 to 9999, as a bad row may have it. */
function toIso(at: number): string | undefined {
  const date = new Date(at)
  const iso = Number.isNaN(date.getTime()) ? '' : date.toISOString()
  return /^\d{4}-/.test(iso) ? iso : undefined
}

/** `2026-11-23 12:00:05 UTC` */
function writeUtc(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
}
