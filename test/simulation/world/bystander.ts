// Another org, which is there where the one is deleted, and has nothing to do with that.
import { START } from '../outside/clock.ts'
import { DATABASES } from '../outside/backend.ts'
import type { Row } from './history.ts'
import { ORG, type World } from './world.ts'

/** The other org. */
const OTHER = 'ffffffff-0000-7000-8000-00000000000b'

const OF_OTHER = { org_id: OTHER, id: 'ffffffff-0000-7000-8000-000000000001' }
const CALL_ID = 'ffffffff-0000-4000-8000-000000000001'
const EVENT_ID = 'ffffffff-0000-7000-8000-000000000000'

/** A row of it in the tables that have most to do with a deletion; nobody has anything to do for it. */
export const BYSTANDER: { table: string; row: Row }[] = [
  { table: 'orgs', row: { id: OTHER, name: 'Globex', created_at: START } },
  {
    table: 'api_keys',
    row: { ...OF_OTHER, public_id: 'ffffffff', name: 'k', key_hash: 'h', created_at: START },
  },
  {
    table: 'endpoints',
    row: {
      ...OF_OTHER,
      url: 'https://other.example/',
      enabled_events: '["*"]',
      status: 'enabled',
      created_at: START,
      updated_at: START,
    },
  },
  {
    table: 'signing_secrets',
    row: { ...OF_OTHER, owner_id: OTHER, sealed: 'k.none', created_at: START },
  },
  {
    table: 'events',
    row: {
      org_id: OTHER,
      id: EVENT_ID,
      listed_under: CALL_ID,
      type: 'call.completed',
      created: 0,
      api_version: '2026-04',
      skipped: '{}',
      accepted_at: START,
      call: '{}',
    },
  },
  {
    table: 'deliveries',
    row: {
      ...OF_OTHER,
      stage: 'delivered',
      endpoint_id: OF_OTHER.id,
      call_id: CALL_ID,
      event_type: 'call.completed',
      url: 'https://other.example/',
      next_attempt_at: START,
      delivered_at: START,
      created_at: START,
      updated_at: START,
    },
  },
  {
    table: 'audit_log',
    row: {
      ...OF_OTHER,
      actor: 'a',
      action: 'endpoint.create',
      target_type: 'endpoint',
      target_id: OF_OTHER.id,
      request_id: 'r',
      details: '{}',
      at: START,
    },
  },
]

/** Every table with rows of orgs, whatever the code knows of it; marks of moves are no rows of theirs. */
const OF_ORGS = `SELECT name FROM sqlite_schema WHERE type = 'table'
  AND name NOT IN ('departures', 'arrivals') AND (name = 'orgs' OR EXISTS (
    SELECT 1 FROM pragma_table_xinfo(sqlite_schema.name) AS own WHERE own.name = 'org_id'))`

/** What is left of the deleted org in the end, and what of the other one is not as it was. */
export async function leftAfterErasing(world: World): Promise<{ own: string[]; others: string[] }> {
  const own: string[] = []
  const others: string[] = []
  for (const database of DATABASES.slice(0, world.schedule.databases)) {
    const tables = await world.backend.rows({ sql: OF_ORGS, values: [], database })
    for (const table of tables.map(({ name }) => String(name))) {
      const sql = `SELECT * FROM ${table}`
      // Every column is a text, a number or NULL.
      const rows = (await world.backend.rows({ sql, values: [], database })) as Row[]
      const { length } = rows.filter((row) => isOf(row, ORG))
      if (length > 0) own.push(`${length} rows of ${table} in ${database}`)
      const found = rows.filter((row) => isOf(row, OTHER))
      const wanted = database === 'DB' ? BYSTANDER.filter((one) => one.table === table) : []
      const isSame = wanted.every(({ row }) => found.some((one) => isLike(one, row)))
      if (!isSame || found.length !== wanted.length) others.push(`${table} in ${database}`)
    }
  }
  return { own, others }
}

function isOf(row: Row, orgId: string): boolean {
  return row['org_id'] === orgId || row['id'] === orgId
}

function isLike(row: Row, wanted: Row): boolean {
  return Object.entries(wanted).every(([name, value]) => row[name] === value)
}
