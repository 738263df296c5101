// The small pieces that pages are made of.
import type { Child } from 'hono/jsx'
import { SYSTEM } from '../../db/audit.ts'
import { linkOf } from '../../db/openers.ts'
import { LISTEN_URL } from '../../db/words.ts'
import { Copyable } from './copy.tsx'
import { writeUntil } from './durations.ts'
import { may } from './may.tsx'

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

/** The name of the zone that the page's times are in: UTC, and the reader's own where scripts run. */
export function ZoneName() {
  return <span data-zone>UTC</span>
}

/**
 * A field for an instant, to the second. It is sent in UTC, and shown in the page's zone; without
 * `autocomplete="off"` a browser that goes back fills in what it showed, in whatever zone that was.
 */
export function InstantField({
  label,
  name,
  value,
}: {
  label: string
  name: string
  value: string
}) {
  return (
    <label>
      {label} (<ZoneName />)
      <input
        type="datetime-local"
        name={name}
        value={value}
        step="1"
        autocomplete="off"
        data-instant
      />
    </label>
  )
}

/** The time until an instant, counted down where scripts run. */
export function Countdown({ at, now }: { at: number; now: number }) {
  const iso = toIso(at)
  if (iso === undefined) return <span>at no possible time</span>
  return (
    <time datetime={iso} title={writeUtc(iso)} data-style="until">
      {writeUntil(at - now)}
    </time>
  )
}

/** A count as a person reads it: `12,480`. */
export function writeCount(count: number): string {
  return count.toLocaleString('en')
}

/** How a person tells an endpoint from the others: its description, or else where it leads. */
export function nameOf({ description, url }: { description: string | null; url: string }): string {
  return description || writeUrl(url).replace(/^https?:\/\//, '')
}

/** A URL, or what there is in its place where nothing is sent to. */
export function writeUrl(url: string): string {
  return url === LISTEN_URL ? 'listens on the command line' : url
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

/** One of the `figures`: a number with its name, and what is to be known beside it. */
export function Figure({ name, note, children }: { name: string; note: Child; children: Child }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd class="value">{children}</dd>
      <dd class="sub">{note}</dd>
    </div>
  )
}

/** A word with a dot in the colour of its kind; the word says all that the colour does. */
export function Badge({ kind, children }: { kind: BadgeKind; children: Child }) {
  return <span class={`badge ${kind}`}>{children}</span>
}

/** The kinds of badges. */
export type BadgeKind = 'ok' | 'bad' | 'wait' | 'plain'

/** The end of an id, by which it is told apart where there is no room for all of it. */
export function EndOfId({ id }: { id: string }) {
  return <code title={id}>…{id.slice(-12)}</code>
}

/** Who did it, as the audit log names them. */
export function Who({ actor }: { actor: string }) {
  if (actor === 'admin') return <>The operator</>
  if (actor.startsWith('admin:')) return <>The operator ({actor.slice('admin:'.length)})</>
  if (actor === SYSTEM) return <>The service itself</>
  const linkId = linkOf(actor)
  if (linkId !== undefined) {
    return (
      <>
        Portal link{' '}
        <Copyable what="link id" text={linkId}>
          <EndOfId id={linkId} />
        </Copyable>
      </>
    )
  }
  const keyId = actor.replace(/^dashboard:/, '')
  // Keys are not named to who has come by a link.
  if (!may('manage')) return <>Somebody with a key</>
  return (
    <>
      Key{' '}
      <Copyable what="key id" text={keyId}>
        <code>{keyId}</code>
      </Copyable>
      {keyId === actor ? null : <span class="sub">in the dashboard</span>}
    </>
  )
}

/** A message on top of a page: what was done, or why not. */
export function Notice({ kind, children }: { kind: 'ok' | 'bad' | 'wait'; children: Child }) {
  return (
    <div class={`notice ${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
      {children}
    </div>
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
