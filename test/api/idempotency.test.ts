// Idempotency-Key: the same key and request act once and answer the same.
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../world.ts'
import { expectProblem, issuePaths } from './shapes.ts'

const DAY = 24 * 3600 * 1000
const CALL_ID = '7f9c2ba4-e88f-4271-a64b-3ac0f6a1e5d3'
const EVENT = { type: 'call.completed', call: { id: CALL_ID } }

let world: World
beforeEach(async () => {
  world = await World.create()
})

function withKey(key: string): { headers: Record<string, string> } {
  return { headers: { 'Idempotency-Key': key } }
}

async function count(table: string): Promise<number | null> {
  return world.db.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>('n')
}

/** How much of all that the routes may write there is. */
async function written(): Promise<(number | null)[]> {
  return Promise.all(['events', 'deliveries', 'endpoints', 'signing_secrets'].map(count))
}

function idOf({ body }: Answered): string {
  return body.id ?? body.data[0].id
}

/** Each route that takes the header: how it is called, and what it leaves behind. */
const ROUTES: Record<string, (key: string, variant?: number) => Promise<Answered>> = {
  'POST /v1/events': (key, variant = 0) =>
    world.call('POST', '/v1/events', { ...EVENT, created: variant }, withKey(key)),
  'POST /v1/events/batch': (key, variant = 0) => {
    const events = [EVENT, { type: 'call.exploded' }, { ...EVENT, created: variant }]
    return world.call('POST', '/v1/events/batch', { events }, withKey(key))
  },
  'POST /v1/webhook_endpoints': (key, variant = 0) =>
    world.createEndpoint({ description: String(variant) }, withKey(key)),
}

describe.each(Object.keys(ROUTES))('%s with an Idempotency-Key', (name) => {
  const call = ROUTES[name] ?? (() => Promise.reject(new Error('no such route')))
  beforeEach(async () => {
    await world.createEndpoint({ url: 'https://first.example/' })
  })

  it('acts once and answers the same (I1)', async () => {
    const first = await call('key-1')
    const before = await written()
    const queued = world.fresh.length
    world.clock += 1000
    const second = await call('key-1')
    expect(second).toMatchObject({ status: first.status, body: first.body })
    expect(await written()).toEqual(before)
    expect(world.fresh).toHaveLength(queued)
  })

  it('acts once when both requests come at the same time (I1)', async () => {
    const [first, second] = await Promise.all([call('key-1'), call('key-1')])
    expect(second?.body).toEqual(first?.body)
    const before = await written()
    await call('key-1')
    expect(await written()).toEqual(before)
  })

  it('refuses the key for another request, and changes nothing', async () => {
    await call('key-1')
    const before = await written()
    const answer = await call('key-1', 1)
    expect(answer.status).toBe(409)
    expectProblem(answer, 'idempotency_key_reused')
    expect(await written()).toEqual(before)
  })

  it('acts again under another key, and a day later under the same one', async () => {
    const ids = new Set<string>()
    ids.add(idOf(await call('key-1')))
    ids.add(idOf(await call('key-2')))
    world.clock += DAY
    ids.add(idOf(await call('key-1')))
    expect(ids.size).toBe(3)
  })
})

describe('POST …/redeliver with an Idempotency-Key', () => {
  let id: string
  beforeEach(async () => {
    await world.createEndpoint()
    id = await world.deliver()
    await world.drain()
    world.clock += 1000
  })

  it('acts once and answers the same, also after the attempt (I1)', async () => {
    const first = await world.redeliver(id, withKey('key-1'))
    await world.drain()
    world.clock += 1000
    const second = await world.redeliver(id, withKey('key-1'))
    await world.drain()
    expect(second).toMatchObject({ status: 200, body: first.body })
    expect(world.receiver.received).toHaveLength(2)
    expect(await world.delivery(id)).toMatchObject({ manual_retry_count: 1, status: 'delivered' })
  })

  it('refuses the key for another delivery (I1)', async () => {
    const other = await world.deliver()
    await world.redeliver(id, withKey('key-1'))
    const answer = await world.redeliver(other, withKey('key-1'))
    expect(answer.status).toBe(409)
    expectProblem(answer, 'idempotency_key_reused')
    expect(await world.delivery(other)).toMatchObject({ manual_retry_count: 0 })
  })

  it('does not keep a key whose request was refused (S3)', async () => {
    const { body: delivery } = await world.call('GET', `/v1/webhook_deliveries/${id}`)
    const path = `/v1/webhook_endpoints/${delivery.endpoint_id}`
    await world.call('PATCH', path, { status: 'disabled' })
    expect((await world.redeliver(id, withKey('key-1'))).status).toBe(409)
    await world.call('PATCH', path, { status: 'enabled' })
    expect((await world.redeliver(id, withKey('key-1'))).status).toBe(200)
    expect(await world.delivery(id)).toMatchObject({ manual_retry_count: 1 })
  })
})

describe('an Idempotency-Key', () => {
  it('belongs to its org', async () => {
    const other = await world.createOrg('Other')
    const send = (key: string) =>
      world.call('POST', '/v1/events', EVENT, { key, ...withKey('key-1') })
    const [first, second] = [await send(world.key), await send(other.key)]
    expect([first.status, second.status]).toEqual([202, 202])
    expect(second.body.id).not.toBe(first.body.id)
  })

  it('belongs to its route', async () => {
    await world.call('POST', '/v1/events', EVENT, withKey('key-1'))
    const answer = await world.createEndpoint({}, withKey('key-1'))
    expect(answer.status).toBe(409)
    expectProblem(answer, 'idempotency_key_reused')
  })

  it('takes 255 characters', async () => {
    const answer = await world.call('POST', '/v1/events', EVENT, withKey('k'.repeat(255)))
    expect(answer.status).toBe(202)
  })

  it.each(['', 'a b', 'k'.repeat(256), 'a\tb'])('is refused as "%s"', async (key) => {
    for (const call of Object.values(ROUTES)) {
      expect(issuePaths(await call(key))).toEqual(['Idempotency-Key'])
    }
    expect(await count('events')).toBe(0)
  })

  it('is forgotten with a request that was invalid', async () => {
    const bad: Json = { type: 'call.exploded', call: { id: CALL_ID } }
    expect((await world.call('POST', '/v1/events', bad, withKey('key-1'))).status).toBe(400)
    expect((await world.call('POST', '/v1/events', EVENT, withKey('key-1'))).status).toBe(202)
  })
})
