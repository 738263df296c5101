// Orgs of two databases at once: each is served from its own.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { buryDeadLetters } from '../../src/delivery/upkeep/dead-letters.ts'
import { runJobs } from '../../src/jobs.ts'
import type { Visited } from '../../src/world.ts'
import { Visitor } from '../dashboard/visitor.ts'
import { meter } from '../db/counter.ts'
import { World, type Answered, type Json } from '../world.ts'
import { count, createTwo, meterBoth, type TestOrg, type Two } from './two.ts'

const MINUTE = 60_000

let two: Two
let world: World
beforeEach(async () => {
  two = await createTwo()
  world = two.world
  await two.createEndpoints()
})

const send = (org: TestOrg): Promise<Answered> => two.send(org)
const deliver = (org: TestOrg): Promise<string> => two.deliver(org)
const delivery = (org: TestOrg, id: string): Promise<Json> => two.delivery(org, id)

async function tick(): Promise<void> {
  await runJobs(await world.engine(), Math.ceil(world.clock / (60 * MINUTE)) * 60 * MINUTE)
  await world.settle()
}

describe.each(['near', 'far'] as const)('an org that is %s', (name) => {
  const home = () => (name === 'near' ? env.DB : env.DB2)
  const elsewhere = () => (name === 'near' ? env.DB2 : env.DB)

  it('has its events delivered, listed and redelivered from its own database (D1, S5)', async () => {
    const org = two[name]
    const id = await deliver(org)
    await world.drain()
    expect(await delivery(org, id)).toMatchObject({ status: 'delivered', org_id: org.orgId })
    const { body } = await world.call('GET', '/v1/webhook_deliveries', undefined, { key: org.key })
    expect(body.data.map((one: Json) => one.id)).toEqual([id])
    expect((await world.redeliver(id, { key: org.key })).status).toBe(200)
    await world.drain()
    expect(await delivery(org, id)).toMatchObject({ status: 'delivered', manual_retry_count: 1 })
    for (const table of ['events', 'deliveries']) {
      expect([await count(home(), table), await count(elsewhere(), table)]).toEqual([1, 0])
    }
  })

  it('is accepted from in one round trip, without a row more than with one database', async () => {
    await send(two.near)
    await send(two.far)
    const { first, second } = meterBoth(world)
    expect((await send(two[name])).status).toBe(202)
    const [here, there] = name === 'near' ? [first, second] : [second, first]
    expect([here.trips, there.trips]).toEqual([1, 0])
    const alone = await World.create()
    await alone.createEndpoint()
    await alone.send()
    const { db, cost } = meter(env.DB)
    alone.db = db
    await alone.send()
    expect(here.written).toBe(cost.written)
  })

  it('retries by the sweep of its own database (D2)', async () => {
    const id = await deliver(two[name])
    world.receiver.respond(500)
    await world.drain()
    world.receiver.respond(200)
    world.clock += 2 * MINUTE
    await tick()
    world.clock += MINUTE
    await world.drain()
    expect(await delivery(two[name], id)).toMatchObject({ status: 'delivered', attempt_count: 2 })
  })

  it('has a dashboard that signs in, shows and ends there', async () => {
    const id = await deliver(two[name])
    const visitor = await Visitor.signedIn(world, two[name].key)
    expect((await visitor.get(`/deliveries/${id}`)).status).toBe(200)
    expect([await count(home(), 'sessions'), await count(elsewhere(), 'sessions')]).toEqual([1, 0])
    await visitor.post('/sign-out')
    expect(await count(home(), 'sessions')).toBe(0)
  })

  it('is told nothing of the other’s (X1)', async () => {
    const other = two[name === 'near' ? 'far' : 'near']
    const id = await deliver(other)
    const unknown = `${id.slice(0, -8)}ffffffff`
    for (const path of [`/v1/webhook_deliveries/${id}`, `/v1/events/${id.slice(0, -4)}0000`]) {
      const headers = { 'X-Request-Id': '00000000-0000-4000-8000-000000000000' }
      const options = { key: two[name].key, headers }
      const { status, body } = await world.call('GET', path, undefined, options)
      const none = path.replace(/[^/]+$/, unknown)
      expect(status).toBe(404)
      expect(body).toEqual((await world.call('GET', none, undefined, options)).body)
    }
    expect((await world.redeliver(id, { key: two[name].key })).status).toBe(404)
  })

  it('keeps a session that another org’s cookie ends when it signs in', async () => {
    const other = two[name === 'near' ? 'far' : 'near']
    const visitor = await Visitor.signedIn(world, other.key)
    const before = visitor.cookie
    await visitor.signIn(two[name].key)
    expect([await count(home(), 'sessions'), await count(elsewhere(), 'sessions')]).toEqual([1, 0])
    const replayed = new Visitor(world)
    replayed.cookie = before
    expect((await replayed.get('')).path).toContain('/sign-in')
  })

  it('does not open with the other org’s id in its cookie (X1)', async () => {
    const visitor = await Visitor.signedIn(world, two[name].key)
    const other = two[name === 'near' ? 'far' : 'near']
    visitor.cookie = visitor.cookie.replace(two[name].orgId, other.orgId)
    expect((await visitor.get('')).path).toContain('/sign-in')
  })
})

describe('a batch of both orgs', () => {
  it('makes one read and one write a database', async () => {
    for (let event = 0; event < 3; event += 1) {
      await send(two.near)
      await send(two.far)
    }
    const { first, second } = meterBoth(world)
    await world.consume(world.fresh.splice(0), 'fresh')
    expect(world.receiver.received).toHaveLength(6)
    expect([first.trips, second.trips]).toEqual([2, 2])
  })

  it('asks the catalog once for all in a new isolate', async () => {
    await send(two.near)
    await send(two.far)
    world.startIsolate()
    const { first, second } = meterBoth(world)
    await world.consume(world.fresh.splice(0), 'fresh')
    expect([first.trips, second.trips]).toEqual([3, 2])
  })

  it('drops what is of no org', async () => {
    const stranger = { orgId: crypto.randomUUID(), id: crypto.randomUUID(), version: 1 }
    await send(two.far)
    await world.consume([{ body: stranger, at: 0 }, ...world.fresh.splice(0)], 'fresh')
    expect(world.receiver.received).toHaveLength(1)
    expect([...world.fresh, ...world.retry]).toEqual([])
  })
})

describe('what is of the whole service', () => {
  it('shares among the databases what one invocation may ask (R3)', async () => {
    const shares: number[] = []
    const run = async ({ share }: Visited) => shares.push(share)
    await runJobs(await world.engine(), world.clock, [{ name: 'counting', periodMin: 1, run }])
    expect(shares).toEqual([0.5, 0.5])
  })

  it('has our own hosts in each database, where batches ask for them (X5)', async () => {
    await send(two.near)
    for (const db of [env.DB, env.DB2]) {
      expect(await db.prepare('SELECT host FROM own_hosts').first('host')).toBe(
        'api.callingbox.example',
      )
    }
  })

  it('adds up what waits, and shows of a job the run that is furthest back', async () => {
    await send(two.near)
    await send(two.far)
    await env.DB2.exec(`INSERT INTO heartbeats VALUES ('sweep', ${world.clock - 2 * MINUTE})`)
    await env.DB.exec(`INSERT INTO heartbeats VALUES ('sweep', ${world.clock})`)
    world.clock += 2.5 * MINUTE
    const admin = { key: env.ADMIN_TOKEN }
    const { body } = await world.call('GET', '/healthz', undefined, admin)
    expect(body).toMatchObject({ status: 'ok', due_count: 2, databases: { DB: 'ok', DB2: 'ok' } })
    expect(Date.parse(body.last_sweep_at)).toBe(
      Math.floor((world.clock - 4.5 * MINUTE) / 1000) * 1000,
    )
    world.clock += MINUTE
    const late = await world.call('GET', '/healthz', undefined, admin)
    expect(late.body).toMatchObject({
      status: 'sweep_late',
      databases: { DB: 'ok', DB2: 'sweep_late' },
    })
  })

  it('notes dead letters where their orgs are', async () => {
    const engine = await world.engine()
    const bodies = [two.near, two.far].map(({ orgId }) => ({ orgId, id: 'd', version: 1 }))
    let acked = 0
    const messages = bodies.map((body) => ({ body, ack: () => void (acked += 1), retry: () => {} }))
    await buryDeadLetters(engine, messages)
    expect([
      acked,
      await count(env.DB, 'dead_letters'),
      await count(env.DB2, 'dead_letters'),
    ]).toEqual([2, 1, 1])
  })

  it('prunes, rolls up and seals anew in each', async () => {
    await deliver(two.near)
    await deliver(two.far)
    await world.drain()
    world.secretsKeys = `new:${btoa('n'.repeat(32))},${env.SECRETS_KEYS}`
    world.clock += 5 * MINUTE
    await tick()
    for (const db of [env.DB, env.DB2]) {
      expect(await count(db, 'hourly_stats')).toBe(1)
      const old = `SELECT count(*) AS n FROM signing_secrets WHERE sealed NOT LIKE 'new.%'`
      expect(await db.prepare(old).first('n')).toBe(0)
    }
    world.clock += 40 * 24 * 60 * MINUTE
    await tick()
    expect([await count(env.DB, 'deliveries'), await count(env.DB2, 'deliveries')]).toEqual([0, 0])
  })
})
