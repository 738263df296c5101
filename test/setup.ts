// Each test file starts on an empty database with the real migrations; each test, on empty tables.
import { applyD1Migrations, type D1Migration } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach } from 'vitest'

declare global {
  namespace Cloudflare {
    interface Env {
      MIGRATIONS: D1Migration[]
    }
  }
}

const TABLES = [
  'orgs',
  'api_keys',
  'endpoints',
  'signing_secrets',
  'events',
  'deliveries',
  'idempotency_keys',
  'heartbeats',
  'dead_letters',
  'audit_log',
  'hourly_stats',
]

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS))

beforeEach(async () => {
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
})
