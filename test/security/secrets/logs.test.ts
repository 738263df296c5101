// One line a failed request, a failed attempt and a hundred successes, of members that were chosen by hand.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { tellWhenDue } from '../../../src/delivery/attempt/lines.ts'
import { World } from '../../world.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
  world.logs.splice(0)
})

const linesOf = (event: string) => world.logs.filter((line) => line.event === event)

describe('a failed request', () => {
  it('has one line, at info level when the caller is to blame', async () => {
    const { headers } = await world.call('GET', `/v1/events/${crypto.randomUUID()}`)
    expect(world.logs).toEqual([
      {
        event: 'request_failed',
        level: 'info',
        status: 404,
        code: 'not_found',
        request_id: headers.get('X-Request-Id'),
        method: 'GET',
        route: '/v1/events/:id',
        org_id: world.orgId,
        key_id: world.key.slice(8, 16),
      },
    ])
  })

  it('has its cause at error level when we are', async () => {
    world.db = new Proxy(env.DB, {
      get: () => () => {
        throw new Error('D1_ERROR: disk I/O error')
      },
    })
    await world.call('GET', '/v1/webhook_endpoints')
    expect(linesOf('request_failed')).toEqual([
      expect.objectContaining({
        level: 'error',
        status: 500,
        code: 'internal_error',
        cause: expect.stringContaining('disk I/O error'),
      }),
    ])
  })

  it.each([
    ['a key in the path', () => world.call('GET', `/v1/events/${world.key}`)],
    ['a key in a path that is none', () => world.call('GET', `/${world.key}`)],
    ['a key in the query', () => world.call('GET', `/v1/webhook_deliveries?status=${world.key}`)],
    [
      'a key as the wrong scheme',
      () =>
        world.call('GET', '/v1/events/x', undefined, {
          headers: { Authorization: `Basic ${world.key}` },
        }),
    ],
    ['a key in the body', () => world.call('POST', '/v1/events', { type: world.key })],
    ['a key as a member', () => world.call('POST', '/v1/events', { [world.key]: 1 })],
    [
      'a key as the request id',
      () =>
        world.call('GET', '/v1/events/x', undefined, { headers: { 'X-Request-Id': world.key } }),
    ],
  ])('does not log %s (X3)', async (_, act) => {
    expect((await act()).status).toBeGreaterThanOrEqual(400)
    expect(linesOf('request_failed')).toHaveLength(1)
    expect(JSON.stringify(world.logs)).not.toContain(world.key)
  })

  it('has no line when it succeeds', async () => {
    await world.call('GET', '/v1/webhook_endpoints')
    expect(world.logs).toEqual([])
  })
})

describe('an attempt that failed, or was by hand', () => {
  it('has one line of these members, whatever its outcome', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const id = await world.deliver()
    world.receiver.respond(500)
    await world.drain()
    const line = {
      event: 'attempt',
      delivery_id: id,
      org_id: world.orgId,
      endpoint_id: endpoint.id,
      number: 1,
      trigger: 'automatic',
      outcome: 'http_status',
      response_status: 500,
      duration_ms: 0,
      status: 'pending',
    }
    expect(linesOf('attempt')).toEqual([line])
    world.receiver.respond(200)
    await world.redeliver(id)
    await world.drain()
    expect(linesOf('attempt').slice(1)).toEqual([
      {
        ...line,
        number: 2,
        trigger: 'manual',
        outcome: 'success',
        response_status: 200,
        status: 'delivered',
      },
    ])
  })
})

describe('successes', () => {
  it('share a line, which says how many they are, whose, and how long they took', async () => {
    await world.createEndpoint({ url: 'https://a.example/' })
    const { key } = await world.createOrg('Other')
    await world.createEndpoint({ url: 'https://b.example/' }, { key })
    for (let sent = 0; sent < 3; sent += 1) await world.send()
    await world.send({}, {}, { key })
    world.logs.splice(0)
    await world.drain()
    expect(world.logs).toEqual([])
    world.clock += 10_000
    await world.send()
    await world.drain()
    expect(world.logs).toEqual([
      {
        event: 'attempts_succeeded',
        count: 5,
        over_ms: 10_000,
        orgs: 2,
        endpoints: 2,
        p50_ms: 0,
        max_ms: 0,
      },
    ])
  })

  it('leave each failure beside them its own line', async () => {
    await world.createEndpoint({ url: 'https://a.example/' })
    const { body: bad } = await world.createEndpoint({ url: 'https://b.example/' })
    for (let sent = 0; sent < 2; sent += 1) await world.send()
    world.receiver.answer = ({ url }) =>
      new Response(null, { status: url.includes('b.example') ? 500 : 200 })
    world.logs.splice(0)
    await world.drain()
    expect(linesOf('attempt')).toMatchObject([{ endpoint_id: bad.id }, { endpoint_id: bad.id }])
    world.clock += 10_000
    tellWhenDue(await world.engine())
    expect(linesOf('attempts_succeeded')).toMatchObject([{ count: 2, endpoints: 1 }])
  })
})

describe('what went well', () => {
  it('costs no line when it was accepted, and none when a sweep found nothing', async () => {
    await world.createEndpoint()
    world.logs.splice(0)
    await world.send()
    await world.sweep()
    expect(world.logs).toEqual([])
  })
})
