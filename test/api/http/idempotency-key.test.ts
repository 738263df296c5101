// An Idempotency-Key: whose it is, what keeps it, and batches that are repeated.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../../world.ts'
import { expectProblem } from './shapes.ts'

const CALL_ID = '7f9c2ba4-e88f-4271-a64b-3ac0f6a1e5d3'
const EVENT = { type: 'call.completed', call: { id: CALL_ID } }

let world: World
let endpointId: string
let deliveryId: string
beforeEach(async () => {
  world = await World.create()
  endpointId = (await world.createEndpoint()).body.id
  deliveryId = await world.deliver()
})

function withKey(key: string): { headers: Record<string, string> } {
  return { headers: { 'Idempotency-Key': key } }
}

function sendBatch(events: unknown[]): Promise<Answered> {
  return world.call('POST', '/v1/events/batch', { events }, withKey('key-1'))
}

function eventOf(id: string): Json {
  return { type: 'call.busy', call: { id } }
}

describe('an id in upper case', () => {
  it('asks the same (I1)', async () => {
    const calls = [
      (id: string) => world.redeliver(id, withKey('key-1')),
      (id: string) =>
        world.call('POST', `/v1/webhook_endpoints/${id}/rotate_secret`, {}, withKey('key-2')),
    ]
    for (const [place, id] of [deliveryId, endpointId].entries()) {
      const first = await calls[place]?.(id)
      const percent = `%${id.charCodeAt(0).toString(16)}${id.slice(1)}`
      for (const spelling of [id.toUpperCase(), percent]) {
        expect((await calls[place]?.(spelling))?.body).toEqual(first?.body)
      }
    }
  })
})

describe('an Idempotency-Key', () => {
  it('belongs to its org, and the operator’s is another', async () => {
    const other = await world.createOrg('Other')
    const send = (key: string) =>
      world.call('POST', '/v1/events', EVENT, { key, ...withKey('key-1') })
    const [first, second] = [await send(world.key), await send(other.key)]
    const operator = { key: env.ADMIN_TOKEN, ...withKey('key-1') }
    const third = await world.call('POST', '/admin/orgs', { name: 'x' }, operator)
    expect([first.status, second.status, third.status]).toEqual([202, 202, 201])
    expect(second.body.id).not.toBe(first.body.id)
  })

  it('is refused for another of the same kind', async () => {
    const other = await world.deliver()
    await world.redeliver(deliveryId, withKey('key-1'))
    const answer = await world.redeliver(other, withKey('key-1'))
    expectProblem(answer, 'idempotency_key_reused')
    expect(await world.delivery(other)).toMatchObject({ manual_retry_count: 0 })
  })

  it('takes 255 characters', async () => {
    const answer = await world.call('POST', '/v1/events', EVENT, withKey('k'.repeat(255)))
    expect(answer.status).toBe(202)
  })

  it('is forgotten with a request that was invalid', async () => {
    const bad: Json = { type: 'call.exploded', call: { id: CALL_ID } }
    expect((await world.call('POST', '/v1/events', bad, withKey('key-1'))).status).toBe(400)
    expect((await world.call('POST', '/v1/events', EVENT, withKey('key-1'))).status).toBe(202)
  })

  it('is forgotten with a request that was refused (S3)', async () => {
    const path = `/v1/webhook_endpoints/${endpointId}`
    await world.call('PATCH', path, { status: 'disabled' })
    expect((await world.redeliver(deliveryId, withKey('key-1'))).status).toBe(409)
    await world.call('PATCH', path, { status: 'enabled' })
    expect((await world.redeliver(deliveryId, withKey('key-1'))).status).toBe(200)
    expect(await world.delivery(deliveryId)).toMatchObject({ manual_retry_count: 1 })
  })

  it('is forgotten with what was not there', async () => {
    const missing = `/v1/webhook_endpoints/${crypto.randomUUID()}/rotate_secret`
    expect((await world.call('POST', missing, {}, withKey('key-1'))).status).toBe(404)
    expect((await world.call('POST', '/v1/events', EVENT, withKey('key-1'))).status).toBe(202)
  })

  it('is forgotten with a batch of which nothing was accepted', async () => {
    const first = await sendBatch([{}, null])
    expect(first.body.data).toHaveLength(2)
    expect((await sendBatch([{}, null])).headers.has('Idempotent-Replayed')).toBe(false)
    expect((await sendBatch([EVENT])).status).toBe(202)
    expectProblem(await sendBatch([{}, null]), 'idempotency_key_reused')
  })

  it('is looked up before DNS is asked: a create is answered though nobody resolves', async () => {
    const local = await World.create({ DOH_URL: 'https://dns.example/dns-query' })
    local.dns = async () =>
      Response.json({ Status: 0, Answer: [{ type: 1, name: 'x', TTL: 9, data: '93.184.215.14' }] })
    const first = await local.createEndpoint({}, withKey('key-1'))
    local.dns = () => Promise.reject(new Error('nobody answers'))
    const second = await local.createEndpoint({}, withKey('key-1'))
    expect(second).toMatchObject({ status: 201, body: first.body })
    const reused = await local.createEndpoint({ description: 'x' }, withKey('key-1'))
    expectProblem(reused, 'idempotency_key_reused')
    expect((await local.createEndpoint({}, withKey('key-2'))).status).toBe(400)
  })
})

describe('a batch that is repeated', () => {
  it('answers each element in its place, whatever stands between (I1)', async () => {
    const ids = Array.from({ length: 3 }, () => crypto.randomUUID())
    const [a = '', b = '', c = ''] = ids
    const [one, two, three] = [eventOf(a), eventOf(b), eventOf(c)]
    const events = [{}, one, { type: 'x' }, two, one, null, three, 7]
    const first = await sendBatch(events)
    const second = await sendBatch(events)
    expect(JSON.stringify(second.body)).toBe(JSON.stringify(first.body))
    const calls = second.body.data.map((result: Json) => result.call_id ?? result.code)
    const bad = 'invalid_request'
    expect(calls).toEqual([bad, a, bad, b, a, bad, c, bad])
    for (const { id } of second.body.data.filter((result: Json) => result.id)) {
      expect((await world.call('GET', `/v1/events/${id}`)).status).toBe(200)
    }
  })

  it('keeps refusals that are as large as they can be (R5)', async () => {
    const names = Array.from({ length: 12 }, (_, place) => `"${'\\u0001'.repeat(110)}${place}":1`)
    const bad = `{"type":"call.busy",${names.join()}}`
    const body = `{"events":[${JSON.stringify(EVENT)},${Array.from({ length: 99 }, () => bad).join()}]}`
    const send = () => world.call('POST', '/v1/events/batch', body, withKey('key-1'))
    const first = await send()
    expect(first.status).toBe(202)
    expect(first.body.data[1].issues).toHaveLength(11)
    const size = await world.db
      .prepare(`SELECT length(CAST(snapshot AS BLOB)) AS n FROM idempotency_keys`)
      .first<number>('n')
    expect(size).toBeGreaterThan(500_000)
    expect(size).toBeLessThan(2_000_000)
    expect((await send()).body).toEqual(first.body)
  })
})
