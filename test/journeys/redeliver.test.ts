// Redelivery from every status: what it promises of ids, counters, bodies and signatures.
import { beforeEach, describe, expect, it } from 'vitest'
import { redeliver as storeRedelivery } from '../../src/db/lifecycle/redeliver.ts'
import { World, type Json } from '../world.ts'
import { verify } from './verify.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

let world: World
let endpoint: Json
beforeEach(async () => {
  world = await World.create()
  endpoint = (await world.createEndpoint()).body
})

/** A delivery at the end of its automatic attempts. */
async function exhausted(): Promise<string> {
  world.receiver.respond(500)
  const id = await world.deliver()
  await world.pass(5 * DAY)
  world.receiver.received.splice(0)
  return id
}

/** Four attempts made, the fifth two hours after the last. */
async function waiting(): Promise<string> {
  world.receiver.respond(500)
  const id = await world.deliver()
  await world.pass(37 * MINUTE)
  const delivery = await world.delivery(id)
  expect(delivery).toMatchObject({ attempt_count: 4, next_attempt_at: '2026-11-23T14:36:00Z' })
  world.receiver.received.splice(0)
  return id
}

/** The receiver's first answer comes after someone asked for a redelivery. */
function redeliverWhileAnswering(id: string, first: number, then: number): void {
  let requests = 0
  world.receiver.answer = async () => {
    requests += 1
    if (requests > 1) return new Response(null, { status: then })
    await world.redeliver(id)
    return new Response(null, { status: first })
  }
}

describe('redeliver from delivered', () => {
  let id: string
  beforeEach(async () => {
    id = await world.deliver({ metadata: { n: 1 } })
    await world.drain()
    world.clock += HOUR
  })

  it('answers the delivery as pending, due now, with one manual retry more', async () => {
    const before = await world.delivery(id)
    const { status, body } = await world.redeliver(id)
    const { attempts: _log, ...same } = before
    expect(status).toBe(200)
    expect(body).toEqual({
      ...same,
      status: 'pending',
      manual_retry_count: 1,
      next_attempt_at: '2026-11-23T13:00:00Z',
      updated_at: '2026-11-23T13:00:00Z',
    })
  })

  it('sends the same id and bytes with a fresh time and signature (P1, P2, P5)', async () => {
    await world.redeliver(id)
    await world.drain()
    const [first, second] = world.receiver.received
    expect(second?.body).toBe(first?.body)
    expect(second?.headers.get('CallingBox-Event-Id')).toBe(id)
    const signature = second?.headers.get('CallingBox-Signature')
    expect(signature).toContain(`t=${world.clock / 1000},`)
    expect(signature).not.toBe(first?.headers.get('CallingBox-Signature'))
    expect(second && (await verify(second, endpoint.signing_secret)).id).toBe(id)
  })

  it('says that the attempt is manual, and which one it is', async () => {
    await world.redeliver(id)
    await world.drain()
    const [first, second] = world.receiver.received
    expect(first?.headers.has('CallingBox-Redelivery')).toBe(false)
    expect(second?.headers.get('CallingBox-Redelivery')).toBe('true')
    expect(second?.headers.get('CallingBox-Attempt')).toBe('2')
    const { attempts } = await world.delivery(id)
    expect(attempts).toMatchObject([
      { number: 1, trigger: 'automatic' },
      { number: 2, trigger: 'manual' },
    ])
  })

  it('keeps the instant of the first success and the count of automatic attempts', async () => {
    await world.redeliver(id)
    await world.drain()
    expect(await world.delivery(id)).toMatchObject({
      status: 'delivered',
      attempt_count: 1,
      manual_retry_count: 1,
      delivered_at: '2026-11-23T12:00:00Z',
    })
  })

  it('goes on with the automatic schedule when it fails', async () => {
    world.receiver.respond(500)
    await world.redeliver(id)
    await world.drain()
    expect(await world.delivery(id)).toMatchObject({ status: 'pending', attempt_count: 1 })
    await world.pass(5 * DAY)
    expect(await world.delivery(id)).toMatchObject({
      status: 'exhausted',
      attempt_count: 8,
      manual_retry_count: 1,
      delivered_at: '2026-11-23T12:00:00Z',
    })
    expect(world.receiver.received).toHaveLength(1 + 1 + 7)
  })
})

describe('redeliver from exhausted', () => {
  it('delivers after the receiver has recovered, and zeroes the failures (C3)', async () => {
    const id = await exhausted()
    world.receiver.respond(200)
    await world.redeliver(id)
    await world.drain()
    expect(world.receiver.received[0]?.headers.get('CallingBox-Attempt')).toBe('9')
    expect(await world.delivery(id)).toMatchObject({
      status: 'delivered',
      attempt_count: 8,
      manual_retry_count: 1,
      last_error: 'HTTP 500',
      last_response_status: 200,
    })
    expect(await world.endpoint(endpoint.id)).toMatchObject({ consecutive_failures: 0 })
  })

  it('is exhausted again after one failure, which does not count (C6)', async () => {
    const id = await exhausted()
    await world.redeliver(id)
    expect(await world.delivery(id)).toMatchObject({ status: 'pending' })
    await world.pass(5 * DAY)
    expect(world.receiver.received).toHaveLength(1)
    expect(await world.delivery(id)).toMatchObject({
      status: 'exhausted',
      attempt_count: 8,
      manual_retry_count: 1,
    })
    expect(await world.endpoint(endpoint.id)).toMatchObject({ consecutive_failures: 1 })
  })
})

describe('redeliver from pending with a retry hours away', () => {
  it('makes an attempt at once (S5)', async () => {
    const id = await waiting()
    world.receiver.respond(200)
    const { body } = await world.redeliver(id)
    expect(body).toMatchObject({ status: 'pending', next_attempt_at: '2026-11-23T12:37:00Z' })
    await world.pass(DAY)
    expect(world.receiver.received).toHaveLength(1)
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', attempt_count: 4 })
  })

  it('leaves the automatic schedule where it was when it fails', async () => {
    const id = await waiting()
    await world.redeliver(id)
    await world.drain()
    expect(await world.delivery(id)).toMatchObject({
      status: 'pending',
      attempt_count: 4,
      manual_retry_count: 1,
      next_attempt_at: '2026-11-23T14:36:00Z',
    })
    await world.pass(5 * DAY)
    expect(world.receiver.received).toHaveLength(1 + 4)
    expect(world.receiver.received[1]?.at).toBe(Date.parse('2026-11-23T14:36:00Z'))
    expect(await world.delivery(id)).toMatchObject({ status: 'exhausted', attempt_count: 8 })
  })

  it('keeps the schedule through two clicks before the attempt', async () => {
    const id = await waiting()
    await world.redeliver(id)
    world.clock += 1000
    await world.redeliver(id)
    await world.drain()
    expect(world.receiver.received).toHaveLength(1)
    expect(await world.delivery(id)).toMatchObject({
      manual_retry_count: 2,
      attempt_count: 4,
      next_attempt_at: '2026-11-23T14:36:00Z',
    })
  })

  it('reaches the receiver though its message was lost (D3)', async () => {
    const id = await waiting()
    world.receiver.respond(200)
    await world.redeliver(id)
    world.retry.splice(0)
    await world.pass(4 * MINUTE)
    expect(world.receiver.received[0]?.headers.get('CallingBox-Redelivery')).toBe('true')
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered' })
  })
})

describe('redeliver whose answer was lost', () => {
  it('counts once, however many others came before it was repeated (S4)', async () => {
    const id = await world.deliver()
    const db = (await world.engine()).store.of(world.orgId)
    const actor = { orgId: world.orgId, name: 'admin', ip: null, requestId: 'r' }
    const request = { orgId: world.orgId, now: world.clock, leaseMs: MINUTE }
    const ids = Array.from({ length: 20 }, () => crypto.randomUUID())
    for (const entryId of ids.concat(ids)) {
      await storeRedelivery(db, {
        ...request,
        asked: [{ id, entryId, actor, terms: {}, idempotency: undefined }],
      })
    }
    expect(await world.delivery(id)).toMatchObject({ manual_retry_count: 20 })
  })
})

describe('redeliver twice at once', () => {
  it('counts both clicks and makes at least one attempt, each only once', async () => {
    const id = await world.deliver()
    await world.drain()
    const answers = await Promise.all([world.redeliver(id), world.redeliver(id)])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    await world.pass(DAY)
    expect(world.receiver.received).toHaveLength(2)
    expect(await world.delivery(id)).toMatchObject({
      status: 'delivered',
      attempt_count: 1,
      manual_retry_count: 2,
    })
  })
})

describe('redeliver during an attempt', () => {
  it.each([200, 500])('is followed by an attempt of its own after a %i (S5, A6)', async (first) => {
    const id = await world.deliver()
    redeliverWhileAnswering(id, first, 200)
    await world.drain()
    expect(world.receiver.received).toHaveLength(2)
    expect(world.receiver.received[1]?.headers.get('CallingBox-Redelivery')).toBe('true')
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', manual_retry_count: 1 })
  })

  it('logs the attempt that it overtook, and lets it change nothing but what is shown (A2, A6)', async () => {
    const id = await world.deliver()
    redeliverWhileAnswering(id, 500, 200)
    await world.drain()
    const { attempts, attempt_count, last_error } = await world.delivery(id)
    expect(attempts).toMatchObject([
      { number: 1, trigger: 'automatic', superseded: 'redelivery' },
      { number: 2, trigger: 'manual' },
    ])
    expect(attempt_count).toBe(0)
    // Of the most recent failure, as ever.
    expect(last_error).toBe('HTTP 500')
  })

  it('lets the manual attempt end first, and the overtaken one change nothing (A6)', async () => {
    const id = await world.deliver()
    world.receiver.answer = async ({ headers }) => {
      if (headers.has('CallingBox-Redelivery')) return new Response()
      await world.redeliver(id)
      await world.drain()
      return new Response(null, { status: 500 })
    }
    await world.pass(DAY)
    expect(await world.delivery(id)).toMatchObject({
      status: 'delivered',
      attempt_count: 0,
      last_error: null,
      last_response_status: 200,
      attempts: [{ trigger: 'manual' }, { trigger: 'automatic', superseded: 'redelivery' }],
    })
  })

  it('keeps eight automatic attempts when the manual one fails', async () => {
    const id = await world.deliver()
    redeliverWhileAnswering(id, 500, 500)
    await world.pass(5 * DAY)
    expect(await world.delivery(id)).toMatchObject({ status: 'exhausted', attempt_count: 8 })
    expect(await world.endpoint(endpoint.id)).toMatchObject({ consecutive_failures: 1 })
  })

  it('numbers the attempts as their headers did (A2)', async () => {
    const id = await world.deliver()
    redeliverWhileAnswering(id, 500, 200)
    await world.drain()
    const numbers = world.receiver.received.map(({ headers }) => headers.get('CallingBox-Attempt'))
    expect(numbers).toEqual(['1', '2'])
  })
})
