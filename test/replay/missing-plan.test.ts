// The plan of a replay of what was missed: what a dry run says, that a start says the same, and what they read.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { meter } from '../db/counter.ts'
import { seed } from '../db/seed.ts'
import { World, type Json } from '../world.ts'
import { createAt, found, made, replayMissing, sendEvents, shown, test, turn } from './missed.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

let world: World
let one: string
beforeEach(async () => {
  world = await World.create()
  one = await createAt(world, 'one')
  world.clock += SECOND
})

async function isOn(id: string): Promise<boolean> {
  return (await world.endpoint(id)).status === 'enabled'
}

function plan(filter: Json = {}, body: Json = {}): Promise<Json> {
  return replayMissing(world, filter, { dry_run: true, ...body })
}

/** Stores so many events that another endpoint has. */
async function seedMany(count: number): Promise<void> {
  const { orgId } = world
  const callIds = [crypto.randomUUID()]
  await seed(env.DB, { orgId, endpointIds: [one], callIds, count, status: `'delivered'` })
}

describe('a dry run of what was missed', () => {
  it('tells apart what there is and what is to be made', async () => {
    await turn(world, one, 'disabled')
    await sendEvents(world, 2, { type: 'call.busy' })
    await turn(world, one, 'enabled')
    await sendEvents(world, 3)
    await world.drain()
    const two = await createAt(world, 'two', ['call.completed'])
    expect(await plan({ status: 'delivered' }, { rate_per_second: 2 })).toMatchObject({
      total: 8,
      total_is_exact: true,
      itemized: 8,
      missing: 5,
      already_delivered: 3,
      by_status: { pending: 0, delivered: 3, exhausted: 0 },
      by_endpoint: [
        { endpoint_id: one, count: 5 },
        { endpoint_id: two, count: 3 },
      ],
      by_event_type: [
        { event_type: 'call.completed', count: 6 },
        { event_type: 'call.busy', count: 2 },
      ],
      oldest_at: '2026-11-23T12:00:01Z',
      newest_at: '2026-11-23T12:00:05Z',
      seconds: 4,
      warnings: [],
      bytes_are_exact: false,
    })
    expect(await made()).toEqual([])
  })

  it('says how many bytes are sent, and which endpoints get none of it', async () => {
    for (const host of ['two', 'three']) {
      const id = await createAt(world, host)
      await turn(world, id, 'disabled')
      if (host === 'two') await turn(world, one, 'disabled')
    }
    await sendEvents(world, 4, {}, { prompt: 'ü'.repeat(100), id: crypto.randomUUID() })
    await turn(world, one, 'enabled')
    const { total, warnings, bytes } = await plan()
    expect(total).toBe(4)
    expect(warnings.map(({ code, count }: Json) => [code, count])).toEqual([
      ['endpoint_disabled', 4],
      ['endpoint_disabled', 4],
    ])
    await replayMissing(world)
    await world.pass(MINUTE)
    const sent = world.receiver.received.map(({ body }) => new TextEncoder().encode(body).length)
    expect(sent.reduce((sum, length) => sum + length, 0)).toBe(bytes)
  })

  it('leaves out what was a test, or is as old as what is pruned', async () => {
    await createAt(world, 'two')
    await test(world, await shown(world, one))
    await turn(world, one, 'disabled')
    await sendEvents(world, 1)
    await turn(world, one, 'enabled')
    world.clock += 30 * 24 * 60 * MINUTE - 10 * MINUTE
    await sendEvents(world, 1)
    await createAt(world, 'three')
    world.clock += SECOND
    expect((await plan()).total).toBe(1)
  })

  it('says what a replay then makes, whatever has been', async () => {
    const endpoints = [one, await createAt(world, 'two', ['call.busy']), await createAt(world, 'x')]
    let state = 7
    const draw = (below: number) => {
      state = (state * 48_271) % 2_147_483_647
      return state % below
    }
    const types = ['call.busy', 'call.failed', 'call.completed']
    for (let place = 0; place < 60; place += 1) {
      const id = endpoints[draw(endpoints.length)] ?? ''
      await turn(world, id, draw(2) === 0 ? 'disabled' : 'enabled')
      await sendEvents(world, 1, { type: types[draw(3)] })
      if (draw(4) === 0 && (await isOn(one))) await test(world, await shown(world, one))
      if (draw(20) === 0) endpoints.push(await createAt(world, `e${place}`, [types[draw(3)] ?? '']))
    }
    for (const id of endpoints.slice(1)) await turn(world, id, 'enabled')
    world.clock += SECOND
    const planned = await plan()
    const replay = await replayMissing(world)
    expect(replay.total).toBe(planned.total)
    await world.pass(10 * MINUTE)
    const done = await found(world, replay)
    expect(done).toMatchObject({ status: 'completed', total: planned.total, skipped: {} })
    expect(planned.missing).toBeGreaterThan(50)
    expect((await made()).length).toBe(planned.missing)
    expect((await plan()).missing).toBe(0)
  })
})

describe('what it reads', () => {
  it('is bounded, and says at least how many there are beyond that', async () => {
    // What is stored is of September.
    world.vars['RETENTION_DAYS'] = '365'
    await seedMany(120_000)
    const two = await createAt(world, 'two')
    const { db, cost } = meter(env.DB)
    world.db = db
    const { total, total_is_exact: isExact, missing } = await plan({ endpoint_id: two })
    expect([total, isExact, missing]).toEqual([100_000, false, 100_000])
    expect(cost.read).toBeLessThan(1_200_000)
    expect(cost.written).toBeLessThanOrEqual(1)
  })
})
