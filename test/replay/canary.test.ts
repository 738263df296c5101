// The canary of a replay, and what is counted of its attempts.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'
import { change, createEndpoints, idOf, partsOf, replay, send, start, store } from './range.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

let world: World
let endpoints: string[]
beforeEach(async () => {
  world = await World.create()
  endpoints = await createEndpoints(world, 2)
})

describe('a canary', () => {
  beforeEach(() => {
    world.receiver.answer = ({ url }) =>
      new Response(null, { status: url.includes('receiver0') ? 500 : 200 })
  })

  it('of ten that all fail holds its endpoint, and the others go on; then the replay is paused', async () => {
    await store(world, endpoints, 100)
    const id = await start(world, { rate: 50 })
    await world.pass(MINUTE)
    const counts = Map.groupBy(world.receiver.received, ({ url }) => url)
    expect([...counts.values()].map(({ length }) => length).toSorted((a, b) => a - b)).toEqual([
      10, 50,
    ])
    expect(await replay(id)).toMatchObject({
      status: 'paused',
      next_step_at: null,
      replayed: 60,
      delivered: 50,
      failed: 10,
    })
    const held = (await partsOf(id)).find((part) => part.endpoint_id === endpoints[0])
    expect(held).toMatchObject({ is_over: 0, is_proven: 0, canary_sent: 10, canary_failed: 10 })
  })

  it('is in the audit log when it holds the replay, once, as the service’s own act (U1)', async () => {
    await store(world, endpoints, 100)
    const id = await start(world, { rate: 50 })
    const { step } = await replay(id)
    await world.pass(MINUTE)
    for (let late = step; late <= (await replay(id)).step; late += 1) send(world, id, late)
    await world.pass(MINUTE)
    const { body } = await world.call('GET', '/v1/audit_log')
    const about = body.data.filter(({ target_id: target }: Json) => target === id)
    const details = { reason: 'canary_failed' }
    expect(about).toMatchObject([{ action: 'replay.pause', actor: 'system', ip: null, details }])
  })

  it('tries again when it is resumed, and one success lets the rest go (Y1)', async () => {
    await store(world, endpoints, 100)
    const id = await start(world, { rate: 50 })
    await world.pass(MINUTE)
    world.receiver.respond(200)
    await env.DB.exec('UPDATE replay_parts SET canary_sent = 0, canary_failed = 0')
    await change(id, `status = 'running', next_step_at = ${world.clock}`)
    send(world, id, (await replay(id)).step)
    await world.pass(MINUTE)
    expect(await replay(id)).toMatchObject({ status: 'completed', replayed: 100, failed: 10 })
  })

  it('whose answers never come is sent again after ten minutes, and so it ends (Y5)', async () => {
    await store(world, [endpoints[1] ?? ''], 40)
    const id = await start(world, { rate: 50 })
    await world.consume(world.retry.splice(0))
    // Nothing comes of what was sent: its rows are where no sweep takes them.
    world.retry.splice(0, world.retry.length, ...world.retry.filter(({ body }: Json) => body.step))
    await env.DB.exec(`UPDATE deliveries SET sweep_at = 9000000000000000 WHERE stage = 'pending'`)
    await world.pass(9 * MINUTE)
    expect((await replay(id)).replayed).toBe(10)
    await world.pass(3 * MINUTE)
    expect(await replay(id)).toMatchObject({ status: 'completed', replayed: 40, delivered: 30 })
  })
})

describe('what came of a replay’s attempts', () => {
  it('is counted once each: a success takes back the failure of the same attempt’s double', async () => {
    await store(world, endpoints, 1)
    await env.DB.exec('UPDATE deliveries SET attempt_count = 0')
    const id = await start(world)
    await world.consume(world.retry.splice(0))
    const message = world.retry.find(({ body }: Json) => body.version)
    const batch = message ? [message] : []
    const { promise: isTold, resolve: tell } = Promise.withResolvers<void>()
    let calls = 0
    world.receiver.answer = async () => {
      calls += 1
      if (calls > 1) return new Response(null, { status: 500 })
      await isTold
      return new Response(null, { status: 200 })
    }
    const late = world.consume(batch)
    await world.consume(batch)
    expect(await replay(id)).toMatchObject({ replayed: 1, delivered: 0, failed: 1 })
    tell()
    await late
    expect(await replay(id)).toMatchObject({ replayed: 1, delivered: 1, failed: 0 })
  })

  it('is not that of a person’s, nor of an automatic one', async () => {
    await store(world, endpoints, 2)
    await env.DB.exec('UPDATE deliveries SET attempt_count = 0')
    const id = await start(world)
    world.receiver.respond(500)
    await world.pass(10 * SECOND)
    world.receiver.respond(200)
    await world.redeliver(idOf(0))
    await world.pass(10 * MINUTE)
    expect(world.receiver.received).toHaveLength(4)
    expect(await replay(id)).toMatchObject({ replayed: 2, delivered: 0, failed: 2 })
  })
})
