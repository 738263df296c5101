// Runs schedules, checks each against every invariant, and keeps count.
import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { check, invariants, type Violation } from './checks/invariants.ts'
import { tameGlobals, type Hmac } from './outside/chance.ts'
import { explore, type Part } from './schedules/explore.ts'
import type { Flow } from './schedules/flow.ts'
import { histories, unfold } from './schedules/histories.ts'
import { formatSchedule, type Schedule } from './schedules/schedule.ts'
import { openSqlites } from './sqlite-d1.ts'
import { Trail } from './trail.ts'
import { Runs, type Run } from './world/run.ts'

/** A schedule that violated invariants, as `--replay` takes it. */
export type Finding = { schedule: string; violations: Violation[] }

/** A tester with a database of its own. Until it is released, the globals of the process are tame. */
export class Tester {
  schedules = 0
  faults = 0
  readonly findings: Finding[] = []
  readonly #startedWith = process.cpuUsage()
  readonly #runs = new Runs(new Trail(openSqlites()), idle)
  readonly #checks = invariants(hmac)

  /** Gives the process its own chance and time back. */
  readonly release = tameGlobals(hmac)

  /** Runs a schedule and notes what it violates. */
  async try(schedule: Schedule): Promise<{ run: Run; violations: Violation[] }> {
    const run = await this.#runs.run(schedule)
    const violations = check(run, this.#checks)
    this.schedules += 1
    this.faults += run.history.faults
    if (violations.length > 0)
      this.findings.push({ schedule: formatSchedule(schedule), violations })
    return { run, violations }
  }

  /**
   * Tries a flow with every fault at every call, up to so many at once; `isEnough` ends it early. Gives
   * back how many schedules there are with one fault more.
   */
  exhaust(flow: Flow, faults: number, isEnough = () => false, part?: Part): Promise<number> {
    const tryOut = async (schedule: Schedule): Promise<Run | undefined> =>
      isEnough() ? undefined : (await this.try(schedule)).run
    return explore(flow, faults, tryOut, part)
  }

  /** Tries so many histories by chance; of one that violates something, ever shorter ones. */
  async wander(seed: number, count: number, isEnough: () => boolean = () => false): Promise<void> {
    const property = fc.asyncProperty(histories, async (history) => {
      const before = this.findings.length
      await unfold(history, async (schedule) => {
        const isOver = isEnough() || this.findings.length > before
        return isOver ? undefined : (await this.try(schedule)).run
      })
      return this.findings.length === before
    })
    await fc.check(property, { seed, numRuns: count })
  }

  /** What was done, in one line. */
  summary(): string {
    const { length } = Object.keys(this.#checks)
    const [schedules, faults] = [this.schedules, this.faults].map((one) => one.toLocaleString('en'))
    const counts = `${schedules} schedules, ${faults} faults injected`
    const { user, system } = process.cpuUsage(this.#startedWith)
    const rate = Math.round(this.schedules / ((user + system) / 1e6))
    const checked = `${length} invariants checked on each, ${this.findings.length} violations`
    return `${counts}, ${checked}, ${rate} schedules a second of CPU`
  }

  /** The shortest schedule against each violated invariant, ready to be replayed. */
  report(): string[] {
    const shortest = new Map<string, { schedule: string; detail: string }>()
    for (const { schedule, violations } of this.findings) {
      for (const { invariant, detail } of violations) {
        const known = shortest.get(invariant)
        const isShorter = !known || schedule.length < known.schedule.length
        if (isShorter) shortest.set(invariant, { schedule, detail })
      }
    }
    return [...shortest].map(
      ([invariant, { schedule, detail }]) =>
        `${invariant}: ${detail}\n    npm run simulate -- --replay '${schedule}'`,
    )
  }
}

/** Microtasks are all that moves in a run, and they are over before the next turn of the loop. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve)
  })
}

/** Runs that begin alike sign the same; so many digests are remembered at once. */
const MOST_DIGESTS = 10_000

const digests = new Map<string, ReturnType<Hmac>>()

function hmac(key: Uint8Array, message: Uint8Array): ReturnType<Hmac> {
  const name = Buffer.concat([key, message]).toString('latin1')
  let digest = digests.get(name)
  if (digest) return digest
  digest = createHmac('sha256', key).update(message).digest()
  if (digests.size === MOST_DIGESTS) digests.clear()
  digests.set(name, digest)
  return digest
}
