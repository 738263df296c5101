// Work on the data of several orgs at once, done in each database for those that are there.
import type { Database } from './client.ts'
import {
  findDeparture,
  onTheMove,
  watchDepartures,
  type DepartedError,
  type Strictness,
} from './departures.ts'
import type { Home, Places } from './places.ts'

/** Work on items whose orgs are all in one database: one call, which does all of it or nothing. */
export type Work<Item, Result> = (db: Database, items: Item[]) => Promise<Result>

/** What became of the work in one database: its result, or why there is none. */
export type Part<Item, Result> = { database: string; items: Item[] } & PromiseSettledResult<Result>

type OfOrg = { orgId: string }

/** Items whose orgs were gone are looked for so often. */
const MAX_ROUNDS = 4

/** As `Store.spread` says. What was refused because some orgs have left is done again without them. */
export async function spreadOver<Item extends OfOrg, Result>(
  places: Places,
  items: Item[],
  work: Work<Item, Result>,
  strictness: Strictness,
): Promise<Part<Item, Result>[]> {
  const done: Part<Item, Result>[] = []
  let rest = items
  for (let round = 0; rest.length > 0; round += 1) {
    const { found, lost } = await findHomes(places, rest)
    const parts = await Promise.all(
      found.map(([home, some]) => workAt(home, some, work, strictness)),
    )
    done.push(...lost)
    rest = []
    for (const part of parts) {
      const departure = part.status === 'rejected' ? findDeparture(part.reason) : undefined
      if (!departure) done.push(part)
      else {
        places.forget(departure.gone)
        const { refused, again } = sortOut(part, departure, round + 1 >= MAX_ROUNDS)
        done.push(...refused)
        rest.push(...again)
      }
    }
  }
  return done
}

/** By their databases; while the catalog is out of reach, those that are not known are lost. */
async function findHomes<Item extends OfOrg>(
  places: Places,
  items: Item[],
): Promise<{ found: (readonly [Home, Item[]])[]; lost: Part<Item, never>[] }> {
  const orgIds = items.map(({ orgId }) => orgId)
  const [asked] = await Promise.allSettled([places.find(orgIds)])
  const byHome = Map.groupBy(items, ({ orgId }) => places.recall(orgId))
  const unknown = byHome.get(undefined) ?? []
  const found = [...byHome].flatMap(([home, some]) => (home ? [[home, some] as const] : []))
  const isLost = unknown.length > 0 && asked.status === 'rejected'
  return { found, lost: isLost ? [{ database: 'catalog', items: unknown, ...asked }] : [] }
}

async function workAt<Item extends OfOrg, Result>(
  { name, db }: Home,
  items: Item[],
  work: Work<Item, Result>,
  strictness: Strictness,
): Promise<Part<Item, Result>> {
  const orgIds = [...new Set(items.map(({ orgId }) => orgId))]
  const watched = watchDepartures(db, orgIds, strictness)
  const [settled] = await Promise.allSettled([work(watched, items)])
  return { database: name, items, ...settled }
}

/** Those that nothing can be done for now, and those that are to be looked for elsewhere. */
function sortOut<Item extends OfOrg>(
  { database, items }: { database: string; items: Item[] },
  departure: DepartedError,
  isOver: boolean,
): { refused: Part<Item, never>[]; again: Item[] } {
  const isRefused = ({ orgId }: Item) => isOver || departure.leaving.includes(orgId)
  const refused = items.filter(isRefused)
  const part = {
    database,
    items: refused,
    status: 'rejected',
    reason: onTheMove(departure),
  } as const
  return {
    refused: refused.length > 0 ? [part] : [],
    again: items.filter((one) => !isRefused(one)),
  }
}
