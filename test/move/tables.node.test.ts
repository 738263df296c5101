// Every table either goes along with an org that is moved, or is known to stay with its database.
import { getTableName, is } from 'drizzle-orm'
import { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, it } from 'vitest'
import { LAST_PORTIONS } from '../../src/db/move/portions.ts'
import { MOVED, storedColumns } from '../../src/db/move/tables.ts'
import * as moves from '../../src/db/move/schema.ts'
import * as notices from '../../src/db/notices/schema.ts'
import * as ordering from '../../src/db/ordering/schema.ts'
import * as replays from '../../src/db/replays/schema.ts'
import * as schema from '../../src/db/schema.ts'
import * as upkeep from '../../src/db/upkeep/schema.ts'

/** What is a database's own, and why. */
const STAYS: Readonly<Record<string, string>> = {
  host_proofs: 'hosts that the whole service sends to, in the first database',
  own_hosts: 'host names of the whole service, kept in each database',
  counts: 'what isolates have counted, of all orgs together',
  heartbeats: 'what the jobs did in this database',
  deleted_orgs: 'what is left to do here for an org that is nowhere else',
  placements: 'the catalog',
  key_owners: 'the catalog',
  moves: 'the catalog: the move itself',
  departures: 'where the org is, as this database knows it',
  arrivals: 'where the org is, as this database knows it',
  unsettled_deliveries: 'what a move has left to do, until it is over',
}

const all = [schema, replays, moves, upkeep, notices, ordering]
  .flatMap((tables): unknown[] => Object.values(tables))
  .filter((value) => is(value, SQLiteTable))

describe('the tables that a move takes along', () => {
  it('are all that the schema has, but for what is a database’s own', () => {
    const placed = [...MOVED.map(getTableName), ...Object.keys(STAYS)]
    expect(placed.toSorted()).toEqual(all.map((table) => getTableName(table)).toSorted())
  })

  it('are all copied behind the fence, as far as they may have changed', () => {
    const copied = new Set(LAST_PORTIONS.map(({ table }) => getTableName(table)))
    // With the deliveries that are pending: of those that are over it tells nothing.
    copied.add('call_ends')
    expect([...copied].toSorted()).toEqual(MOVED.map(getTableName).toSorted())
  })

  it('fit a statement of one row into the parameters that D1 takes', () => {
    for (const table of MOVED) expect(storedColumns(table).length).toBeLessThan(90)
  })
})
