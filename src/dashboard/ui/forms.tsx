// Forms that more than one page has.
import type { Child } from 'hono/jsx'

/** Overlaps on offer, in seconds. */
const OVERLAPS = [
  { seconds: 0, label: 'stops at once' },
  { seconds: 3600, label: 'signs for another hour' },
  { seconds: 86_400, label: 'signs for another day' },
  { seconds: 604_800, label: 'signs for another week' },
]

/** Asks for how long the old secret goes on. */
export function OverlapForm({ action, submit }: { action: string; submit: string }) {
  return (
    <form method="post" action={action} class="stack pad">
      <label>
        The old secret
        <select name="overlap">
          {OVERLAPS.map(({ seconds, label }) => (
            <option value={String(seconds)}>{label}</option>
          ))}
        </select>
      </label>
      <button>{submit}</button>
    </form>
  )
}

/** The second question before something that cannot be taken back. */
export function Confirm(props: { action: string; submit: string; children: Child }) {
  const { action, submit, children } = props
  return (
    <form method="post" action={action} class="stack">
      <p class="muted">{children}</p>
      <button class="danger">{submit}</button>
    </form>
  )
}
