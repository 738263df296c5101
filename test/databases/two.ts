// A service on two real databases, with an org in each, and ways to take a database away.
import { env } from 'cloudflare:workers'
import { getTableColumns, getTableName } from 'drizzle-orm'
import * as schema from '../../src/db/schema.ts'
import { meter, type Cost } from '../db/counter.ts'
import { World, type Answered, type Json } from '../world.ts'

/** An org of a test, with its key. */
export type TestOrg = { orgId: string; key: string }

/** `near` is in the first database, `far` in the second. */
export type Two = Awaited<ReturnType<typeof createTwo>>

/** One org in the first of two databases, whichever other tests have left larger. */
export async function createNear(): Promise<World> {
  const vars = { DATABASES: 'DB,DB2' }
  const world = await World.create(vars, { db: sized(env.DB, 1), db2: sized(env.DB2, 2) })
  world.db = env.DB
  world.db2 = env.DB2
  return world
}

export async function createTwo() {
  const world = await createNear()
  world.db2 = sized(env.DB2, 2)
  const near = { orgId: world.orgId, key: world.key }
  // So that its id sorts behind the other's.
  world.clock += 1
  world.db = sized(env.DB, 3)
  const far = await world.createOrg('Far')
  world.db = env.DB
  world.db2 = env.DB2
  world.clock += 1
  return { world, near, far, ...actsOf(world, [near, far]) }
}

function actsOf(world: World, orgs: TestOrg[]) {
  const send = ({ key }: TestOrg): Promise<Answered> => world.send({}, {}, { key })
  return {
    send,
    /** One for each org. */
    createEndpoints: async () => {
      for (const { key } of orgs) {
        const url = `https://${key.slice(8, 16).toLowerCase()}.example/`
        await world.createEndpoint({ url }, { key })
      }
    },
    deliver: async (org: TestOrg): Promise<string> => (await send(org)).body.deliveries[0].id,
    delivery: async ({ key }: TestOrg, id: string): Promise<Json> => {
      const path = `/v1/webhook_deliveries/${id}`
      return (await world.call('GET', path, undefined, { key })).body
    },
  }
}

/** A database that says it has so many bytes. */
export function sized(d1: D1Database, bytes: number): D1Database {
  return instead(d1, (text) => {
    if (text !== 'SELECT 1') return undefined
    const answer = { results: [], success: true, meta: { size_after: bytes } }
    // All that is asked of it.
    return { all: async () => answer } as unknown as D1PreparedStatement
  })
}

const DOWN = 'D1_ERROR: Network connection lost.'

function fail(): Promise<never> {
  return Promise.reject(new Error(DOWN))
}

/** A database that answers nothing. */
export function down(d1: D1Database): D1Database {
  const statement = { bind: () => statement, all: fail, raw: fail, run: fail, first: fail }
  return Object.assign(Object.create(d1), { prepare: () => statement, batch: fail })
}

function instead(
  d1: D1Database,
  prepare: (text: string) => D1PreparedStatement | undefined,
): D1Database {
  return new Proxy(d1, {
    get(target, name) {
      // Whatever else is asked of it comes from the real binding, bound to it.
      const member = Reflect.get(target, name) as unknown
      if (name === 'prepare') return (text: string) => prepare(text) ?? target.prepare(text)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

/** Puts meters before both databases. */
export function meterBoth(world: World): { first: Cost; second: Cost } {
  const [first, second] = [meter(env.DB), meter(env.DB2)]
  world.db = first.db
  world.db2 = second.db
  return { first: first.cost, second: second.cost }
}

export async function count(d1: D1Database, table: string, orgId?: string): Promise<number> {
  const column = table === 'orgs' ? 'id' : 'org_id'
  const only = orgId === undefined ? '' : ` WHERE ${column} = '${orgId}'`
  return (await d1.prepare(`SELECT count(*) AS n FROM ${table}${only}`).first<number>('n')) ?? 0
}

/** Tables with rows of an org. */
export async function tablesOf(d1: D1Database, orgId: string): Promise<string[]> {
  const tables = ORG_TABLES.map(async (table) => ({ table, n: await count(d1, table, orgId) }))
  return (await Promise.all(tables)).flatMap(({ table, n }) => (n > 0 ? [table] : []))
}

const ORG_TABLES = Object.values(schema)
  .filter((table) => 'orgId' in table || table === schema.orgs)
  .map(getTableName)

/** Moves an org from the first database to the second as a move does at its end, all at once. */
export async function moveToSecond(orgId: string): Promise<void> {
  for (const table of ORG_TABLES) {
    const column = table === 'orgs' ? 'id' : 'org_id'
    const { results } = await env.DB.prepare(`SELECT * FROM ${table} WHERE ${column} = ?`)
      .bind(orgId)
      .all()
    for (const row of results) {
      const stored = Object.entries(row).filter(([name]) => !WORKED_OUT.has(`${table}.${name}`))
      const names = stored.map(([name]) => name).join(', ')
      const places = stored.map(() => '?').join(', ')
      await env.DB2.prepare(`INSERT INTO ${table} (${names}) VALUES (${places})`)
        .bind(...stored.map(([, value]) => value))
        .run()
    }
  }
  await env.DB.batch([
    env.DB.prepare(`INSERT INTO placements VALUES (?, 'DB2')`).bind(orgId),
    env.DB.prepare(
      `INSERT OR IGNORE INTO key_owners SELECT public_id, org_id FROM api_keys WHERE org_id = ?`,
    ).bind(orgId),
    depart(orgId, 'gone'),
    ...ORG_TABLES.map((table) =>
      env.DB.prepare(`DELETE FROM ${table} WHERE ${table === 'orgs' ? 'id' : 'org_id'} = ?`).bind(
        orgId,
      ),
    ),
  ])
}

/** Columns that the database works out, with their tables. */
const WORKED_OUT = new Set(
  Object.values(schema).flatMap((table) =>
    Object.values(getTableColumns(table))
      .filter(({ generated }) => generated !== undefined)
      .map(({ name }) => `${getTableName(table)}.${name}`),
  ),
)

/** The statement that says how an org leaves the first database. */
export function depart(orgId: string, state: 'leaving' | 'gone'): D1PreparedStatement {
  return env.DB.prepare(`INSERT OR REPLACE INTO departures (org_id, state) VALUES (?, ?)`).bind(
    orgId,
    state,
  )
}
