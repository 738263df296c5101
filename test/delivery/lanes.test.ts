// Which lane a delivery takes, and how what is parked is paced when its endpoint comes back.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'

const MINUTE = 60_000
const CALL = '11111111-1111-4111-8111-111111111111'

let world: World
beforeEach(async () => {
  world = await World.create()
})

async function row(table: string, id: string): Promise<Json> {
  return env.DB.prepare(`SELECT * FROM ${table} WHERE id = ?`).bind(id).first()
}

/** An endpoint whose deliveries have all failed once, and are due again. */
async function failingEndpoint(deliveries: number): Promise<string> {
  const { body } = await world.createEndpoint()
  world.receiver.respond(500)
  const events = Array.from({ length: deliveries }, () => ({
    type: 'call.completed',
    call: { id: CALL },
  }))
  await world.call('POST', '/v1/events/batch', { events })
  await world.drain()
  return body.id
}

/** An endpoint that was disabled until its deliveries were overdue, and is enabled now. */
async function enabledAgainWith(deliveries: number): Promise<string> {
  const id = await failingEndpoint(deliveries)
  await world.call('PATCH', `/v1/webhook_endpoints/${id}`, { status: 'disabled' })
  await world.pass(5 * MINUTE)
  world.receiver.received.length = 0
  await world.call('PATCH', `/v1/webhook_endpoints/${id}`, { status: 'enabled' })
  return id
}

describe('the lanes', () => {
  it('sends fresh deliveries of a healthy endpoint down the fresh lane', async () => {
    await world.createEndpoint()
    await world.send()
    expect([world.fresh.length, world.retry.length]).toEqual([1, 0])
  })

  it('sends fresh deliveries of an endpoint whose last attempt failed down the retry lane', async () => {
    await failingEndpoint(1)
    await world.send()
    expect([world.fresh.length, world.retry.length]).toEqual([0, 1])
  })

  it('hands a delivery on that was queued as fresh before its endpoint became unwell', async () => {
    const id = await failingEndpoint(1)
    await env.DB.prepare('UPDATE endpoints SET unwell_since = NULL WHERE id = ?').bind(id).run()
    await world.send()
    await env.DB.prepare('UPDATE endpoints SET unwell_since = 1 WHERE id = ?').bind(id).run()
    const before = world.receiver.received.length
    await world.consume(world.fresh.splice(0), 'fresh')
    expect(world.receiver.received).toHaveLength(before)
    expect(world.retry).toHaveLength(1)
  })

  it('brings an endpoint back to the fresh lane with its first success', async () => {
    const id = await failingEndpoint(1)
    world.receiver.respond(200)
    await world.pass(2 * MINUTE)
    expect((await row('endpoints', id)).unwell_since).toBeNull()
    await world.send()
    expect(world.fresh).toHaveLength(1)
  })

  it('leaves a healthy endpoint unwritten', async () => {
    const { body } = await world.createEndpoint()
    const before = await row('endpoints', body.id)
    await world.deliver()
    world.clock += 5000
    await world.drain()
    expect(await row('endpoints', body.id)).toEqual(before)
  })
})

describe('the recovery of an endpoint that is enabled again', () => {
  it('starts with one delivery, then grows with each success', async () => {
    world.receiver.respond(200)
    await enabledAgainWith(40)
    world.receiver.respond(200)
    await world.sweep()
    const batches = []
    while (world.retry.length > 0) {
      batches.push(world.retry.length)
      await world.consume(world.retry.splice(0))
    }
    expect(batches).toEqual([1, 2, 4, 8, 16, 9])
    expect(world.receiver.received).toHaveLength(40)
  })

  it('halves when an attempt fails', async () => {
    await enabledAgainWith(40)
    world.receiver.respond(200)
    await world.sweep()
    for (let round = 0; round < 3; round += 1) await world.consume(world.retry.splice(0))
    expect(world.retry).toHaveLength(8)
    let answers = 0
    world.receiver.answer = () => new Response(null, { status: (answers += 1) === 1 ? 503 : 200 })
    await world.consume(world.retry.splice(0))
    expect(world.retry).toHaveLength(4)
  })

  it('goes oldest first', async () => {
    await enabledAgainWith(5)
    world.receiver.respond(200)
    await world.pass(MINUTE)
    const ids = world.receiver.received.map(({ headers }) => headers.get('webhook-id'))
    expect(ids).toEqual(ids.toSorted((a, b) => String(a).localeCompare(String(b))))
    expect(ids).toHaveLength(5)
  })

  it('lets fresh events pass (R3)', async () => {
    await enabledAgainWith(30)
    world.receiver.respond(200)
    await world.sweep()
    const id = await world.deliver()
    await world.consume(world.retry.splice(0))
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered' })
  })

  it('starts again at the next sweep when all that was in flight is lost', async () => {
    await enabledAgainWith(10)
    world.receiver.respond(200)
    await world.sweep()
    world.retry.length = 0
    await world.pass(10 * MINUTE)
    expect(world.receiver.received).toHaveLength(10)
  })

  it('keeps to its pace, however often the sweep comes (R3)', async () => {
    await enabledAgainWith(100)
    world.receiver.respond(200)
    await world.sweep()
    for (let round = 0; round < 4; round += 1) await world.consume(world.retry.splice(0))
    expect(world.retry).toHaveLength(16)
    for (let sweeps = 0; sweeps < 3; sweeps += 1) await world.sweep()
    expect(world.retry).toHaveLength(16)
  })

  it('ends: the endpoint is back to normal when nothing waits', async () => {
    const id = await enabledAgainWith(10)
    world.receiver.respond(200)
    await world.pass(3 * MINUTE)
    expect(await row('endpoints', id)).toMatchObject({ pace: null, sweep_at: null })
  })
})

describe('an endpoint that comes back after it was unwell for a minute', () => {
  it('is sent ten at first, and the rest as it keeps up', async () => {
    await failingEndpoint(100)
    world.clock += 10 * MINUTE
    world.receiver.respond(200)
    await world.sweep()
    expect(world.retry).toHaveLength(10 + 1)
    await world.pass(MINUTE)
    expect(world.receiver.received.filter(({ at }) => at >= world.clock - MINUTE)).toHaveLength(100)
  })

  it('is sent ten at first of however many (R3)', async () => {
    await failingEndpoint(100)
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
      INSERT INTO deliveries (org_id, stage, id, endpoint_id, call_id, event_type, url,
        next_attempt_at, sweep_at, created_at, updated_at)
      SELECT org_id, 'pending', printf('00000000-0000-7000-8000-%012x', i), id, 'c', 'call.completed',
        url, i, i, 0, 0 FROM n, endpoints`,
    ).run()
    world.clock += 10 * MINUTE
    await world.sweep()
    expect(world.retry).toHaveLength(10 + 1)
    const waiting = 'SELECT count(*) AS n FROM deliveries WHERE sweep_at IS NULL'
    expect(await env.DB.prepare(waiting).first('n')).toBe(1600 - 11)
  })

  it('is asked by one delivery at a time while it goes on failing', async () => {
    await failingEndpoint(50)
    world.clock += 10 * MINUTE
    await world.sweep()
    const inFlight = []
    for (let round = 0; round < 3; round += 1) {
      inFlight.push(world.retry.length)
      await world.consume(world.retry.splice(0))
    }
    expect(inFlight).toEqual([11, 1, 1])
  })

  it('keeps to its schedule when few deliveries are due', async () => {
    await failingEndpoint(3)
    await world.pass(2 * MINUTE)
    const times = world.receiver.received.map(({ at }) => at)
    expect(times.slice(3).map((at) => at - (times[0] ?? 0))).toEqual([MINUTE, MINUTE, MINUTE])
  })
})

describe('a sweep with more than it may take', () => {
  it('takes 10,000, oldest first, and the next one takes the rest (R3)', async () => {
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10400)
      INSERT INTO deliveries (org_id, stage, id, call_id, event_type, url, next_attempt_at, sweep_at,
        created_at, updated_at)
      SELECT ?, 'pending', printf('00000000-0000-7000-8000-%012x', i), 'c', 'call.completed',
        'https://a.example', i, i, 0, 0 FROM n`,
    )
      .bind(world.orgId)
      .run()
    await world.sweep()
    expect(world.retry).toHaveLength(10_000)
    expect(world.retry[0]?.body).toMatchObject({ id: '00000000-0000-7000-8000-000000000001' })
    await world.sweep()
    expect(world.retry).toHaveLength(10_400)
  })
})
