// The part of D1 that src/db/client.ts uses, with every call through the world.
import type { SqlStatement } from '../outside/backend.ts'
import type { Actor } from './history.ts'
import type { World } from './world.ts'

/** A D1 as one process sees it. */
export function simulatedD1(world: World, actor: Actor): D1Database {
  const d1 = {
    prepare: (sql: string) => new Statement(world, actor, { sql, values: [] }),
    batch: (statements: Statement[]) =>
      operate(world, actor, aboutOf(statements), async () => {
        const asked = statements.map((one) => one.asked)
        const answers = await world.backend.transaction(asked)
        return answers.map((results) => ({ results, success: true, meta: {} }))
      }),
  }
  // createDatabase uses these two, and of a statement bind, all, raw and run.
  return d1 as unknown as D1Database
}

/** When an operation was put together, and how many statements it has. */
type About = { madeAt: number; size: number }

class Statement {
  readonly asked: SqlStatement
  /** When it was put together: the engine reads its clock for what it binds just then. */
  readonly madeAt: number
  readonly #world: World
  readonly #actor: Actor

  constructor(world: World, actor: Actor, asked: SqlStatement) {
    this.#world = world
    this.#actor = actor
    this.asked = asked
    this.madeAt = world.clock.now
  }

  bind(...values: unknown[]): Statement {
    return new Statement(this.#world, this.#actor, { sql: this.asked.sql, values })
  }

  async all(): Promise<{ results: Record<string, unknown>[] }> {
    const world = this.#world
    const actor = this.#actor
    const { results, tx } = await operate(world, actor, aboutOf([this]), async () => {
      const rows = await world.backend.rows(this.asked)
      return { results: rows, tx: world.history.tx }
    })
    actor.readTx = tx
    actor.readAt = world.clock.now
    return { results }
  }

  async raw(): Promise<unknown[][]> {
    const { results } = await this.all()
    return results.map((row) => Object.values(row))
  }

  run(): Promise<{ results: Record<string, unknown>[] }> {
    return this.all()
  }
}

function aboutOf(statements: Statement[]): About {
  return { madeAt: statements[0]?.madeAt ?? 0, size: statements.length }
}

function operate<T>(world: World, actor: Actor, about: About, run: () => Promise<T>): Promise<T> {
  return world.call(actor, { kind: 'db', effect: () => write(world, actor, run, about) })
}

/** Runs one operation and notes what it changed. */
export async function write<T>(
  { history, clock, backend }: World,
  actor: Actor,
  run: () => T | Promise<T>,
  { madeAt, size }: About = { madeAt: clock.now, size: 1 },
): Promise<T> {
  history.tx += 1
  const { tx } = history
  const now = madeAt + actor.skewMs
  const operation = { tx, at: clock.now, now, actor, size }
  history.operations.push(operation)
  const answer = await run()
  for (const { kind, id, row } of backend.takeChanges()) {
    // A deleted endpoint is looked at as long as something is asked of it.
    const isGone = row['is_deleted'] === 1 && kind !== 'endpoints'
    if (isGone) history.deletions.push({ ...operation, kind, id })
    else history.changes.push({ ...operation, kind, id, row })
  }
  return answer
}
