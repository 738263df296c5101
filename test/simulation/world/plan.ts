// What a schedule has in store for each call: its fault, and the steps that go first.
import type { Schedule } from '../schedules/schedule.ts'

/** A schedule, by the names of its calls. */
export class Plan {
  readonly #rest: string
  readonly #faults = new Map<string, string>()
  readonly #patterns: [pattern: RegExp, kind: string][] = []
  readonly #steps: Map<number | string, number[]>

  constructor(schedule: Schedule) {
    const { steps, faults } = schedule
    const named = steps.map((step) => (typeof step.at === 'string' ? { ...step, at: '' } : step))
    this.#rest = JSON.stringify({ ...schedule, steps: named, faults: [] })
    this.#steps = Map.groupBy(steps.keys(), (index) => steps[index]?.at ?? '')
    for (const { call, kind } of faults) {
      if (!call.includes('*')) this.#faults.set(call, kind)
      else this.#patterns.push([new RegExp(`^${call.replaceAll('*', '[0-9]+')}$`), kind])
    }
  }

  /** The fault of a call. */
  faultAt(call: string): string | undefined {
    return this.#faults.get(call) ?? this.#patterns.find(([one]) => one.test(call))?.[1]
  }

  /** The steps that go before a call, as places in the schedule's list. */
  stepsBefore(call: string): number[] {
    return this.#steps.get(call) ?? []
  }

  /** How many of these calls two schedules treat alike before they part; undefined: not even the start. */
  sharedCalls(other: Plan, calls: { name: string }[]): number | undefined {
    if (this.#rest !== other.#rest) return undefined
    const parting = calls.findIndex(
      ({ name }) =>
        this.faultAt(name) !== other.faultAt(name) ||
        String(this.stepsBefore(name)) !== String(other.stepsBefore(name)),
    )
    return parting === -1 ? calls.length : parting
  }
}
