// Each test file starts on an empty database with the real migrations; each test, on empty tables.
import { applyD1Migrations, type D1Migration } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { getTableColumns, getTableName } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { beforeAll, beforeEach } from 'vitest'
import * as notices from '../src/db/notices/schema.ts'
import * as replays from '../src/db/replays/schema.ts'
import * as moves from '../src/db/move/schema.ts'
import * as ordering from '../src/db/ordering/schema.ts'
import * as schema from '../src/db/schema.ts'
import * as upkeep from '../src/db/upkeep/schema.ts'
import { rowLimits } from './d1-limits.ts'

declare global {
  namespace Cloudflare {
    interface Env {
      MIGRATIONS: D1Migration[]
      /** A second database, as an operator adds one. */
      DB2: D1Database
    }
  }
}

const ALL = [schema, replays, moves, upkeep, notices, ordering].flatMap((room): SQLiteTable[] =>
  Object.values(room),
)

const TABLES = ALL.map(getTableName)

const COLUMNS = ALL.map((table) => ({
  table: getTableName(table),
  columns: Object.values(getTableColumns(table)).map(({ name }) => name),
}))

beforeAll(async () => {
  for (const db of [env.DB, env.DB2]) {
    await applyD1Migrations(db, env.MIGRATIONS)
    await db.batch(rowLimits(COLUMNS).map((sql) => db.prepare(sql)))
  }
})

beforeEach(async () => {
  await Promise.all([env.DB, env.DB2].map(empty))
})

function empty(db: D1Database): Promise<D1Result[]> {
  return db.batch(TABLES.map((table) => db.prepare(`DELETE FROM ${table}`)))
}
