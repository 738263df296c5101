// Operational events at the API: asked for by name, about no call, and listed where they are asked for.
import { beforeEach, describe, expect, it } from 'vitest'
import { OPERATIONAL_TYPES } from '../../src/webhook/event-types.ts'
import { World, type Json } from '../world.ts'

let world: World

beforeEach(async () => {
  world = await World.create()
})

async function createWith(enabledEvents: string[]): Promise<Json> {
  const { status, body } = await world.createEndpoint({ enabled_events: enabledEvents })
  expect([status, body.enabled_events]).toEqual([201, enabledEvents])
  return body
}

async function test(endpointId: string, body: Json = {}): Promise<Json> {
  const path = `/v1/webhook_endpoints/${endpointId}/test`
  const answer = await world.call('POST', path, body)
  expect(answer.status).toBe(201)
  await world.drain()
  return answer.body
}

async function list(path: string): Promise<string[]> {
  const { status, body } = await world.call('GET', path)
  expect(status).toBe(200)
  return body.data.map((one: Json) => one.type ?? one.event_type)
}

describe('enabled_events', () => {
  it('names them, alone, among types about calls, and beside all of these', async () => {
    await createWith([...OPERATIONAL_TYPES])
    await createWith(['call.failed', 'endpoint.disabled'])
    const { id } = await createWith(['*', 'replay.paused'])
    const answer = await world.call('PATCH', `/v1/webhook_endpoints/${id}`, {
      enabled_events: ['key.expiring'],
    })
    expect(answer.body.enabled_events).toEqual(['key.expiring'])
  })

  it.each([[['*', 'call.failed']], [['endpoint.*']], [['endpoint']]])(
    'refuses %s',
    async (types) => {
      const { status, body } = await world.createEndpoint({ enabled_events: types })
      expect([status, body.issues[0].path]).toEqual([
        400,
        expect.stringContaining('enabled_events'),
      ])
    },
  )

  it('brings an endpoint that names them alone nothing about calls', async () => {
    const { id } = await createWith(['endpoint.disabled'])
    const { body } = await world.send()
    expect(body).toMatchObject({
      deliveries: [],
      skipped: [{ endpoint_id: id, reason: 'not_subscribed' }],
    })
  })
})

describe('an operational event', () => {
  it('has its data as its body, and no call in its headers', async () => {
    const { id } = await createWith(['endpoint.disabled'])
    const { id: deliveryId } = await test(id)
    const [received] = world.receiver.received
    expect(received?.headers.get('X-CallingBox-Call-Id')).toBeNull()
    expect(received?.headers.get('CallingBox-Event-Type')).toBe('endpoint.disabled')
    expect(JSON.parse(received?.body ?? '')).toEqual({
      id: deliveryId,
      type: 'endpoint.disabled',
      created: Math.floor(world.clock / 1000),
      api_version: '2026-04',
      data: { org_id: world.orgId, endpoint: expect.objectContaining({ status: 'disabled' }) },
    })
  })

  it('is about no call wherever it is shown', async () => {
    const { id } = await createWith(['endpoint.disabled'])
    const made = await test(id)
    expect(made).toMatchObject({ call_id: null, test: true })
    const shown = await world.delivery(made.id)
    expect(shown).toMatchObject({ call_id: null, status: 'delivered' })
    expect(shown.attempts[0].request.headers).not.toHaveProperty('X-CallingBox-Call-Id')
    const { body } = await world.call('GET', `/v1/events/${made.id}`)
    expect(body).toMatchObject({ type: 'endpoint.disabled', call_id: null })
  })

  it('is sent again with the same bytes (P2)', async () => {
    const { id } = await createWith(['replay.paused'])
    const { id: deliveryId } = await test(id)
    await world.redeliver(deliveryId)
    await world.drain()
    const [first, again] = world.receiver.received.map(({ body }) => body)
    expect(again).toBe(first)
  })

  it('takes no call from who tests it', async () => {
    const { id } = await createWith(['call.failed', 'endpoint.disabled'])
    const path = `/v1/webhook_endpoints/${id}/test`
    const call = { id: '61efdf7d-9a39-49c8-a6a1-469a0ac1438f' }
    const { status, body } = await world.call('POST', path, { type: 'endpoint.disabled', call })
    expect([status, body.issues[0].path]).toEqual([400, 'call'])
  })
})

describe('kind=operational', () => {
  const LISTS = ['/v1/webhook_deliveries', '/v1/events']

  beforeEach(async () => {
    const { id } = await createWith(['*', 'endpoint.disabled', 'replay.paused'])
    await test(id, { type: 'endpoint.disabled' })
    world.clock += 1000
    await world.deliver()
    await world.drain()
    world.clock += 1000
    await test(id, { type: 'replay.paused' })
    world.clock += 1000
  })

  it.each(LISTS)('is what %s shows them for, and them alone', async (path) => {
    expect(await list(path)).toEqual(['call.completed'])
    expect(await list(`${path}?kind=operational`)).toEqual(['replay.paused', 'endpoint.disabled'])
    expect(await list(`${path}?kind=operational&limit=1`)).toEqual(['replay.paused'])
  })

  it('goes with the other filters of deliveries', async () => {
    const path = '/v1/webhook_deliveries?kind=operational'
    expect(await list(`${path}&event_type=endpoint.disabled`)).toEqual(['endpoint.disabled'])
    expect(await list(`${path}&status=exhausted`)).toEqual([])
    expect(await list('/v1/events?kind=operational&type=replay.paused')).toEqual(['replay.paused'])
  })

  it.each(LISTS)('refuses a call beside it: %s', async (path) => {
    const callId = '61efdf7d-9a39-49c8-a6a1-469a0ac1438f'
    const { status, body } = await world.call('GET', `${path}?kind=operational&call_id=${callId}`)
    expect([status, body.issues[0].path]).toEqual([400, 'call_id'])
  })

  it('is what a replay sends them again for, and them alone', async () => {
    const start = (filter: Json, more: Json = {}) =>
      world.call('POST', '/v1/webhook_replays', { filter, dry_run: true, ...more })
    const count = async (filter: Json) => (await start(filter)).body.total
    expect([await count({}), await count({ kind: 'operational' })]).toEqual([1, 2])
    const missing = await start({ kind: 'operational' }, { missing: true })
    expect([missing.status, missing.body.issues[0].path]).toEqual([400, 'missing'])
    expect(missing.body.error).toContain('leave one of them out')
    const { body } = await world.call('POST', '/v1/webhook_replays', {
      filter: { kind: 'operational' },
    })
    expect(body.filter).toEqual({ kind: 'operational' })
  })

  it('is what is discarded by its name alone', async () => {
    const discard = (filter: Json) =>
      world.call('POST', '/v1/webhook_deliveries/discard', { filter, dry_run: true })
    world.receiver.answer = () => new Response('', { status: 500 })
    const { body } = await world.call('GET', '/v1/webhook_deliveries?kind=operational')
    await world.redeliver(body.data[0].id)
    world.clock += 1000
    expect((await discard({})).body.total).toBe(0)
    expect((await discard({ kind: 'operational' })).body.total).toBe(1)
  })
})
