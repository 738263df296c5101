// What the order within calls costs: nothing where it is off, a row a delivery where nothing waits.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'
import { costOf, type Cost } from './counter.ts'
import { seed } from './seed.ts'

const CALL = '0b9c4b1e-0000-4000-8000-000000000001'

let world: World
beforeEach(async () => {
  world = await World.create()
  // The key's first use is noted, once an hour.
  await world.call('GET', '/v1/webhook_endpoints')
})

async function order(...bodies: Json[]): Promise<string[]> {
  const ids: string[] = []
  for (const body of bodies) ids.push((await world.createEndpoint(body)).body.id)
  return ids
}

/** The first event tells an isolate that its org has endpoints with an order: that one is stored with a round trip more. */
async function learn(): Promise<void> {
  await world.send()
  await consumeFresh()
}

function consumeFresh(): Promise<Cost> {
  return costOf(world, () => world.consume(world.fresh.splice(0)))
}

describe('the order within calls', () => {
  it('writes a row more for each delivery where nothing waits, and takes no round trip more', async () => {
    await order({}, {})
    const off = await costOf(world, () => world.send())
    const offConsumed = await consumeFresh()
    await env.DB.exec('UPDATE endpoints SET ordering_max_wait = 600')
    await learn()
    const on = await costOf(world, () => world.send())
    const onConsumed = await consumeFresh()
    expect([on.trips, on.written]).toEqual([off.trips, off.written + 2])
    expect([onConsumed.trips, onConsumed.written]).toEqual([offConsumed.trips, offConsumed.written])
  })

  it('writes nothing for an endpoint that has none, beside one that has it, and sends to it as before', async () => {
    const [, other = ''] = await order({}, { enabled_events: ['call.failed'] })
    await learn()
    const off = await costOf(world, () => world.send())
    const offConsumed = await consumeFresh()
    await world.call('PATCH', `/v1/webhook_endpoints/${other}`, { ordering: 'call' })
    await learn()
    const on = await costOf(world, () => world.send())
    // An event of the org is lined up for whoever orders: that is read, and not more.
    expect(on).toEqual({ ...off, read: off.read + 22 })
    expect(await consumeFresh()).toEqual(offConsumed)
  })

  it('writes six rows more for a delivery that has to wait, and sends it with what lets it go', async () => {
    await order({ ordering: 'call' })
    await learn()
    const first = await costOf(world, () => world.send({ id: CALL }))
    const second = await costOf(world, () => world.send({ id: CALL }))
    expect(second.written).toBe(first.written + 6 - 1)
    expect(world.fresh).toHaveLength(1)
    const letGo = await consumeFresh()
    expect(letGo.trips).toBe(2)
    expect(world.fresh.length + world.retry.length).toBe(1)
  })

  it('reads no more for a call of which very much was delivered, or with very much that waits', async () => {
    const [endpointId = ''] = await order({ ordering: 'call' })
    await world.send({ id: CALL })
    const few = await costOf(world, () => world.send({ id: CALL }))
    const rest = { orgId: world.orgId, endpointIds: [endpointId], callIds: [CALL] }
    await seed(env.DB, { ...rest, count: 5000, status: `iif(i % 2 = 0, 'pending', 'delivered')` })
    const many = await costOf(world, () => world.send({ id: CALL }))
    expect(many.read).toBeLessThanOrEqual(few.read + 3)
    expect(many.written).toBe(few.written)
  })
})
