// A running replay on real D1, through the queue's door and the real consumer: once each, evenly, oldest first.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import {
  createEndpoints,
  eachSecond,
  onceEach,
  resultOf,
  idsOf,
  replay,
  start,
  store,
  timesInOrder,
} from './range.ts'

const MINUTE = 60_000

let world: World
beforeEach(async () => {
  world = await World.create()
})

describe('a replay', () => {
  it('of 1,000 deliveries sends each once, an endpoint’s oldest first, as many a second as it is told (Y1, Y4)', async () => {
    const endpoints = await createEndpoints(world, 3)
    await store(world, [...endpoints, null], 1000)
    const id = await start(world, { rate: 50, total: 1000 })
    await world.pass(2 * MINUTE)
    const { received } = world.receiver
    expect(received).toHaveLength(1000)
    expect(new Set(idsOf(received)).size).toBe(1000)
    for (const times of timesInOrder(received, 4)) {
      expect(times).toHaveLength(250)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
    }
    expect(await replay(id)).toMatchObject({
      status: 'completed',
      total: 1000,
      replayed: 1000,
      delivered: 1000,
      failed: 0,
      skipped: {},
      next_step_at: null,
      ended_at: expect.any(Number),
    })
    // The canaries of four parts go first; from then on it is the same each second.
    const [, ...steady] = eachSecond(received).filter((count) => count > 0)
    expect(steady.slice(0, -1).every((count) => count === 50)).toBe(true)
  })

  it('keeps its pace though each message comes a second and a half late (Y4)', async () => {
    const endpoints = await createEndpoints(world, 1)
    await store(world, endpoints, 800)
    const push = world.retry.push.bind(world.retry)
    world.retry.push = (...some) => push(...some.map(({ body, at }) => ({ body, at: at + 1500 })))
    const id = await start(world, { rate: 10 })
    await world.pass(MINUTE)
    const { received } = world.receiver
    const after = (at: number) => received.filter((one) => one.at > at).length
    const tens = [1, 2, 3, 4].map(
      (ten) => after(world.clock - (ten + 1) * 10_000) - after(world.clock - ten * 10_000),
    )
    expect(tens.every((count) => Math.abs(count - 100) <= 10)).toBe(true)
    await world.pass(MINUTE)
    expect(await resultOf(world, id)).toEqual(onceEach(800))
  })

  it('does not make up for lost time (Y4)', async () => {
    const endpoints = await createEndpoints(world, 1)
    await store(world, endpoints, 800)
    const id = await start(world, { rate: 10 })
    await world.pass(12_000)
    world.retry.splice(0)
    await world.pass(5 * MINUTE)
    const times = world.receiver.received.map(({ at }) => at)
    const inMinuteFrom = (from: number) =>
      times.filter((at) => at >= from && at < from + MINUTE).length
    // A slice that was lost comes again when its leases end, beside those that are due then.
    expect(Math.max(...times.map(inMinuteFrom))).toBeLessThanOrEqual(10 * 60 + 2 * 10 * 5)
    expect(await resultOf(world, id)).toEqual(onceEach(800))
  })
})
