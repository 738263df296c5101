// How long something takes, or is still to come, in words for a person.

/** A duration in ms for a person, to two units: `840 ms`, `2.1 s`, `5 min 3 s`, `1 d 2 h`. */
export function writeDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  return writeSeconds(Math.round(ms / 1000))
}

/**
 * How far off something is that comes in `ms`, in whole seconds: `in 5 min 3 s`, `now`. Where scripts run they go on
 * in the same words, and write seconds as `writeSeconds` does: a test compares.
 */
export function writeUntil(ms: number): string {
  return ms <= 0 ? 'now' : `in ${writeSeconds(Math.ceil(ms / 1000))}`
}

/** Whole seconds, from 1, to two units: `5 min 3 s`. */
export function writeSeconds(s: number): string {
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
