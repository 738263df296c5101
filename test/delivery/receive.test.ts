// What a queue's batch is for, as the platform hands it over: by the queue's name, in any environment.
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest'
import worker from '../../src/index.ts'
import { World, type Json } from '../world.ts'

const MINUTE = 60_000

let world: World
let log: MockInstance<typeof console.log>
beforeEach(async () => {
  world = await World.create()
  world.clock = Date.now()
  vi.stubGlobal('fetch', world.receiver.fetch)
  log = vi.spyOn(console, 'log').mockImplementation(() => {})
  // A host of its own: the real limiter lets so many a second through to one.
  await world.createEndpoint({ url: `https://${crypto.randomUUID()}.example/hooks` })
})

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** Hands a batch of a queue to the Worker: which messages, by their place, were acknowledged and retried. */
async function receive(queue: string, bodies: unknown[], vars: Partial<Env> = {}) {
  const messages = bodies.map((body, place) => ({
    id: String(place),
    timestamp: new Date(),
    attempts: 1,
    body,
  }))
  const batch = createMessageBatch<Json>(queue, messages)
  const context = createExecutionContext()
  await worker.queue(batch, { ...env, ...vars }, context)
  const { explicitAcks, retryMessages } = await getQueueResult(batch, context)
  return { acked: explicitAcks, retried: retryMessages.map(({ msgId }) => msgId) }
}

/** The messages that the intake has sent. */
function sent(): unknown[] {
  return world.fresh.splice(0).map(({ body }) => body)
}

/** Beginnings of a queue's name, as environments and accounts have them. */
const PREFIXES = ['callingbox-webhooks', 'callingbox-webhooks-staging', 'fresh-retry', 'a', 'dead']

describe('a queue', () => {
  const lanes = PREFIXES.flatMap((prefix) => [
    `${prefix}-fresh`,
    `${prefix}-bulk`,
    `${prefix}-retry`,
  ])

  it.each(lanes)('by the name of %s is one of deliveries', async (queue) => {
    const id = await world.deliver()
    expect(await receive(queue, sent())).toEqual({ acked: ['0'], retried: [] })
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', attempt_count: 1 })
  })

  it.each(['callingbox-webhooks-fresh', 'callingbox-webhooks-staging-fresh'])(
    'by the name of %s hands an unwell endpoint’s deliveries on, and attempts none',
    async (queue) => {
      await world.deliver()
      await env.DB.exec('UPDATE endpoints SET unwell_since = 1')
      const sendBatch = vi.fn<Queue['sendBatch']>()
      // The consumer only sends; the rest of a queue is not asked for.
      const RETRY_QUEUE = { sendBatch: sendBatch as unknown } as Queue
      await receive(queue, sent(), { RETRY_QUEUE })
      expect(sendBatch).toHaveBeenCalledTimes(1)
      expect(world.receiver.received).toEqual([])
    },
  )

  it.each(PREFIXES.map((prefix) => `${prefix}-dead`))(
    'by the name of %s is one of dead letters: attempts none, and leaves them to the sweep',
    async (queue) => {
      const id = await world.deliver()
      const result = await receive(queue, [...sent(), 'junk'])
      expect(result).toEqual({ acked: ['0', '1'], retried: [] })
      expect(world.receiver.received).toEqual([])
      expect(await world.delivery(id)).toMatchObject({ status: 'pending', attempt_count: 0 })
      await world.pass(4 * MINUTE)
      expect(await world.delivery(id)).toMatchObject({ status: 'delivered' })
    },
  )

  it.each([
    '',
    'fresh',
    'dead',
    'callingbox-webhooks',
    'callingbox-webhooks-dead-staging',
    'callingbox-webhooks-fresh-2',
    'callingbox-webhooks-Fresh',
    'callingbox-webhooks-undead',
    'callingbox_webhooks_retry',
    'constructor',
  ])(
    'by the name of “%s” is unknown: an error, no delivery, and nothing is lost (D2)',
    async (queue) => {
      const id = await world.deliver()
      expect(await receive(queue, [...sent(), 'junk'])).toEqual({
        acked: [],
        retried: ['0', '1'],
      })
      expect(world.receiver.received).toEqual([])
      expect(await world.delivery(id)).toMatchObject({ status: 'pending', attempt_count: 0 })
      const lines = log.mock.calls.map(([line]) => JSON.parse(line))
      const error = 'the name of a queue must end in -fresh, -bulk, -retry or -dead'
      expect(lines).toContainEqual({ event: 'queue_unknown', queue, count: 2, error })
      await world.pass(4 * MINUTE)
      expect(await world.delivery(id)).toMatchObject({ status: 'delivered' })
    },
  )
})
