// What pages cost the database, however many deliveries there are.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { lowestIdAt } from '../../src/db/ids.ts'
import { World, type Json } from '../world.ts'
import { listed, Visitor } from './visitor.ts'

const HOUR = 3_600_000

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

/** What a page of 200 rows costs with so many deliveries stored. */
async function cost(path: string, stored: number) {
  await fill(stored)
  const meter = measure()
  const startedAt = Date.now()
  const { text } = await visitor.get(path)
  const ms = Date.now() - startedAt
  const seen = meter.done()
  console.log(`${path}, ${stored} stored: ${seen.calls} calls, ${seen.rowsRead} rows, ${ms} ms`)
  return { ...seen, shown: listed(text).length }
}

describe('200 rows', () => {
  it('cost three calls and as many rows read, however many there are', async () => {
    await world.createEndpoint()
    const few = await cost('/deliveries?limit=200', 300)
    const many = await cost('/deliveries?limit=200', 5000)
    expect(many).toEqual(few)
    expect(many.shown).toBe(200)
    expect(many.calls).toBeLessThanOrEqual(3)
    expect(many.rowsRead).toBeLessThanOrEqual(2 * 200 + 20)
  })

  it.each([
    ['an event type', 'type=call.busy'],
    ['a host', 'q=nobody.example'],
    ['an id that begins so', 'q=fffffffe'],
  ])('cost a bounded search for %s that nothing has', async (_what, query) => {
    const { shown, rowsRead, calls } = await cost(`/deliveries?${query}`, 5000)
    expect(shown).toBe(0)
    expect(calls).toBeLessThanOrEqual(7)
    expect(rowsRead).toBeLessThanOrEqual(1100)
  })
})

describe('an endpoint', () => {
  it('costs its page six calls, and of the audit log what was done to it', async () => {
    const { body } = await world.createEndpoint()
    await fill(5000)
    const path = `/endpoints/${body.id}`
    const before = await measured(path)
    await logRedeliveries(2000)
    expect(await measured(path)).toEqual(before)
    expect(before.calls).toBeLessThanOrEqual(6)
  })

  it.each([
    ['the overview', '', 6],
    ['the list', '/endpoints', 4],
  ])('costs %s so many calls, however many there are', async (_what, path, calls) => {
    await world.createEndpoint()
    await fill(5000)
    const one = await measured(path)
    for (let made = 0; made < 5; made += 1) await world.createEndpoint()
    expect((await measured(path)).calls).toBe(one.calls)
    expect(one.calls).toBeLessThanOrEqual(calls)
  })
})

describe('a replay', () => {
  it('costs its page three calls, and no row for each delivery that it has sent', async () => {
    await world.createEndpoint()
    await fill(5000)
    const { body } = await world.call('POST', '/v1/webhook_replays', { filter: {} })
    const meter = measure()
    await visitor.get(`/replays/${body.id}`)
    const { calls, rowsRead } = meter.done()
    console.log(`/replays/:id, 5000 stored: ${calls} calls, ${rowsRead} rows`)
    expect(calls).toBeLessThanOrEqual(3)
    expect(rowsRead).toBeLessThanOrEqual(20)
  })

  it('costs the rows of a look through the newest where some have failed', async () => {
    await world.createEndpoint()
    await fill(5000)
    const { body } = await world.call('POST', '/v1/webhook_replays', { filter: {} })
    await env.DB.exec(`UPDATE replay_parts SET failed = 1`)
    const meter = measure()
    await visitor.get(`/replays/${body.id}`)
    const { calls, rowsRead } = meter.done()
    console.log(`/replays/:id, some failed: ${calls} calls, ${rowsRead} rows`)
    expect(calls).toBeLessThanOrEqual(5)
    expect(rowsRead).toBeLessThanOrEqual(1100)
  })

  it('costs a plan each row that matches, and the list one for each part of each', async () => {
    await world.createEndpoint()
    await fill(5000)
    for (const path of ['/replays/new?token=019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001', '/replays']) {
      const meter = measure()
      await visitor.get(path)
      const { calls, rowsRead } = meter.done()
      console.log(`${path}, 5000 stored: ${calls} calls, ${rowsRead} rows`)
      expect(calls).toBeLessThanOrEqual(7)
    }
  })
})

/** What a page asks of D1. */
async function measured(path: string) {
  const meter = measure()
  await visitor.get(path)
  const { calls, rowsRead } = meter.done()
  console.log(`${path}: ${calls} calls, ${rowsRead} rows`)
  return { calls, rowsRead }
}

/** What fills an audit log: redeliveries by hand. */
async function logRedeliveries(count: number): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO audit_log SELECT ?1, ?2 || printf('%012x', n), 'x', 'delivery.redeliver', 'delivery', 'x',
      NULL, 'x', '{}', ?3
    FROM (WITH RECURSIVE count (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count LIMIT ?4)
      SELECT n FROM count)`,
  )
    .bind(world.orgId, lowestIdAt(world.clock).slice(0, 24), world.clock, count)
    .run()
}

/** Counts what D1 is asked for from now on. */
function measure() {
  const real = world.db
  const seen = { calls: 0, rowsRead: 0 }
  const note = (result: D1Result) => {
    seen.rowsRead += result.meta.rows_read
    return result
  }
  const wrap = (inner: D1PreparedStatement): D1PreparedStatement =>
    Object.assign(Object.create(inner), {
      inner,
      bind: (...values: unknown[]) => wrap(inner.bind(...values)),
      all: async () => ((seen.calls += 1), note(await inner.all())),
      // `raw` tells no meta: `all` reads the same rows.
      raw: async () => ((seen.calls += 1), note(await inner.all()), inner.raw()),
    })
  world.db = Object.assign(Object.create(real), {
    prepare: (query: string) => wrap(real.prepare(query)),
    batch: async (statements: Json[]) => {
      seen.calls += 1
      const results = await real.batch(statements.map(({ inner }) => inner))
      results.forEach(note)
      return results
    },
  })
  return {
    done: () => {
      world.db = real
      return seen
    },
  }
}

/** Deliveries written at once, older than any other. */
async function fill(count: number): Promise<void> {
  const from = lowestIdAt(world.clock - HOUR).slice(0, 24)
  await env.DB.prepare(
    `INSERT INTO deliveries (org_id, stage, id, endpoint_id, call_id, event_type, url,
      next_attempt_at, sweep_at, created_at, updated_at)
    SELECT ?1, iif(n % 3, 'delivered', 'exhausted'), ?2 || printf('%012x', n), NULL,
      '00000000-0000-4000-8000-000000000000', 'call.completed', 'https://receiver.example/', 0, 0, ?3, ?3
    FROM (WITH RECURSIVE count (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count LIMIT ?4)
      SELECT n FROM count) WHERE true ON CONFLICT DO NOTHING`,
  )
    .bind(world.orgId, from, world.clock - HOUR, count)
    .run()
}
