// D1 with a meter: round trips, and the rows that D1 bills as read and as written.

/** What a piece of work has cost so far. */
export type Cost = { trips: number; read: number; written: number }

/** Counts what passes through it to a real database; a batch is one round trip. */
export function meter(d1: D1Database): { db: D1Database; cost: Cost } {
  const cost: Cost = { trips: 0, read: 0, written: 0 }
  const add = (result: D1Result): D1Result => {
    cost.read += result.meta.rows_read
    cost.written += result.meta.rows_written
    return result
  }
  const wrap = (inner: D1PreparedStatement) => ({
    inner,
    bind: (...values: unknown[]) => wrap(inner.bind(...values)),
    all: async () => {
      cost.trips += 1
      return add(await inner.all())
    },
    run: async () => {
      cost.trips += 1
      return add(await inner.run())
    },
    // D1's own raw() keeps the figures to itself.
    raw: async () => {
      cost.trips += 1
      return add(await inner.all()).results.map((row) => Object.values(row as object))
    },
  })
  const db = {
    prepare: (query: string) => wrap(d1.prepare(query)),
    batch: async (statements: { inner: D1PreparedStatement }[]) => {
      cost.trips += 1
      const results = await d1.batch(statements.map(({ inner }) => inner))
      return results.map(add)
    },
  }
  // The service prepares, binds and runs or batches: all here.
  return { db: db as unknown as D1Database, cost }
}

/** What a piece of work costs on the database that a world has. */
export async function costOf(
  world: { db: D1Database },
  work: () => Promise<unknown>,
): Promise<Cost> {
  const { db } = world
  const metered = meter(db)
  world.db = metered.db
  await work()
  world.db = db
  return { ...metered.cost }
}
