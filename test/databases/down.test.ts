// A database that is down stops only its own orgs.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { buryDeadLetters } from '../../src/delivery/upkeep/dead-letters.ts'
import { runJobs } from '../../src/jobs.ts'
import { Visitor } from '../dashboard/visitor.ts'
import type { Answered, Json, World } from '../world.ts'
import { count, createTwo, down, type TestOrg, type Two } from './two.ts'

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

/** The two databases, each with the org that is in it. */
const EACH = [
  ['the first', 'db', 'near', 'far'],
  ['the second', 'db2', 'far', 'near'],
] as const

async function tick(): Promise<void> {
  await runJobs(await world.engine(), Math.ceil(world.clock / (60 * MINUTE)) * 60 * MINUTE)
  await world.settle()
}

describe.each(EACH)('while %s database is down', (_, place, own, other) => {
  const takeAway = () => {
    world[place] = down(place === 'db' ? env.DB : env.DB2)
  }
  const name = place === 'db' ? 'DB' : 'DB2'

  it('its org is told to come again, and the other’s events are accepted', async () => {
    await send(two.near)
    await send(two.far)
    takeAway()
    const refused = await send(two[own])
    expect([refused.status, refused.body.code]).toEqual([503, 'unavailable'])
    expect(refused.headers.get('Retry-After')).toBe('2')
    expect((await send(two[other])).status).toBe(202)
  })

  it('only its own deliveries of a batch come back (A4)', async () => {
    const [id] = [await deliver(two[own])]
    await send(two[other])
    takeAway()
    await world.consume(world.fresh.splice(0), 'fresh')
    expect(world.receiver.received).toHaveLength(1)
    const left = [...world.fresh, ...world.retry]
    expect(left).toEqual([{ body: expect.objectContaining({ id }), at: world.clock + 5000 }])
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'load_failed', database: name, count: 1 }),
    )
  })

  it('only what came of its own is lost when it goes before the record (A6)', async () => {
    const lost = await deliver(two[own])
    const kept = await deliver(two[other])
    world.receiver.answer = () => {
      takeAway()
      // The next invocation's handle is on the database that is down; this one's has to be, too.
      void world.engine()
      return new Response('ok')
    }
    await world.consume(world.fresh.splice(0), 'fresh')
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'record_failed', database: name, count: 1 }),
    )
    world.receiver.respond(200)
    world.db = env.DB
    world.db2 = env.DB2
    expect(await delivery(two[other], kept)).toMatchObject({ status: 'delivered' })
    expect(await delivery(two[own], lost)).toMatchObject({ status: 'pending' })
    await world.pass(MINUTE)
    expect(await delivery(two[own], lost)).toMatchObject({ status: 'delivered' })
  })

  it('the cron’s jobs go on in the other, and its failures are logged by its name', async () => {
    const id = await deliver(two[other])
    world.fresh.splice(0)
    takeAway()
    world.clock += 3 * MINUTE
    await tick()
    await world.drain()
    expect(await delivery(two[other], id)).toMatchObject({ status: 'delivered' })
    const ends = (event: string) =>
      world.logs.filter((line) => line.event === event).map(({ job, database }) => [job, database])
    const jobs = [
      'sweep',
      'replays',
      'retention',
      'rewrap',
      'listeners',
      'notices',
      'roll_up',
      'quotas',
      'deleted_orgs',
    ]
    const theOther = place === 'db' ? 'DB2' : 'DB'
    expect(ends('job_done')).toEqual(jobs.map((job) => [job, theOther]))
    // With one key there is nothing to seal anew, but that it ran is noted.
    expect(ends('job_failed')).toEqual(jobs.map((job) => [job, name]))
  })

  it('dead letters come again, and are noted in the other', async () => {
    takeAway()
    const bodies = [two.near, two.far].map(({ orgId }) => ({ orgId, id: 'd', version: 1 }))
    let acked = 0
    const messages = bodies.map((body) => ({ body, ack: () => void (acked += 1), retry: () => {} }))
    await expect(buryDeadLetters(await world.engine(), messages)).rejects.toMatchObject({
      cause: { code: 'unavailable' },
    })
    expect(acked).toBe(0)
    const noted = [await count(env.DB, 'dead_letters'), await count(env.DB2, 'dead_letters')]
    expect(noted).toEqual(place === 'db' ? [0, 1] : [1, 0])
  })

  it('health says which', async () => {
    await tick()
    takeAway()
    const databases = { DB: 'ok', DB2: 'ok', [name]: 'database_unreachable' }
    const told = await (await world.fetch('/healthz')).json()
    expect(told).toEqual({ status: 'database_unreachable', databases })
    const admin = { key: env.ADMIN_TOKEN }
    const { status, body } = await world.call('GET', '/healthz', undefined, admin)
    expect(status).toBe(503)
    expect(body).toMatchObject({ status: 'database_unreachable', databases, due_count: 0 })
  })

  it('a person can sign in to the other org, whoever was signed in before', async () => {
    const visitor = await Visitor.signedIn(world, two[own].key)
    await world.call('GET', '/v1/webhook_endpoints', undefined, { key: two[other].key })
    if (place === 'db2') takeAway()
    const page = await visitor.signIn(two[other].key)
    expect(page.status).toBe(200)
    expect(page.text).toContain('<h1>Overview</h1>')
  })
})

describe('while the first database is down', () => {
  it('a key that an isolate has not seen is not known to be wrong', async () => {
    world.startIsolate()
    world.db = down(env.DB)
    const { status, body } = await send(two.far)
    expect([status, body.code]).toEqual([503, 'unavailable'])
  })

  it('deliveries come back whose org an isolate has not asked for, and others do not', async () => {
    await send(two.far)
    world.db = down(env.DB)
    await world.consume(world.fresh.splice(0), 'fresh')
    expect(world.receiver.received).toHaveLength(1)
    world.db = env.DB
    const id = await deliver(two.far)
    world.startIsolate()
    world.db = down(env.DB)
    await world.consume(world.fresh.splice(0), 'fresh')
    expect(world.receiver.received).toHaveLength(1)
    expect(world.fresh).toMatchObject([{ body: { id } }])
  })
})
