// The part of D1 that src/db/client.ts uses, with every call through the world.
import type { Rows, SqlStatement } from '../outside/backend.ts'
import type { Actor } from './history.ts'
import type { World } from './world.ts'

/** A D1 as one process sees it. */
export function simulatedD1(world: World, actor: Actor): D1Database {
  const d1 = {
    prepare: (sql: string) => new Statement(world, actor, { sql, values: [] }),
    batch: async (statements: Statement[]) => {
      const answers = await operate(world, actor, statements)
      return answers.map((results) => ({ results, success: true, meta: {} }))
    },
  }
  // createDatabase uses these two, and of a statement bind, all, raw and run.
  return d1 as unknown as D1Database
}

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

  async all(): Promise<{ results: Rows }> {
    const [results = []] = await operate(this.#world, this.#actor, [this])
    return { results }
  }

  async raw(): Promise<unknown[][]> {
    const { results } = await this.all()
    return results.map((row) => Object.values(row))
  }

  run(): Promise<{ results: Rows }> {
    return this.all()
  }
}

/** One round trip. What a process reads, it knows from then on. */
async function operate(world: World, actor: Actor, statements: Statement[]): Promise<Rows[]> {
  const { backend, clock, history } = world
  const asked = statements.map((one) => one.asked)
  const madeAt = statements[0]?.madeAt ?? clock.now
  const isRead = asked.every(({ sql }) => /^\s*SELECT\b/i.test(sql))
  const { answers, tx } = await world.call(actor, {
    kind: 'db',
    effect: () =>
      write(
        world,
        actor,
        async () => ({ answers: await backend.transaction(asked), tx: history.tx }),
        { madeAt, size: asked.length, isRead },
      ),
  })
  if (!isRead) return answers
  actor.readTx = tx
  actor.readAt = clock.now
  return answers
}

/** Runs one operation and notes what it changed. */
export async function write<T>(
  { history, clock, backend }: World,
  actor: Actor,
  run: () => T | Promise<T>,
  { madeAt, size, isRead } = { madeAt: clock.now, size: 1, isRead: false },
): Promise<T> {
  history.tx += 1
  const { tx } = history
  const now = madeAt + actor.skewMs
  const operation = { tx, at: clock.now, now, actor, size, isRead }
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
