// A payload that is deleted: what is left of its event, what becomes of its deliveries, and what can be done no more.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../world.ts'

const HOOK = 'https://elsewhere.example/hook'

let world: World
beforeEach(async () => {
  world = await World.create()
})

function forget(id: string, options = {}): Promise<Answered> {
  return world.call('DELETE', `/v1/events/${id}/payload`, undefined, options)
}

async function event(id: string): Promise<Json> {
  return (await world.call('GET', `/v1/events/${id}`)).body
}

async function entries(): Promise<Json[]> {
  const { body } = await world.call('GET', '/v1/audit_log')
  return body.data.filter(({ action }: Json) => action === 'event.delete_payload')
}

async function replay(body: Json = {}): Promise<string> {
  return (await world.call('POST', '/v1/webhook_replays', { filter: {}, ...body })).body.id
}

async function progress(id: string): Promise<Json> {
  return (await world.call('GET', `/v1/webhook_replays/${id}`)).body
}

describe('DELETE /v1/events/{id}/payload', () => {
  it('leaves the event and its deliveries, and says when its payload was deleted', async () => {
    await world.createEndpoint()
    const { body: sent } = await world.send()
    await world.drain()
    const [{ id }] = sent.deliveries
    world.clock += 60_000
    expect(await forget(sent.id)).toMatchObject({ status: 204, body: undefined })
    const deletedAt = new Date(world.clock).toISOString().replace('.000', '')
    expect(await event(sent.id)).toEqual({ ...sent, payload_deleted_at: deletedAt })
    expect(await world.delivery(id)).toMatchObject({
      status: 'delivered',
      payload_deleted_at: deletedAt,
      attempts: [{ number: 1, response: { status: 200 } }],
    })
    const { body: listed } = await world.call('GET', '/v1/events')
    expect(listed.data).toEqual([{ ...sent, payload_deleted_at: deletedAt }])
    const { body: deliveries } = await world.call('GET', '/v1/webhook_deliveries')
    expect(deliveries.data).toMatchObject([{ id, payload_deleted_at: deletedAt }])
  })

  it('says nothing of the sort where the payload is there', async () => {
    await world.createEndpoint()
    const { body: sent } = await world.send()
    expect(await event(sent.id)).not.toHaveProperty('payload_deleted_at')
    expect(await world.delivery(sent.deliveries[0].id)).not.toHaveProperty('payload_deleted_at')
  })

  it('answers the same when it is asked again, and logs it once (U1)', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    expect((await forget(id)).status).toBe(204)
    const before = await event(id)
    world.clock += 5000
    expect((await forget(id)).status).toBe(204)
    expect(await event(id)).toEqual(before)
    expect(await entries()).toMatchObject([{ target_type: 'event', target_id: before.id }])
  })

  it('takes an event that no endpoint got, and a delivery’s id for its event', async () => {
    const { body: lone } = await world.send()
    expect((await forget(lone.id)).status).toBe(204)
    expect(await event(lone.id)).toHaveProperty('payload_deleted_at')
    await world.createEndpoint()
    const id = await world.deliver()
    expect((await forget(id)).status).toBe(204)
    expect(await world.delivery(id)).toHaveProperty('payload_deleted_at')
  })

  it('is a 404 for another org’s event, as for one that is not there (X1)', async () => {
    const { body: sent } = await world.send()
    const { key } = await world.createOrg('Globex')
    const foreign = await forget(sent.id, { key })
    const missing = await forget('01a2b3c4-0000-7000-8000-000000000000', { key })
    expect(foreign.status).toBe(404)
    expect({ ...foreign.body, request_id: '' }).toEqual({ ...missing.body, request_id: '' })
    expect(await event(sent.id)).not.toHaveProperty('payload_deleted_at')
    expect(await entries()).toEqual([])
  })

  it('takes the payload of an operational event and of a test, too', async () => {
    const { body: told } = await world.createEndpoint({ enabled_events: ['endpoint.disabled'] })
    const path = `/v1/webhook_endpoints/${told.id}/test`
    const { body: test } = await world.call('POST', path, { type: 'endpoint.disabled' })
    expect((await forget(test.id)).status).toBe(204)
    expect(await world.delivery(test.id)).toMatchObject({ status: 'exhausted' })
    await world.drain()
    expect(world.receiver.received).toEqual([])
  })
})

describe('what is pending of it', () => {
  it('ends as exhausted, with its cause, counts against nobody, and is not sent (P7)', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const id = await world.deliver()
    await forget(id)
    expect(await world.delivery(id)).toMatchObject({
      status: 'exhausted',
      last_error: 'payload deleted',
      attempt_count: 0,
      attempts: [],
    })
    await world.pass(10 * 60_000)
    expect(world.receiver.received).toEqual([])
    expect((await world.endpoint(endpoint.id)).consecutive_failures).toBe(0)
    const about = { deliveryId: id, from: 'pending', to: 'exhausted', cause: 'forget' }
    expect(world.transitions.filter(({ cause }) => cause === 'forget')).toMatchObject([about])
  })

  it('ends while it is held for a disabled endpoint, and is not sent when that is enabled', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const id = await world.deliver()
    const path = `/v1/webhook_endpoints/${endpoint.id}`
    await world.call('PATCH', path, { status: 'disabled' })
    await world.drain()
    await forget(id)
    await world.call('PATCH', path, { status: 'enabled' })
    await world.pass(10 * 60_000)
    expect(world.receiver.received).toEqual([])
    expect(await world.delivery(id)).toMatchObject({ status: 'exhausted' })
  })

  it('may be on its way: what comes of that is logged as superseded, and retried no more (A6)', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    world.receiver.answer = async () => {
      await forget(id)
      return new Response('late', { status: 500 })
    }
    await world.drain()
    expect(await world.delivery(id)).toMatchObject({
      status: 'exhausted',
      last_error: 'payload deleted',
      last_response_status: 500,
      attempt_count: 0,
      attempts: [{ superseded: 'payload_deletion', response: { status: 500, body: 'late' } }],
    })
    await world.pass(10 * 60_000)
    expect(world.receiver.received).toHaveLength(1)
  })

  it('is not sent of a row that was left pending, by whatever (P7)', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    await forget(id)
    await env.DB.prepare(
      `UPDATE deliveries SET stage = 'pending', sweep_at = next_attempt_at`,
    ).run()
    await world.pass(10 * 60_000)
    expect(world.receiver.received).toEqual([])
    expect(await world.delivery(id)).toMatchObject({ attempts: [] })
    // Nobody has tried to read it, which would be a fault.
    expect(world.logs.filter(({ event: one }) => one === 'attempt_faulted')).toEqual([])
  })
})

describe('sending it again', () => {
  it('is a 409 payload_deleted for one delivery, here or elsewhere, and changes nothing (S3)', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    await world.drain()
    await forget(id)
    const before = await world.delivery(id)
    const path = `/v1/webhook_deliveries/${id}/redeliver`
    for (const body of [undefined, { to: 'current' }, { url: HOOK }]) {
      const refused = await world.call('POST', path, body)
      expect(refused).toMatchObject({ status: 409, body: { code: 'payload_deleted' } })
    }
    await world.pass(5 * 60_000)
    expect(await world.delivery(id)).toEqual(before)
    expect(world.receiver.received).toHaveLength(1)
    const { body } = await world.call('GET', '/v1/webhook_replays')
    expect(body.data).toEqual([])
  })

  it('says so of a deleted payload also where its endpoint is disabled: to enable it is no help', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const id = await world.deliver()
    await forget(id)
    await world.call('PATCH', `/v1/webhook_endpoints/${endpoint.id}`, { status: 'disabled' })
    expect((await world.redeliver(id)).body.code).toBe('payload_deleted')
  })

  it.each([
    ['deliveries', {}],
    ['copies', { url: HOOK }],
  ])('by a replay of %s passes it by, and counts it under its cause (P7)', async (_, to) => {
    await world.createEndpoint()
    const ids = [await world.deliver(), await world.deliver(), await world.deliver()]
    await world.drain()
    const [first = ''] = ids
    await forget(first)
    const sent = world.receiver.received.length
    world.clock += 1000
    const id = await replay(to)
    await world.pass(60_000)
    expect(await progress(id)).toMatchObject({
      status: 'completed',
      total: 3,
      replayed: 2,
      skipped: { payload_deleted: 1 },
    })
    expect(world.receiver.received).toHaveLength(sent + 2)
  })

  it('by a replay that had begun before passes it by, too', async () => {
    await world.createEndpoint()
    const ids = [await world.deliver(), await world.deliver()]
    await world.drain()
    world.clock += 1000
    const id = await replay()
    await forget(ids[1] ?? '')
    await world.pass(60_000)
    expect(await progress(id)).toMatchObject({ replayed: 1, skipped: { payload_deleted: 1 } })
  })

  it.each([
    ['that somebody else got', true],
    ['that nobody got', false],
  ])('by a replay of what was missed makes none of an event %s (P7)', async (_, isGot) => {
    if (isGot) await world.createEndpoint()
    const events = [await world.send(), await world.send()].map(({ body }) => body)
    await world.drain()
    const { body: late } = await world.createEndpoint({ url: 'https://late.example/hooks' })
    await forget(events[0].id)
    const before = world.receiver.received.length
    world.clock += 1000
    const id = await replay({ filter: { endpoint_id: late.id }, missing: true })
    await world.pass(60_000)
    expect(await progress(id)).toMatchObject({
      status: 'completed',
      replayed: 1,
      skipped: { payload_deleted: 1 },
    })
    expect(world.receiver.received).toHaveLength(before + 1)
    expect((await event(events[0].id)).deliveries).toHaveLength(isGot ? 1 : 0)
  })

  it('ends a copy that was under way, once its lease has lapsed, as failed', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    await world.drain()
    const sent = world.receiver.received.length
    await world.call('POST', `/v1/webhook_deliveries/${id}/redeliver`, { url: HOOK })
    await forget(id)
    await world.pass(10 * 60_000)
    expect(world.receiver.received).toHaveLength(sent)
    const copy = await env.DB.prepare('SELECT status, error, sweep_at FROM replay_copies').first()
    expect(copy).toEqual({ status: 'failed', error: 'payload deleted', sweep_at: null })
    const { body } = await world.call('GET', '/v1/webhook_replays')
    expect(body.data).toMatchObject([{ replayed: 1, failed: 1 }])
  })
})
