// One line an attempt and one a failed request, of members that were chosen by hand.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
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

describe('an attempt', () => {
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
