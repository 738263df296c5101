// What becomes of deliveries while their endpoint is disabled, enabled again or deleted.
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../world.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** Two attempts a delivery, a second apart. */
const FAST = { RETRY_SCHEDULE_SECONDS: '1' }

let world: World
let endpoint: Json
beforeEach(async () => {
  world = await World.create(FAST)
  endpoint = (await world.createEndpoint()).body
})

function patch(changes: Json): Promise<Answered> {
  return world.call('PATCH', `/v1/webhook_endpoints/${endpoint.id}`, changes)
}

function remove(): Promise<Answered> {
  return world.call('DELETE', `/v1/webhook_endpoints/${endpoint.id}`)
}

/** So many deliveries, one after the other, fail until they are exhausted. */
async function exhaust(count: number): Promise<string[]> {
  world.receiver.respond(500)
  const ids: string[] = []
  for (let made = 0; made < count; made += 1) {
    ids.push(await world.deliver())
    await world.pass(2 * MINUTE)
  }
  return ids
}

describe('an endpoint whose deliveries are exhausted one after the other', () => {
  it('is enabled after nine', async () => {
    await exhaust(9)
    expect(await world.endpoint(endpoint.id)).toMatchObject({
      status: 'enabled',
      consecutive_failures: 9,
      disabled_reason: null,
      disabled_at: null,
    })
  })

  it('is disabled at ten, with the reason (C2)', async () => {
    await exhaust(9)
    world.receiver.respond(500)
    await world.deliver()
    await world.pass(2 * MINUTE)
    expect(await world.endpoint(endpoint.id)).toMatchObject({
      status: 'disabled',
      consecutive_failures: 10,
      disabled_reason: 'too_many_failures',
      disabled_at: expect.stringMatching(/^2026-11-23T12:1\d:\d\dZ$/),
    })
  })

  it('starts at zero again after one success (C3)', async () => {
    await exhaust(9)
    world.receiver.respond(200)
    await world.deliver()
    await world.drain()
    expect(await world.endpoint(endpoint.id)).toMatchObject({ consecutive_failures: 0 })
    await exhaust(1)
    expect(await world.endpoint(endpoint.id)).toMatchObject({
      status: 'enabled',
      consecutive_failures: 1,
    })
  })

  it('does not count a second exhaustion after a redelivery (C6)', async () => {
    const [id = ''] = await exhaust(9)
    await world.redeliver(id)
    await world.pass(MINUTE)
    expect(await world.endpoint(endpoint.id)).toMatchObject({
      status: 'enabled',
      consecutive_failures: 9,
    })
  })

  it('counts a delivery once though its last message came twice (C1)', async () => {
    world.receiver.respond(500)
    const id = await world.deliver()
    await world.drain()
    world.clock += MINUTE
    await world.sweep()
    const [message] = world.retry.splice(0)
    if (message) await world.consume([message])
    if (message) await world.consume([message, message])
    expect(await world.delivery(id)).toMatchObject({ status: 'exhausted', attempt_count: 2 })
    expect(await world.endpoint(endpoint.id)).toMatchObject({ consecutive_failures: 1 })
  })

  it('is disabled once by twelve that end in one batch (C2)', async () => {
    world.receiver.respond(500)
    for (let made = 0; made < 12; made += 1) await world.deliver()
    await world.pass(2 * MINUTE)
    const { status, disabled_at } = await world.endpoint(endpoint.id)
    expect({ status, disabled_at }).toEqual({
      status: 'disabled',
      disabled_at: '2026-11-23T12:01:00Z',
    })
  })

  it('goes on from zero when it is enabled again, held deliveries included (C4)', async () => {
    await exhaust(9)
    world.receiver.respond(503, { 'Retry-After': '3600' })
    const held = await world.deliver()
    await world.drain()
    await exhaust(1)
    expect(await world.endpoint(endpoint.id)).toMatchObject({ status: 'disabled' })
    world.receiver.respond(200)
    await world.pass(2 * HOUR)
    expect(await world.delivery(held)).toMatchObject({ status: 'pending', attempt_count: 1 })
    const { body } = await patch({ status: 'enabled' })
    expect(body).toMatchObject({
      status: 'enabled',
      consecutive_failures: 0,
      disabled_reason: null,
      disabled_at: null,
    })
    await world.pass(2 * MINUTE)
    expect(await world.delivery(held)).toMatchObject({ status: 'delivered', attempt_count: 2 })
  })
})

describe('a disabled endpoint', () => {
  it('holds what was pending: neither attempted nor counted, for days', async () => {
    world.receiver.respond(500)
    const retrying = await world.deliver()
    await world.drain()
    const queued = await world.deliver()
    await patch({ status: 'disabled' })
    await world.pass(72 * HOUR)
    expect(world.receiver.received).toHaveLength(1)
    expect(await world.delivery(retrying)).toMatchObject({ status: 'pending', attempt_count: 1 })
    expect(await world.delivery(queued)).toMatchObject({ status: 'pending', attempt_count: 0 })
    expect(await world.endpoint(endpoint.id)).toMatchObject({ consecutive_failures: 0 })
  })

  it('sends what it held once it is enabled again', async () => {
    world.receiver.respond(500)
    const retrying = await world.deliver()
    await world.drain()
    const queued = await world.deliver()
    await patch({ status: 'disabled' })
    await world.pass(HOUR)
    world.receiver.respond(200)
    await patch({ status: 'enabled' })
    await world.pass(2 * MINUTE)
    expect(await world.delivery(retrying)).toMatchObject({ status: 'delivered', attempt_count: 2 })
    expect(await world.delivery(queued)).toMatchObject({ status: 'delivered', attempt_count: 1 })
  })

  it('gets no delivery for a new event, and the event says why', async () => {
    await patch({ status: 'disabled' })
    const { body: event } = await world.send()
    expect(event.deliveries).toEqual([])
    const { body } = await world.call('GET', `/v1/events/${event.id}`)
    expect(body.skipped).toEqual([{ endpoint_id: endpoint.id, reason: 'disabled' }])
    await patch({ status: 'enabled' })
    await world.pass(HOUR)
    expect(world.receiver.received).toEqual([])
  })

  it('refuses a redelivery, which changes nothing (S3)', async () => {
    const id = await world.deliver()
    await world.drain()
    await patch({ status: 'disabled' })
    const before = await world.delivery(id)
    world.clock += MINUTE
    const { status, body } = await world.redeliver(id)
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'endpoint_disabled' })
    expect(body.error).toContain('PATCH /v1/webhook_endpoints/{id} {"status":"enabled"}')
    expect(await world.delivery(id)).toEqual(before)
    expect(world.retry).toEqual([])
  })

  it('keeps its reason and instant when it is disabled by hand as well', async () => {
    await exhaust(10)
    const before = await world.endpoint(endpoint.id)
    await patch({ status: 'disabled' })
    expect(await world.endpoint(endpoint.id)).toMatchObject({
      disabled_reason: 'too_many_failures',
      disabled_at: before.disabled_at,
    })
  })
})

describe('a deleted endpoint', () => {
  it('ends what was pending as exhausted, and sends nothing more', async () => {
    world.receiver.respond(500)
    const id = await world.deliver()
    await world.drain()
    world.clock += 5000
    expect(await remove()).toMatchObject({ status: 204, body: undefined })
    expect(await world.delivery(id)).toMatchObject({
      status: 'exhausted',
      attempt_count: 1,
      last_error: 'endpoint deleted',
      last_error_at: '2026-11-23T12:00:05Z',
      last_response_status: 500,
    })
    await world.pass(72 * HOUR)
    expect(world.receiver.received).toHaveLength(1)
  })

  it('ends what it held while it was disabled', async () => {
    const id = await world.deliver()
    await patch({ status: 'disabled' })
    await world.pass(MINUTE)
    await remove()
    expect(await world.delivery(id)).toMatchObject({
      status: 'exhausted',
      last_error: 'endpoint deleted',
    })
  })

  it('keeps its history readable and listed', async () => {
    const id = await world.deliver()
    await world.drain()
    await remove()
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', attempts: [{}] })
    const path = `/v1/webhook_deliveries?endpoint_id=${endpoint.id}`
    const { body } = await world.call('GET', path)
    expect(body.data).toMatchObject([{ id }])
  })

  it('refuses a redelivery, which changes nothing (S3)', async () => {
    const id = await world.deliver()
    await world.drain()
    await remove()
    const before = await world.delivery(id)
    const { status, body } = await world.redeliver(id)
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'endpoint_deleted' })
    expect(await world.delivery(id)).toEqual(before)
  })

  it('lets an attempt that is in flight change nothing (A6)', async () => {
    const id = await world.deliver()
    world.receiver.answer = async () => {
      await remove()
      return new Response()
    }
    await world.drain()
    expect(await world.delivery(id)).toMatchObject({
      status: 'exhausted',
      last_error: 'endpoint deleted',
      attempts: [{ superseded: 'deletion' }],
    })
  })

  it('is gone from the list, and answers like one that never was', async () => {
    await remove()
    world.clock += 1
    const { body } = await world.call('GET', '/v1/webhook_endpoints')
    expect(body.data).toEqual([])
    const path = `/v1/webhook_endpoints/${endpoint.id}`
    for (const [method, changes] of [['GET'], ['PATCH', {}], ['DELETE']] as const) {
      expect((await world.call(method, path, changes)).status).toBe(404)
    }
    expect((await world.call('POST', `${path}/rotate_secret`)).status).toBe(404)
  })
})
