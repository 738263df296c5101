// What an isolate keeps in mind of where an org is may be old: it is noticed, and nothing is done by it.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { Visitor } from '../dashboard/visitor.ts'
import type { Answered, Json, World } from '../world.ts'
import { count, createTwo, depart, meterBoth, moveToSecond, sized, type Two } from './two.ts'

const admin = { key: env.ADMIN_TOKEN }

let two: Two
let world: World
let id = ''
beforeEach(async () => {
  two = await createTwo()
  world = two.world
  await world.createEndpoint()
  await world.createEndpoint({ url: 'https://far.example/' }, { key: two.far.key })
  id = await world.deliver()
})

const delivery = async (): Promise<Json> => (await list()).body.data[0]
const list = (): Promise<Answered> => world.call('GET', '/v1/webhook_deliveries')

describe('an org that has moved', () => {
  beforeEach(async () => {
    await moveToSecond(two.near.orgId)
  })

  it('is found where it is by an isolate that knew it elsewhere, which stores nothing there', async () => {
    expect((await world.send()).status).toBe(202)
    expect([await count(env.DB, 'events'), await count(env.DB2, 'events')]).toEqual([0, 2])
    expect((await list()).body.data).toHaveLength(2)
    expect((await world.redeliver(id)).status).toBe(200)
  })

  it('is looked for once: then it costs one round trip again', async () => {
    const { first, second } = meterBoth(world)
    await world.send()
    // It was gone from the first, and the catalog was asked.
    expect([first.trips, second.trips]).toEqual([2, 1])
    await world.send()
    expect([first.trips, second.trips]).toEqual([2, 2])
  })

  it('has what was queued before delivered, once, in a batch with others', async () => {
    await world.send({}, {}, { key: two.far.key })
    await world.consume(world.fresh.splice(0), 'fresh')
    expect(world.receiver.received).toHaveLength(2)
    expect([...world.fresh, ...world.retry]).toEqual([])
    expect(await delivery()).toMatchObject({ id, status: 'delivered' })
  })

  it('refuses a key that was revoked since, and stores nothing (X4)', async () => {
    await env.DB2.exec(`UPDATE api_keys SET revoked_at = 1 WHERE org_id = '${two.near.orgId}'`)
    expect((await world.send()).status).toBe(401)
    expect([await count(env.DB, 'events'), await count(env.DB2, 'events')]).toEqual([0, 1])
    world.startIsolate()
    expect((await world.send()).status).toBe(401)
  })

  it('lets in its keys in an isolate that knows nothing', async () => {
    world.startIsolate()
    expect((await world.send()).status).toBe(202)
    const path = `/admin/orgs/${two.near.orgId}/api_keys`
    const { body } = await world.call('POST', path, { name: 'new' }, admin)
    expect((await world.send({}, {}, { key: body.key })).status).toBe(202)
    expect(await count(env.DB2, 'events')).toBe(3)
  })
})

describe('an org that moves while an attempt is in flight', () => {
  it('has what came of it recorded where it is then (A9)', async () => {
    world.receiver.answer = async () => {
      await moveToSecond(two.near.orgId)
      return new Response('ok')
    }
    await world.consume(world.fresh.splice(0), 'fresh')
    expect([...world.fresh, ...world.retry]).toEqual([])
    expect(await delivery()).toMatchObject({ id, status: 'delivered' })
    expect(await count(env.DB, 'deliveries')).toBe(0)
  })
})

describe('an org that is leaving', () => {
  beforeEach(async () => {
    await depart(two.near.orgId, 'leaving').run()
  })

  it('is told to come again where something would be written, and by when', async () => {
    const refused = [
      await world.send(),
      await world.redeliver(id),
      await world.createEndpoint({ url: 'https://new.example/' }),
      await world.call('POST', `/admin/orgs/${two.near.orgId}/api_keys`, { name: 'new' }, admin),
    ]
    for (const { status, body, headers } of refused) {
      expect([status, body.code]).toEqual([503, 'unavailable'])
      expect(Number(headers.get('Retry-After'))).toBeGreaterThan(0)
    }
    expect(await count(env.DB, 'events')).toBe(1)
    expect(await count(env.DB, 'api_keys')).toBe(1)
  })

  it('may be looked at, and signed in to by who is', async () => {
    expect((await list()).status).toBe(200)
    await env.DB.exec('DELETE FROM departures')
    const visitor = await Visitor.signedIn(world)
    await depart(two.near.orgId, 'leaving').run()
    expect((await visitor.get('/deliveries')).status).toBe(200)
  })

  it('holds up nobody else’s', async () => {
    const { status } = await world.send({}, {}, { key: two.far.key })
    expect(status).toBe(202)
    const neighbour = await world.createOrg('Neighbour')
    expect((await world.send({}, {}, neighbour)).status).toBe(202)
  })

  it('has no attempt begin, and its messages come back; others of the batch are delivered (A4)', async () => {
    world.db = sized(env.DB, 0)
    const neighbour = await world.createOrg('Neighbour')
    expect(await count(env.DB, 'orgs')).toBe(2)
    await world.createEndpoint({ url: 'https://near.example/' }, neighbour)
    for (const { key } of [neighbour, two.far]) await world.send({}, {}, { key })
    await world.consume(world.fresh.splice(0), 'fresh')
    const urls = world.receiver.received.map(({ url }) => url)
    expect(urls.toSorted()).toEqual(['https://far.example/', 'https://near.example/'])
    expect(world.fresh).toEqual([{ body: expect.objectContaining({ id }), at: world.clock + 5000 }])
  })
})

describe('an org that is nowhere', () => {
  it('is looked for a bounded number of times', async () => {
    await depart(two.near.orgId, 'gone').run()
    const { first } = meterBoth(world)
    const { status, body } = await world.send()
    expect([status, body.code]).toEqual([503, 'unavailable'])
    expect(first.trips).toBeLessThan(10)
    await world.consume(world.fresh.splice(0), 'fresh')
    expect(world.fresh).toHaveLength(1)
  })
})
