// Each test file starts on an empty database with the real migrations; each test, on empty tables.
import { applyD1Migrations, type D1Migration } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { getTableColumns, getTableName } from 'drizzle-orm'
import { beforeAll, beforeEach } from 'vitest'
import * as schema from '../src/db/schema.ts'
import { rowLimits } from './d1-limits.ts'

declare global {
  namespace Cloudflare {
    interface Env {
      MIGRATIONS: D1Migration[]
    }
  }
}

const TABLES = Object.values(schema).map(getTableName)

const COLUMNS = Object.values(schema).map((table) => ({
  table: getTableName(table),
  columns: Object.values(getTableColumns(table)).map(({ name }) => name),
}))

beforeAll(async () => {
  await applyD1Migrations(env.DB, env.MIGRATIONS)
  await env.DB.batch(rowLimits(COLUMNS).map((sql) => env.DB.prepare(sql)))
})

beforeEach(async () => {
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
})
