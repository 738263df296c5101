// What a batch does not come to goes back to a queue: which one, and how soon.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { consume } from '../../src/delivery/consume.ts'
import { LANES, type Lane } from '../../src/world.ts'
import { World } from '../world.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
  await world.createEndpoint()
})

async function queue(deliveries: number) {
  for (let made = 0; made < deliveries; made += 1) await world.deliver()
  return world.fresh.splice(0)
}

/** Consumes twelve deliveries while nobody answers: five are sent, seven are left. How long they wait in the other lane. */
async function consumeSlowly(lane: Lane, to: Lane): Promise<number[]> {
  const batch = await queue(12)
  const answers: (() => void)[] = []
  const engine = await world.engine()
  engine.sleep = async (ms) => void (world.clock += ms)
  engine.fetch = () => new Promise((resolve) => answers.push(() => resolve(new Response('ok'))))
  const messages = batch.map(({ body }) => ({ body, ack() {}, retry() {} }))
  await consume(engine, messages, lane)
  const waits = world[to].map(({ at }) => (at - world.clock) / 1000)
  expect(LANES.flatMap((one) => world[one])).toHaveLength(waits.length)
  for (const answer of answers) answer()
  await world.settle()
  return waits
}

describe('a batch whose time is up', () => {
  it.each(LANES)(
    'puts what had no turn back into the %s lane, at once, and loses none',
    async (lane) => {
      const batch = await queue(12)
      world.receiver.answer = () => {
        world.clock += 6000
        return new Response('ok')
      }
      await world.consume(batch, lane)
      const attempted = world.receiver.received.length
      expect(attempted).toBeGreaterThan(0)
      expect(attempted).toBeLessThan(12)
      const left = Array.from({ length: 12 - attempted }, () => world.clock)
      expect(world[lane].map(({ at }) => at)).toEqual(left)
      expect(LANES.flatMap((one) => world[one])).toHaveLength(left.length)
      world.receiver.respond(200)
      await world.drain()
      expect(world.receiver.received).toHaveLength(12)
    },
  )
})

describe('a batch with an endpoint that is slow', () => {
  it('sends its others from fresh down the retry lane, at once', async () => {
    expect(await consumeSlowly('fresh', 'retry')).toEqual([0, 0, 0, 0, 0, 0, 0])
  })

  it.each(['bulk', 'retry'] as const)(
    'spreads them over the next seconds of the %s lane, five in each (R2, R6)',
    async (lane) => {
      expect(await consumeSlowly(lane, lane)).toEqual([1, 1, 1, 1, 1, 2, 2])
    },
  )

  it('attempts in bulk what waits there for an endpoint that is unwell by now (R6)', async () => {
    const batch = await queue(3)
    await env.DB.exec('UPDATE endpoints SET unwell_since = 1')
    await world.consume(batch, 'bulk')
    expect(world.receiver.received).toHaveLength(3)
    expect(LANES.flatMap((one) => world[one])).toEqual([])
  })

  it('counts what it left in flight in the order in which that ended (C7)', async () => {
    const batch = await queue(2)
    const answers: ((status: number) => void)[] = []
    const engine = await world.engine()
    engine.config = { ...engine.config, retryScheduleMs: [] }
    engine.sleep = async (ms) => void (world.clock += ms)
    engine.fetch = () =>
      new Promise((resolve) => answers.push((status) => resolve(new Response(null, { status }))))
    await consume(
      engine,
      batch.map(({ body }) => ({ body, ack() {}, retry() {} })),
      'fresh',
    )
    answers[1]?.(200)
    await scheduler.wait(0)
    answers[0]?.(500)
    await world.settle()
    expect((await world.call('GET', '/v1/webhook_endpoints')).body.data).toMatchObject([
      { consecutive_failures: 1 },
    ])
  })
})
