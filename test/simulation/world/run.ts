// Runs schedules: their steps and faults, then on until nothing moves.
import type { Backend, Restore, TableName } from '../outside/backend.ts'
import type { Schedule } from '../schedules/schedule.ts'
import { act } from './clients.ts'
import { Cron } from './cron.ts'
import { firstOf, sizesOf, type History, type Row, type Sizes } from './history.ts'
import { Plan } from './plan.ts'
import { setUp } from './set-up.ts'
import { World } from './world.ts'

/** A finished run: what happened, and what the tables hold. */
export type Run = {
  schedule: Schedule
  history: History
  tables: Record<'endpoints' | 'events' | 'deliveries' | 'signing_secrets', Row[]>
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
      if (cron.isExhausted || !(await world.clock.step())) break
    }
    return {
      schedule,
      history: world.history,
      tables: {
        endpoints: await table(world, 'endpoints'),
        events: await table(world, 'events'),
        deliveries: await table(world, 'deliveries'),
        signing_secrets: await table(world, 'signing_secrets'),
      },
      isSettled: !cron.isExhausted,
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

async function table({ backend }: World, name: TableName): Promise<Row[]> {
  const rows = await backend.rows({ sql: `SELECT * FROM ${name} ORDER BY id`, values: [] })
  // Every column is a text, a number or NULL.
  return rows as Row[]
}
