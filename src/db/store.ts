// The way in: which database has what.
import type { Database } from './client.ts'

/** The databases, of which there is one today; nobody else knows how many. */
export type Store = {
  /** What belongs to no org, and what is done for all of them at once. */
  shared: Database
  /** What belongs to an org. */
  of: (orgId: string) => Database
}

/** Makes a store of the one database. */
export function createStore(database: Database): Store {
  return { shared: database, of: () => database }
}
