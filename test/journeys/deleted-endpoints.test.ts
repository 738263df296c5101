// What is left of a deleted endpoint: nothing on the way of an event, and its history for a while.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { inspectDelivery } from '../../src/db/views/inspect.ts'
import { enforceRetention } from '../../src/delivery/upkeep/retention.ts'
import { seed } from '../db/seed.ts'
import { World, type Answered, type Json } from '../world.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

let world: World
let endpoint: Json
beforeEach(async () => {
  world = await World.create()
  endpoint = (await world.createEndpoint({ description: 'Staging' })).body
})

function remove(id: string = endpoint.id): Promise<Answered> {
  return world.call('DELETE', `/v1/webhook_endpoints/${id}`)
}

async function count(from: string): Promise<number | null> {
  return env.DB.prepare(`SELECT count(*) AS n FROM ${from}`).first<number>('n')
}

/** So many deliveries pending for the endpoint, every third of them held. */
function fill(size: number): Promise<void> {
  const about = { orgId: world.orgId, endpointIds: [endpoint.id], callIds: [crypto.randomUUID()] }
  const sweepAt = `iif(i % 3 = 0, NULL, 4000000000000)`
  return seed(env.DB, { ...about, count: size, status: `'pending'`, sweepAt })
}

/** A database whose first batch takes effect, and whose answer is lost. */
function losingAnswer(): D1Database {
  let isLost = false
  return new Proxy(env.DB, {
    get: (d1, name) =>
      name === 'batch'
        ? async (statements: D1PreparedStatement[]) => {
            const answer = await d1.batch(statements)
            if (isLost) return answer
            isLost = true
            throw new Error('Network connection lost')
          }
        : Reflect.get(d1, name).bind(d1),
  })
}

describe('deleting an endpoint', () => {
  it('removes it and its secrets at once, and nobody else’s', async () => {
    const other = (await world.createEndpoint()).body
    await world.call('POST', `/v1/webhook_endpoints/${endpoint.id}/rotate_secret`, {
      overlap_seconds: 3600,
    })
    await remove()
    expect(await count(`endpoints WHERE id = '${endpoint.id}'`)).toBe(0)
    expect(await count(`signing_secrets WHERE owner_id = '${endpoint.id}'`)).toBe(0)
    for (const owner of [other.id, world.orgId]) {
      expect(await count(`signing_secrets WHERE owner_id = '${owner}'`)).toBe(1)
    }
  })

  it('answers 404 for the org’s own id, whose secret stays', async () => {
    expect((await remove(world.orgId)).status).toBe(404)
    expect(await count(`signing_secrets WHERE owner_id = '${world.orgId}'`)).toBe(1)
  })

  it('answers 204 when its answer was lost and it is repeated, and 404 later', async () => {
    world.db = losingAnswer()
    expect((await remove()).status).toBe(204)
    world.db = env.DB
    world.clock += 1
    expect((await remove()).status).toBe(404)
    expect(await count(`audit_log WHERE action = 'endpoint.delete'`)).toBe(1)
  })

  it('leaves the first answer to the create’s Idempotency-Key as it was (I1)', async () => {
    const options = { headers: { 'Idempotency-Key': 'key' } }
    const first = await world.createEndpoint({}, options)
    await remove(first.body.id)
    await world.pass(3 * MINUTE)
    expect((await world.createEndpoint({}, options)).body).toEqual(first.body)
    expect(await count(`endpoints WHERE id = '${first.body.id}'`)).toBe(0)
  })
})

describe('what was pending for a deleted endpoint', () => {
  it('ends by and by, held or not, however much it is, and is never sent (D3)', async () => {
    await fill(3000)
    await remove()
    expect(await count(`deliveries WHERE status = 'pending'`)).toBe(2000)
    await world.pass(2 * MINUTE)
    const ended = `deliveries WHERE status = 'exhausted' AND last_error = 'endpoint deleted'`
    expect(await count(ended)).toBe(3000)
    await world.pass(2 * MINUTE)
    expect(world.receiver.received).toEqual([])
    expect(await count(`deleted_endpoints WHERE sweep_at IS NOT NULL`)).toBe(0)
  })

  it('ends by and by while it is new, though its lease goes on (D3)', async () => {
    const about = { orgId: world.orgId, endpointIds: [endpoint.id], callIds: [crypto.randomUUID()] }
    await seed(env.DB, { ...about, count: 3000, status: `'new'`, sweepAt: 'NULL' })
    // Ids of next year, whose leases have just begun.
    await env.DB.prepare(`UPDATE deliveries SET id = '01b' || substr(id, 4)`).run()
    await remove()
    expect(await count(`deliveries WHERE status = 'pending'`)).toBe(2000)
    world.clock += MINUTE
    await world.sweep()
    expect(await count(`deliveries WHERE last_error = 'endpoint deleted'`)).toBe(3000)
    expect(await count(`deleted_endpoints WHERE sweep_at IS NULL`)).toBe(1)
    expect(world.retry).toEqual([])
  })

  it('ends before it is forgotten, also while another has more than one round takes', async () => {
    const other = (await world.createEndpoint()).body
    const about = { orgId: world.orgId, callIds: [crypto.randomUUID()], status: `'new'` }
    const leased = { ...about, sweepAt: 'NULL' }
    await seed(env.DB, { ...leased, endpointIds: [endpoint.id], count: 600 })
    await seed(env.DB, { ...leased, endpointIds: [other.id], from: 600, count: 1 })
    await remove()
    await remove(other.id)
    // As deletes of very many leave them; ids of next year, whose leases have just begun.
    await env.DB.prepare(`UPDATE deliveries SET stage = 'new', id = '01b' || substr(id, 4)`).run()
    world.clock += MINUTE
    await world.sweep()
    expect(await count(`deliveries WHERE status = 'exhausted'`)).toBe(601)
  })

  it('is not brought back by a redelivery (S3)', async () => {
    await fill(1010)
    await remove()
    const { results } = await env.DB.prepare(
      `SELECT id, status FROM deliveries GROUP BY status`,
    ).all<{ id: string; status: string }>()
    expect(results.map(({ status }) => status)).toEqual(['exhausted', 'pending'])
    for (const { id } of results) {
      const before = await world.delivery(id)
      expect((await world.redeliver(id)).body.code).toBe('endpoint_deleted')
      expect(await world.delivery(id)).toEqual(before)
    }
  })

  it('ends for one endpoint while another has very much of it', async () => {
    const other = (await world.createEndpoint()).body
    await fill(15_000)
    const about = { orgId: world.orgId, callIds: [crypto.randomUUID()], status: `'pending'` }
    await seed(env.DB, { ...about, endpointIds: [other.id], from: 15_000, count: 1005 })
    await remove()
    await remove(other.id)
    world.clock += MINUTE
    await world.sweep()
    const pending = `deliveries WHERE status = 'pending' AND endpoint_id =`
    expect(await count(`${pending} '${other.id}'`)).toBe(0)
    expect(await count(`${pending} '${endpoint.id}'`)).toBeGreaterThan(1000)
  })

  it('is recorded when its attempt ends: a message in flight makes no other', async () => {
    const id = await world.deliver()
    const [message] = world.fresh
    await remove()
    await world.drain()
    if (message) await world.consume([message])
    expect(world.receiver.received).toEqual([])
    expect(await world.delivery(id)).toMatchObject({ status: 'exhausted', attempts: [] })
  })
})

describe('what is left of a deleted endpoint', () => {
  it('is what a delivery’s page calls it by', async () => {
    const id = await world.deliver()
    await remove()
    const db = (await world.engine()).store.of(world.orgId)
    const found = await inspectDelivery(db, world.orgId, id, world.clock)
    expect(found?.endpoint).toMatchObject({ id: endpoint.id, description: 'Staging', status: null })
  })

  it('is forgotten with the last delivery that refers to it', async () => {
    await world.deliver()
    await world.drain()
    world.clock += 10 * DAY
    await world.deliver()
    await world.drain()
    await remove()
    await world.pass(3 * MINUTE)
    const prune = async () => enforceRetention(await world.visited())
    world.clock += 25 * DAY
    expect(await prune()).toBe(1)
    expect(await count('deleted_endpoints')).toBe(1)
    world.clock += 10 * DAY
    expect(await prune()).toBe(1)
    expect(await count('deleted_endpoints')).toBe(0)
  })
})
