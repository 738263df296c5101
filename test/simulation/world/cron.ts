// Cron: a sweep each minute, leaving out the minutes in which there is nothing for it to see.
import { DATABASES, type Restore } from '../outside/backend.ts'
import { LEASE_MS, LOOK_AHEAD_MS, OVERDUE_MS } from '../model/rules.ts'
import { isErased } from '../schedules/schedule.ts'
import { LATE_TICK_MS } from './faults.ts'
import { comeToListen, OFFERED } from './listeners.ts'
import { isStart } from './range-acts.ts'
import type { World } from './world.ts'

const MINUTE_MS = 60_000

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
    const { backend, schedule } = this.#world
    const skewMs = (schedule.skew[2] ?? 0) * 1000
    let dueAt = Infinity
    for (const database of DATABASES.slice(0, schedule.databases)) {
      const [row] = await backend.rows({ sql: WHAT_WAITS, values: [], database })
      if (row?.['recoveries'] !== 0 || row['moves'] !== 0 || row['erased'] !== 0) return 0
      if (row['untold'] !== 0) return 0
      if (row['due'] !== null) dueAt = Math.min(dueAt, Number(row['due']))
      if (this.#world.hasListeners && row['offered'] !== null)
        dueAt = Math.min(dueAt, Number(row['offered']) + LOOK_AHEAD_MS)
      if (row['step'] !== null)
        dueAt = Math.min(dueAt, Number(row['step']) + OVERDUE_MS + LOOK_AHEAD_MS)
    }
    return dueAt - LOOK_AHEAD_MS - skewMs
  }

  #visit(): void {
    const world = this.#world
    world.visit('sweep')
    if (world.hasListeners) void comeToListen(world)
    if (hasReplays(world)) world.visit('overdue')
    if (world.schedule.databases > 1) world.carryOn()
    if (isErased(world.schedule)) world.visit('remover')
    if (world.schedule.told > 0) world.visit('teller')
  }

  #run(): void {
    const world = this.#world
    this.#count += 1
    const fault = world.faultAt(`cron${this.#count}`, 'cron')
    if (fault === 'missed') return
    if (fault === 'doubled') this.#visit()
    world.clock.plan(fault === 'late' ? LATE_TICK_MS : 0, () => this.#visit())
  }
}

/** The job is there without any, too, but then it has nothing to see. */
function hasReplays({ schedule }: World): boolean {
  return schedule.steps.some(({ action }) => isStart(action))
}

/** Of an org that is not at home, nothing waits. */
const IS_HERE = "org_id NOT IN (SELECT org_id FROM departures WHERE state = 'gone')"

const WHAT_WAITS = `
  SELECT (SELECT min(sweep_at) FROM (
      SELECT org_id, sweep_at FROM deliveries WHERE stage = 'pending'
      UNION ALL SELECT org_id, next_attempt_at + ${LEASE_MS} FROM deliveries WHERE stage = 'new'
      UNION ALL SELECT org_id, sweep_at FROM replay_copies WHERE sweep_at IS NOT NULL
      UNION ALL SELECT org_id, sweep_at FROM deleted_endpoints) WHERE ${IS_HERE}) AS due,
    (SELECT min(next_step_at) FROM replays WHERE ${IS_HERE}) AS step,
    (SELECT min(due) FROM (${OFFERED})) AS offered,
    (SELECT count(*) FROM endpoints ep WHERE ${IS_HERE} AND (sweep_at IS NOT NULL OR ordering_max_wait = 0
      OR ep.unwell_since IS NOT NULL AND ep.status = 'enabled' AND EXISTS (
        SELECT 1 FROM deliveries d WHERE d.endpoint_id = ep.id AND d.stage = 'pending'
          AND d.sweep_at IS NULL))) AS recoveries,
    (SELECT count(*) FROM moves WHERE phase <> 'over') AS moves,
    (SELECT count(*) FROM deleted_orgs) AS erased,
    (SELECT count(*) FROM notices n WHERE n.told_at IS NULL OR n.type = 'endpoint.failing' AND EXISTS (
      SELECT 1 FROM endpoints ep WHERE ep.id = n.about AND ep.health = 'well')) AS untold`
