// An org that sends very much at once: what is beyond its share of the fresh lane waits in the bulk lane.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { acceptBatch } from '../../src/delivery/accept.ts'
import { ISOLATE_ROOM } from '../../src/delivery/attempt/room.ts'
import { countShares } from '../../src/delivery/share.ts'
import { sweep } from '../../src/delivery/sweep.ts'
import { LANES } from '../../src/world.ts'
import { meter } from '../db/counter.ts'
import { visit, World, type Json } from '../world.ts'

const MINUTE = 60_000

let world: World
beforeEach(async () => {
  world = await World.create()
  await world.createEndpoint()
})

/** An org with an endpoint, as what its calls are made with. */
async function another(name: string) {
  const { orgId, key } = await world.createOrg(name)
  await world.createEndpoint({ url: `https://${name}.example/` }, { key })
  return { orgId, key }
}

async function sendMany(count: number, options = {}) {
  for (let left = count; left > 0; left -= 100) {
    const events = Array.from({ length: Math.min(left, 100) }, () => ({
      type: 'call.busy',
      call: { id: crypto.randomUUID() },
    }))
    await world.call('POST', '/v1/events/batch', { events }, options)
  }
}

function newInput() {
  const callId = crypto.randomUUID()
  const call = JSON.stringify({ id: callId })
  return { type: 'call.completed', callId, webhookUrl: null, created: undefined, call }
}

/** How many messages wait in each lane: fresh, bulk, retry. */
function waiting(): number[] {
  return LANES.map((lane) => world[lane].length)
}

/** Whose messages a lane has, in order. */
function orgsIn(lane: (typeof LANES)[number]): string[] {
  return world[lane].map(({ body }: Json) => body.orgId)
}

/** An engine whose queues say how many messages wait in them. */
async function deepEngine() {
  const engine = await world.engine()
  for (const lane of LANES) {
    const queue = engine.queues[lane]
    engine.queues[lane] = {
      async sendBatch(messages) {
        await queue.sendBatch(messages)
        return { metadata: { metrics: { backlogCount: world[lane].length, backlogBytes: 0 } } }
      },
    }
  }
  return engine
}

describe('an org that sends 10,000 events', () => {
  it('has a share of the fresh lane, and another org’s ten wait behind no more than that (R6)', async () => {
    const other = await another('other')
    await sendMany(10_000)
    await sendMany(10, { key: other.key })
    expect(waiting()).toEqual([1010, 9000, 0])
    expect(new Set(orgsIn('fresh').slice(1000))).toEqual(new Set([other.orgId]))
    expect(new Set(orgsIn('bulk'))).toEqual(new Set([world.orgId]))
    // The 21st of 250 batches that are consumed at a time.
    await world.consume(world.fresh.splice(1000, 50), 'fresh')
    const urls = world.receiver.received.map(({ url }) => url)
    expect(urls).toEqual(Array.from({ length: 10 }, () => 'https://other.example/'))
    // Nor does any sweep have less to do for it.
    world.receiver.respond(500)
    await world.send({}, {}, { key: other.key })
    await world.consume(world.fresh.splice(-1), 'fresh')
    world.clock += MINUTE
    const engine = await deepEngine()
    await engine.queues.bulk.sendBatch([])
    await sweep(visit(engine))
    expect(orgsIn('retry')).toEqual([other.orgId])
  })

  it('loses none of them: each is sent once', async () => {
    await sendMany(1100)
    expect(waiting()).toEqual([1000, 100, 0])
    await world.drain()
    expect(world.receiver.received).toHaveLength(1100)
    expect(waiting()).toEqual([0, 0, 0])
  })

  it('leaves its share to each other org that does', async () => {
    const other = await another('other')
    await sendMany(1200)
    await sendMany(1200, { key: other.key })
    expect(waiting()).toEqual([2000, 400, 0])
    expect(orgsIn('fresh').filter((orgId) => orgId === other.orgId)).toHaveLength(1000)
  })

  it('has a share again as time passes, and all of it after ten seconds', async () => {
    await sendMany(1100)
    world.clock += 1000
    await sendMany(200)
    expect(waiting()).toEqual([1100, 200, 0])
    world.clock += 3600_000
    await sendMany(1300)
    expect(waiting()).toEqual([2100, 500, 0])
  })

  it('waits by itself however large one request is', async () => {
    for (let made = 1; made < 20; made += 1) await world.createEndpoint()
    await sendMany(60)
    expect(waiting()).toEqual([1000, 200, 0])
  })

  it('waits by itself with what had no turn behind its requests', async () => {
    world.room = ISOLATE_ROOM
    const engine = await world.engine()
    engine.isolate = { ...engine.isolate, takeShare: () => false }
    world.receiver.answer = () => {
      world.clock += 300
      return new Response('ok')
    }
    await acceptBatch(engine, world.orgId, Array.from({ length: 12 }, newInput))
    await world.settle()
    const attempted = world.receiver.received.length
    expect(attempted).toBeLessThan(12)
    expect(waiting()).toEqual([0, 12 - attempted, 0])
  })

  it('waits by itself with what a slow endpoint holds up behind its requests', async () => {
    world.room = ISOLATE_ROOM
    const engine = await world.engine()
    engine.isolate = { ...engine.isolate, takeShare: (_orgId, lane) => lane === 'fresh' }
    const answers: (() => void)[] = []
    engine.sleep = async (ms) => void (world.clock += ms)
    engine.fetch = () => new Promise((resolve) => answers.push(() => resolve(new Response('ok'))))
    await acceptBatch(engine, world.orgId, Array.from({ length: 12 }, newInput))
    await vi.waitFor(() => expect(world.bulk.length).toBeGreaterThan(0))
    expect([world.fresh, world.retry]).toEqual([[], []])
    for (const answer of answers) answer()
    await world.settle()
  })

  it('has a share of the retry lane, too, for endpoints that are unwell', async () => {
    await env.DB.exec('UPDATE endpoints SET unwell_since = 1')
    await sendMany(1100)
    expect(waiting()).toEqual([0, 100, 1000])
    await env.DB.exec('UPDATE endpoints SET unwell_since = NULL')
    await sendMany(1100)
    expect(waiting()).toEqual([1000, 200, 1000])
  })

  it('costs no other org its turn in a sweep, however many wait for an unwell endpoint', async () => {
    const other = await another('other')
    world.receiver.respond(500)
    await sendMany(800, { key: other.key })
    await world.consume(world.fresh.splice(0), 'fresh')
    await world.consume(world.retry.splice(0), 'retry')
    await env.DB.exec(
      `UPDATE endpoints SET unwell_since = ${world.clock} WHERE org_id = '${world.orgId}'`,
    )
    await sendMany(12_000)
    const engine = await deepEngine()
    world.clock += MINUTE / 2
    await sweep(visit(engine))
    expect(orgsIn('retry').filter((orgId) => orgId === other.orgId)).toHaveLength(800)
  })
})

describe('an org that sends little', () => {
  it('pays no row and no round trip for shares, and no message more', async () => {
    world.room = ISOLATE_ROOM
    const { db, cost } = meter(env.DB)
    await world.send()
    world.db = db
    await world.send()
    expect([cost.trips, cost.written, ...waiting()]).toEqual([2, 1 + 1 + 2, 0, 0, 0])
  })
})

describe('a share', () => {
  it('is no larger for not being used, nor for a clock that goes back', () => {
    let now = 0
    const takeShare = countShares(() => now, 10)
    const take = (count: number) =>
      Array.from({ length: count }, () => takeShare('org', 'fresh')).filter(Boolean).length
    expect([take(1), take(20)]).toEqual([1, 9])
    now = 3_600_000
    expect(take(20)).toBe(10)
    now = 0
    expect(take(20)).toBe(0)
    now = 1500
    expect([take(20), takeShare('another', 'fresh')]).toEqual([1, true])
  })
})
