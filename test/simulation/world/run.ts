// Runs one schedule: its steps and faults, then on until nothing moves.
import type { Schedule } from '../schedules/schedule.ts'
import type { Backend, TableName } from '../outside/backend.ts'
import { act } from './clients.ts'
import { Cron } from './cron.ts'
import type { History, Row } from './history.ts'
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

/** Runs a schedule on an emptied database. `idle` waits until every promise that can settle has. */
export async function runSchedule(
  schedule: Schedule,
  backend: Backend,
  idle: () => Promise<void>,
): Promise<Run> {
  await backend.empty()
  const world = new World(schedule, backend, idle)
  await setUp(world)
  for (const [index, step] of schedule.steps.entries()) {
    const start = (): void => void act(world, step, index + 1)
    if (typeof step.at === 'number') world.clock.after(step.at * 1000, start)
    else world.waiting.set(step.at, [...(world.waiting.get(step.at) ?? []), start])
  }
  const cron = new Cron(world)
  await cron.plan()
  while (!cron.isExhausted && (await world.clock.step()));
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

async function table({ backend }: World, name: TableName): Promise<Row[]> {
  const rows = await backend.rows({ sql: `SELECT * FROM ${name} ORDER BY id`, values: [] })
  // Every column is a text, a number or NULL.
  return rows as Row[]
}
