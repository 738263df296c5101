// The way in: which database has what.
import { createHandle, type Query } from './calls.ts'
import type { Database } from './client.ts'
import { DepartedError, onTheMove, sendWatched, type Strictness } from './departures.ts'
import { Places, type Home } from './places.ts'
import { idOfSide } from './sides.ts'
import { spreadOver, type Part, type Work } from './spread.ts'

/** The databases; nobody else knows which org is where. */
export type Store = {
  /** The first database: it has the catalog, and what belongs to no org. */
  catalog: Database
  /** Every database, the first one first; for what visits each, and knows of departures by itself. */
  all: readonly [Home, ...Home[]]
  /** Where an org is. @throws AppError `unavailable` when the catalog would have to say, and is out of reach. */
  homeOf: (orgId: string) => Promise<Home>
  /** Notes where an org is, for whoever has just learnt it. */
  learn: (orgId: string, database: string) => void
  /** What belongs to an org. Where that is, is found out when the handle is used. */
  of: (orgId: string) => Database
  /**
   * What belongs to either side of an org, live and test, which are in one database but for a while after a move.
   * @throws AppError `unavailable` during that.
   */
  ofBoth: (orgId: string) => Database
  /**
   * Does work on each item where its org is: one call a database, all in parallel; what fails in one
   * fails there alone. Never throws.
   */
  spread: <Item extends { orgId: string }, Result>(
    items: Item[],
    work: Work<Item, Result>,
    strictness?: Strictness,
  ) => Promise<Part<Item, Result>[]>
}

/** A call looks so often for an org that is gone from where it was thought to be. */
const MAX_ROUNDS = 4

/**
 * Makes a store of these databases. With one there is nothing to find out. With several, an org's is asked
 * of the catalog once and kept in mind; that it is still there is asked in the transaction of each call,
 * so what is kept in mind may be old, but nothing is done by it then.
 */
export function createStore(all: readonly [Home, ...Home[]]): Store {
  const [first, ...others] = all
  if (others.length === 0) return storeOfOne(first)
  const places = new Places(all)
  return {
    catalog: first.db,
    all,
    of: (orgId) => createHandle((queries) => sendToHome(places, [orgId], queries)),
    ofBoth: (orgId) => createHandle((queries) => sendToHome(places, sidesOf(orgId), queries)),
    spread: (items, work, strictness = 'writes') => spreadOver(places, items, work, strictness),
    homeOf: (orgId) => places.homeOf(orgId),
    learn: (orgId, database) => places.learn(orgId, database),
  }
}

function storeOfOne(home: Home): Store {
  const { name: database, db } = home
  return {
    catalog: db,
    all: [home],
    of: () => db,
    ofBoth: () => db,
    spread: async (items, work) => {
      if (items.length === 0) return []
      const [settled] = await Promise.allSettled([work(db, items)])
      return [{ database, items, ...settled }]
    },
    homeOf: async () => home,
    learn: () => {},
  }
}

/** Where the first of them is, if the others are there as well: of a twin that there is not nobody must ask where. */
async function sendToHome(
  places: Places,
  orgIds: readonly [string, ...string[]],
  queries: Query[],
): Promise<D1Result[]> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { db } = await places.homeOf(orgIds[0])
    try {
      return await sendWatched(db, orgIds, 'writes')(queries)
    } catch (error) {
      if (!(error instanceof DepartedError)) throw error
      if (error.leaving.length > 0) throw onTheMove(error)
      places.forget(error.gone)
    }
  }
  throw onTheMove()
}

function sidesOf(orgId: string): readonly [string, string] {
  return [idOfSide(orgId, 'live'), idOfSide(orgId, 'test')]
}
