// Members that a query may not have: refused by name on every route, as in bodies.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../../world.ts'
import { expectProblem, issuePaths } from './shapes.ts'

const NOWHERE = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0000'

let world: World
beforeEach(async () => {
  world = await World.create()
})

/** Every route of the document, with an id in the place of each variable. */
async function listRoutes(): Promise<{ method: string; path: string; query: string[] }[]> {
  const { body: document } = await world.call('GET', '/openapi.json')
  return Object.entries<Json>(document.paths).flatMap(([template, item]) =>
    Object.entries<Json>(item).map(([method, { parameters = [] }]) => ({
      method: method.toUpperCase(),
      path: template.replaceAll(/\{\w+\}/g, NOWHERE),
      query: parameters.flatMap((one: Json) => (one.in === 'query' ? [one.name] : [])),
    })),
  )
}

function call(method: string, path: string): Promise<Answered> {
  const key = path.startsWith('/admin') ? env.ADMIN_TOKEN : world.key
  return world.call(method, path, undefined, { key })
}

const UNKNOWN = [
  ['?nope=1', 'nope'],
  ['?nope', 'nope'],
  ['?Limit=1', 'Limit'],
  ['?limit%20=1', 'limit '],
  ['?limit[]=1', 'limit[]'],
  ['?__proto__=1', '__proto__'],
  ['?constructor=1', 'constructor'],
  ['?toString', 'toString'],
  ['?=1', ''],
  ['?%E0%A4%A=1', '\u{FFFD}%A'],
  ['?a%00b=1', 'a\u0000b'],
] as const

describe('a query', () => {
  it('is refused with the name of each member that the route does not have, on every route', async () => {
    const routes = await listRoutes()
    expect(routes.length).toBeGreaterThan(18)
    expect(routes.some(({ query }) => query.length > 4)).toBe(true)
    for (const { method, path } of routes) {
      const answer = await call(method, `${path}?endpointId=${NOWHERE}&eventType=call.busy`)
      expect({ method, path, paths: issuePaths(answer) }).toEqual({
        method,
        path,
        paths: ['endpointId', 'eventType'],
      })
      expectProblem(answer, 'invalid_request')
    }
  })

  it.each(UNKNOWN)('is refused as %s', async (search, name) => {
    for (const path of ['/v1/webhook_deliveries', '/v1/webhook_endpoints']) {
      const answer = await call('GET', path + search)
      expectProblem(answer, 'invalid_request')
      expect(issuePaths(answer)).toEqual([name])
    }
  })

  it('is refused when a member comes twice, equal or not', async () => {
    const path = '/v1/webhook_deliveries'
    for (const search of ['limit=1&limit=2', 'limit=1&limit=1', 'limit=1&lim%69t=1']) {
      const answer = await call('GET', `${path}?${search}`)
      expectProblem(answer, 'invalid_request')
      expect(issuePaths(answer)).toEqual(['limit'])
    }
    const both = await call('GET', `${path}?status=pending&status=pending&starting_after=x&x=1&x=2`)
    expect(issuePaths(both)).toEqual(['status', 'x'])
  })

  it('may be empty, and have empty members', async () => {
    for (const search of ['?', '?&', '?&&limit=1&', '?limit=1#x']) {
      expect((await call('GET', `/v1/webhook_deliveries${search}`)).status).toBe(200)
    }
  })

  it('changes nothing when it is refused', async () => {
    const { body } = await world.createEndpoint()
    const path = `/v1/webhook_endpoints/${body.id}`
    expect((await call('DELETE', `${path}?force=true`)).status).toBe(400)
    expect((await call('POST', `${path}/rotate_secret?overlap_seconds=60`)).status).toBe(400)
    const { signing_secret: _shown, ...before } = body
    expect(await world.endpoint(body.id)).toEqual(before)
  })

  it('is not looked at before the key: without one every path is a 401', async () => {
    expect((await world.fetch('/v1/webhook_deliveries?nope=1')).status).toBe(401)
  })

  it('lists ten faults and counts the others', async () => {
    const search = Array.from({ length: 500 }, (_, place) => `m${place}=1`).join('&')
    const answer = await call('GET', `/v1/webhook_deliveries?${search}`)
    expect(issuePaths(answer)).toEqual([...Array.from({ length: 10 }, (_, n) => `m${n}`), ''])
    expect(answer.body.issues.at(-1).message).toContain('490')
  })
})

describe('the body of a route that needs none', () => {
  let delivery: string
  let paths: [method: string, path: string, key: string][]
  beforeEach(async () => {
    const { body: endpoint } = await world.createEndpoint()
    delivery = await world.deliver()
    const admin = `/admin/orgs/${world.orgId}`
    const { body } = await world.call('GET', `${admin}/api_keys`, undefined, {
      key: env.ADMIN_TOKEN,
    })
    paths = [
      ['POST', `/v1/webhook_deliveries/${delivery}/redeliver`, world.key],
      ['DELETE', `/v1/webhook_endpoints/${endpoint.id}`, world.key],
      ['POST', `${admin}/api_keys/${body.data[0].id}/revoke`, env.ADMIN_TOKEN],
    ]
  })

  it('may be nothing, under any Content-Type, or an empty object', async () => {
    const [[method, path, key] = ['', '', '']] = paths
    for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded']) {
      const headers = { 'Content-Type': type }
      expect((await world.call(method, path, undefined, { key, headers })).status).toBe(200)
    }
    for (const [other, at, token] of paths) {
      expect((await world.call(other, at, {}, { key: token })).status).toBeLessThan(300)
    }
  })

  it('is refused with the names of its members, and nothing is done', async () => {
    for (const [method, path, key] of paths) {
      const answer = await world.call(method, path, { target: 'https://a.example', x: 1 }, { key })
      expectProblem(answer, 'invalid_request')
      expect(issuePaths(answer)).toEqual(['target', 'x'])
    }
    expect((await world.call('GET', '/v1/webhook_endpoints')).body.data).toHaveLength(1)
    const { body } = await world.call('GET', '/v1/webhook_deliveries')
    expect(body.data[0].manual_retry_count).toBe(0)
  })

  it.each(['null', '[]', '0', '"x"', 'true'])('is refused as %s', async (text) => {
    for (const [method, path, key] of paths) {
      expect(issuePaths(await world.call(method, path, text, { key }))).toEqual([''])
    }
  })
})

describe('a PATCH without a body', () => {
  it('is a 400 that says so, and one of {} is not', async () => {
    const { body } = await world.createEndpoint()
    const path = `/v1/webhook_endpoints/${body.id}`
    expect(issuePaths(await world.call('PATCH', path))).toEqual([''])
    const headers = { 'Content-Type': 'application/json' }
    expect(issuePaths(await world.call('PATCH', path, undefined, { headers }))).toEqual([''])
    expect((await world.call('PATCH', path, {})).status).toBe(200)
  })
})
