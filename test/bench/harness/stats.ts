// Percentiles, and how a figure is printed.

/** The value that so many percent of the samples do not exceed; NaN of no samples. */
export function percentile(samples: number[], percent: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN
}

/** Half of the samples, nearly all, and all but one in a hundred; in the samples' unit. */
export type Spread = { p50: number; p95: number; p99: number }

/** The three percentiles that a latency is told by. */
export function spreadOf(samples: number[]): Spread {
  const [p50 = 0, p95 = 0, p99 = 0] = [50, 95, 99].map((percent) => percentile(samples, percent))
  return { p50, p95, p99 }
}

/** A percentile of each of so many equal parts, in their order: how much it differs by itself. */
export function inRounds(samples: number[], percent: number, rounds = 4): number[] {
  const size = Math.ceil(samples.length / rounds)
  return Array.from({ length: rounds }, (_, round_) =>
    percentile(samples.slice(round_ * size, (round_ + 1) * size), percent),
  )
}

/** Three significant digits, but never fewer than the whole number: 0.123, 45.6, 1234. */
export function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))
}
