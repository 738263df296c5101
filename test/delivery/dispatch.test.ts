// First attempts that leave behind the request that accepted them, without a queue.
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { acceptBatch, acceptEvent } from '../../src/delivery/accept.ts'
import { countRoom, ISOLATE_ROOM } from '../../src/delivery/attempt/room.ts'
import { meter } from '../db/counter.ts'
import { World, type Answered, type Json } from '../world.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
  world.room = ISOLATE_ROOM
  await world.createEndpoint()
})

afterEach(() => env.DB.exec('DROP TRIGGER IF EXISTS refuse'))

function newEvent(): Json {
  return { type: 'call.completed', call: { id: crypto.randomUUID() } }
}

function sendBatch(size: number): Promise<Answered> {
  const events = Array.from({ length: size }, newEvent)
  return world.call('POST', '/v1/events/batch', { events })
}

function newInput() {
  const callId = crypto.randomUUID()
  const call = JSON.stringify({ id: callId })
  return { type: 'call.completed', callId, webhookUrl: null, created: undefined, call }
}

/** How many requests were received, and how many messages sent down each lane. */
function counts(): number[] {
  return [world.receiver.received.length, world.fresh.length, world.retry.length]
}

async function statuses(): Promise<unknown[]> {
  const { results } = await env.DB.prepare('SELECT status FROM deliveries').all()
  return results.map(({ status }) => status)
}

/** A receiver that answers when it is told to. */
function gate(): () => void {
  const opened = Promise.withResolvers<void>()
  world.receiver.answer = () => opened.promise.then(() => new Response('ok'))
  return opened.resolve
}

describe('a first attempt', () => {
  it('leaves behind its request, without a message, and is recorded', async () => {
    const { body } = await world.send()
    expect(counts()).toEqual([1, 0, 0])
    const { status, attempt_count: count } = await world.delivery(body.deliveries[0].id)
    expect([status, count]).toEqual(['delivered', 1])
    await world.pass(300_000)
    expect(counts()).toEqual([1, 0, 0])
  })

  it('is not waited for by the answer', async () => {
    const open = gate()
    const { answer } = await acceptEvent(await world.engine(), world.orgId, newInput())
    expect(answer.deliveries).toHaveLength(1)
    expect(await statuses()).toEqual(['pending'])
    open()
    await world.settle()
    expect(await statuses()).toEqual(['delivered'])
  })

  it('is made once, however often its event is sent with the same key', async () => {
    const event = newEvent()
    const headers = { 'Idempotency-Key': 'once' }
    for (let time = 0; time < 2; time += 1)
      await world.call('POST', '/v1/events', event, { headers })
    expect(counts()).toEqual([1, 0, 0])
  })

  it('is made once, though requests with the same key are stored together', async () => {
    // The first is stored alone; the others arrive meanwhile, and share a transaction.
    const other = world.send()
    const [event, headers] = [newEvent(), { 'Idempotency-Key': 'once' }]
    const same = Array.from({ length: 3 }, () =>
      world.call('POST', '/v1/events', event, { headers }),
    )
    await Promise.all([other, ...same])
    expect(counts()).toEqual([2, 0, 0])
  })

  it('leaves with a call of any length', async () => {
    const { body } = await world.send({ context: 'x'.repeat(100_000) })
    expect(counts()).toEqual([1, 0, 0])
    expect((await world.delivery(body.deliveries[0].id)).status).toBe('delivered')
  })

  it('is recorded though the key of its request is revoked meanwhile (X4)', async () => {
    await world.call('GET', '/v1/webhook_endpoints')
    world.receiver.answer = async () => {
      await env.DB.exec('UPDATE api_keys SET revoked_at = 1')
      return new Response('ok')
    }
    expect((await world.send()).status).toBe(202)
    expect(await statuses()).toEqual(['delivered'])
  })

  it('takes the retry lane when its endpoint is unwell', async () => {
    world.receiver.respond(500)
    await world.send()
    await world.send()
    expect(counts()).toEqual([1, 0, 1])
  })

  it('takes the fresh lane when its endpoint works off what was parked for it', async () => {
    await env.DB.exec('UPDATE endpoints SET pace = 1')
    await world.send()
    expect(counts()).toEqual([0, 1, 0])
  })

  it('of the URL of a call leaves as well', async () => {
    await env.DB.exec('DELETE FROM endpoints')
    await world.send({ webhook_url: 'https://inline.example/hook' })
    expect(counts()).toEqual([1, 0, 0])
  })
})

describe('behind one request', () => {
  it('leave a hundred first attempts, and the others by the queue', async () => {
    await world.createEndpoint()
    await sendBatch(60)
    expect(counts()).toEqual([100, 20, 0])
  })

  it('leave as many as the isolate has room for, of one destination a fourth', async () => {
    world.room = 8
    await sendBatch(3)
    expect(counts()).toEqual([2, 1, 0])
  })

  it('leave those that had no turn within a second by the queue, at once', async () => {
    world.receiver.answer = () => {
      world.clock += 300
      return new Response('ok')
    }
    await sendBatch(12)
    const [attempted = 0, queued = 0] = counts()
    expect(attempted).toBeLessThanOrEqual(4 + 5)
    expect(attempted + queued).toBe(12)
    expect(world.fresh.map(({ at }) => at)).toEqual(world.fresh.map(() => world.clock))
    world.receiver.respond(200)
    await world.drain()
    expect(await statuses()).toEqual(Array.from({ length: 12 }, () => 'delivered'))
  })

  it('leave those that a slow endpoint holds up by the retry lane, and take their room until they are over', async () => {
    const open = gate()
    const engine = await world.engine()
    const { defer } = engine
    let deferred = 0
    engine.defer = (work) => defer(((deferred += 1), work))
    engine.sleep = async (ms) => {
      while (world.receiver.received.length < 5) await scheduler.wait(1)
      world.clock += ms
    }
    engine.isolate = { ...engine.isolate, takeRoom: countRoom(() => world.clock, 48) }
    const { body } = await world.call('GET', '/v1/webhook_endpoints')
    const wanted = [{ endpointId: String(body.data[0].id), url: '', call: null }]
    await acceptBatch(engine, world.orgId, Array.from({ length: 12 }, newInput))
    while (world.retry.length < 7) await scheduler.wait(5)
    expect(counts()).toEqual([5, 0, 7])
    expect(engine.isolate.takeRoom(wanted).taken).toEqual([])
    const before = deferred
    open()
    await world.settle()
    // What came of them is written behind the answer, too.
    expect(deferred).toBeGreaterThan(before)
    expect(engine.isolate.takeRoom(wanted).taken).toEqual(wanted)
  })
})

describe('a request with its first attempts', () => {
  it('costs two round trips, at most five rows a delivery and one an event, and no message', async () => {
    for (let made = 1; made < 10; made += 1) await world.createEndpoint()
    await world.call('GET', '/v1/webhook_endpoints')
    const { db, cost } = meter(env.DB)
    world.db = db
    await world.send()
    expect(counts()).toEqual([10, 0, 0])
    expect(cost.trips).toBe(2)
    expect(cost.written).toBeLessThanOrEqual(1 + 5 * 10)
  })
})

describe('a fault of ours behind a request', () => {
  it('uses up no attempt: what could not be recorded comes back by the queue (A4)', async () => {
    await env.DB.exec(
      `CREATE TRIGGER refuse BEFORE UPDATE ON deliveries BEGIN SELECT RAISE(ABORT, 'refused'); END`,
    )
    const { body } = await world.send()
    expect(counts()).toEqual([1, 1, 0])
    expect(world.fresh.map(({ at }) => at - world.clock)).toEqual([5000])
    await env.DB.exec('DROP TRIGGER refuse')
    await world.pass(5000)
    const { status, attempt_count: count } = await world.delivery(body.deliveries[0].id)
    expect([status, count, counts()]).toEqual(['delivered', 1, [2, 0, 0]])
  })
})
