// An endpoint that is listened to: its deliveries go to the stream, and never anywhere else.
import { beforeEach, describe, expect, it } from 'vitest'
import { verify } from '../../src/consumer/index.ts'
import { World, type Json } from '../world.ts'
import { Ear, makeListened } from './ear.ts'

const MINUTE = 60_000

let world: World
let endpoint: Json
beforeEach(async () => {
  world = await World.create()
  endpoint = await makeListened(world)
})

describe('a delivery of an endpoint that is listened to', () => {
  it('is never fetched, by whatever way it comes (X5)', async () => {
    world.room = 100
    const id = await world.deliver()
    await world.pass(10 * MINUTE)
    await world.redeliver(id)
    await world.call('POST', `/v1/webhook_endpoints/${endpoint.id}/test`)
    await world.call('POST', '/v1/webhook_replays', { filter: {} })
    await world.pass(10 * MINUTE)
    expect(world.receiver.received).toEqual([])
    expect(await world.delivery(id)).toMatchObject({
      status: 'pending',
      attempt_count: 0,
      url: 'listen:',
      attempts: [],
    })
  })

  it('is not fetched where http is allowed either (X5)', async () => {
    world = await World.create({ ALLOW_HTTP_ENDPOINTS: 'true' })
    endpoint = await makeListened(world)
    world.room = 100
    await world.deliver()
    await world.pass(5 * MINUTE)
    expect(world.receiver.received).toEqual([])
  })

  it('costs the sweep nothing while nobody listens', async () => {
    await world.deliver()
    await world.drain()
    await world.pass(30 * MINUTE)
    const sweeps = world.logs.filter(({ event }) => event === 'sweep')
    expect(sweeps).toEqual([])
  })

  it('comes with the headers and the body that a receiver gets, signed with its secret (P4)', async () => {
    const id = await world.deliver({ any: 1.0 })
    await world.drain()
    const ear = await Ear.open(world, endpoint.id)
    const { delivery_id, attempt, headers, body } = await ear.webhook()
    expect([delivery_id, attempt]).toEqual([id, 1])
    const toleranceSeconds = 1e9
    const read = await verify(body, headers, endpoint.signing_secret, { toleranceSeconds })
    expect(read).toMatchObject({ ok: true, event: { id, type: 'call.completed' } })
  })

  it('is delivered by a 2xx that is told, once however often', async () => {
    const id = await world.deliver()
    await world.drain()
    const ear = await Ear.open(world, endpoint.id)
    const webhook = await ear.webhook()
    const told = { status: 204, headers: { server: 'mine' }, duration_ms: 31 }
    expect((await ear.answer(webhook, told)).status).toBe(204)
    expect((await ear.answer(webhook, told)).status).toBe(204)
    const delivery = await world.delivery(id)
    expect(delivery).toMatchObject({ status: 'delivered', attempt_count: 1 })
    expect(delivery.attempts).toHaveLength(1)
    expect(delivery.attempts[0]).toMatchObject({
      duration_ms: 31,
      response: { status: 204, headers: { server: 'mine' } },
    })
  })

  it('is retried on its schedule after the failure that is told, to the second', async () => {
    world.clock += 5000
    const id = await world.deliver()
    await world.drain()
    const ear = await Ear.open(world, endpoint.id)
    await ear.answer(await ear.webhook(), { status: 500, body: 'no such order' })
    const failed = await world.delivery(id)
    expect(failed).toMatchObject({ status: 'pending', last_error: 'HTTP 500', attempt_count: 1 })
    expect(failed.attempts[0].response.body).toBe('no such order')
    const dueAt = Date.parse(failed.next_attempt_at)
    await world.pass(dueAt - world.clock - 1)
    const early = await Ear.open(world, endpoint.id)
    expect(await early.next()).toEqual({ event: 'end', data: { reason: 'lifetime' } })
    world.clock += 1
    const again = await Ear.open(world, endpoint.id)
    const webhook = await again.webhook()
    expect([webhook.delivery_id, webhook.attempt]).toEqual([id, 2])
    await again.answer(webhook)
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', attempt_count: 2 })
  })

  it('tells why there was no answer', async () => {
    const id = await world.deliver()
    await world.drain()
    const ear = await Ear.open(world, endpoint.id)
    const error = { kind: 'connection', message: 'connect ECONNREFUSED 127.0.0.1:3000' }
    await ear.answer(await ear.webhook(), { error })
    const { attempts, last_error } = await world.delivery(id)
    expect(last_error).toBe(error.message)
    expect(attempts[0]).toMatchObject({ error, response: null })
  })

  it('is offered again when nobody has answered in time (D2)', async () => {
    const id = await world.deliver()
    await world.drain()
    const first = await Ear.open(world, endpoint.id)
    const lost = await first.webhook()
    await first.close()
    await world.pass(2 * MINUTE)
    const second = await Ear.open(world, endpoint.id)
    const again = await second.webhook()
    expect([again.delivery_id, again.attempt]).toEqual([id, 1])
    await second.answer(again)
    await second.answer(lost, { status: 500 })
    const { status, attempts } = await world.delivery(id)
    expect(status).toBe('delivered')
    expect(attempts.map((one: Json) => one.superseded)).toEqual([undefined, 'attempt'])
  })

  it('is offered again at once to who listens next, with no gap and no second attempt counted (D2)', async () => {
    const id = await world.deliver()
    await world.drain()
    const first = await Ear.open(world, endpoint.id)
    const lost = await first.webhook()
    const second = await Ear.open(world, endpoint.id)
    const again = await second.webhook()
    expect([again.delivery_id, again.attempt]).toEqual([id, lost.attempt])
    await second.answer(again)
    await second.answer(lost)
    const { status, attempt_count } = await world.delivery(id)
    expect([status, attempt_count]).toEqual(['delivered', 1])
  })

  it('is superseded by a redelivery while it has no answer (A6)', async () => {
    const id = await world.deliver()
    await world.drain()
    const ear = await Ear.open(world, endpoint.id)
    const first = await ear.webhook()
    await world.redeliver(id)
    await ear.answer(first)
    expect(await world.delivery(id)).toMatchObject({ status: 'pending', manual_retry_count: 1 })
    await world.drain()
    const second = await ear.webhook()
    expect(second.headers['CallingBox-Redelivery']).toBe('true')
    await ear.answer(second)
    const { status, attempts } = await world.delivery(id)
    expect(status).toBe('delivered')
    expect(attempts[0]).toMatchObject({ superseded: 'redelivery' })
  })

  it('waits while the endpoint is disabled, and goes on when it is enabled', async () => {
    const path = `/v1/webhook_endpoints/${endpoint.id}`
    await world.deliver()
    await world.drain()
    await world.call('PATCH', path, { status: 'disabled' })
    const ear = await Ear.open(world, endpoint.id)
    expect(await ear.next()).toEqual({ event: 'end', data: { reason: 'lifetime' } })
    await world.call('PATCH', path, { status: 'enabled' })
    await world.tick()
    const again = await Ear.open(world, endpoint.id)
    expect((await again.webhook()).attempt).toBe(1)
    expect(world.retry).toEqual([])
  })

  it('counts as it would elsewhere: an endpoint that fails is unwell, and has no pace', async () => {
    for (let made = 0; made < 12; made += 1) await world.deliver()
    await world.drain()
    const ear = await Ear.open(world, endpoint.id)
    for (let told = 0; told < 12; told += 1) await ear.answer(await ear.webhook(), { status: 500 })
    const changes = world.transitions.filter((one) => 'endpointId' in one)
    expect(changes.map(({ to }) => to)).toEqual(['unwell'])
    await world.pass(5 * MINUTE)
    const later = await Ear.open(world, endpoint.id)
    for (let told = 0; told < 12; told += 1) await later.answer(await later.webhook())
    const health = world.transitions.flatMap((one) => ('endpointId' in one ? [one.to] : []))
    expect(health).toEqual(['unwell', 'well'])
    expect(world.retry).toEqual([])
  })
})

describe('a stream', () => {
  it('has ten without an answer at most, and more as they are answered', async () => {
    for (let made = 0; made < 12; made += 1) await world.deliver()
    await world.drain()
    const ear = await Ear.open(world, endpoint.id)
    const first = await ear.webhook()
    for (let heard = 1; heard < 10; heard += 1) await ear.webhook()
    await ear.answer(first)
    expect((await ear.webhook()).attempt).toBe(1)
    expect(await ear.next()).toEqual({ event: 'end', data: { reason: 'lifetime' } })
  })

  it('ends when somebody else listens, who gets what comes from then on', async () => {
    const first = await Ear.open(world, endpoint.id)
    const second = await Ear.open(world, endpoint.id)
    await world.deliver()
    await world.drain()
    expect(await first.next()).toEqual({ event: 'end', data: { reason: 'replaced' } })
    expect(await first.next()).toBeUndefined()
    expect((await second.webhook()).attempt).toBe(1)
  })

  it('ends when the endpoint is deleted, and what had no answer is over', async () => {
    const id = await world.deliver()
    await world.drain()
    const ear = await Ear.open(world, endpoint.id)
    await ear.webhook()
    await world.call('DELETE', `/v1/webhook_endpoints/${endpoint.id}`)
    expect(await ear.next()).toEqual({ event: 'end', data: { reason: 'gone' } })
    expect(await world.delivery(id)).toMatchObject({
      status: 'exhausted',
      last_error: 'endpoint deleted',
    })
  })

  it('ends when its key is revoked (X4)', async () => {
    const ear = await Ear.open(world, endpoint.id)
    await world.db.prepare('UPDATE api_keys SET revoked_at = 1').run()
    expect(await ear.next()).toBeUndefined()
  })

  it('is not there for an endpoint that is sent to, nor for another org’s (X1)', async () => {
    const sent = await world.createEndpoint()
    const other = await world.createOrg('Other')
    const asked = (id: string, key = world.key) =>
      world.call('GET', `/v1/webhook_endpoints/${id}/stream`, undefined, { key })
    expect((await asked(sent.body.id)).status).toBe(404)
    expect((await asked(endpoint.id, other.key)).status).toBe(404)
    expect((await asked('019a2f6e-2c30-7d4e-9a53-2b8f6c0d6c33')).status).toBe(404)
  })
})

describe('an answer', () => {
  it('is refused without a token of this very endpoint', async () => {
    const other = await makeListened(world)
    await world.deliver()
    await world.drain()
    const ear = await Ear.open(world, endpoint.id)
    const { token } = await ear.webhook()
    const place = Math.floor(token.length / 2)
    const letter = token[place] === 'A' ? 'B' : 'A'
    const bent = token.slice(0, place) + letter + token.slice(place + 1)
    const elsewhere = await Ear.open(world, other.id)
    const refused = await elsewhere.answer({ token })
    expect([refused.status, refused.body.issues[0].path]).toEqual([400, 'token'])
    expect((await ear.answer({ token: bent })).status).toBe(400)
    expect((await ear.answer({ token: 'none' })).status).toBe(400)
  })

  it('is refused from another org, whose 404 tells nothing (X1)', async () => {
    const { key } = await world.createOrg('Other')
    await world.deliver()
    await world.drain()
    const { token } = await (await Ear.open(world, endpoint.id)).webhook()
    const path = `/v1/webhook_endpoints/${endpoint.id}/answers`
    const answer = { token, status: 200, duration_ms: 1 }
    expect((await world.call('POST', path, answer, { key })).status).toBe(404)
  })

  it.each([
    [{}, 'status'],
    [{ status: 200, error: { kind: 'timeout', message: 'late' } }, 'status'],
    [{ error: { kind: 'refused_target', message: 'no' } }, 'error.kind'],
    [{ error: { kind: 'timeout', message: 'late' }, body: '' }, 'error'],
    [{ status: 101 }, 'status'],
    [{ status: 200, headers: { 'a b': '1' } }, 'headers.a b'],
    [{ status: 200, headers: { a: 'two\nlines' } }, 'headers.a'],
  ])('is refused with %j', async (told, path) => {
    const { status, body } = await (
      await Ear.open(world, endpoint.id)
    ).answer({ token: 'any' }, told)
    expect([status, body.issues[0].path]).toEqual([400, path])
  })
})
