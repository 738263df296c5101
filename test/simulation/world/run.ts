// Runs schedules: their steps and faults, then on until nothing moves.
import type { Backend, Restore, TableName } from '../outside/backend.ts'
import { isErased, type Schedule } from '../schedules/schedule.ts'
import { leftAfterErasing } from './bystander.ts'
import { act } from './clients.ts'
import { Cron } from './cron.ts'
import { firstOf, sizesOf, type History, type Row, type Sizes } from './history.ts'
import { Plan } from './plan.ts'
import { homeOf, leftElsewhere } from './homes.ts'
import { setUp } from './set-up.ts'
import { World } from './world.ts'

/** The tables that are looked at in the end. */
const SHOWN = [
  'endpoints',
  'events',
  'deliveries',
  'signing_secrets',
  'replays',
  'replay_parts',
  'replay_copies',
] as const satisfies TableName[]

/** A finished run: what happened, and what the tables hold. */
export type Run = {
  schedule: Schedule
  history: History
  tables: Record<(typeof SHOWN)[number], Row[]>
  /** What is left of the org where it is not at home. */
  left: string[]
  /** What is left of an org that was deleted, and what of another one is not as it was; nothing where none was. */
  erased: { own: string[]; others: string[] }
  /** False when it went on and on. */
  isSettled: boolean
  endAt: number
}

/** A moment at which nothing was under way: no process had begun and not ended. */
type Rest = { sizes: Sizes; restore: Restore }

/** A run in the making, and when it can be taken back to. */
type Course = { world: World; cron: Cron; rests: Rest[] }

/**
 * Runs schedules one after the other. Two runs are alike up to where their schedules part, so each begins
 * where nothing was under way before it parts from the one before.
 */
export class Runs {
  readonly #backend: Backend
  readonly #idle: () => Promise<void>
  #last: Course | undefined

  /** `idle` waits until every promise that can settle has. */
  constructor(backend: Backend, idle: () => Promise<void>) {
    this.#backend = backend
    this.#idle = idle
  }

  async run(schedule: Schedule): Promise<Run> {
    const { world, cron, rests } = this.#goOn(schedule) ?? (await this.#begin(schedule))
    for (;;) {
      if (await world.clock.rest()) rests.push(restOf(world, cron))
      if (cron.isExhausted || world.isEndless || !(await world.clock.step())) break
    }
    return {
      schedule,
      history: world.history,
      tables: await tablesOf(world),
      left: schedule.databases > 1 ? await leftElsewhere(world) : [],
      erased: isErased(schedule) ? await leftAfterErasing(world) : { own: [], others: [] },
      isSettled: !cron.isExhausted && !world.isEndless,
      endAt: world.clock.now,
    }
  }

  /** The run before, taken back to before this one parts from it; undefined when they have nothing in common. */
  #goOn(schedule: Schedule): Course | undefined {
    if (!this.#last) return undefined
    const { world, rests } = this.#last
    const plan = new Plan(schedule)
    const shared = plan.sharedCalls(world.plan, world.history.trace) ?? -1
    rests.length = rests.findLastIndex(({ sizes }) => sizes.trace <= shared) + 1
    const rest = rests.at(-1)
    if (!rest) return undefined
    world.schedule = schedule
    world.plan = plan
    world.history = firstOf(world.history, rest.sizes)
    rest.restore()
    return this.#last
  }

  async #begin(schedule: Schedule): Promise<Course> {
    await this.#backend.empty()
    const world = new World(schedule, this.#backend, this.#idle, act)
    await setUp(world)
    for (const [index, { at }] of schedule.steps.entries()) {
      if (typeof at === 'number') world.clock.plan(at * 1000, () => world.start(index))
    }
    const cron = new Cron(world)
    await cron.plan()
    this.#last = { world, cron, rests: [] }
    return this.#last
  }
}

function restOf(world: World, cron: Cron): Rest {
  const restores = [world.save(), cron.save()]
  return {
    sizes: sizesOf(world.history),
    restore: () => {
      for (const restore of restores) restore()
    },
  }
}

async function tablesOf(world: World): Promise<Run['tables']> {
  const rows: [TableName, Row[]][] = []
  for (const name of SHOWN) rows.push([name, await table(world, name)])
  // Each name is among them.
  return Object.fromEntries(rows) as Run['tables']
}

/** Of tables without an id. */
const ORDERS: Partial<Record<TableName, string>> = {
  replay_parts: 'replay_id, endpoint_id',
  replay_copies: 'replay_id, delivery_id',
}

async function table({ backend, history }: World, name: TableName): Promise<Row[]> {
  const sql = `SELECT * FROM ${name} ORDER BY ${ORDERS[name] ?? 'id'}`
  const rows = await backend.rows({ sql, values: [], database: homeOf(history) })
  // Every column is a text, a number or NULL.
  return rows as Row[]
}
