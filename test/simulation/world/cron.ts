// Cron: a sweep each minute, leaving out the minutes in which there is nothing for it to see.
import type { Restore } from '../outside/backend.ts'
import { LATE_TICK_MS } from './faults.ts'
import type { World } from './world.ts'

const MINUTE_MS = 60_000

/** So long ahead of its time a sweep takes a delivery. */
const LOOK_AHEAD_MS = 60_000

/** After so many a run is taken to go on forever; a poison delivery ends after 200 lapses. */
const MAX_SWEEPS = 1500

/** Ticks until nothing is left to wait for. */
export class Cron {
  /** There was work for it after MAX_SWEEPS. */
  isExhausted = false
  readonly #world: World
  #count = 0

  constructor(world: World) {
    this.#world = world
  }

  /** Plans the next tick; when there is nothing left to wait for, none. */
  async plan(): Promise<void> {
    const { clock } = this.#world
    const wantedAt = Math.min(await this.#workAt(), clock.nextAt())
    if (wantedAt === Infinity) return
    const tickAt = Math.floor(Math.max(clock.now, wantedAt) / MINUTE_MS + 1) * MINUTE_MS
    clock.plan(tickAt - clock.now, () => this.#tick())
  }

  save(): Restore {
    const count = this.#count
    return () => {
      this.#count = count
      this.isExhausted = false
    }
  }

  async #tick(): Promise<void> {
    if ((await this.#workAt()) <= this.#world.clock.now) this.#run()
    if (this.#count > MAX_SWEEPS) this.isExhausted = true
    else await this.plan()
  }

  /** From when on a sweep has something to see; Infinity when nothing waits for one. */
  async #workAt(): Promise<number> {
    const [row] = await this.#world.backend.rows({ sql: WHAT_WAITS, values: [] })
    if (row?.['recoveries'] !== 0) return 0
    const skewMs = (this.#world.schedule.skew[2] ?? 0) * 1000
    return row['due'] === null ? Infinity : Number(row['due']) - LOOK_AHEAD_MS - skewMs
  }

  #run(): void {
    const world = this.#world
    this.#count += 1
    const fault = world.faultAt(`cron${this.#count}`, 'cron')
    if (fault === 'missed') return
    if (fault === 'doubled') world.sweep()
    world.clock.plan(fault === 'late' ? LATE_TICK_MS : 0, () => world.sweep())
  }
}

const WHAT_WAITS = `
  SELECT (SELECT min(sweep_at) FROM (
      SELECT sweep_at FROM deliveries WHERE status = 'pending'
      UNION ALL SELECT sweep_at FROM deleted_endpoints)) AS due,
    (SELECT count(*) FROM endpoints WHERE sweep_at IS NOT NULL) AS recoveries`
