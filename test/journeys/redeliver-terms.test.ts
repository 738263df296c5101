// What may be asked of a redelivery: where it goes, and why it is made.
import { beforeEach, describe, expect, it } from 'vitest'
import { expectProblem, issuePaths } from '../api/http/shapes.ts'
import { World, type Answered, type Json } from '../world.ts'

const MISTYPED = 'https://receiver.example/hoks'
const MENDED = 'https://receiver.example/hooks'

let world: World
let endpoint: Json
let id: string
beforeEach(async () => {
  world = await World.create()
  endpoint = (await world.createEndpoint({ url: MISTYPED })).body
  id = await world.deliver()
  await world.drain()
  await world.call('PATCH', `/v1/webhook_endpoints/${endpoint.id}`, { url: MENDED })
  world.receiver.received.splice(0)
  // The entries of a millisecond are in no order.
  world.clock += 1000
})

function ask(body: unknown, headers: Record<string, string> = {}): Promise<Answered> {
  return world.call('POST', `/v1/webhook_deliveries/${id}/redeliver`, body, { headers })
}

async function lastEntry(): Promise<Json> {
  const { body } = await world.call('GET', '/v1/audit_log?limit=1')
  return body.data[0]
}

/** Where the next attempt goes. */
async function destination(): Promise<string | undefined> {
  await world.drain()
  return world.receiver.received.at(-1)?.url
}

describe('to', () => {
  it.each([undefined, '', {}, { to: 'original' }])(
    'is the URL that the delivery was made with, for a body of %j',
    async (body) => {
      const { status, body: delivery } = await ask(body)
      expect([status, delivery.url]).toEqual([200, MISTYPED])
      expect(await destination()).toBe(MISTYPED)
    },
  )

  it('current is the URL that the endpoint has now, and the delivery keeps it', async () => {
    const { body } = await ask({ to: 'current' })
    expect(body.url).toBe(MENDED)
    expect(await destination()).toBe(MENDED)
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', url: MENDED })
    await ask({})
    expect(await destination()).toBe(MENDED)
  })

  it('current is its own URL for an inline delivery', async () => {
    const { body } = await world.send({ webhook_url: 'https://inline.example/' })
    id = body.deliveries.find((one: Json) => one.endpoint_id === null).id
    await world.drain()
    expect((await ask({ to: 'current' })).body.url).toBe('https://inline.example/')
    expect(await destination()).toBe('https://inline.example/')
  })

  it('current does not open an endpoint that is closed (S3)', async () => {
    const path = `/v1/webhook_endpoints/${endpoint.id}`
    await world.call('PATCH', path, { status: 'disabled' })
    const before = await world.delivery(id)
    expectProblem(await ask({ to: 'current' }), 'endpoint_disabled')
    await world.call('DELETE', path)
    expectProblem(await ask({ to: 'current' }), 'endpoint_deleted')
    expect(await world.delivery(id)).toEqual(before)
  })
})

describe('what is asked', () => {
  it('stands in the audit log as it was asked', async () => {
    await ask({ to: 'current', reason: ' The path was mistyped. ' })
    expect(await lastEntry()).toMatchObject({
      action: 'delivery.redeliver',
      target_id: id,
      details: { to: 'current', reason: 'The path was mistyped.' },
    })
    for (const nothing of [{}, { reason: '' }, { reason: null }]) {
      world.clock += 1000
      await ask(nothing)
      expect((await lastEntry()).details).toEqual({})
    }
  })

  it('is another request to an Idempotency-Key when it is something else (I1)', async () => {
    const key = { 'Idempotency-Key': 'k' }
    const first = await ask({ to: 'current' }, key)
    expect((await ask({ to: 'current' }, key)).body).toEqual(first.body)
    expectProblem(await ask({ to: 'original' }, key), 'idempotency_key_reused')
    expect(await world.delivery(id)).toMatchObject({ manual_retry_count: 1 })
  })

  it.each([
    [{ to: 'elsewhere' }, ['to']],
    [{ to: null }, ['to']],
    [{ target: 'https://a.example/', extra: 1 }, ['target', 'extra']],
    [{ reason: 'x'.repeat(501) }, ['reason']],
    [{ reason: 5 }, ['reason']],
    [[], ['']],
  ])('is a 400 that names the member: %j', async (body, paths) => {
    const refused = await ask(body)
    expectProblem(refused, 'invalid_request')
    expect(issuePaths(refused)).toEqual(paths)
    expect(await world.delivery(id)).toMatchObject({ manual_retry_count: 0 })
  })

  it('has a reason of 500 characters, as people count them', async () => {
    expect((await ask({ reason: '😀'.repeat(500) })).status).toBe(200)
  })

  it('is JSON: a body of another type is a 415', async () => {
    const refused = await ask('{"to":"current"}', { 'Content-Type': 'text/plain' })
    expect(refused.status).toBe(415)
    expectProblem(refused, 'unsupported_media_type')
    expectProblem(await ask('{"to":', {}), 'invalid_json')
  })
})
