// Attempts that end after something else has happened to their delivery: recorded as they were.
import { env } from 'cloudflare:workers'
import { assert, asyncProperty, boolean, constantFrom, integer, record } from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

let world: World
let endpoint: Json
beforeEach(async () => {
  world = await World.create()
  endpoint = (await world.createEndpoint()).body
})

type Attempt = { answer: (status: number) => Promise<void> }

/** A consumer gets the message, and sends; it waits for its answer until the test gives it. */
async function begin(message: { body: unknown; at: number }): Promise<Attempt> {
  const sent = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<Response>()
  world.receiver.answer = () => {
    sent.resolve()
    return answered.promise
  }
  const work = world.consume([message])
  await Promise.race([sent.promise, work])
  world.clock += 1
  return {
    answer: async (status) => {
      answered.resolve(new Response(null, { status }))
      await work
      world.receiver.respond(200)
    },
  }
}

/** A message that came twice, to two consumers at once: attempts of one version, in this order. */
async function beginTwice(): Promise<{ id: string; older: Attempt; newer: Attempt }> {
  const id = await world.deliver()
  return { id, ...(await beginBoth()) }
}

/** Two consumers get the one message that waits. */
async function beginBoth(): Promise<{ older: Attempt; newer: Attempt }> {
  const [message = { body: null, at: 0 }] = [...world.fresh.splice(0), ...world.retry.splice(0)]
  return { older: await begin(message), newer: await begin(message) }
}

function writeInstant(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+/, '')
}

/** The counters that the log stands for (S4). */
async function countsOf(id: string) {
  const { attempt_count, attempts } = await world.delivery(id)
  const counting = attempts.filter(
    ({ trigger, superseded }: Json) => trigger === 'automatic' && superseded === undefined,
  )
  return { attempt_count, logged: counting.length, attempts: attempts.length }
}

describe('two consumers that attempt one version', () => {
  it.each(['older', 'newer'] as const)(
    'deliver when the %s one succeeds after the other failed',
    async (late) => {
      const { id, ...both } = await beginTwice()
      await both[late === 'older' ? 'newer' : 'older'].answer(500)
      await both[late].answer(200)
      expect(await world.delivery(id)).toMatchObject({
        status: 'delivered',
        attempt_count: 2,
        last_response_status: 200,
        delivered_at: writeInstant(world.clock),
        attempts: [{ response: { status: 500 } }, { response: { status: 200 } }],
      })
      expect(JSON.stringify(await world.delivery(id))).not.toContain('superseded')
      await world.pass(DAY)
      expect(world.receiver.received).toHaveLength(2)
    },
  )

  it('use up one attempt when both fail, and show the newer one’s answer', async () => {
    const { id, older, newer } = await beginTwice()
    await newer.answer(500)
    const { last_error_at } = await world.delivery(id)
    world.clock += 5000
    await older.answer(503)
    expect(await world.delivery(id)).toMatchObject({
      status: 'pending',
      attempt_count: 1,
      last_response_status: 500,
      last_error: 'HTTP 500',
      last_error_at,
      attempts: [{ response: { status: 500 } }, { superseded: 'attempt' }],
    })
  })

  it('show the newer one’s failure also when it comes last, after the success', async () => {
    const { id, older, newer } = await beginTwice()
    await older.answer(200)
    const { delivered_at } = await world.delivery(id)
    world.clock += 5000
    await newer.answer(503)
    expect(await world.delivery(id)).toMatchObject({
      status: 'delivered',
      delivered_at,
      attempt_count: 1,
      last_response_status: 503,
      last_error: 'HTTP 503',
      last_error_at: writeInstant(world.clock),
      attempts: [{}, { superseded: 'attempt' }],
    })
  })

  it('deliver once when both succeed', async () => {
    const { id, older, newer } = await beginTwice()
    await newer.answer(200)
    await older.answer(204)
    expect(await world.delivery(id)).toMatchObject({
      status: 'delivered',
      attempt_count: 1,
      last_response_status: 200,
      attempts: [{}, { superseded: 'attempt' }],
    })
  })

  it('exhaust it once, and its endpoint counts one (C1)', async () => {
    const id = await world.deliver()
    await env.DB.exec('UPDATE deliveries SET attempt_count = 7')
    const { older, newer } = await beginBoth()
    await newer.answer(500)
    await older.answer(500)
    expect(await world.delivery(id)).toMatchObject({ status: 'exhausted', attempt_count: 8 })
    expect(await world.endpoint(endpoint.id)).toMatchObject({ consecutive_failures: 1 })
  })

  it('leave it exhausted when the success comes after the last failure (S1)', async () => {
    const id = await world.deliver()
    await env.DB.exec('UPDATE deliveries SET attempt_count = 7')
    const { older, newer } = await beginBoth()
    await older.answer(500)
    await newer.answer(200)
    expect(await world.delivery(id)).toMatchObject({
      status: 'exhausted',
      attempt_count: 8,
      last_response_status: 200,
      last_error: 'HTTP 500',
      attempts: [{}, { superseded: 'attempt' }],
    })
    expect(await world.endpoint(endpoint.id)).toMatchObject({ consecutive_failures: 1 })
  })

  it('zero the endpoint’s failures by the late success (C3)', async () => {
    await env.DB.exec('UPDATE endpoints SET consecutive_failures = 9')
    const { older, newer } = await beginTwice()
    await older.answer(500)
    await newer.answer(200)
    expect(await world.endpoint(endpoint.id)).toMatchObject({
      status: 'enabled',
      consecutive_failures: 0,
    })
  })
})

describe('an attempt of a version long past', () => {
  it('delivers by its success, though another attempt has failed since', async () => {
    const { id, older, newer } = await beginTwice()
    await newer.answer(500)
    world.receiver.respond(500)
    await world.pass(7 * MINUTE)
    expect(await world.delivery(id)).toMatchObject({ status: 'pending', attempt_count: 3 })
    await older.answer(200)
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', attempt_count: 4 })
    await world.pass(DAY)
    expect(world.receiver.received).toHaveLength(4)
  })

  it.each([200, 500])('was superseded by the redelivery that came since: %i', async (status) => {
    const { id, older, newer } = await beginTwice()
    await newer.answer(500)
    await world.redeliver(id)
    await older.answer(status)
    expect(await world.delivery(id)).toMatchObject({
      status: 'pending',
      attempt_count: 1,
      last_response_status: 500,
      attempts: [{}, { superseded: 'redelivery' }],
    })
    await world.drain()
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', attempt_count: 1 })
  })
})

describe('a redelivery that two consumers attempt', () => {
  it('is delivered by the success that comes after the failure, and counts none', async () => {
    const id = await world.deliver()
    world.receiver.respond(500)
    await world.drain()
    await world.redeliver(id)
    const { older, newer } = await beginBoth()
    await newer.answer(500)
    await older.answer(200)
    expect(await world.delivery(id)).toMatchObject({
      status: 'delivered',
      attempt_count: 1,
      manual_retry_count: 1,
      attempts: [{}, { trigger: 'manual' }, { trigger: 'manual' }],
    })
  })
})

describe('an endpoint that is deleted during an attempt', () => {
  it.each([
    { status: 200, body: 'ok' },
    { status: 500, body: 'no' },
  ])('leaves the answer to be seen: $status', async ({ status, body }) => {
    const id = await world.deliver()
    world.receiver.answer = async () => {
      await world.call('DELETE', `/v1/webhook_endpoints/${endpoint.id}`)
      return new Response(body, { status })
    }
    await world.drain()
    expect(await world.delivery(id)).toMatchObject({
      status: 'exhausted',
      attempt_count: 0,
      last_error: 'endpoint deleted',
      last_response_status: status,
      attempts: [{ superseded: 'deletion', response: { status, body } }],
    })
  })
})

describe('any two attempts of one version', () => {
  it('leave counters that the log stands for, written once or twice (S4)', async () => {
    const one = record({ status: constantFrom(200, 404, 500), isTwice: boolean() })
    const race = record({
      first: one,
      second: one,
      isOlderFirst: boolean(),
      made: integer({ min: 0, max: 7 }),
      isRedelivered: boolean(),
    })
    await assert(
      asyncProperty(race, async ({ first, second, isOlderFirst, made, isRedelivered }) => {
        const id = await world.deliver()
        const entry = ['0'.repeat(24), 0, null, null, null]
        const entries = Array.from({ length: made }, () => entry)
        await env.DB.prepare('UPDATE deliveries SET attempt_count = ?, attempts = ? WHERE id = ?')
          .bind(made, JSON.stringify(entries), id)
          .run()
        const { older, newer } = await beginBoth()
        world.db = first.isTwice ? answerLost() : env.DB
        await (isOlderFirst ? older : newer).answer(first.status)
        if (isRedelivered) await world.redeliver(id)
        world.db = second.isTwice ? answerLost() : env.DB
        await (isOlderFirst ? newer : older).answer(second.status)
        world.db = env.DB
        const { attempt_count, logged, attempts } = await countsOf(id)
        expect(attempts).toBe(made + 2)
        expect(logged).toBe(attempt_count)
        expect(attempt_count).toBeLessThanOrEqual(8)
        const { status } = await world.delivery(id)
        const isDelivered = first.status === 200 || (second.status === 200 && made < 7)
        expect(status === 'delivered').toBe(isDelivered && !isRedelivered)
        world.retry.splice(0)
      }),
      { numRuns: 40 },
    )
  })
})

/** D1 that loses the answer of the first write: it is repeated. */
function answerLost(): D1Database {
  let isLost = false
  return new Proxy(env.DB, {
    get(target, name) {
      const real = Reflect.get(target, name).bind(target)
      if (name !== 'batch' || isLost) return real
      return async (statements: D1PreparedStatement[]) => {
        await real(statements)
        isLost = true
        throw new Error('D1_ERROR: Network connection lost.')
      }
    },
  })
}
