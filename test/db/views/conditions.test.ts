// What is said of an endpoint that is not well: slow is not failing.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { readConditions } from '../../../src/db/views/conditions.ts'
import { World } from '../../world.ts'
import { meter } from '../counter.ts'
import { seed } from '../seed.ts'

let world: World
let endpointId: string
beforeEach(async () => {
  world = await World.create()
  world.sleep = () => scheduler.wait(0)
  endpointId = (await world.createEndpoint()).body.id
})

async function condition(): Promise<string> {
  const conditions = await readConditions(
    (await world.engine()).store.of(world.orgId),
    world.orgId,
    endpointId,
  )
  return conditions.get(endpointId) ?? 'well'
}

/** Delivers an event to it, which answers with this status after so long. */
async function deliver(status: number, tookMs = 0): Promise<string> {
  world.receiver.answer = async () => {
    world.clock += tookMs
    // Meanwhile whoever watches it looks.
    await scheduler.wait(1)
    return new Response(null, { status })
  }
  const id = await world.deliver()
  await world.drain()
  return id
}

describe('readConditions', () => {
  it('leaves out one that answers well', async () => {
    await deliver(200)
    expect(await condition()).toBe('well')
  })

  it('calls one slow that succeeds after more than a second', async () => {
    await deliver(200, 1500)
    expect(await condition()).toBe('slow')
  })

  it('does not call one failing for what was discarded', async () => {
    await deliver(200, 1500)
    const { body: event } = await world.send()
    world.clock += 1
    await world.call('POST', '/v1/webhook_deliveries/discard', { filter: {} })
    expect(await world.delivery(event.deliveries[0].id)).toMatchObject({ status: 'exhausted' })
    expect(await condition()).toBe('slow')
  })

  it('calls one failing by its last attempt, given up or not', async () => {
    await deliver(200, 1500)
    world.clock += 1
    const id = await deliver(500)
    expect(await condition()).toBe('failing')
    await env.DB.prepare(`UPDATE deliveries SET stage = 'exhausted' WHERE id = ?`).bind(id).run()
    expect(await condition()).toBe('failing')
    await deliver(200, 1500)
    expect(await condition()).toBe('slow')
  })

  it('calls one slow that keeps its first attempt waiting, whatever failed before', async () => {
    await deliver(500)
    world.clock += 1
    await env.DB.prepare('UPDATE endpoints SET unwell_since = ?').bind(world.clock).run()
    expect(await condition()).toBe('slow')
  })

  it('calls one failing that has exhausted deliveries, though the newest were not attempted yet', async () => {
    await env.DB.prepare('UPDATE endpoints SET unwell_since = 1, consecutive_failures = 1').run()
    await world.deliver()
    expect(await condition()).toBe('failing')
  })

  it('does not take a redelivery for a failure before it was attempted', async () => {
    const id = await deliver(500)
    world.clock += 1
    await deliver(200, 1500)
    world.clock += 1
    await world.redeliver(id)
    expect(await condition()).toBe('slow')
  })

  it('calls one recovering that is well again and has a pace', async () => {
    await deliver(200)
    await env.DB.prepare('UPDATE endpoints SET pace = 2').run()
    expect(await condition()).toBe('recovering')
    await deliver(500)
    expect(await condition()).toBe('failing')
  })

  it('does not call one failing for what could not be processed', async () => {
    await deliver(200, 1500)
    const id = await world.deliver()
    world.clock += 1
    await env.DB.prepare(`UPDATE deliveries SET stage = 'exhausted', updated_at = ?,
      last_error = 'could not be processed' WHERE id = ?`)
      .bind(world.clock, id)
      .run()
    expect(await condition()).toBe('slow')
  })

  it('calls one trying from when it is enabled until something comes back', async () => {
    await deliver(500)
    world.clock += 1
    await world.deliver()
    await world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { status: 'disabled' })
    await world.drain()
    world.clock += 1
    await world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { status: 'enabled' })
    expect(await condition()).toBe('trying')
    await world.sweep()
    expect(await condition()).toBe('trying')
    await world.drain()
    expect(await condition()).toBe('failing')
  })

  it('knows what came of the oldest of many that waited for one with a pace', async () => {
    const id = await deliver(500)
    world.clock += 1
    const about = { orgId: world.orgId, endpointIds: [endpointId], callIds: [crypto.randomUUID()] }
    await seed(env.DB, { ...about, count: 200, status: `'pending'` })
    await env.DB.prepare(`UPDATE deliveries SET id = '0' || substr(id, 2) WHERE id = ?`)
      .bind(id)
      .run()
    await env.DB.prepare('UPDATE endpoints SET pace = 1').run()
    expect(await condition()).toBe('failing')
  })

  it('reads a bounded number of rows, however many are pending', async () => {
    await deliver(500)
    const about = { orgId: world.orgId, endpointIds: [endpointId], callIds: [crypto.randomUUID()] }
    await seed(env.DB, { ...about, count: 2000, status: `'pending'` })
    const { db, cost } = meter(env.DB)
    world.db = db
    await condition()
    expect(cost).toMatchObject({ trips: 1, written: 0 })
    expect(cost.read).toBeLessThanOrEqual(3 * 50 + 5)
  })
})
