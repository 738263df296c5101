// Event intake, one event and a batch, and what an event tells afterwards.
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../world.ts'
import { expectProblem, issuePaths, uuid } from './http/shapes.ts'

const CALL_ID = '7f9c2ba4-e88f-4271-a64b-3ac0f6a1e5d3'
const EVENT_BYTES = 256 * 1024
const BATCH_BYTES = 1024 * 1024

let world: World
beforeEach(async () => {
  world = await World.create()
})

function post(body: unknown): Promise<Answered> {
  return world.call('POST', '/v1/events', body)
}

function postBatch(events: unknown): Promise<Answered> {
  return world.call('POST', '/v1/events/batch', { events })
}

function event(changes: Json = {}): Json {
  return { type: 'call.completed', call: { id: CALL_ID }, ...changes }
}

/** An event of exactly so many bytes. */
function eventOf(bytes: number): string {
  const [head, tail] = [`{"type":"call.completed","call":{"id":"${CALL_ID}","x":"`, '"}}']
  return head + 'x'.repeat(bytes - head.length - tail.length) + tail
}

async function count(table: string): Promise<number | null> {
  return world.db.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>('n')
}

async function stored(): Promise<{ events: number | null; deliveries: number | null }> {
  return { events: await count('events'), deliveries: await count('deliveries') }
}

describe('an event’s call', () => {
  it.each([CALL_ID, CALL_ID.toUpperCase()])('is named as it was sent: %s', async (id) => {
    const named = async () => {
      const { body } = await post(event({ call: { id } }))
      return (await world.call('GET', `/v1/events/${body.id}`)).body.call_id
    }
    expect(await named()).toBe(id)
    await world.createEndpoint()
    expect(await named()).toBe(id)
  })
})

describe('POST /v1/events', () => {
  it('answers 202 with the event and its deliveries', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const call = { id: CALL_ID, webhook_url: 'https://inline.example/x' }
    const { status, body } = await post(event({ call }))
    expect(status).toBe(202)
    expect(body).toEqual({
      id: uuid,
      type: 'call.completed',
      created: world.clock / 1000,
      call_id: CALL_ID,
      deliveries: expect.arrayContaining([
        { id: uuid, endpoint_id: endpoint.id, url: 'https://receiver.example/hooks' },
        { id: uuid, endpoint_id: null, url: 'https://inline.example/x' },
      ]),
      skipped: [],
    })
    expect(body.deliveries).toHaveLength(2)
  })

  it('takes null for a time that it is not told', async () => {
    const { status, body } = await post(event({ created: null }))
    expect([status, body.created]).toEqual([202, world.clock / 1000])
  })

  it('keeps the time it is told', async () => {
    expect((await post(event({ created: 0 }))).body.created).toBe(0)
    expect((await post(event({ created: 253_402_300_799 }))).body.created).toBe(253_402_300_799)
  })

  it('is accepted though no endpoint wants it', async () => {
    const { status, body } = await post(event())
    expect({ status, deliveries: body.deliveries }).toEqual({ status: 202, deliveries: [] })
  })

  it.each([null, ''])('makes no inline delivery of a webhook_url of %j', async (webhook_url) => {
    const { body } = await post(event({ call: { id: CALL_ID, webhook_url } }))
    expect(body.deliveries).toEqual([])
  })

  it.each([
    { body: {}, paths: ['type', 'call'] },
    { body: event({ type: 'call.exploded' }), paths: ['type'] },
    { body: event({ type: null }), paths: ['type'] },
    { body: event({ call: null }), paths: ['call'] },
    { body: event({ call: [] }), paths: ['call'] },
    { body: event({ call: {} }), paths: ['call.id'] },
    { body: event({ call: { id: 'x' } }), paths: ['call.id'] },
    { body: event({ call: { id: 7 } }), paths: ['call.id'] },
    { body: event({ created: -1 }), paths: ['created'] },
    { body: event({ created: 1.5 }), paths: ['created'] },
    { body: event({ created: '1776263450' }), paths: ['created'] },
    { body: event({ created: 253_402_300_800 }), paths: ['created'] },
    { body: event({ id: CALL_ID }), paths: ['id'] },
    { body: event({ deliveries: [], org_id: CALL_ID }), paths: ['deliveries', 'org_id'] },
    { body: [], paths: [''] },
    { body: null, paths: [''] },
  ])('refuses $body, names $paths and stores nothing (X6, I3)', async ({ body, paths }) => {
    await world.createEndpoint()
    const answer = await post(body)
    expectProblem(answer, 'invalid_request')
    expect(issuePaths(answer)).toEqual(paths)
    expect(await stored()).toEqual({ events: 0, deliveries: 0 })
    expect(world.fresh).toEqual([])
  })

  it('takes 256 KB, and a byte more is a 413 (I4)', async () => {
    await world.createEndpoint()
    expect((await post(eventOf(EVENT_BYTES))).status).toBe(202)
    const answer = await post(eventOf(EVENT_BYTES + 1))
    expect(answer.status).toBe(413)
    expectProblem(answer, 'payload_too_large')
    await world.drain()
    expect(world.receiver.received[0]?.body.length).toBeGreaterThan(EVENT_BYTES - 100)
  })
})

describe('GET /v1/events/{id}', () => {
  it('shows the deliveries, and why an endpoint got none', async () => {
    const { body: wanting } = await world.createEndpoint()
    const { body: other } = await world.createEndpoint({ enabled_events: ['call.busy'] })
    const { body: off } = await world.createEndpoint({ enabled_events: ['call.busy'] })
    await world.call('PATCH', `/v1/webhook_endpoints/${off.id}`, { status: 'disabled' })
    const { body: accepted } = await post(event())
    const { status, body } = await world.call('GET', `/v1/events/${accepted.id}`)
    expect(status).toBe(200)
    expect(accepted.deliveries).toMatchObject([{ endpoint_id: wanting.id }])
    expect(accepted.skipped).toEqual([
      { endpoint_id: off.id, reason: 'disabled' },
      { endpoint_id: other.id, reason: 'not_subscribed' },
    ])
    expect(body).toEqual(accepted)
  })

  it('finds its deliveries in every status, and itself without any', async () => {
    const { body: none } = await post(event())
    await world.createEndpoint()
    const { body: one } = await post(event())
    await world.drain()
    const read = async (id: string) => (await world.call('GET', `/v1/events/${id}`)).body
    expect(await read(none.id)).toEqual(none)
    expect(await read(one.id)).toEqual(one)
  })

  it('tells what held when the event was accepted, not what holds now (D7)', async () => {
    const { body: accepted } = await post(event())
    await world.createEndpoint()
    const { body } = await world.call('GET', `/v1/events/${accepted.id}`)
    expect(body).toMatchObject({ deliveries: [], skipped: [] })
  })
})

describe('POST /v1/events/batch', () => {
  it('answers a result or an error for each, in order: one bad event sinks no other', async () => {
    await world.createEndpoint()
    const ids = [crypto.randomUUID(), crypto.randomUUID()]
    const { status, body } = await postBatch([
      event({ call: { id: ids[0] } }),
      event({ type: 'call.exploded' }),
      null,
      event({ call: { id: 'x' } }),
      event({ call: { id: ids[1] }, created: 5 }),
    ])
    expect(status).toBe(202)
    expect(body.data).toMatchObject([
      { call_id: ids[0], deliveries: [{ id: uuid }] },
      { code: 'invalid_request', issues: [{ path: 'type' }] },
      { code: 'invalid_request' },
      { code: 'invalid_request', issues: [{ path: 'call.id' }] },
      { call_id: ids[1], created: 5, deliveries: [{ id: uuid }] },
    ])
    expect(body.data[1].error).toMatch(/\S/)
    expect(await stored()).toEqual({ events: 2, deliveries: 2 })
    await world.drain()
    expect(world.receiver.received).toHaveLength(2)
  })

  it('answers errors alone when every event is bad', async () => {
    const { status, body } = await postBatch([{}, { type: 7 }])
    expect(status).toBe(202)
    expect(body.data).toMatchObject([{ code: 'invalid_request' }, { code: 'invalid_request' }])
  })

  it('takes 100 events for 10 endpoints, each with deliveries of its own (D7)', async () => {
    for (let made = 0; made < 10; made += 1) await world.createEndpoint()
    const { status, body } = await postBatch(Array.from({ length: 100 }, () => event()))
    expect(status).toBe(202)
    const ids = body.data.flatMap(({ deliveries }: Json) => deliveries.map(({ id }: Json) => id))
    expect(ids).toHaveLength(1000)
    expect(new Set(ids).size).toBe(1000)
    expect(world.fresh).toHaveLength(1000)
  })

  it.each([
    { name: '101 events', events: Array.from({ length: 101 }, () => event()) },
    { name: 'no events', events: [] },
    { name: 'no list', events: event() },
    { name: 'no member', events: undefined },
  ])('refuses $name', async ({ events }) => {
    const answer = await postBatch(events)
    expectProblem(answer, 'invalid_request')
    expect(issuePaths(answer)).toEqual(['events'])
    expect(await stored()).toEqual({ events: 0, deliveries: 0 })
  })

  it('refuses an event over 256 KB and takes the others (I4)', async () => {
    const events = [eventOf(EVENT_BYTES), eventOf(EVENT_BYTES + 1), JSON.stringify(event())]
    const path = '/v1/events/batch'
    const { status, body } = await world.call('POST', path, `{"events":[${events.join()}]}`)
    expect(status).toBe(202)
    expect(body.data).toMatchObject([{ id: uuid }, { code: 'payload_too_large' }, { id: uuid }])
  })

  it('takes 1 MB, and a byte more is a 413 (I4)', async () => {
    const four = Array.from({ length: 4 }, () => eventOf(EVENT_BYTES - 8)).join()
    const body = `{"events":[${four}]}`
    const padding = ' '.repeat(BATCH_BYTES - body.length)
    expect((await world.call('POST', '/v1/events/batch', body + padding)).status).toBe(202)
    const answer = await world.call('POST', '/v1/events/batch', `${body + padding} `)
    expect(answer.status).toBe(413)
    expectProblem(answer, 'payload_too_large')
  })

  it('takes 1 MB of what grows most when it is quoted (I3)', async () => {
    await world.createEndpoint()
    const room = EVENT_BYTES - 200
    const one = `{"type":"call.queued","call":{"id":"${CALL_ID}","x":"${'\\\\'.repeat(room / 2)}"}}`
    const body = `{"events":[${one},${one},${one},${one}]}`
    expect(body.length).toBeLessThan(BATCH_BYTES)
    const { status } = await world.call('POST', '/v1/events/batch', body)
    expect(status).toBe(202)
    await world.drain()
    expect(
      world.receiver.received.map(({ body: sent }) => sent.includes(one.slice(29, -1))),
    ).toEqual([true, true, true, true])
  })
})
