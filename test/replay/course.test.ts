// What may happen to a replay on its way: it is paused, an endpoint is closed, its set has changed.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'
import { before, isStepWrite } from './faulty.ts'
import {
  change,
  createEndpoints,
  onceEach,
  resultOf,
  idsOf,
  replay,
  send,
  start,
  store,
} from './range.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

let world: World
let endpoints: string[]
beforeEach(async () => {
  world = await World.create()
  endpoints = await createEndpoints(world, 2)
})

describe('a pause', () => {
  it('in the middle sends no more than was on its way, and the rest goes on from there (Y1, Y5)', async () => {
    await store(world, endpoints, 200)
    const id = await start(world, { rate: 10 })
    await world.pass(12 * SECOND)
    await change(id, `status = 'paused', next_step_at = NULL`)
    await world.pass(5 * SECOND)
    const { length } = world.receiver.received
    await world.pass(5 * MINUTE)
    expect(world.receiver.received).toHaveLength(length)
    expect(length).toBeLessThan(180)
    await change(id, `status = 'running', next_step_at = ${world.clock}`)
    send(world, id, (await replay(id)).step)
    await world.pass(MINUTE)
    expect(await resultOf(world, id)).toEqual(onceEach(200))
  })

  it('between a step’s read and its write leaves that nothing to do (Y1, Y5)', async () => {
    await store(world, endpoints, 20)
    const id = await start(world)
    world.db = before(isStepWrite, () => change(id, `status = 'paused', next_step_at = NULL`))
    await world.drain()
    world.db = env.DB
    await world.pass(5 * MINUTE)
    expect(world.receiver.received).toEqual([])
    expect(await replay(id)).toMatchObject({ status: 'paused', replayed: 0 })
  })
})

describe('a closed endpoint', () => {
  it.each(['disabled', 'deleted'])(
    'that is %s in the middle is sent nothing more, and the rest is counted (Y3)',
    async (how) => {
      await store(world, endpoints, 200)
      const id = await start(world, { rate: 10, total: 200 })
      await world.pass(12 * SECOND)
      const [first = ''] = endpoints
      const at = world.clock
      if (how === 'disabled')
        await world.call('PATCH', `/v1/webhook_endpoints/${first}`, { status: 'disabled' })
      else await world.call('DELETE', `/v1/webhook_endpoints/${first}`)
      await world.pass(MINUTE)
      const late = world.receiver.received.filter(
        (one) => one.at > at && one.url.includes('receiver0'),
      )
      expect(late).toEqual([])
      const done = await replay(id)
      expect(done).toMatchObject({ status: 'completed' })
      expect(done.skipped[`endpoint_${how}`]).toBeGreaterThan(0)
      const skipped = Object.values<number>(done.skipped).reduce((a, b) => a + b, 0)
      expect(done.replayed + skipped).toBe(200)
    },
  )

  it('that is disabled between a step’s read and its write is sent nothing (Y3)', async () => {
    const [first = ''] = endpoints
    await store(world, endpoints, 20)
    const id = await start(world)
    world.db = before(isStepWrite, () =>
      env.DB.prepare(`UPDATE endpoints SET status = 'disabled' WHERE id = ?`).bind(first).run(),
    )
    await world.drain()
    world.db = env.DB
    await world.pass(MINUTE)
    expect(await replay(id)).toMatchObject({
      status: 'completed',
      replayed: 10,
      skipped: { endpoint_disabled: 10 },
    })
    const { received } = world.receiver
    expect(received.filter(({ url }) => url.includes('receiver0'))).toEqual([])
  })
})

describe('the set', () => {
  it('is what was there at the start: what comes later, or changes, is not taken in (Y2)', async () => {
    await store(world, endpoints, 30)
    const id = await start(world, { rate: 5 })
    await world.pass(SECOND)
    const fresh = await world.deliver()
    await world.pass(MINUTE)
    expect(idsOf(world.receiver.received).filter((one) => one === fresh)).toHaveLength(1)
    expect(await replay(id)).toMatchObject({ status: 'completed', replayed: 30, total: 30 })
  })

  it('passes by what was redelivered too often', async () => {
    await store(world, endpoints, 10)
    await env.DB.exec(
      'UPDATE deliveries SET manual_retry_count = 1000 WHERE id LIKE "%30001"'.replaceAll('"', "'"),
    )
    const id = await start(world)
    await world.pass(MINUTE)
    expect(await replay(id)).toMatchObject({ replayed: 9, skipped: { limit_reached: 1 } })
  })

  it('goes to the present URL where that is asked for, and keeps it', async () => {
    await store(world, endpoints, 4)
    for (const each of endpoints) {
      const url = `https://new.example/${each}`
      await world.call('PATCH', `/v1/webhook_endpoints/${each}`, { url })
    }
    await start(world, { to: 'current' })
    await world.pass(MINUTE)
    const urls = world.receiver.received.map(({ url }) => url)
    expect(urls.filter((url) => url.startsWith('https://new.example/'))).toHaveLength(4)
    const { body } = await world.call('GET', '/v1/webhook_deliveries')
    expect(body.data.map((each: Json) => each.url).toSorted()).toEqual(urls.toSorted())
  })
})
