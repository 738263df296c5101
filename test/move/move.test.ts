// A move, from the operator's request until the old place is empty, on two databases.
import { env } from 'cloudflare:workers'
import { getTableName } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { MOVED } from '../../src/db/move/tables.ts'
import { runJobs } from '../../src/jobs.ts'
import { carryOnMoves, pushMove, requestMove } from '../../src/move/move.ts'
import { Visitor } from '../dashboard/visitor.ts'
import { createNear } from '../databases/two.ts'
import type { Answered, Json, World } from '../world.ts'

const DAY_MS = 24 * 3600 * 1000

const ADMIN = { key: env.ADMIN_TOKEN }

let world: World

beforeEach(async () => {
  world = await createNear()
})

/** All that a database has of orgs, by table, in an order of its own. */
async function contentOf(db: D1Database): Promise<Record<string, string[]>> {
  const tables: [string, string[]][] = []
  for (const table of MOVED.map((one) => getTableName(one))) {
    const { results } = await db.prepare(`SELECT * FROM ${table}`).all()
    tables.push([table, results.map((row) => JSON.stringify(row)).toSorted()])
  }
  return Object.fromEntries(tables)
}

function isEmpty(content: Record<string, string[]>): boolean {
  return Object.values(content).every((rows) => rows.length === 0)
}

/** A little of everything that an org can have. */
async function live(): Promise<string> {
  const noted = { external_id: 'billing', metadata: { plan: 'gold' } }
  const keyed = { headers: { 'Idempotency-Key': 'a' } }
  const { body: endpoint } = await world.createEndpoint(noted, keyed)
  const { body: gone } = await world.createEndpoint()
  const call = { id: crypto.randomUUID(), webhook_url: 'https://inline.example/' }
  await world.send(call, {}, { headers: { 'Idempotency-Key': 'b' } })
  world.receiver.respond(500)
  await world.drain()
  world.receiver.respond(200)
  const { body: event } = await world.send({ quote: '"\\" \u2028 é 😀' })
  await world.drain()
  await world.call('DELETE', `/v1/webhook_endpoints/${gone.id}`)
  const rotate = `/v1/webhook_endpoints/${endpoint.id}/rotate_secret`
  await world.call('POST', rotate, { overlap_seconds: 60 })
  await Visitor.signedIn(world)
  await openLink(await makeLink())
  await makeLink()
  await world.send()
  const one = event.deliveries.find((made: Json) => made.endpoint_id === endpoint.id)
  return one.id
}

/** The path of a portal link. */
async function makeLink(): Promise<string> {
  const { body } = await world.call('POST', '/v1/portal_links')
  return String(body.url).replace(/^.*\/dashboard/, '')
}

async function openLink(path: string): Promise<Visitor> {
  const visitor = new Visitor(world)
  await visitor.send(path)
  return visitor
}

function askToMove(to: string, orgId = world.orgId, headers = {}): Promise<Answered> {
  return world.call('POST', `/admin/orgs/${orgId}/move`, { to }, { ...ADMIN, headers })
}

/** Takes so many steps of the org's move. */
async function step(steps: number, to = 'DB2') {
  const engine = await world.engine()
  const asked = { entryId: crypto.randomUUID(), ip: null, requestId: 'r' }
  const begun = await requestMove(engine, world.orgId, to, asked)
  return pushMove(engine, begun, { steps, forMs: 1e9 })
}

function down(): never {
  throw new Error('down')
}

/** Up to where the org is fenced. */
async function fence(): Promise<void> {
  while ((await step(1)).phase !== 'settling') continue
}

describe('POST /admin/orgs/{id}/move', () => {
  it('takes all of the org along, as it is, and leaves nothing (M1, M4)', async () => {
    await live()
    const before = await contentOf(env.DB)
    const { status, body } = await askToMove('DB2')
    expect({ status, phase: body.phase }).toEqual({ status: 200, phase: 'over' })
    const { audit_log: log = [], ...after } = await contentOf(env.DB2)
    const { audit_log: logBefore = [], ...rest } = before
    expect(after).toEqual(rest)
    // Ids of one millisecond are in no order.
    const added = log.filter((entry) => !logBefore.includes(entry))
    expect(added.flatMap((entry) => /"org\.\w+"/.exec(entry)?.[0] ?? []).toSorted()).toEqual([
      '"org.arrive"',
      '"org.move"',
    ])
    expect(isEmpty(await contentOf(env.DB))).toBe(true)
  })

  it('answers the same when it is asked again, and brings it back later', async () => {
    const id = await live()
    await askToMove('DB2')
    expect(await askToMove('DB2')).toMatchObject({ status: 200, body: { to: 'DB2' } })
    await world.redeliver(id)
    await world.drain()
    const before = await contentOf(env.DB2)
    expect(await askToMove('DB')).toMatchObject({ status: 200, body: { from: 'DB2', to: 'DB' } })
    const after = await contentOf(env.DB)
    expect({ ...after, audit_log: [] }).toEqual({ ...before, audit_log: [] })
    expect(isEmpty(await contentOf(env.DB2))).toBe(true)
    expect((await world.delivery(id)).manual_retry_count).toBe(1)
  })

  it('keeps its keys and Idempotency-Keys, and what waits to be sent', async () => {
    await world.createEndpoint()
    const call = { id: crypto.randomUUID() }
    const send = () => world.send(call, {}, { headers: { 'Idempotency-Key': 'k' } })
    const first = await send()
    await askToMove('DB2')
    const again = await send()
    expect(again.headers.get('Idempotent-Replayed')).toBe('true')
    expect(again.body).toEqual(first.body)
    await world.drain()
    expect((await world.delivery(first.body.deliveries[0].id)).status).toBe('delivered')
  })

  it('keeps who is signed in, by a key or by a link, and links that were not used yet', async () => {
    const visitors = [await Visitor.signedIn(world), await openLink(await makeLink())]
    const unused = await makeLink()
    await askToMove('DB2')
    visitors.push(await openLink(unused))
    for (const visitor of visitors) expect((await visitor.get('/deliveries')).path).toBe('')
    expect((await (await openLink(unused)).get('/deliveries')).path).toContain('/sign-in')
  })

  it('moves once for a key, also when the org was brought back since (I1)', async () => {
    const withKey = { 'Idempotency-Key': 'k' }
    const first = await askToMove('DB2', world.orgId, withKey)
    await askToMove('DB')
    const again = await askToMove('DB2', world.orgId, withKey)
    expect(again).toMatchObject({ status: first.status, body: first.body })
    expect(again.headers.get('Idempotent-Replayed')).toBe('true')
    expect(first.headers.get('Idempotent-Replayed')).toBeNull()
    expect(isEmpty(await contentOf(env.DB2))).toBe(true)
    const other = await askToMove('DB', world.orgId, withKey)
    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency_key_reused' } })
  })

  it('keeps no key for a move that was refused', async () => {
    const withKey = { 'Idempotency-Key': 'k' }
    expect((await askToMove('DB', world.orgId, withKey)).status).toBe(409)
    expect((await askToMove('DB2', world.orgId, withKey)).status).toBe(200)
  })

  it('refuses what makes no sense', async () => {
    const nowhere = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0000'
    expect(await askToMove('DB3')).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(await askToMove('DB')).toMatchObject({ status: 409, body: { code: 'already_there' } })
    expect(await askToMove('DB2', nowhere)).toMatchObject({ status: 404 })
    await step(1)
    expect(await askToMove('DB')).toMatchObject({ status: 409, body: { code: 'move_under_way' } })
  })

  it('goes on by the cron, and tells how far it is', async () => {
    await live()
    await step(2)
    const path = `/admin/orgs/${world.orgId}/move`
    expect((await world.call('GET', path, undefined, ADMIN)).body.phase).toBe('copying')
    await carryOnMoves(await world.engine())
    const { body } = await world.call('GET', path, undefined, ADMIN)
    expect(body).toMatchObject({ phase: 'over', from: 'DB', to: 'DB2' })
    expect(body.rows_copied).toBeGreaterThan(0)
  })
})

describe('the fence', () => {
  it('refuses writes of that org alone, and no reads (M3)', async () => {
    const id = await live()
    const other = await world.createOrg('Other')
    await fence()
    expect((await world.delivery(id)).id).toBe(id)
    expect((await world.call('GET', '/v1/webhook_endpoints')).status).toBe(200)
    const refused = [await world.send(), await world.redeliver(id), await world.createEndpoint()]
    for (const { status, body, headers } of refused) {
      expect({ status, code: body.code }).toEqual({ status: 503, code: 'unavailable' })
      expect(Number(headers.get('Retry-After'))).toBeGreaterThan(0)
    }
    const event = { type: 'call.completed', call: { id: crypto.randomUUID() } }
    expect((await world.call('POST', '/v1/events', event, { key: other.key })).status).toBe(202)
    await step(1000)
    expect((await world.send()).status).toBe(202)
  })

  it('keeps the sweep and the jobs away, in both places (M2)', async () => {
    await live()
    await fence()
    const before = [await contentOf(env.DB), await contentOf(env.DB2)]
    world.clock += 40 * DAY_MS
    await runJobs(await world.engine(), Math.ceil(world.clock / DAY_MS) * DAY_MS)
    expect([await contentOf(env.DB), await contentOf(env.DB2)]).toEqual(before)
  })
})

describe('GET /admin/databases', () => {
  it('tells size, room, organizations and health of each', async () => {
    await askToMove('DB2')
    const { body } = await world.call('GET', '/admin/databases', undefined, ADMIN)
    expect(body.data).toMatchObject([
      { name: 'DB', status: 'ok', orgs: 0 },
      { name: 'DB2', status: 'ok', orgs: 1 },
    ])
    for (const { bytes, room_bytes: room } of body.data) expect(bytes + room).toBe(10_000_000_000)
  })

  it('says which one is out of reach', async () => {
    // The service calls these two.
    world.db2 = { prepare: down, batch: down } as unknown as D1Database
    const { body } = await world.call('GET', '/admin/databases', undefined, ADMIN)
    expect(body.data[1]).toMatchObject({ status: 'database_unreachable', bytes: null })
  })
})
