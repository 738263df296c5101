// Virtual time: events in order, each run to where nothing moves without the next one.
import type { Restore } from './backend.ts'

/** When a simulation begins: half a minute after cron ticked. */
export const START = Date.parse('2026-11-23T12:00:30Z')

type Event = { at: number; order: number; isPlanned: boolean; run: () => void | Promise<void> }

/** Runs events by time; among equals, first come first served, or by chance. */
export class Clock {
  now = START
  readonly #idle: () => Promise<void>
  readonly #tieBreak: (() => number) | undefined
  #events: Event[] = []
  #count = 0
  /** Events that are not planned. */
  #pending = 0

  /** `idle` waits until every promise that can settle has; `tieBreak` shuffles what is due at once. */
  constructor(idle: () => Promise<void>, tieBreak?: () => number) {
    this.#idle = idle
    this.#tieBreak = tieBreak
  }

  /** Runs something once: the rest of what is under way. */
  after(ms: number, run: () => void | Promise<void>): void {
    this.#pending += 1
    this.#add(ms, false, run)
  }

  /** Runs something that begins then: all it needs it finds in the world, so it can be run again. */
  plan(ms: number, run: () => void | Promise<void>): void {
    this.#add(ms, true, run)
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

  /** Waits until nothing moves without the next event; true when nothing is under way then, either. */
  async rest(): Promise<boolean> {
    await this.#idle()
    return this.#pending === 0
  }

  /** Runs the next event; false when there is none. */
  async step(): Promise<boolean> {
    const event = this.#events.pop()
    if (!event) return false
    if (!event.isPlanned) this.#pending -= 1
    this.now = event.at
    await event.run()
    return true
  }

  /** Only for when nothing is under way. */
  save(): Restore {
    const [now, events, count] = [this.now, [...this.#events], this.#count]
    return () => {
      this.now = now
      this.#events = [...events]
      this.#count = count
      this.#pending = 0
    }
  }

  #add(ms: number, isPlanned: boolean, run: Event['run']): void {
    this.#count += 1
    const order = this.#tieBreak ? this.#tieBreak() : this.#count
    // Whole ms, as clocks tell them: a part of one would be no INTEGER.
    const event = { at: this.now + Math.round(ms), order, isPlanned, run }
    let place = this.#events.length
    while (place > 0 && isBefore(this.#events[place - 1], event)) place -= 1
    this.#events.splice(place, 0, event)
  }
}

/** The next event is the last of the list, so that it can be popped. */
function isBefore(a: Event | undefined, b: Event): boolean {
  return a !== undefined && (a.at < b.at || (a.at === b.at && a.order < b.order))
}
