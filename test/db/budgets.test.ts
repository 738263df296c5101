// The budgets of the hot operations, counted on real D1: round trips, rows read, rows written.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { costOf, type Cost } from './counter.ts'
import { seed } from './seed.ts'

const MINUTE = 60_000

/** Authentication of a known key rides with the first round trip, and reads one row. */
const AUTHENTICATION = 0

/** Who asked for a redelivery is one row in the audit log. */
const AUDIT = 1

let world: World
beforeEach(async () => {
  world = await World.create()
  // The key's first use is noted, once an hour.
  await world.call('GET', '/v1/webhook_endpoints')
})

async function createEndpoints(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let made = 0; made < count; made += 1) {
    const { body } = await world.createEndpoint()
    ids.push(body.id)
  }
  return ids
}

/** So many events of one delivery each for these endpoints, far from due. */
async function fill(endpointIds: string[], count: number, status = 'pending'): Promise<void> {
  const callIds = Array.from({ length: 1000 }, () => crypto.randomUUID())
  await seed(env.DB, { orgId: world.orgId, endpointIds, callIds, count, status: `'${status}'` })
}

function consumeFresh(): Promise<Cost> {
  return costOf(world, () => world.consume(world.fresh.splice(0)))
}

/** Ten deliveries whose messages were lost, among 20,000 finished and 10,000 waiting ones. */
async function lose(): Promise<void> {
  const ids = await createEndpoints(1)
  const rest = { orgId: world.orgId, endpointIds: ids, callIds: [crypto.randomUUID()] }
  const status = `iif(i % 3 = 0, 'pending', 'delivered')`
  await seed(env.DB, { ...rest, count: 30_000, status })
  for (let made = 0; made < 10; made += 1) await world.send()
  world.clock += 4 * MINUTE
}

describe('accepting an event', () => {
  it.each([0, 1, 10])('for %i endpoints takes one round trip and 1 + n rows written', async (n) => {
    await createEndpoints(n)
    const { trips, written } = await costOf(world, () => world.send())
    expect(trips - AUTHENTICATION).toBe(1)
    expect(written).toBe(1 + n)
  })

  it('reads at most 15 rows a delivery at fan-out 10, with 10,000 others pending', async () => {
    await fill(await createEndpoints(10), 10_000)
    const { read } = await costOf(world, () => world.send())
    expect(read - AUTHENTICATION).toBeLessThanOrEqual(15 * 10)
  })

  it('reads as much with 10,000 others pending as with none', async () => {
    const ids = await createEndpoints(1)
    const { read: alone } = await costOf(world, () => world.send())
    await fill(ids, 10_000)
    const { read } = await costOf(world, () => world.send())
    expect(read).toBeLessThanOrEqual(alone + 2)
  })

  it('takes two rows more with an Idempotency-Key, and none when it is repeated', async () => {
    await createEndpoints(1)
    const id = crypto.randomUUID()
    const send = () => world.send({ id }, {}, { headers: { 'Idempotency-Key': 'key' } })
    expect((await costOf(world, send)).written).toBeLessThanOrEqual(1 + 1 + 2)
    const again = await costOf(world, send)
    expect([again.trips - AUTHENTICATION, again.written]).toEqual([1, 0])
  })

  it('takes one round trip for a batch of 100', async () => {
    await createEndpoints(2)
    const events = Array.from({ length: 100 }, () => ({
      type: 'call.busy',
      call: { id: crypto.randomUUID() },
    }))
    const cost = await costOf(world, () => world.call('POST', '/v1/events/batch', { events }))
    expect(cost.trips - AUTHENTICATION).toBe(1)
    expect(cost.written).toBeLessThanOrEqual(100 * (1 + 2))
    expect(cost.read).toBeLessThanOrEqual(15 * 200)
  })
})

describe('64 events at once', () => {
  it('take at most 0.15 round trips and two rows written each, and read no more than alone', async () => {
    await createEndpoints(1)
    const alone = await costOf(world, () => world.send())
    const { trips, read, written } = await costOf(world, () =>
      Promise.all(Array.from({ length: 64 }, () => world.send())),
    )
    expect(trips / 64).toBeLessThanOrEqual(0.15)
    expect(written).toBe(64 * 2)
    expect(read).toBeLessThanOrEqual(64 * alone.read)
  })
})

describe('a batch of the consumer', () => {
  const SIZE = 25

  /** Events waiting for the consumer, with 10,000 other deliveries pending. */
  async function waiting(): Promise<void> {
    await fill(await createEndpoints(1), 10_000)
    for (let made = 0; made < SIZE; made += 1) await world.send()
  }

  it.each([
    { outcome: 'delivered', status: 200, rows: 2 },
    { outcome: 'rescheduled at first', status: 500, rows: 3 },
  ])('takes two round trips and $rows rows a delivery $outcome', async ({ status, rows }) => {
    await waiting()
    world.receiver.respond(status)
    const { trips, written } = await consumeFresh()
    expect(trips).toBe(2)
    // For the endpoint, whose health is noted when it changes: its row, and the index of the unwell.
    expect(written).toBeLessThanOrEqual(rows * SIZE + 2)
  })

  it('takes two rows a delivery that is rescheduled again', async () => {
    await waiting()
    world.receiver.respond(500)
    await consumeFresh()
    world.clock += 2 * MINUTE
    // Or they were a crowd, most of which is parked.
    await env.DB.prepare('UPDATE endpoints SET unwell_since = ?').bind(world.clock).run()
    await world.sweep()
    const { trips, written } = await costOf(world, () => world.consume(world.retry.splice(0)))
    expect([trips, written]).toEqual([2, 2 * SIZE])
  })

  it.each([
    { comes: 'exhausted', disableAfter: '1000', rows: 0 },
    // Its place among the alerts, and the entry in the audit log with its place among the endpoint's.
    { comes: 'so many exhausted that the endpoint is disabled', disableAfter: '10', rows: 3 },
  ])('takes a row more for the endpoint when they are $comes', async ({ disableAfter, rows }) => {
    world.vars['DISABLE_AFTER_EXHAUSTED'] = disableAfter
    await waiting()
    world.receiver.respond(500)
    await env.DB.prepare(`UPDATE deliveries SET attempt_count = 7`).run()
    world.clock += MINUTE
    const { trips, written } = await consumeFresh()
    const { body } = await world.call('GET', '/v1/webhook_deliveries?status=exhausted')
    expect(body.data).toHaveLength(SIZE)
    expect(trips).toBe(2)
    expect(written).toBeLessThanOrEqual(2 * SIZE + 2 + rows)
  })

  it('reads the same with 10,000 others pending as with none', async () => {
    const [endpointId = ''] = await createEndpoints(1)
    const once = async () => {
      for (let made = 0; made < SIZE; made += 1) await world.send()
      return (await consumeFresh()).read
    }
    const alone = await once()
    await fill([endpointId], 10_000)
    expect(await once()).toBe(alone)
    expect(alone).toBeLessThanOrEqual(25 * SIZE)
  })
})

describe('redeliver', () => {
  it.each(['pending', 'delivered'])(
    'takes one round trip and three rows from %s',
    async (status) => {
      await createEndpoints(1)
      const id = await world.deliver()
      if (status === 'delivered') await world.drain()
      const { trips, written } = await costOf(world, () => world.redeliver(id))
      expect(trips - AUTHENTICATION).toBe(1)
      expect(written - AUDIT).toBeLessThanOrEqual(3)
    },
  )
})

describe('a sweep', () => {
  it('takes one round trip and writes nothing when nothing is due', async () => {
    await fill(await createEndpoints(1), 1000)
    await world.sweep()
    const { trips, written } = await costOf(world, () => world.sweep())
    expect([trips, written]).toEqual([1, 0])
  })

  it('writes its heartbeat every two minutes', async () => {
    const written: number[] = []
    for (let minute = 0; minute < 5; minute += 1) {
      written.push((await costOf(world, () => world.sweep())).written)
      world.clock += MINUTE
    }
    expect(written).toEqual([1, 0, 1, 0, 1])
  })

  it('reads as little with 20,000 finished deliveries as with none', async () => {
    const ids = await createEndpoints(1)
    await world.sweep()
    const { read: before } = await costOf(world, () => world.sweep())
    await fill(ids, 20_000, 'delivered')
    const { read: after } = await costOf(world, () => world.sweep())
    expect(after).toBe(before)
  })

  it('reads as little with 20,000 new deliveries whose lease goes on as with one', async () => {
    const ids = await createEndpoints(1)
    await world.send()
    await world.sweep()
    const { read: before } = await costOf(world, () => world.sweep())
    await fill(ids, 20_000, 'new')
    await env.DB.prepare(`UPDATE deliveries SET id = '01b' || substr(id, 4)`).run()
    const { read: after, written } = await costOf(world, () => world.sweep())
    expect([after, written]).toEqual([before, 0])
  })
})

describe('a sweep that finds something', () => {
  it('reads and writes in proportion to what is due', async () => {
    await lose()
    const { trips, read, written } = await costOf(world, () => world.sweep())
    expect(trips).toBe(1)
    // What was new leaves its place, enters two indexes, and is taken as any other.
    expect(read).toBeLessThanOrEqual(26 * 10)
    expect(written).toBeLessThanOrEqual(5 * 10 + 1)
  })

  it('reads in proportion when an endpoint is enabled again', async () => {
    await lose()
    const { body } = await world.call('GET', '/v1/webhook_endpoints')
    const path = `/v1/webhook_endpoints/${body.data[0].id}`
    await env.DB.prepare(`UPDATE deliveries SET stage = 'pending' WHERE stage = 'new'`).run()
    await world.call('PATCH', path, { status: 'disabled' })
    await world.call('PATCH', path, { status: 'enabled' })
    expect((await costOf(world, () => world.sweep())).read).toBeLessThanOrEqual(1000)
  })
})

describe('an event', () => {
  it.each([
    { fanOut: 1, rows: 4 },
    { fanOut: 5, rows: 3.2 },
    { fanOut: 10, rows: 3.1 },
  ])(
    'costs at most $rows rows written a delivery over its life at fan-out $fanOut',
    async ({ fanOut, rows }) => {
      await createEndpoints(fanOut)
      const { written } = await costOf(world, async () => {
        await world.send()
        await world.drain()
      })
      expect(written / fanOut).toBeLessThanOrEqual(rows)
    },
  )
})
