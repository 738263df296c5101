// Virtual time: events in order, each run to where nothing moves without the next one.

/** When a simulation begins: half a minute after cron ticked. */
export const START = Date.parse('2026-11-23T12:00:30Z')

type Event = { at: number; order: number; run: () => void | Promise<void> }

/** Runs events by time; among equals, first come first served, or by chance. */
export class Clock {
  now = START
  readonly #idle: () => Promise<void>
  readonly #tieBreak: (() => number) | undefined
  readonly #events: Event[] = []
  #count = 0

  /** `idle` waits until every promise that can settle has; `tieBreak` shuffles what is due at once. */
  constructor(idle: () => Promise<void>, tieBreak?: () => number) {
    this.#idle = idle
    this.#tieBreak = tieBreak
  }

  after(ms: number, run: () => void | Promise<void>): void {
    this.#count += 1
    const order = this.#tieBreak ? this.#tieBreak() : this.#count
    // Whole ms, as clocks tell them: a part of one would be no INTEGER.
    const event = { at: this.now + Math.round(ms), order, run }
    let place = this.#events.length
    while (place > 0 && isBefore(this.#events[place - 1], event)) place -= 1
    this.#events.splice(place, 0, event)
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve)
    })
  }

  /** When the next event is; Infinity when there is none. */
  nextAt(): number {
    return this.#events.at(-1)?.at ?? Infinity
  }

  /** Runs the next event, when nothing moves without it; false when there is none. */
  async step(): Promise<boolean> {
    await this.#idle()
    const event = this.#events.pop()
    if (!event) return false
    this.now = event.at
    await event.run()
    return true
  }
}

/** The next event is the last of the list, so that it can be popped. */
function isBefore(a: Event | undefined, b: Event): boolean {
  return a !== undefined && (a.at < b.at || (a.at === b.at && a.order < b.order))
}
