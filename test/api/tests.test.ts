// POST /v1/webhook_endpoints/{id}/test: an event for one endpoint, marked as a test, and like any other else.
import { beforeEach, describe, expect, it } from 'vitest'
import { EVENT_TYPES } from '../../src/webhook/event-types.ts'
import { World, type Json } from '../world.ts'

const CALL_ID = '61efdf7d-9a39-49c8-a6a1-469a0ac1438f'

let world: World
let id: string

beforeEach(async () => {
  world = await World.create()
  const { body } = await world.createEndpoint({ enabled_events: ['call.busy', 'call.failed'] })
  id = body.id
})

function test(body?: Json, headers: Record<string, string> = {}, endpointId = id) {
  return world.call('POST', `/v1/webhook_endpoints/${endpointId}/test`, body, { headers })
}

describe('POST /v1/webhook_endpoints/{id}/test', () => {
  it('answers the delivery as GET has it, on its way to that endpoint alone', async () => {
    await world.createEndpoint({ url: 'https://other.example/' })
    const { status, body } = await test()
    expect(status).toBe(201)
    expect(body).toEqual(await world.delivery(body.id))
    expect(body).toMatchObject({ endpoint_id: id, event_type: 'call.failed', status: 'pending' })
    await world.drain()
    expect(world.receiver.received.map(({ url }) => url)).toEqual([
      'https://receiver.example/hooks',
    ])
    expect(await world.delivery(body.id)).toMatchObject({ status: 'delivered', test: true })
  })

  it('marks each request of it, first, retried or redelivered, and what the log has of them', async () => {
    world.receiver.answer = () => new Response('', { status: 500 })
    const { body } = await test()
    await world.pass(2 * 60_000)
    await world.redeliver(body.id)
    await world.drain()
    const sent = world.receiver.received.map(({ headers }) => headers.get('CallingBox-Test'))
    expect(sent.length).toBeGreaterThan(2)
    expect(new Set(sent)).toEqual(new Set(['true']))
    const { attempts } = await world.delivery(body.id)
    for (const { request } of attempts) expect(request.headers).toHaveProperty('CallingBox-Test')
  })

  it('leaves the body as it is published', async () => {
    const { body } = await test({ type: 'call.busy', call: { id: CALL_ID, any: 1 } })
    await world.drain()
    const [received] = world.receiver.received
    expect(JSON.parse(received?.body ?? '')).toEqual({
      id: body.id,
      type: 'call.busy',
      created: Math.floor(world.clock / 1000),
      api_version: '2026-04',
      data: { call: { id: CALL_ID, any: 1 } },
    })
  })

  it('passes the call on as it was sent, and sends its own URL nothing', async () => {
    const call = `{ "id": "${CALL_ID}", "n": 1.0, "webhook_url": "https://inline.example/" }`
    const { body } = await test(`{"type":"call.busy","call":${call}}`)
    expect(body.call_id).toBe(CALL_ID)
    await world.drain()
    expect(world.receiver.received.map(({ body: text }) => text)).toEqual([
      expect.stringContaining(
        `"call":{"id":"${CALL_ID}","n":1.0,"webhook_url":"https://inline.example/"}`,
      ),
    ])
  })

  it.each([
    ['a type that there is not', { type: 'call.lost' }, 'type'],
    ['a type that the endpoint does not take', { type: 'call.ringing' }, 'type'],
    ['a call without an id', { call: {} }, 'call.id'],
    ['a call whose id comes twice', `{"call":{"id":"${CALL_ID}","id":"${CALL_ID}"}}`, 'call.id'],
    ['a member that there is not', { payload: {} }, 'payload'],
  ])('refuses %s, naming it', async (_, body, path) => {
    const answer = await test(body)
    expect(answer.status).toBe(400)
    expect(answer.body.issues).toMatchObject([{ path }])
    expect((await world.call('GET', '/v1/events')).body.data).toEqual([])
  })

  it('is refused while the endpoint is disabled, saying what to do, and stores nothing', async () => {
    await world.call('PATCH', `/v1/webhook_endpoints/${id}`, { status: 'disabled' })
    const { status, body } = await test()
    expect([status, body.code]).toEqual([409, 'endpoint_disabled'])
    expect(body.error).toContain('then send the test again')
    expect((await world.call('GET', '/v1/events')).body.data).toEqual([])
  })

  it('answers an endpoint of another org like one that is not there (X1)', async () => {
    const { key } = await world.createOrg('Other')
    const other = await world.createEndpoint({}, { key })
    const foreign = await test(undefined, {}, other.body.id)
    const absent = await test(undefined, {}, CALL_ID)
    expect([foreign.status, foreign.body.error]).toEqual([404, absent.body.error])
  })

  it('acts once for an Idempotency-Key, whatever the endpoint is by then (I1)', async () => {
    const headers = { 'Idempotency-Key': 'once' }
    const first = await test({ type: 'call.busy' }, headers)
    await world.drain()
    await world.call('PATCH', `/v1/webhook_endpoints/${id}`, { status: 'disabled' })
    const again = await test({ type: 'call.busy' }, headers)
    expect([again.status, again.body]).toEqual([201, first.body])
    expect(again.headers.get('Idempotent-Replayed')).toBe('true')
    expect(world.receiver.received).toHaveLength(1)
    const other = await test({ type: 'call.failed' }, headers)
    expect(other.body.code).toBe('idempotency_key_reused')
  })

  it.each(EVENT_TYPES)('has a call to go with %s', async (type) => {
    const { body: all } = await world.createEndpoint()
    const { status } = await test({ type }, {}, all.id)
    expect(status).toBe(201)
    await world.drain()
    const { data } = JSON.parse(world.receiver.received[0]?.body ?? '')
    const happened = type.slice('call.'.length)
    expect(data.call).toMatchObject({
      status: happened === 'answered' ? 'in_progress' : happened,
      metadata: { test: true },
    })
  })
})

describe('what is no test', () => {
  it('has neither the header nor the member', async () => {
    await world.createEndpoint()
    const { body } = await world.send()
    await world.drain()
    for (const { headers } of world.receiver.received) {
      expect(headers.has('CallingBox-Test')).toBe(false)
    }
    for (const delivery of body.deliveries) {
      expect(await world.delivery(delivery.id)).not.toHaveProperty('test')
    }
  })
})
