// What the service counts: series by name and labels, kept in an isolate until they are written down.

/** What only grows, by its name without the prefix that /admin/metrics gives it; and what it counts. */
export const COUNTERS = {
  events_accepted_total: 'Events that were accepted.',
  deliveries_accepted_total: 'Deliveries that were made for accepted events.',
  attempts_total: 'Attempts that ended, by what came of them.',
  attempts_superseded_total:
    'Attempts that ended after something else had happened to their delivery.',
  delivery_transitions_total: 'Deliveries that changed, from what, to what and by what.',
  endpoint_transitions_total: 'Endpoints that changed, from what, to what and by what.',
  enqueue_failures_total: 'Messages that a queue did not take; the sweep sends them later.',
  jobs_failed_total: 'Runs of a recurring job that failed.',
  retention_bounds_reached_total: 'Runs of the retention that left some for the next.',
  d1_round_trips_total: 'Calls of the database, by the first statement that writes, or the first.',
  d1_rows_read_total: 'Rows read, where the database says so, by statement.',
  d1_rows_written_total: 'Rows written, where the database says so, by statement.',
  d1_failures_total: 'Calls of the database that failed after all repetitions.',
} as const

/** A name of COUNTERS. */
export type Counter = keyof typeof COUNTERS

/** Values by the names of labels, in the order in which they are written. */
export type Labels = Readonly<Record<string, string>>

/** What was counted, and how many messages waited in each lane's queue when it last said so. */
export type Taken = { counts: Record<string, number>; depths: Record<string, number> }

/** The series of durations, in ms: how many ended by each bound, and the sum of all. */
export const DURATION = { bucket: 'attempt_duration_bucket', sum: 'attempt_duration_ms' } as const

/** Upper bounds of the durations' buckets, in seconds; the last has none. */
export const BOUNDS_S = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, Infinity] as const

/** A series as its text: `name{label="value"}`, as Prometheus writes one. */
export function seriesOf(name: string, labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`)
  return pairs.length > 0 ? `${name}{${pairs.join(',')}}` : name
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

/** A bound as a label has it. */
export function boundOf(seconds: number): string {
  return seconds === Infinity ? '+Inf' : String(seconds)
}

/** The counters of an isolate, from its start or from when they were last taken. */
export class Meters {
  /** Unix ms; 0: they never were. */
  takenAt = 0
  #counts = new Map<string, number>()
  #depths = new Map<string, number>()
  #hasNews = false

  /** Whether more was counted than what calls of the database cost: those who look for work make some each minute. */
  get hasNews(): boolean {
    return this.#hasNews
  }

  /** Adds to a series. */
  count(name: Counter, labels?: Labels, by = 1): void {
    this.#add(seriesOf(name, labels), by)
    this.#hasNews ||= by > 0 && !name.startsWith('d1_')
  }

  /** Notes how long an attempt took. */
  time(ms: number): void {
    const bound = BOUNDS_S.find((seconds) => ms <= seconds * 1000) ?? Infinity
    this.#add(seriesOf(DURATION.bucket, { le: boundOf(bound) }), 1)
    this.#add(DURATION.sum, ms)
  }

  /** Notes how many messages wait in a lane's queue. */
  depth(lane: string, messages: number): void {
    this.#depths.set(lane, messages)
  }

  /** All that was counted since, at an instant from which it is counted anew. */
  take(now: number): Taken {
    const taken = {
      counts: Object.fromEntries(this.#counts),
      depths: Object.fromEntries(this.#depths),
    }
    this.#counts.clear()
    this.#depths.clear()
    this.#hasNews = false
    this.takenAt = now
    return taken
  }

  #add(series: string, by: number): void {
    this.#counts.set(series, (this.#counts.get(series) ?? 0) + by)
  }
}
