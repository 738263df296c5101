// What charts are drawn from: counted once each, corrected by what is open, bounded.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  quantilesIn,
  summarize,
  toAnswerTimes,
  toPoints,
  writePercent,
} from '../../src/dashboard/ui/series.ts'
import { rollUp } from '../../src/db/upkeep/roll-up.ts'
import { readStats } from '../../src/db/views/stats.ts'
import { countDeliveries } from '../../src/delivery/upkeep/roll-up.ts'
import { World } from '../world.ts'
import { wordsOf } from './replays/forms.ts'
import { Visitor } from './visitor.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

let world: World
beforeEach(async () => {
  world = await World.create()
})

async function stats(endpointId?: string) {
  const db = (await world.engine()).store.of(world.orgId)
  const since = { since: world.clock - DAY, ...(endpointId !== undefined && { endpointId }) }
  return readStats(db, world.orgId, since)
}

/** Delivered, pending and exhausted, over the last day. */
async function totals(endpointId?: string) {
  const points = toPoints(await stats(endpointId), world.clock, 24)
  return points.reduce(
    (sum, point) => [
      (sum[0] ?? 0) + point.delivered,
      (sum[1] ?? 0) + point.pending,
      (sum[2] ?? 0) + point.exhausted,
    ],
    [0, 0, 0],
  )
}

async function count(): Promise<void> {
  await countDeliveries(await world.visited())
}

function countedEver(): Promise<number | null> {
  return env.DB.prepare('SELECT total(created) AS n FROM hourly_stats').first<number>('n')
}

describe('counting', () => {
  it('counts what was never attempted as pending', async () => {
    await world.createEndpoint()
    await world.deliver()
    expect(await totals()).toEqual([0, 1, 0])
  })

  it('counts a delivery once, however often and from wherever it is run', async () => {
    await world.createEndpoint()
    await world.deliver()
    await world.drain()
    expect(await totals()).toEqual([1, 0, 0])
    for (let run = 0; run < 20; run += 1) {
      world.clock += MINUTE
      await Promise.all([count(), count()])
      expect(await totals()).toEqual([1, 0, 0])
    }
    const rows = await env.DB.prepare('SELECT sum(created) AS created FROM hourly_stats').first()
    expect(rows).toEqual({ created: 1 })
  })

  it('leaves queries of an invocation to other jobs, and goes on with the next run (R1)', async () => {
    await world.createEndpoint()
    for (let minute = 0; minute < 45; minute += 1) {
      await world.send()
      world.clock += MINUTE
    }
    world.clock += 5 * MINUTE
    await count()
    expect(await countedEver()).toBe(40)
    await count()
    expect(await countedEver()).toBe(45)
  })

  it('adds nothing when its answer was lost and it is repeated', async () => {
    await world.createEndpoint()
    await world.deliver()
    await world.drain()
    const db = (await world.engine()).store.of(world.orgId)
    const [begin, until] = [world.clock - MINUTE, world.clock + MINUTE]
    await rollUp(db, begin, { begin, until })
    await rollUp(db, begin, { begin, until })
    expect(await totals()).toEqual([1, 0, 0])
  })

  it('counts what was made at a stretch’s first instant, and leaves its end to the next', async () => {
    await world.createEndpoint()
    await world.deliver()
    const db = (await world.engine()).store.of(world.orgId)
    const at = world.clock
    await rollUp(db, at - MINUTE, { begin: at - MINUTE, until: at })
    expect(await countedEver()).toBe(0)
    await rollUp(db, at, { begin: at, until: at + MINUTE })
    expect(await countedEver()).toBe(1)
  })

  it('shows what a delivery is now, though it was counted when it was something else', async () => {
    await world.createEndpoint()
    world.receiver.respond(500)
    const id = await world.deliver()
    await world.pass(10 * MINUTE)
    await count()
    expect(await totals()).toEqual([0, 1, 0])
    world.receiver.respond(200)
    await world.redeliver(id)
    await world.drain()
    expect(await totals()).toEqual([1, 0, 0])
  })

  it('times the last attempt of each, not the first', async () => {
    await world.createEndpoint()
    const took = [700, 40]
    world.receiver.answer = () => {
      const ms = took.shift() ?? 0
      world.clock += ms
      return new Response(null, { status: ms > 500 ? 500 : 200 })
    }
    await world.deliver()
    await world.pass(10 * MINUTE)
    await count()
    const row = await env.DB.prepare(
      'SELECT timed, latency_ms, slowest_ms FROM hourly_stats',
    ).first()
    expect(row).toEqual({ timed: 1, latency_ms: 40, slowest_ms: 40 })
  })

  it('counts answers by what they took, adding to what was counted before', async () => {
    await world.createEndpoint()
    const took = [40, 700, 43, 90]
    world.receiver.answer = () => {
      world.clock += took.shift() ?? 0
      return new Response(null, { status: 200 })
    }
    const deliver = async () => {
      await world.deliver()
      await world.drain()
    }
    for (let made = 0; made < 3; made += 1) await deliver()
    world.clock += 10 * MINUTE
    await count()
    await deliver()
    expect(quantilesIn(await stats())).toMatchObject({ count: 4, p99: 700 })
    world.clock += 10 * MINUTE
    await count()
    const row = await env.DB.prepare('SELECT latencies FROM hourly_stats').first<string>(
      'latencies',
    )
    expect(JSON.parse(row ?? '')).toEqual({ 40: 2, 90: 1, 700: 1 })
    expect(quantilesIn(await stats())).toMatchObject({ count: 4, p99: 700 })
    const [hour] = toAnswerTimes(await stats(), world.clock, 1)
    expect(hour?.quantiles?.p50).toBeCloseTo(44)
  })

  it('puts each into its own hour', async () => {
    await world.createEndpoint()
    await world.deliver()
    world.clock += 2 * HOUR
    await world.deliver()
    await world.drain()
    await count()
    const points = toPoints(await stats(), world.clock, 4)
    expect(points.map(({ delivered }) => delivered)).toEqual([0, 1, 0, 1])
  })

  it('tells endpoints and inline deliveries apart, and organizations', async () => {
    const { body: endpoint } = await world.createEndpoint()
    await world.send({ webhook_url: 'https://inline.example/' })
    await world.drain()
    world.clock += HOUR
    await count()
    expect(await totals(endpoint.id)).toEqual([1, 0, 0])
    expect(await totals('')).toEqual([1, 0, 0])
    const { orgId } = await world.createOrg('Other')
    const db = (await world.engine()).store.of(world.orgId)
    expect((await readStats(db, orgId, { since: 0 })).hours).toEqual([])
  })

  it('writes one row an hour and endpoint, and reads each delivery once', async () => {
    await world.createEndpoint()
    for (let made = 0; made < 10; made += 1) await world.deliver()
    await world.drain()
    world.clock += HOUR
    await count()
    const rows = await env.DB.prepare('SELECT created, first_ok FROM hourly_stats').all()
    expect(rows.results).toEqual([{ created: 10, first_ok: 10 }])
  })
})

describe('an endpoint’s health', () => {
  it('is the share of delivered ones among those that are over', async () => {
    await world.createEndpoint()
    await world.deliver()
    await world.drain()
    world.receiver.respond(500)
    const lost = await world.deliver()
    await world.drain()
    await world.deliver()
    const before = summarize(await stats())
    expect(before).toMatchObject({ created: 3, delivered: 1, retrying: 1, successRate: 1 })
    await env.DB.prepare(`UPDATE deliveries SET stage = 'exhausted' WHERE id = ?`).bind(lost).run()
    const health = summarize(await stats())
    expect(health).toMatchObject({ exhausted: 1, retrying: 0, successRate: 0.5 })
  })

  it('counts nothing as being retried that is asked for again', async () => {
    await world.createEndpoint()
    world.receiver.respond(500)
    const id = await world.deliver()
    await world.drain()
    expect(summarize(await stats()).retrying).toBe(1)
    await world.redeliver(id)
    expect(summarize(await stats()).retrying).toBe(0)
  })

  it.each(['', '/endpoints'])('is compared by p95, which a mean hides: %j', async (path) => {
    const { body: steady } = await world.createEndpoint({ description: 'Steady' })
    const { body: moody } = await world.createEndpoint({ description: 'Moody' })
    const { body: old } = await world.createEndpoint({ description: 'Old' })
    const hour = Math.floor(world.clock / HOUR)
    // Of Moody one answer in ten takes long; of Old only a mean was counted.
    for (const [id, timed, ms, slowestMs, latencies] of [
      [steady.id, 10, 10_000, 1000, '{"1000":10}'],
      [moody.id, 10, 5000, 4999, '{"40":9,"4500":1}'],
      [old.id, 10, 3000, 400, '{}'],
    ]) {
      await env.DB.prepare('INSERT INTO hourly_stats VALUES (?1, ?2, ?3, ?4, ?4, ?4, ?5, ?6, ?7)')
        .bind(world.orgId, hour, id, timed, ms, slowestMs, latencies)
        .run()
    }
    const visitor = await Visitor.signedIn(world)
    const { text } = await visitor.get(path)
    const words = wordsOf(
      `<main>${text.slice(text.indexOf(path === '' ? 'Slowest answers' : '<tbody'))}`,
    )
    const lines = words.matchAll(/(Moody|Steady|Old).*?((?:p95|mean) [\d.]+ m?s)/gs)
    const shown = [...lines].map(([, name, figure]) => `${name}: ${figure}`)
    const ranked = ['Moody: p95 5.0 s', 'Steady: p95 1.0 s', 'Old: mean 300 ms']
    // The list has them in the order in which they were made, at one instant here.
    expect(path === '' ? shown : shown.toSorted()).toEqual(path === '' ? ranked : ranked.toSorted())
  })

  it('is unknown before anything was delivered', async () => {
    expect(summarize(await stats()).successRate).toBeUndefined()
  })

  it.each([
    [1, '100 %'],
    [0.99999, '99.9 %'],
    [0, '0.0 %'],
  ])('writes %f as %s', (share, text) => {
    expect(writePercent(share)).toBe(text)
  })
})
