// What every route has in common: who may call, and how the rest is refused.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createApiKey } from '../../../src/credentials/api-key.ts'
import { World, type Answered } from '../../world.ts'
import { expectProblem } from './shapes.ts'

const NOWHERE = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0000'
const CALL_ID = '7f9c2ba4-e88f-4271-a64b-3ac0f6a1e5d3'
const HOUR = 3600 * 1000

/** Routes that take an id, as method, path and the kind of thing. */
const ID_ROUTES = [
  ['GET', '/v1/webhook_deliveries/:id', 'delivery'],
  ['POST', '/v1/webhook_deliveries/:id/redeliver', 'delivery'],
  ['GET', '/v1/webhook_endpoints/:id', 'endpoint'],
  ['PATCH', '/v1/webhook_endpoints/:id', 'endpoint'],
  ['DELETE', '/v1/webhook_endpoints/:id', 'endpoint'],
  ['POST', '/v1/webhook_endpoints/:id/rotate_secret', 'endpoint'],
  ['GET', '/v1/events/:id', 'event'],
  ['GET', '/v1/webhook_replays/:id', 'replay'],
  ['POST', '/v1/webhook_replays/:id/pause', 'replay'],
  ['POST', '/v1/webhook_replays/:id/resume', 'replay'],
  ['POST', '/v1/webhook_replays/:id/cancel', 'replay'],
] as const

const ROUTES = [
  ...ID_ROUTES.map(([method, path]) => [method, path.replace(':id', NOWHERE)] as const),
  ['GET', '/v1/webhook_deliveries'],
  ['POST', '/v1/webhook_deliveries/discard'],
  ['GET', '/v1/webhook_endpoints'],
  ['POST', '/v1/webhook_endpoints'],
  ['GET', '/v1/events'],
  ['POST', '/v1/events'],
  ['POST', '/v1/events/batch'],
  ['GET', '/v1/webhook_replays'],
  ['POST', '/v1/webhook_replays'],
] as const

let world: World
beforeEach(async () => {
  world = await World.create()
})

function callRoute(method: string, path: string, options = {}): Promise<Answered> {
  return world.call(method, path, method === 'PATCH' ? { description: 'x' } : undefined, options)
}

describe('a call without a valid key', () => {
  it.each(ROUTES)('is a 401 at %s %s, whatever is wrong with the key', async (method, path) => {
    const given = [
      '',
      'Bearer',
      'Bearer ',
      'Basic c2tfbGl2ZTo=',
      world.key,
      `Bearer ${world.key}x`,
      'Bearer sk_live_nonsense',
      `Bearer ${createApiKey('live').key}`,
      `Bearer ${env.ADMIN_TOKEN}`,
    ]
    for (const Authorization of given) {
      const response = await world.fetch(path, { method, headers: { Authorization } })
      const { status, headers } = response
      expectProblem({ status, headers, body: await response.json() }, 'invalid_api_key')
      expect(status).toBe(401)
      expect(headers.get('WWW-Authenticate')).toBe('Bearer')
    }
  })

  it('is a 401 on the next request after the key was revoked (X4)', async () => {
    const admin = { key: env.ADMIN_TOKEN }
    const keys = await world.call('GET', `/admin/orgs/${world.orgId}/api_keys`, undefined, admin)
    expect((await world.call('GET', '/v1/webhook_endpoints')).status).toBe(200)
    const path = `/admin/orgs/${world.orgId}/api_keys/${keys.body.data[0].id}/revoke`
    await world.call('POST', path, undefined, admin)
    expectProblem(await world.call('GET', '/v1/webhook_endpoints'), 'invalid_api_key')
  })

  it('is a 401 from the instant at which the key expires (X4)', async () => {
    const admin = { key: env.ADMIN_TOKEN }
    const path = `/admin/orgs/${world.orgId}/api_keys`
    const wanted = { name: 'short', expires_at: '2026-11-23T14:00:00+01:00' }
    const { body } = await world.call('POST', path, wanted, admin)
    world.clock += HOUR - 1
    const call = () => world.call('GET', '/v1/events', undefined, { key: body.key })
    expect((await call()).status).not.toBe(401)
    world.clock += 1
    expect((await call()).status).toBe(401)
  })
})

describe('an id', () => {
  it.each(ID_ROUTES)('is a 400 at %s %s when it is malformed', async (method, path) => {
    // What an endpoint's customer may call it.
    const named = ['nope', '123', `${NOWHERE}0`, NOWHERE.replace('-', '')]
    const isNamed = path.startsWith('/v1/webhook_endpoints/')
    for (const id of ['-nope', '%00', '%E0%A4%A', ...(isNamed ? [] : named)]) {
      const answer = await callRoute(method, path.replace(':id', id))
      expectProblem(answer, 'invalid_request')
      expect(answer.body.issues[0].path).toBe('id')
    }
  })

  it.each(ID_ROUTES)('answers alike at %s %s, missing or another org’s (X1)', async (...route) => {
    const [method, path, kind] = route
    const other = await world.createOrg('Other')
    const { body: endpoint } = await world.createEndpoint({}, { key: other.key })
    const { body: event } = await world.send({}, {}, { key: other.key })
    const all = { filter: {} }
    const { body: replay } = await world.call('POST', '/v1/webhook_replays', all, {
      key: other.key,
    })
    const ids = {
      endpoint: endpoint.id,
      event: event.id,
      delivery: event.deliveries[0].id,
      replay: replay.id,
    }
    const answers = []
    for (const id of [ids[kind], NOWHERE]) {
      const headers = { 'X-Request-Id': '00000000-0000-4000-8000-000000000000' }
      const answer = await callRoute(method, path.replace(':id', id), { headers })
      expect(answer.status).toBe(404)
      expectProblem(answer, 'not_found')
      answers.push([JSON.stringify(answer.body), [...answer.headers]])
    }
    expect(answers[0]).toEqual(answers[1])
    const own = { key: other.key }
    const after = await world.call('GET', `/v1/webhook_endpoints/${endpoint.id}`, undefined, own)
    const { signing_secret: _shown, ...before } = endpoint
    expect(after.body).toEqual(before)
  })

  it('is found in capitals too', async () => {
    const { body } = await world.createEndpoint()
    const path = `/v1/webhook_endpoints/${body.id.toUpperCase()}`
    expect((await world.call('GET', path)).body.id).toBe(body.id)
  })
})

const BODY_ROUTES = [
  ['POST', '/v1/webhook_endpoints'],
  ['PATCH', `/v1/webhook_endpoints/${NOWHERE}`],
  ['POST', `/v1/webhook_endpoints/${NOWHERE}/rotate_secret`],
  ['POST', '/v1/events'],
  ['POST', '/v1/events/batch'],
  ['POST', '/v1/webhook_replays'],
  ['PATCH', `/v1/webhook_replays/${NOWHERE}`],
  ['POST', `/v1/webhook_replays/${NOWHERE}/pause`],
  ['POST', `/v1/webhook_deliveries/${NOWHERE}/redeliver`],
  ['DELETE', `/v1/webhook_endpoints/${NOWHERE}`],
] as const

describe.each(BODY_ROUTES)('the body of %s %s', (method, path) => {
  it.each([
    undefined,
    'text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'application/json, text/plain',
    'application/json; charset=utf-16',
    'garbage',
  ])('is a 415 as %s', async (type) => {
    const body = new TextEncoder().encode('{}')
    const Authorization = `Bearer ${world.key}`
    const headers = { Authorization, ...(type !== undefined && { 'Content-Type': type }) }
    const response = await world.fetch(path, { method, body, headers })
    expect(response.status).toBe(415)
    const answer = { status: 415, headers: response.headers, body: await response.json() }
    expectProblem(answer, 'unsupported_media_type')
  })

  it.each(['gzip', 'br', 'identity, deflate'])(
    'is a 415 with the Content-Encoding %s, which it names',
    async (encoding) => {
      const answer = await world.call(method, path, '{}', {
        headers: { 'Content-Encoding': encoding },
      })
      expect(answer.status).toBe(415)
      expectProblem(answer, 'unsupported_media_type')
      expect(answer.body.error).toContain(encoding)
    },
  )

  it.each(['{', '{"a":1,"a":2}', '{"a":"\\ud800"}', '{"a":1}}', "{'a':1}", '[1,]', '\u{FEFF}{}'])(
    'is a 400 as %s (I3)',
    async (text) => {
      const answer = await world.call(method, path, text)
      expectProblem(answer, 'invalid_json')
      expect(answer.status).toBe(400)
    },
  )

  it('is a 413 when it is too large, with and without Content-Length (I4)', async () => {
    const text = `{"x":"${'x'.repeat(1024 * 1024)}"}`
    const length = { 'Content-Length': String(text.length) }
    for (const headers of [{}, length]) {
      const answer = await world.call(method, path, text, { headers })
      expect(answer.status).toBe(413)
      expectProblem(answer, 'payload_too_large')
    }
  })

  it('is a 400 or 404, and never a 5xx, when there is none (I3)', async () => {
    for (const type of [undefined, 'application/json', 'text/plain']) {
      const Authorization = `Bearer ${world.key}`
      const headers = { Authorization, ...(type !== undefined && { 'Content-Type': type }) }
      const { status } = await world.fetch(path, { method, headers })
      expect([400, 404]).toContain(status)
    }
  })
})

describe('application/json', () => {
  it.each([
    'application/json; charset=utf-8',
    'application/json ; charset=utf-8',
    'application/json;',
    'Application/JSON',
    'application/json; charset="UTF-8"; q=1',
    'application/cloudevents+json',
    'application/x+json;',
  ])('may be spelled %s', async (type) => {
    const body = { type: 'call.busy', call: { id: CALL_ID } }
    const headers = { 'Content-Type': type }
    expect((await world.call('POST', '/v1/events', body, { headers })).status).toBe(202)
    const { body: endpoint } = await world.createEndpoint({}, { headers })
    const path = `/v1/webhook_endpoints/${endpoint.id}`
    expect((await world.call('PATCH', path, { description: 'x' }, { headers })).status).toBe(200)
    expect((await world.call('POST', `${path}/rotate_secret`, {}, { headers })).status).toBe(200)
  })
})

describe('a fault of ours', () => {
  it('is a 503 with Retry-After when the database sheds load, and stores nothing', async () => {
    const real = world.db
    world.db = new Proxy(real, {
      get: (target, name) =>
        name === 'batch'
          ? () => Promise.reject(new Error('D1_ERROR: D1 DB is overloaded.'))
          : Reflect.get(target, name).bind(target),
    })
    const answer = await world.send()
    expect(answer.status).toBe(503)
    expectProblem(answer, 'unavailable')
    expect(answer.headers.get('Retry-After')).toBe('2')
  })

  it('is a 500 without internals when it was not foreseen', async () => {
    world.db = new Proxy(world.db, {
      get: (target, name) =>
        name === 'batch'
          ? () => Promise.reject(new Error('D1_ERROR: no such column: secret_thing'))
          : Reflect.get(target, name).bind(target),
    })
    const answer = await world.send()
    expect(answer.status).toBe(500)
    expectProblem(answer, 'internal_error')
    expect(JSON.stringify(answer.body)).not.toContain('secret_thing')
  })
})
