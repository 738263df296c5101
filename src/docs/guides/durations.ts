// Durations in words.

const UNITS: [ms: number, name: string][] = [
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
]

/** In the largest unit that it is a whole number of. */
export function inWords(durationMs: number): string {
  const [unitMs, name] = UNITS.find(([ms]) => durationMs >= ms && durationMs % ms === 0) ?? [
    1,
    'millisecond',
  ]
  const count = durationMs / unitMs
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
