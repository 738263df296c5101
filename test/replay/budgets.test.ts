// What a replay costs, counted on real D1: round trips, rows written and read.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { costOf, type Cost } from '../db/counter.ts'
import { createEndpoints, partsOf, send, start, store } from './range.ts'

/** What one read says of the replay, what its parts have ahead, and the write. */
const TRIPS = 3

/** The replay's own row with its place among those that are due, and a row for each part. */
const OF_THE_REPLAY = 3

/** What a redelivery writes but for its audit entry: the row, and its entries in two indexes. */
const EACH = 3

let world: World
let endpoints: string[]
beforeEach(async () => {
  world = await World.create()
  endpoints = await createEndpoints(world, 2)
})

/** What the second step of a replay of so many costs, its canaries being over. */
async function stepCost(count: number, rate: number): Promise<Cost> {
  await store(world, endpoints, count)
  const id = await start(world, { rate, filter: { statuses: ['exhausted'] } })
  world.retry.splice(0)
  await env.DB.exec('UPDATE replay_parts SET is_proven = 1')
  send(world, id)
  return costOf(world, () => world.consume(world.retry.splice(0)))
}

describe('a step', () => {
  it('takes three round trips and writes three rows a delivery, as a redelivery', async () => {
    const { trips, written } = await stepCost(600, 100)
    expect(trips).toBe(TRIPS)
    expect(written).toBeLessThanOrEqual(EACH * 500 + endpoints.length + 1 + OF_THE_REPLAY)
  })

  it('costs the same however many are ahead', async () => {
    const few = await stepCost(400, 20)
    await env.DB.batch(
      ['deliveries', 'events', 'replays', 'replay_parts'].map((name) =>
        env.DB.prepare(`DELETE FROM ${name}`),
      ),
    )
    const many = await stepCost(40_000, 20)
    expect([many.trips, many.written]).toEqual([few.trips, few.written])
    // A walk reads 5,000 rows at most, shared by the parts, and an endpoint's index beside each.
    expect(many.read).toBeLessThanOrEqual(2 * 5000 + 20 * 100)
  })

  it('takes one round trip and writes nothing when it is late or double', async () => {
    await store(world, endpoints, 10)
    const id = await start(world)
    world.retry.splice(0)
    send(world, id, 7)
    const { trips, written } = await costOf(world, () => world.consume(world.retry.splice(0)))
    expect([trips, written]).toEqual([1, 0])
  })
})

describe('a batch of replayed deliveries', () => {
  it('writes one row more for each replay and endpoint, and takes no round trip more', async () => {
    await store(world, endpoints, 20)
    const id = await start(world, { rate: 500 })
    await world.consume(world.retry.splice(0))
    const batch = world.retry.filter(({ body }) => !JSON.stringify(body).includes('replayId'))
    expect(batch).toHaveLength(20)
    const { trips, written } = await costOf(world, () => world.consume(batch))
    expect(trips).toBe(2)
    expect(written).toBeLessThanOrEqual(2 * 20 + endpoints.length)
    const delivered = (await partsOf(id)).map((part) => part.delivered)
    expect(delivered.toSorted((a, b) => a - b)).toEqual([0, 10, 10])
  })
})

describe('the cron', () => {
  it('looks for overdue replays in one round trip, and writes nothing when there are none', async () => {
    await store(world, endpoints, 10)
    await start(world)
    await world.tick()
    await world.sweep()
    const swept = await costOf(world, () => world.sweep())
    const { trips, written } = await costOf(world, () => world.tick())
    expect([trips - swept.trips, written]).toEqual([1, 0])
  })
})

describe('a copy', () => {
  it('writes two rows when it is made and two when it ends, and nothing of its delivery', async () => {
    await store(world, endpoints, 100)
    const url = 'https://elsewhere.example/'
    await world.call('POST', '/v1/webhook_replays', { filter: {}, url, rate_per_second: 500 })
    await env.DB.exec('UPDATE replay_parts SET is_proven = 1')
    const step = await costOf(world, () => world.consume(world.retry.splice(0)))
    expect(step.trips).toBe(TRIPS)
    expect(step.written).toBeLessThanOrEqual(2 * 100 + endpoints.length + 1 + OF_THE_REPLAY)
    const batch = world.retry.splice(0)
    const sent = await costOf(world, () => world.consume(batch))
    expect(batch).toHaveLength(100)
    expect(sent.trips).toBe(2)
    expect(sent.written).toBeLessThanOrEqual(2 * 100 + endpoints.length)
  })
})

/** What a step costs of a replay for two endpoints that have missed so many calls with URLs of their own. */
async function missedCost(count: number): Promise<Cost> {
  // What is stored is of September.
  world.vars['RETENTION_DAYS'] = '365'
  await store(world, [null], count)
  const id = await start(world, { rate: 20, hasMissing: true, filter: { statuses: ['pending'] } })
  world.retry.splice(0)
  await env.DB.exec('UPDATE replay_parts SET is_proven = 1')
  send(world, id)
  return costOf(world, () => world.consume(world.retry.splice(0)))
}

describe('a step of what was missed', () => {
  it('writes a delivery’s own row and its two entries in indexes, in as many round trips', async () => {
    const { trips, written } = await missedCost(2000)
    expect(trips).toBe(TRIPS)
    const parts = endpoints.length + 1
    expect(written).toBeLessThanOrEqual(EACH * 100 + parts + OF_THE_REPLAY)
  })

  it('reads as much however many are ahead', async () => {
    const few = await missedCost(2000)
    await env.DB.batch(
      ['deliveries', 'events', 'replays', 'replay_parts'].map((name) =>
        env.DB.prepare(`DELETE FROM ${name}`),
      ),
    )
    const many = await missedCost(20_000)
    expect(many.read).toBeLessThanOrEqual(few.read * 1.05)
    expect(many.read).toBeLessThanOrEqual(12 * 5000)
  })
})
