// Ranges of time as forms and URLs have them.

const HOUR_MS = 3_600_000

/** The last instant that is written with four digits of a year, in Unix ms: what a row has may be impossible. */
const LAST_MS = Date.parse('9999-12-31T23:59:59Z')

/** The ranges of time on offer, in ms back from now. */
export const RANGES = [
  { name: '1h', label: 'Last hour', ms: HOUR_MS },
  { name: '24h', label: 'Last 24 hours', ms: 24 * HOUR_MS },
  { name: '7d', label: 'Last 7 days', ms: 7 * 24 * HOUR_MS },
] as const

/** Whether it is an instant as a field has it: `2026-11-23T12:00`, in UTC. */
export function isInstant(text: string): boolean {
  return !Number.isNaN(Date.parse(`${text}Z`))
}

/** The instant in Unix ms, undefined for an empty text. */
export function instantOf(text: string): number | undefined {
  return text === '' ? undefined : Date.parse(`${text}Z`)
}

/** An instant (Unix ms) as a field has it, to the second before it. */
export function writeInstant(at: number): string {
  return new Date(Math.min(Math.max(at, 0), LAST_MS)).toISOString().slice(0, 19)
}
