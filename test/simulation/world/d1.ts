// The part of D1 that src/db/client.ts uses, with every call through the world.
import type { DatabaseName, Rows, SqlStatement } from '../outside/backend.ts'
import type { Actor } from './history.ts'
import { homeOf, isMover, noteElsewhere, noteMarks, noteStops } from './homes.ts'
import type { World } from './world.ts'

/** A D1 as one process sees it. */
export function simulatedD1(world: World, actor: Actor, database: DatabaseName): D1Database {
  const d1 = {
    prepare: (sql: string) => new Statement(world, actor, { sql, values: [], database }),
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
  /**
   * What its process took the time to be when it was put together, however often it is sent then. With several
   * databases that is done once it is known where to: with the instant that was read before.
   */
  readonly madeAt: number
  readonly #world: World
  readonly #actor: Actor

  constructor(world: World, actor: Actor, asked: SqlStatement) {
    this.#world = world
    this.#actor = actor
    this.asked = asked
    this.madeAt = world.schedule.databases > 1 ? actor.nowAt : world.clock.now
  }

  bind(...values: unknown[]): Statement {
    return new Statement(this.#world, this.#actor, { ...this.asked, values })
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
  const database = asked[0]?.database ?? 'DB'
  const isRead = asked.every(({ sql }) => /^\s*(?:SELECT|WITH)\b/i.test(sql))
  const { answers, tx, isHome } = await world.call(actor, {
    kind: 'db',
    database,
    effect: () =>
      write(
        world,
        actor,
        async () => {
          const found = await backend.transaction(asked)
          noteElsewhere(world, actor, asked, found)
          return { answers: found, tx: history.tx, isHome: homeOf(history) === database }
        },
        { madeAt, size: asked.length, isRead, database },
      ),
  })
  // Of hosts, and of where an org is, it learns nothing that is about a delivery.
  const isBeside = asked.some(({ sql }) => /host_proofs|JOIN placements/.test(sql))
  if (!isRead || !isHome || isBeside) return answers
  actor.readTx = tx
  actor.readAt = clock.now
  return answers
}

/**
 * Runs one operation and notes what it changed. Rows count where the org is at home: copies of them elsewhere
 * are what a move makes.
 */
export async function write<T>(
  world: World,
  actor: Actor,
  run: () => T | Promise<T>,
  about: { madeAt: number; size: number; isRead: boolean; database: DatabaseName } = {
    madeAt: world.clock.now,
    size: 1,
    isRead: false,
    database: 'DB',
  },
): Promise<T> {
  const { history, clock, backend } = world
  const { madeAt, database, ...kind } = about
  history.tx += 1
  actor.span.to = history.tx
  const operation = { tx: history.tx, at: clock.now, now: madeAt + actor.skewMs, actor, ...kind }
  const answer = await Promise.resolve(run()).catch((error: unknown) => {
    // A refusal is no fault of the process, but as bad as one.
    if (String(error).includes('departed:')) actor.faults += 1
    throw error
  })
  const changes = backend.takeChanges()
  await noteMarks(world, operation, database, changes)
  noteStops(history, database, changes)
  if (homeOf(history) !== database) {
    // What is about no org is in each database.
    const ofOrg = changes.filter(({ row }) => row['org_id'] !== '')
    if (!isMover(actor))
      history.strays.push(...ofOrg.map((one) => Object.assign({}, operation, one)))
    return answer
  }
  history.operations.push(operation)
  for (const { kind: table, id, row } of changes) {
    // A deleted endpoint is looked at as long as something is asked of it.
    const isGone = row['is_deleted'] === 1 && table !== 'endpoints'
    if (isGone) history.deletions.push({ ...operation, kind: table, id })
    else history.changes.push({ ...operation, kind: table, id, row })
  }
  return answer
}
