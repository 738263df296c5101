// Six connections an invocation: who holds them, who waits, and that nobody waits for a hanging receiver.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { consume } from '../../../src/delivery/consume.ts'
import { enqueue } from '../../../src/delivery/queue.ts'
import { countConnections } from '../../../src/delivery/send/connections.ts'
import { createResolver } from '../../../src/delivery/send/resolve.ts'
import { send } from '../../../src/delivery/send/send.ts'
import { createIsolate } from '../../../src/wiring.ts'
import type { World as EngineWorld, Fetch } from '../../../src/world.ts'
import { World } from '../../world.ts'

/** Takes connections as far as they are free; tells how many, and gives them back one by one. */
function taker(take = countConnections()) {
  const held: (() => void)[] = []
  return {
    held,
    take: async (purpose: 'attempt' | 'own', count: number) => {
      for (let place = 0; place < count; place += 1) {
        void take(purpose).then((release) => held.push(release))
      }
      await settle()
      return held.length
    },
    release: async () => {
      held.shift()?.()
      await settle()
      return held.length
    },
  }
}

/** Until nothing moves any more. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
}

afterEach(() => vi.restoreAllMocks())

describe('the connections of an invocation', () => {
  it('are six, whoever has them', async () => {
    const own = taker()
    expect(await own.take('own', 10)).toBe(6)
    expect(await own.release()).toBe(6)
    const both = taker()
    expect([await both.take('attempt', 3), await both.take('own', 5)]).toEqual([3, 6])
  })

  it('are never all held by attempts (R2)', async () => {
    const connections = taker()
    expect(await connections.take('attempt', 20)).toBe(5)
    expect(await connections.take('own', 1)).toBe(6)
  })

  it('go to whoever has waited longest and may have one', async () => {
    const take = countConnections()
    const order: string[] = []
    const releases: (() => void)[] = []
    const ask = (name: string, purpose: 'attempt' | 'own') =>
      void take(purpose).then((release) => (order.push(name), releases.push(release)))
    for (const place of [1, 2, 3, 4, 5, 6, 7]) ask(`attempt ${place}`, 'attempt')
    for (const place of [1, 2]) ask(`own ${place}`, 'own')
    await settle()
    expect(order.slice(5)).toEqual(['own 1'])
    releases[5]?.()
    await settle()
    expect(order.slice(6)).toEqual(['own 2'])
    for (const release of releases.slice(0, 2)) release()
    await settle()
    expect(order.slice(7)).toEqual(['attempt 6', 'attempt 7'])
  })
})

const REQUEST = { url: 'https://a.example', headers: {}, body: '', timeoutMs: 1000 }
const answering: Fetch = async () => new Response('ok')
const failing: Fetch = () => Promise.reject(new Error('Network connection lost.'))
const throwing: Fetch = () => {
  throw new TypeError('Invalid header value.')
}
const dripping: Fetch = async () => new Response(new ReadableStream({ type: 'bytes', start() {} }))

describe('what takes a connection', () => {
  it.each([
    ['answers', answering],
    ['fails', failing],
    ['fails at once', throwing],
    ['has only sent its headers', dripping],
  ])('gives it back when a receiver %s', async (_, fetch) => {
    const connections = taker()
    const takeConnection = vi.fn<EngineWorld['takeConnection']>(
      async () => () => connections.held.pop(),
    )
    connections.held.push(() => {})
    const outcome = send({ ...REQUEST, timeoutMs: 50 }, { fetch, takeConnection, now: Date.now })
    await vi.waitFor(() => expect(connections.held).toHaveLength(0), { interval: 1 })
    expect(takeConnection.mock.calls).toEqual([['attempt']])
    await outcome
  })

  it.each([
    ['is taken', async () => ({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } })],
    ['is refused', () => Promise.reject(new Error('Queue is overloaded'))],
  ])('gives it back when a batch of messages %s', async (_, sendBatch) => {
    const release = vi.fn<() => void>()
    const takeConnection = vi.fn<EngineWorld['takeConnection']>(async () => release)
    const queues = { fresh: { sendBatch }, bulk: { sendBatch }, retry: { sendBatch } }
    const refs = Array.from({ length: 150 }, () => ({ orgId: 'o', id: 'd', version: 1 }))
    const isolate = createIsolate(Date.now)
    await enqueue({ isolate, log: () => {}, queues, takeConnection }, 'retry', refs)
    expect(takeConnection.mock.calls).toEqual([['own'], ['own']])
    expect(release).toHaveBeenCalledTimes(2)
  })

  it('is a look-up too, for both questions together', async () => {
    const release = vi.fn<() => void>()
    const takeConnection = vi.fn<EngineWorld['takeConnection']>(async () => release)
    const dohUrl = 'https://resolver.example'
    for (const fetch of [answering, failing, throwing]) {
      await createResolver({ fetch, takeConnection, dohUrl })('a.example')
    }
    expect(takeConnection.mock.calls).toEqual([['attempt'], ['attempt'], ['attempt']])
    expect(release).toHaveBeenCalledTimes(3)
  })

  it('does not spend the time of an attempt or a look-up while it waits for one (A4)', async () => {
    const connections = taker()
    const take = countConnections()
    const own = taker(take)
    await own.take('own', 6)
    const timeout = vi.spyOn(AbortSignal, 'timeout')
    let now = 0
    const sent = send(REQUEST, { fetch: answering, takeConnection: take, now: () => now })
    const resolver = createResolver({
      fetch: answering,
      takeConnection: take,
      dohUrl: 'https://resolver.example',
    })
    const lookup = resolver('a.example')
    await settle()
    expect(timeout).not.toHaveBeenCalled()
    now = 60_000
    await own.release()
    expect(await sent).toMatchObject({ status: 200, headersMs: 0, durationMs: 0 })
    await lookup
    expect(timeout).toHaveBeenCalledTimes(2)
    expect(connections.held).toEqual([])
  })
})

describe('a batch with destinations that hang', () => {
  let world: World
  let hung: number
  let ended: number
  beforeEach(async () => {
    // What hangs does so for a second of real time.
    world = await World.create({ ATTEMPT_TIMEOUT_MS: '1000' })
    hung = 0
    ended = 0
    world.receiver.answer = async ({ url }) => {
      if (!url.includes('hanging')) return new Response('ok')
      hung += 1
      return new Promise<Response>((_, reject) => {
        setTimeout(() => {
          ended += 1
          reject(new Error('aborted'))
        }, 1000)
      })
    }
  })

  /** The engine in a world whose clock goes on by itself, a hundred times as fast as real time. */
  async function hastyEngine(): Promise<EngineWorld> {
    const began = Date.now()
    return {
      ...(await world.engine()),
      now: () => world.clock + (Date.now() - began) * 100,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms / 100)),
    }
  }

  it.each([2, 3, 5])(
    'hands on the others’ messages while %i endpoints hang, as soon as these are slow (R2)',
    async (count) => {
      for (let place = 0; place < count; place += 1) {
        await world.createEndpoint({ url: `https://hanging${place}.example/` })
      }
      await world.createEndpoint({ url: 'https://well.example/' })
      for (let event = 0; event < 10; event += 1) await world.send()
      const engine = await hastyEngine()
      const endedAtSend: number[] = []
      for (const queue of Object.values(engine.queues)) {
        const { sendBatch } = queue
        queue.sendBatch = (messages) => sendBatch(messages).finally(() => endedAtSend.push(ended))
      }
      const batch = world.fresh.splice(0)
      const messages = batch.map(({ body }) => ({ body, ack: () => {}, retry: () => {} }))
      await consume(engine, messages, 'fresh')
      expect(hung).toBeGreaterThanOrEqual(4)
      expect(endedAtSend.length).toBeGreaterThan(0)
      expect(Math.max(...endedAtSend)).toBe(0)
      const attempted = world.receiver.received.filter(({ url }) => url.includes('well')).length
      expect(world.fresh.length + attempted).toBe(10)
      await world.settle()
    },
  )
})
