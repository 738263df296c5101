// The local databases are brought up to date by wrangler, once for each change of what they are brought up to.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DATABASE_FOLDER, findDatabaseFiles } from '../../src/dev/databases.ts'
import { migrate } from '../../src/dev/migrate.ts'

const WRANGLER_STARTS_WITHIN_MS = 60_000

let state: string
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'callingbox-state-'))
})
afterEach(() => rmSync(state, { recursive: true }))

/** How many times wrangler was started to bring the state up to date. */
async function countStarts(): Promise<number> {
  let starts = 0
  await migrate(state, () => {
    starts += 1
  })
  return starts
}

function hasDeliveries(file: string): boolean {
  const database = new DatabaseSync(file)
  const row = database.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'deliveries'`).get()
  database.close()
  return row !== undefined
}

/** The migrations that wrangler takes for applied. */
function appliedIn(file: string): unknown[] {
  const database = new DatabaseSync(file)
  const rows = database.prepare('SELECT name FROM d1_migrations ORDER BY id').all()
  database.close()
  return rows.map(({ name }) => name)
}

describe('a start of npm run dev', { timeout: WRANGLER_STARTS_WITHIN_MS }, () => {
  it('asks wrangler to migrate a new state, one without its databases, and after a change', async () => {
    expect(await countStarts()).toBe(1)
    expect(findDatabaseFiles(state).filter(hasDeliveries)).toHaveLength(1)
    expect(await countStarts()).toBe(0)
    expect(findDatabaseFiles(state).map(appliedIn)).toEqual([readdirSync('migrations').toSorted()])

    // Then it is wrangler that finds all of them applied.
    writeFileSync(join(state, DATABASE_FOLDER, 'migrated'), 'of another release')
    expect(await countStarts()).toBe(1)
    expect(await countStarts()).toBe(0)

    for (const file of findDatabaseFiles(state)) rmSync(file)
    expect(await countStarts()).toBe(1)
    expect(findDatabaseFiles(state).filter(hasDeliveries)).toHaveLength(1)
  })
})
