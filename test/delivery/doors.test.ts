// The queue's and the cron's doors as the platform knocks: what is acknowledged, retried and sent on.
import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  getQueueResult,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../../src/index.ts'
import { limitD1 } from '../d1-limits.ts'
import { World, type Json } from '../world.ts'

const MINUTE = 60_000

let world: World
beforeEach(async () => {
  world = await World.create()
  world.clock = Date.now()
  vi.stubGlobal('fetch', world.receiver.fetch)
  vi.spyOn(console, 'log').mockImplementation(() => {})
  await world.createEndpoint()
})

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** The real one counts by the second, in which other tests send, too. */
const UNPROVEN_HOST_LIMIT = { limit: async () => ({ success: true }) }

/** Knocks at the queue's door: which messages, by their place, were acknowledged and retried. */
async function receive(bodies: unknown[], vars: Partial<Env> = {}) {
  const messages = bodies.map((body, place) => ({
    id: String(place),
    timestamp: new Date(),
    attempts: 1,
    body,
  }))
  const batch = createMessageBatch<Json>('callingbox-webhooks-fresh', messages)
  const context = createExecutionContext()
  const DB = limitD1(vars.DB ?? env.DB)
  await worker.queue(batch, { ...env, UNPROVEN_HOST_LIMIT, ...vars, DB }, context)
  const { explicitAcks, retryMessages } = await getQueueResult(batch, context)
  return { acked: explicitAcks, retried: retryMessages.map(({ msgId }) => msgId) }
}

/** The messages that the intake has sent. */
function sent(): unknown[] {
  return world.fresh.splice(0).map(({ body }) => body)
}

/** D1 whose calls of this kind fail, before or after they have worked, so many times. */
function failingDb(call: 'prepare' | 'batch', when: 'before' | 'after', times = Infinity) {
  let left = times
  return new Proxy(env.DB, {
    get(target, name) {
      const real = Reflect.get(target, name).bind(target)
      if (name !== call) return real
      return async (...args: unknown[]) => {
        if (left <= 0) return real(...args)
        left -= 1
        if (when === 'after') await real(...args)
        throw new Error('D1_ERROR: Network connection lost.')
      }
    },
  })
}

async function tick(sendBatch: Queue['sendBatch']): Promise<void> {
  const context = createExecutionContext()
  // The sweep only sends; the rest of a queue is not asked for.
  const RETRY_QUEUE = { sendBatch } as Queue
  await worker.scheduled(
    createScheduledController(),
    { ...env, DB: limitD1(env.DB), RETRY_QUEUE },
    context,
  )
  await waitOnExecutionContext(context)
}

describe('the queue', () => {
  it('sends a delivery, records it and acknowledges its message', async () => {
    const id = await world.deliver()
    expect(await receive(sent())).toEqual({ acked: ['0'], retried: [] })
    expect(world.receiver.received).toHaveLength(1)
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', attempt_count: 1 })
  })

  it.each([null, 'text', 7, [], {}, { id: 'x' }, { orgId: 1, id: 2, version: 3 }])(
    'acknowledges %j, which is no message of ours, and sends nothing',
    async (body) => {
      const id = await world.deliver()
      const result = await receive([body, ...sent()])
      expect(result).toEqual({ acked: expect.arrayContaining(['0', '1']), retried: [] })
      expect(await world.delivery(id)).toMatchObject({ status: 'delivered' })
      expect(world.receiver.received).toHaveLength(1)
    },
  )

  it('acknowledges a message that was overtaken, and sends nothing (A3)', async () => {
    const id = await world.deliver()
    const [stale] = sent()
    await world.redeliver(id)
    expect(await receive([stale])).toEqual({ acked: ['0'], retried: [] })
    expect(world.receiver.received).toEqual([])
    expect(await world.delivery(id)).toMatchObject({ status: 'pending' })
  })

  it('acknowledges a message of another org’s delivery, and sends nothing (X2)', async () => {
    await world.deliver()
    const [message] = world.fresh.splice(0)
    const other = await world.createOrg('Other')
    const forged = { ...(message?.body as object), orgId: other.orgId }
    expect(await receive([forged])).toEqual({ acked: ['0'], retried: [] })
    expect(world.receiver.received).toEqual([])
  })

  it('makes one attempt of a message that came twice in a batch', async () => {
    const id = await world.deliver()
    const [message] = sent()
    const result = await receive([message, message])
    expect(result).toEqual({ acked: expect.arrayContaining(['0', '1']), retried: [] })
    expect(world.receiver.received).toHaveLength(1)
    expect(await world.delivery(id)).toMatchObject({ attempt_count: 1, attempts: [{}] })
  })

  it('makes no second attempt of a message that came again later (A3)', async () => {
    const id = await world.deliver()
    const [message] = sent()
    await receive([message])
    await receive([message])
    expect(world.receiver.received).toHaveLength(1)
    expect(await world.delivery(id)).toMatchObject({ attempt_count: 1 })
  })

  it('sends at most five at a time', async () => {
    for (let made = 0; made < 20; made += 1) await world.deliver()
    let [inFlight, most] = [0, 0]
    world.receiver.answer = async () => {
      inFlight += 1
      most = Math.max(most, inFlight)
      await scheduler.wait(5)
      inFlight -= 1
      return new Response()
    }
    const { acked } = await receive(sent())
    expect(acked).toHaveLength(20)
    expect(most).toBe(5)
  })

  it('goes on past receivers that hang, reset or answer garbage', async () => {
    const urls = ['hang', 'reset', 'garbage', 'redirect', 'well'].map(
      (name) => `https://${name}.example/`,
    )
    for (const webhook_url of urls) {
      await world.call('POST', '/v1/events', {
        type: 'call.busy',
        call: { id: crypto.randomUUID(), webhook_url },
      })
    }
    vi.stubGlobal('fetch', (url: string, { signal }: RequestInit) => {
      if (url.includes('hang')) {
        return new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('aborted')))
        })
      }
      if (url.includes('reset')) return Promise.reject(new Error('Network connection lost.'))
      if (url.includes('redirect')) return Promise.resolve(new Response(null, { status: 302 }))
      const garbage = crypto.getRandomValues(new Uint8Array(60_000))
      const status = url.includes('garbage') ? 500 : 200
      return Promise.resolve(new Response(garbage, { status }))
    })
    const result = await receive(sent(), { ATTEMPT_TIMEOUT_MS: '100' })
    expect(result.retried).toEqual([])
    const { body } = await world.call('GET', '/v1/webhook_deliveries')
    const inline = body.data.filter(({ endpoint_id }: Json) => endpoint_id === null)
    const errors = Object.fromEntries(
      inline.map(({ url, last_error }: Json) => [new URL(url).hostname.split('.')[0], last_error]),
    )
    expect(errors).toEqual({
      hang: 'no answer within 0.1 s',
      reset: 'the connection failed or was closed before an answer came',
      garbage: 'HTTP 500',
      redirect: 'HTTP 302: redirects are not followed',
      well: null,
    })
  })

  it('records a batch of the largest answers there can be (R1)', async () => {
    for (let made = 0; made < 50; made += 1) await world.deliver()
    const headers = { a: '"'.repeat(4000) }
    const body = new Uint8Array(4096).fill(1)
    world.receiver.answer = () => new Response(body, { status: 500, headers })
    const { acked, retried } = await receive(sent())
    expect([acked.length, retried.length]).toEqual([50, 0])
  })
})

describe('the queue, when our own side fails', () => {
  it('retries when the deliveries cannot be read, and uses up no attempt (A4)', async () => {
    const id = await world.deliver()
    const DB = new Proxy(env.DB, {
      get: () => () => {
        throw new Error('D1_ERROR: D1 DB is overloaded.')
      },
    })
    expect(await receive(sent(), { DB })).toEqual({ acked: [], retried: ['0'] })
    expect(world.receiver.received).toEqual([])
    expect(await world.delivery(id)).toMatchObject({ attempt_count: 0, attempts: [] })
  })

  it('retries when a secret does not open: nothing is sent, no attempt used up (A4)', async () => {
    const id = await world.deliver()
    const SECRETS_KEYS = `other:${btoa('x'.repeat(32))}`
    expect(await receive(sent(), { SECRETS_KEYS })).toEqual({ acked: [], retried: ['0'] })
    expect(world.receiver.received).toEqual([])
    expect(await world.delivery(id)).toMatchObject({ attempt_count: 0, attempts: [] })
  })

  it('retries when the outcome cannot be written, and sends again (at least once)', async () => {
    const id = await world.deliver()
    const messages = sent()
    const DB = failingDb('batch', 'before')
    expect(await receive(messages, { DB })).toEqual({ acked: [], retried: ['0'] })
    expect(await world.delivery(id)).toMatchObject({ status: 'pending', attempt_count: 0 })
    await receive(messages)
    expect(world.receiver.received).toHaveLength(2)
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', attempt_count: 1 })
  })

  it('records an outcome once though the first answer of the database was lost', async () => {
    world.receiver.respond(500)
    const id = await world.deliver()
    const DB = failingDb('batch', 'after', 1)
    expect(await receive(sent(), { DB })).toEqual({ acked: ['0'], retried: [] })
    const { attempts, ...delivery } = await world.delivery(id)
    expect(delivery).toMatchObject({ status: 'pending', attempt_count: 1 })
    expect(attempts).toHaveLength(1)
    expect(attempts[0]).not.toHaveProperty('superseded')
  })

  it('throws on a setting that makes no sense, so that every message comes back', async () => {
    await world.deliver()
    await expect(receive(sent(), { RETRY_JITTER: 'x' })).rejects.toThrow(/misconfigured/)
  })
})

describe('the cron', () => {
  it('sends what is due to the queue: ids only, under 1 KB (R4)', async () => {
    world.clock -= 10 * MINUTE
    const id = await world.deliver()
    const sendBatch = vi.fn<(batch: Iterable<MessageSendRequest>) => Promise<never>>()
    await tick(sendBatch)
    const messages = sendBatch.mock.calls.flatMap(([batch]) => Array.from(batch))
    const body = { orgId: world.orgId, id, version: expect.any(Number) }
    expect(messages).toEqual([{ body, contentType: 'json', delaySeconds: 0 }])
    expect(JSON.stringify(messages[0]?.body).length).toBeLessThan(1024)
  })

  it('goes on when the queue refuses: the lease brings the delivery back (D5)', async () => {
    world.clock -= 10 * MINUTE
    const id = await world.deliver()
    await tick(() => Promise.reject(new Error('Queue is overloaded')))
    world.clock = Date.now() + 4 * MINUTE
    await world.sweep()
    await world.drain()
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered' })
  })
})
