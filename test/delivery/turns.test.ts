// Orgs take turns: what one of them has a lot of makes no other wait (R2 over orgs).
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { DeliveryRef } from '../../src/db/words.ts'
import { LEASE_MS } from '../../src/delivery/lease.ts'
import { sweep } from '../../src/delivery/sweep.ts'
import { inTurns } from '../../src/delivery/turns.ts'
import type { DeliveryQueue, World as EngineWorld } from '../../src/world.ts'
import { meter } from '../db/counter.ts'
import { seed } from '../db/seed.ts'
import { visit, World } from '../world.ts'

const MINUTE = 60_000

/** When the sweep looks at it: of what is new it is the id that says so. */
const sweepAt = { "'pending'": '1000 + i', "'new'": 'NULL' }

let world: World
let numbers = 0
let stage: keyof typeof sweepAt
beforeEach(async () => {
  world = await World.create()
  numbers = 0
  stage = "'pending'"
})

/** An org with so many overdue deliveries; those of later calls are due later. */
async function overdue(orgId: string, count: number, endpointId: string | null = null) {
  const about = { orgId, endpointIds: [endpointId ?? ''], callIds: [crypto.randomUUID()] }
  await seed(env.DB, { ...about, from: numbers, count, status: stage, sweepAt: sweepAt[stage] })
  if (endpointId === null) {
    await env.DB.prepare(`UPDATE deliveries SET endpoint_id = NULL WHERE org_id = ?`)
      .bind(orgId)
      .run()
  }
  numbers += count
}

function sentOrgs(): string[] {
  // The only sender is the engine itself.
  return world.retry.map(({ body }) => (body as DeliveryRef).orgId)
}

/** An engine whose queue has more than enough to do, so that a sweep ends after its first round. */
async function withFullQueue(): Promise<EngineWorld> {
  const engine = await world.engine()
  const retry: DeliveryQueue = {
    async sendBatch(messages) {
      await engine.queues.retry.sendBatch(messages)
      return { metadata: { metrics: { backlogCount: 20_000, backlogBytes: 0 } } }
    },
  }
  return { ...engine, queues: { ...engine.queues, retry } }
}

function ids(count: number): string[] {
  return Array.from({ length: count }, () => crypto.randomUUID())
}

describe('a sweep', () => {
  it('takes the one overdue delivery of an org though another has 25,000 older ones', async () => {
    const small = crypto.randomUUID()
    await overdue(world.orgId, 25_000)
    await overdue(small, 1)
    await world.sweep()
    expect(sentOrgs().slice(0, 2)).toContain(small)
  })

  it('takes one of each of 600 small orgs, behind a large one, and of the last', async () => {
    const small = ids(600)
    await overdue(world.orgId, 12_000)
    for (const orgId of small) await overdue(orgId, 1)
    await world.sweep()
    const sent = new Set(sentOrgs())
    expect(small.filter((orgId) => !sent.has(orgId))).toEqual([])
    expect(world.retry.length).toBeGreaterThan(8000)
  })

  it('gives everybody a turn though 700 orgs have more than it can take', async () => {
    const orgs = ids(700)
    for (const orgId of orgs) await overdue(orgId, 20)
    const last = crypto.randomUUID()
    await overdue(last, 1)
    await world.sweep()
    expect(new Set(sentOrgs()).size).toBe(701)
    expect(sentOrgs()).toContain(last)
  })

  it('goes on with other orgs than the last one did while the queue is full (R2)', async () => {
    const orgs = ids(600)
    for (const orgId of orgs) await overdue(orgId, 3)
    for (let sweeps = 0; sweeps < 2; sweeps += 1) {
      await sweep(visit(await withFullQueue()))
      world.clock += MINUTE
    }
    expect(world.retry).toHaveLength(1000)
    expect(new Set(sentOrgs()).size).toBe(600)
  })

  it('takes what it can when an org is alone', async () => {
    await overdue(world.orgId, 12_000)
    await world.sweep()
    expect(world.retry).toHaveLength(10_000)
  })

  it('takes a part of it where it visits several databases (R3)', async () => {
    await overdue(world.orgId, 12_000)
    await sweep({ ...(await world.visited()), share: 0.25 })
    expect(world.retry).toHaveLength(2500)
  })

  it('sends what it took of several orgs in turns', async () => {
    const [one = '', other = ''] = ids(2)
    await overdue(one, 150)
    await overdue(other, 150)
    await world.sweep()
    const first = sentOrgs().slice(0, 100)
    expect(first.filter((orgId) => orgId === one)).toHaveLength(50)
  })

  it('works off what is parked for an endpoint, and takes another org’s overdue delivery', async () => {
    const { body } = await world.createEndpoint()
    await overdue(world.orgId, 12_000, body.id)
    await env.DB.prepare(`UPDATE endpoints SET unwell_since = ?`)
      .bind(world.clock - 10 * MINUTE)
      .run()
    const small = crypto.randomUUID()
    await overdue(small, 1)
    await world.sweep()
    const sent = sentOrgs()
    expect(sent.slice(0, 2)).toContain(small)
    expect(sent.filter((orgId) => orgId === world.orgId).length).toBeLessThan(15)
  })
})

async function readBySweep(): Promise<number> {
  const { db, cost } = meter(env.DB)
  world.db = db
  await world.sweep()
  world.db = env.DB
  return cost.read
}

describe('a sweep of what is new, and nobody came back with in a lease,', () => {
  beforeEach(() => {
    stage = "'new'"
  })

  it('takes the one of an org though another has 5,000 older ones', async () => {
    const small = crypto.randomUUID()
    await overdue(world.orgId, 5000)
    await overdue(small, 1)
    await world.sweep()
    expect(sentOrgs().slice(0, 2)).toContain(small)
    expect(world.retry).toHaveLength(5001)
  })

  it('takes an equal part of each org’s', async () => {
    const [one = '', other = ''] = ids(2)
    await overdue(one, 1000)
    await overdue(other, 1000)
    await sweep(visit(await withFullQueue()))
    const orgs = sentOrgs()
    expect([orgs.length, orgs.filter((orgId) => orgId === one).length]).toEqual([500, 250])
    const left = "SELECT count(*) FROM deliveries WHERE stage = 'new'"
    expect(await env.DB.prepare(left).first('count(*)')).toBe(1500)
  })

  it('leaves it alone until the very end of the lease, which its id says', async () => {
    await world.createEndpoint()
    await world.deliver()
    world.clock += LEASE_MS - 1
    await world.sweep()
    expect(world.retry).toHaveLength(0)
    world.clock += 1
    await world.sweep()
    expect(world.retry).toHaveLength(1)
  })
})

describe('turns', () => {
  it('cost an org that is alone nothing: 11 rows read a delivery, and 50 a round', async () => {
    await overdue(world.orgId, 400)
    expect(await readBySweep()).toBeLessThanOrEqual(400 * 11 + 50)
  })

  it('cost four rows read for each org that waits, however much it waits for', async () => {
    for (const orgId of ids(100)) {
      await overdue(orgId, 10)
      await env.DB.prepare('UPDATE deliveries SET sweep_at = ?')
        .bind(world.clock + 3600_000)
        .run()
    }
    await world.sweep()
    expect(await readBySweep()).toBeLessThanOrEqual(100 * 4 + 60)
  })
})

describe('a batch of the consumer', () => {
  it('sends one of each org before it sends any one’s second', async () => {
    const other = await world.createOrg('Other')
    const [first, second] = [world.key, other.key]
    for (let place = 0; place < 6; place += 1) {
      await world.createEndpoint({ url: `https://slow${place}.example/` }, { key: first })
    }
    await world.createEndpoint({ url: 'https://small.example/' }, { key: second })
    await world.send({}, {}, { key: first })
    await world.send({}, {}, { key: second })
    await world.drain()
    const urls = world.receiver.received.map(({ url }) => url)
    expect(urls.indexOf('https://small.example/')).toBe(1)
  })
})

describe('inTurns', () => {
  it('keeps each org’s order, and takes one of each at a time', () => {
    const order = ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']
    const turns = inTurns(order, (one) => one.slice(0, 1))
    expect(turns).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3'])
  })
})
