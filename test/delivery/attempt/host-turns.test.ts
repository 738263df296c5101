// So many sends a second to a host that has not shown that it wants them, over all orgs.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { HOST_BLOCKS, type Limiter } from '../../../src/limits.ts'
import { meter } from '../../db/counter.ts'
import { watchDatabase } from '../../security/orgs/org-guard.ts'
import { World, type Json } from '../../world.ts'

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000]

const PER_SECOND = 20

let world: World
/** Blocks that were asked for, by host and second. */
let asked: Map<string, number>

beforeEach(async () => {
  world = await World.create()
  asked = new Map()
  world.limiter = count
})

/** Counts as the binding does: so many blocks of each key, and then no more. */
const count: Limiter = async (counted, key) => {
  if (counted !== 'unproven_host') return true
  asked.set(key, (asked.get(key) ?? 0) + 1)
  return (asked.get(key) ?? 0) <= HOST_BLOCKS.quota
}

/** So many events at once, of an org with its key. */
async function burst(size: number, key: string, call: Json = {}): Promise<void> {
  const events = Array.from({ length: size }, () => ({
    type: 'call.completed',
    call: { id: crypto.randomUUID(), ...call },
  }))
  await world.call('POST', '/v1/events/batch', { events }, { key })
}

function sentTo(host: string): number {
  return world.receiver.received.filter(({ url }) => new URL(url).hostname === host).length
}

async function all(): Promise<Json[]> {
  const { results } = await env.DB.prepare(
    'SELECT status, attempt_count FROM deliveries ORDER BY id',
  ).all()
  return results
}

/** The host answers 2xx once, and again when that proves it. */
async function prove(): Promise<void> {
  await world.deliver()
  await world.drain()
  await world.pass(10 * MINUTE)
  await world.deliver()
  await world.drain()
}

describe('a host that has proven nothing', () => {
  it('gets so many sends a second, however many orgs and endpoints aim at it, and all of them at last (X8, D2)', async () => {
    const others = [await world.createOrg('Other'), await world.createOrg('Third')]
    for (const key of [world.key, ...others.map((one) => one.key)]) {
      await world.createEndpoint({ url: 'https://victim.example/a' }, { key })
      await world.createEndpoint({ url: 'https://VICTIM.example:8443/b' }, { key })
      await burst(20, key, { webhook_url: 'https://victim.example/c' })
    }
    await world.drain()
    expect(sentTo('victim.example')).toBe(PER_SECOND)
    await world.pass(2 * HOUR)
    const rows = await all()
    expect(rows).toHaveLength(3 * 3 * 20)
    expect(rows).toEqual(rows.map(() => ({ status: 'delivered', attempt_count: 1 })))
    expect(sentTo('victim.example')).toBe(rows.length)
  })

  it('is limited behind the request, too', async () => {
    world.room = 256
    await world.createEndpoint()
    await burst(50, world.key)
    await burst(50, world.key)
    expect(sentTo('receiver.example')).toBe(PER_SECOND)
    await world.pass(HOUR)
    expect((await all()).every(({ status }) => status === 'delivered')).toBe(true)
  })

  it('holds up no other host’s deliveries of the same batch', async () => {
    await world.createEndpoint({ url: 'https://victim.example' })
    await world.createEndpoint({ url: 'https://friend.example' })
    await prove()
    await env.DB.prepare(`DELETE FROM host_proofs WHERE host = 'victim.example'`).run()
    world.startIsolate()
    world.clock += 1000
    world.receiver.received.length = 0
    await burst(60, world.key)
    await world.drain()
    expect(sentTo('victim.example')).toBe(PER_SECOND)
    expect(sentTo('friend.example')).toBe(60)
  })

  it('takes of what a person asks for no more either', async () => {
    await world.createEndpoint()
    await burst(30, world.key)
    await world.drain()
    await world.pass(HOUR)
    await env.DB.prepare('DELETE FROM host_proofs').run()
    world.startIsolate()
    world.receiver.received.length = 0
    const { body } = await world.call('GET', '/v1/webhook_deliveries?limit=100')
    for (const { id } of body.data) await world.redeliver(id)
    await world.drain()
    expect(sentTo('receiver.example')).toBe(PER_SECOND)
    await world.pass(HOUR)
    expect(sentTo('receiver.example')).toBe(30)
  })

  it('has the figure of the vars', async () => {
    world.vars['UNPROVEN_HOST_PER_SECOND'] = '100'
    await world.createEndpoint()
    await burst(1, world.key)
    await world.drain()
    world.clock += 1000
    await burst(80, world.key)
    await burst(80, world.key)
    await world.drain()
    // Of the block that the first one took nothing is left a second later.
    expect(sentTo('receiver.example')).toBe(1 + 100)
  })

  it('gets all its turns when each send comes by itself', async () => {
    world.vars['UNPROVEN_HOST_PER_SECOND'] = '100'
    world.room = 256
    await world.createEndpoint()
    await Promise.all(Array.from({ length: 130 }, () => world.send()))
    expect(sentTo('receiver.example')).toBe(100)
  })

  it('is told of in the log, once a second, with who sends there', async () => {
    const other = await world.createOrg('Other')
    await world.createEndpoint()
    await world.createEndpoint({}, other)
    await burst(20, world.key)
    await world.drain()
    await burst(5, world.key)
    await burst(5, other.key)
    await world.drain()
    const orgs = `${world.orgId} ${other.orgId}`
    expect(world.logs.filter(({ event }) => event === 'host_limited')).toEqual([
      { event: 'host_limited', count: 10, hosts: 'receiver.example', orgs },
    ])
  })
})

describe('a host that has answered 2xx for a while', () => {
  it('is limited no more, and nobody counts', async () => {
    await world.createEndpoint()
    await prove()
    asked.clear()
    await burst(100, world.key)
    await world.drain()
    expect(sentTo('receiver.example')).toBe(102)
    expect(asked.size).toBe(0)
  })

  it('is known to another isolate as soon as it would be limited', async () => {
    await world.createEndpoint()
    await prove()
    world.startIsolate()
    await burst(100, world.key)
    await world.drain()
    expect(sentTo('receiver.example')).toBe(102)
  })

  it('is asked about by each who would be limited before it is known', async () => {
    world.room = 256
    await world.createEndpoint()
    await prove()
    world.startIsolate()
    world.clock += 1000
    await Promise.all(Array.from({ length: 60 }, () => world.send()))
    expect(sentTo('receiver.example')).toBe(62)
    expect(world.logs.filter(({ event }) => event === 'host_limited')).toEqual([])
  })

  it('may be slow', async () => {
    const slow = Promise.withResolvers<undefined>()
    world.receiver.answer = () => slow.promise.then(() => new Response('ok'))
    world.sleep = () => scheduler.wait(0)
    await world.createEndpoint()
    const messages = await world.deliver().then(() => world.fresh.splice(0))
    const consumed = world.consume(messages)
    await scheduler.wait(50)
    slow.resolve(undefined)
    await consumed
    const { results } = await env.DB.prepare('SELECT host FROM host_proofs').all()
    expect(results).toEqual([{ host: 'receiver.example' }])
  })

  it('is not before, and not by refusals', async () => {
    await world.createEndpoint()
    world.receiver.respond(500)
    await world.deliver()
    await world.pass(20 * MINUTE)
    world.receiver.respond(200)
    await world.pass(HOUR)
    for (const minutes of [4, 8]) {
      world.clock += minutes * MINUTE
      await env.DB.prepare('UPDATE host_proofs SET first_at = ?')
        .bind(world.clock - 9 * MINUTE)
        .run()
      await world.deliver()
      await world.drain()
    }
    const { results } = await env.DB.prepare('SELECT proven_at FROM host_proofs').all()
    expect(results).toEqual([{ proven_at: null }])
  })

  it('costs no more than any, once an isolate knows it', async () => {
    await world.createEndpoint()
    await prove()
    await burst(10, world.key)
    const { db, cost } = meter(env.DB)
    world.db = db
    await world.consume(world.fresh.splice(0))
    // A read and a write of deliveries, of which each has two rows.
    expect(cost).toMatchObject({ trips: 2, written: 20 })
  })

  it('is noted once a day, and forgotten when it was not seen for a month', async () => {
    await world.createEndpoint()
    await prove()
    world.clock += 2 * DAY
    const { db, cost } = meter(env.DB)
    world.db = db
    const written: number[] = []
    while (written.length < 2) {
      world.startIsolate()
      await world.deliver()
      const before = cost.written
      await world.consume(world.fresh.splice(0))
      written.push(cost.written - before)
    }
    // The row, and its place by age, on top of the delivery's two.
    expect(written).toEqual([2 + 2, 2])
    await env.DB.prepare(
      `INSERT INTO host_proofs (host, first_at, seen_at) VALUES ('gone.example', 0, 0)`,
    ).run()
    world.clock += 31 * DAY
    world.startIsolate()
    await world.send({ webhook_url: 'https://other.example' }, { type: 'call.busy' })
    await world.drain()
    const { results } = await env.DB.prepare('SELECT host FROM host_proofs ORDER BY host').all()
    expect(results).toEqual([{ host: 'other.example' }, { host: 'receiver.example' }])
  })
})

describe('nothing is counted', () => {
  it('where local hosts are endpoints', async () => {
    world.vars['ALLOW_HTTP_ENDPOINTS'] = 'true'
    await world.createEndpoint()
    await burst(60, world.key)
    await world.drain()
    expect(sentTo('receiver.example')).toBe(60)
    expect(asked.size).toBe(0)
  })

  it('of more hosts than an isolate keeps in mind: it forgets the one that was sent to longest ago', async () => {
    const { isolate } = await world.engine()
    const { known } = isolate.hosts
    await world.createEndpoint()
    await world.deliver()
    await world.drain()
    const [receiver] = known.values()
    for (const place of Array.from({ length: 10_000 - known.size }).keys())
      if (receiver) known.set(`${place}.example`, receiver)
    await world.send({ webhook_url: 'https://other.example' }, { type: 'call.busy' })
    await world.drain()
    expect([known.size, known.has('receiver.example'), known.has('other.example')]).toEqual([
      10_000,
      true,
      true,
    ])
  })
})

it('waits a little longer while the catalog is out of reach, and loses nothing', async () => {
  await world.createEndpoint()
  await prove()
  world.startIsolate()
  world.clock += 1000
  await burst(60, world.key)
  world.db = watchDatabase(env.DB, (sql) => {
    if (sql.includes('host_proofs')) throw new Error('D1_ERROR: Network connection lost.')
  })
  await world.drain()
  expect(sentTo('receiver.example')).toBe(2 + PER_SECOND)
  world.db = env.DB
  await world.pass(HOUR)
  expect((await all()).every(({ status }) => status === 'delivered')).toBe(true)
})
