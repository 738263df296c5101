// A database that is looked up when it is used.

/** A database that is looked up at each call: what is prepared is run on the same one. */
export function late(find: () => D1Database | undefined): D1Database {
  const found = (): D1Database => {
    const d1 = find()
    if (!d1) throw new Error('no such database')
    return d1
  }
  const d1 = {
    prepare: (query: string) => found().prepare(query),
    batch: (statements: D1PreparedStatement[]) => found().batch(statements),
  }
  // The service uses these two.
  return d1 as unknown as D1Database
}
