// What the cron finds out and tells: endpoints that fail and recover, replays, keys that end, secrets that do not open.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { toBase64Url } from '../../../src/credentials/bytes.ts'
import { World, type Json } from '../../world.ts'
import { listenFor, makeFailing, tell, told, typesTold } from '../operational.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

let world: World
let failingId: string

beforeEach(async () => {
  world = await World.create({ DISABLE_AFTER_EXHAUSTED: 2, RETRY_SCHEDULE_SECONDS: '1' })
  failingId = await makeFailing(world)
})

async function start(filter: Json = {}): Promise<string> {
  return (await world.call('POST', '/v1/webhook_replays', { filter })).body.id
}

describe('endpoint.failing and endpoint.recovered', () => {
  beforeEach(async () => {
    world.vars['DISABLE_AFTER_EXHAUSTED'] = 100
    await listenFor(world, 'endpoint.failing', 'endpoint.recovered')
    await world.deliver()
    await world.drain()
  })

  it('tell of what fails for a minute once, and once that it is well again', async () => {
    await tell(world)
    expect(told(world)).toEqual([])
    world.clock += MINUTE
    await tell(world)
    await tell(world)
    const [failing, ...others] = told(world)
    expect([failing.type, others]).toEqual(['endpoint.failing', []])
    expect(failing.data).toMatchObject({ endpoint: { id: failingId }, since: expect.any(String) })
    world.receiver.answer = () => new Response('')
    await world.pass(2 * MINUTE)
    await tell(world)
    await tell(world)
    const [recovered, ...more] = told(world)
    expect([recovered.type, more]).toEqual(['endpoint.recovered', []])
    expect(recovered.data.since).toBe(failing.data.since)
  })

  it('tell of each time that it fails', async () => {
    for (let time = 0; time < 2; time += 1) {
      world.clock += MINUTE
      await tell(world)
      expect(typesTold(world)).toEqual(['endpoint.failing'])
      await world.call('PATCH', `/v1/webhook_endpoints/${failingId}`, { status: 'enabled' })
      await env.DB.prepare('UPDATE endpoints SET unwell_since = NULL, pace = NULL').run()
      await tell(world)
      expect(typesTold(world)).toEqual(['endpoint.recovered'])
      await world.deliver()
      await world.drain()
    }
  })

  it('are not told of an endpoint that is told such things', async () => {
    const types = ['call.completed', 'endpoint.failing']
    await world.call('PATCH', `/v1/webhook_endpoints/${failingId}`, { enabled_events: types })
    world.clock += MINUTE
    await tell(world)
    expect(told(world)).toEqual([])
  })
})

describe('replay.completed and replay.paused', () => {
  it('tell once of a replay that is through', async () => {
    await listenFor(world, 'replay.completed', 'replay.paused')
    world.receiver.answer = () => new Response('')
    await world.deliver()
    await world.drain()
    world.clock += 1000
    const id = await start()
    await world.pass(MINUTE)
    await tell(world)
    const [event, ...others] = told(world)
    expect(others).toEqual([])
    expect(event).toMatchObject({
      type: 'replay.completed',
      data: { replay: { id, status: 'completed', total: 1, replayed: 1 } },
    })
  })

  it('tell of each pause', async () => {
    await listenFor(world, 'replay.completed', 'replay.paused')
    await world.deliver()
    world.clock += 1000
    const id = await start()
    await world.call('POST', `/v1/webhook_replays/${id}/pause`)
    await world.call('POST', `/v1/webhook_replays/${id}/resume`)
    await world.call('POST', `/v1/webhook_replays/${id}/pause`)
    await tell(world)
    expect(typesTold(world)).toEqual(['replay.paused', 'replay.paused'])
  })
})

describe('key.expiring', () => {
  it('tells a week ahead of a key that ends, once', async () => {
    await listenFor(world, 'key.expiring')
    const body = { name: 'CI', expires_at: new Date(world.clock + 8 * DAY).toISOString() }
    const { body: key } = await world.call('POST', '/v1/api_keys', body)
    await tell(world)
    expect(told(world)).toEqual([])
    for (let day = 0; day < 9; day += 1) {
      world.clock += DAY
      await tell(world)
    }
    const [event, ...others] = told(world)
    expect(others).toEqual([])
    expect(event.data).toMatchObject({ org_id: world.orgId, api_key: { id: key.id, name: 'CI' } })
  })
})

describe('secret.undecryptable', () => {
  it('tells of a secret that does not open, once a day', async () => {
    await listenFor(world, 'secret.undecryptable')
    await env.DB.prepare("UPDATE signing_secrets SET sealed = 'v0.x' WHERE owner_id = ?")
      .bind(failingId)
      .run()
    await world.deliver()
    await world.pass(MINUTE)
    await tell(world)
    const [event, ...others] = told(world)
    expect(others).toEqual([])
    expect(event.data).toMatchObject({ secret: { endpoint_id: failingId } })
    world.clock += DAY
    await world.pass(MINUTE)
    await tell(world)
    expect(typesTold(world)).toEqual(['secret.undecryptable'])
  })
})

/** Ten deliveries whose URLs are as long as may be, and which nothing packs. */
function tenLong(): object[] {
  return Array.from({ length: 10 }, () => {
    const path = toBase64Url(crypto.getRandomValues(new Uint8Array(2000)))
    return { url: `https://bad.example/${path}` }
  })
}

describe('a pass', () => {
  it('tells as much as it finds, however long that is together (R5)', async () => {
    await listenFor(world, 'delivery.exhausted')
    const insert = env.DB.prepare(
      `INSERT INTO notices (org_id, id, type, about, data, count, at)
       VALUES (?, ?, 'delivery.exhausted', NULL, ?, 12, ?)`,
    )
    const notices = Array.from({ length: 100 }, (_, n) =>
      insert.bind(world.orgId, `delivery.exhausted:${n}`, JSON.stringify(tenLong()), world.clock),
    )
    await env.DB.batch(notices)
    await tell(world)
    expect(typesTold(world)).toHaveLength(100)
  })
})
