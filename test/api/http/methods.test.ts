// Which methods a path has: 405 and Allow come from the table that requests are routed by.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../../world.ts'
import { expectProblem } from './shapes.ts'

const NOWHERE = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0000'

let world: World
beforeEach(async () => {
  world = await World.create()
})

describe('a method that a path does not have', () => {
  it.each([
    ['PUT', '/v1/webhook_endpoints', 'GET, HEAD, POST'],
    ['POST', `/v1/webhook_endpoints/${NOWHERE}`, 'DELETE, GET, HEAD, PATCH'],
    ['GET', `/v1/webhook_endpoints/${NOWHERE}/rotate_secret`, 'POST'],
    ['DELETE', '/v1/webhook_deliveries', 'GET, HEAD'],
    ['PATCH', `/v1/webhook_deliveries/${NOWHERE}`, 'GET, HEAD'],
    ['GET', `/v1/webhook_deliveries/${NOWHERE}/redeliver`, 'POST'],
    ['DELETE', '/v1/events', 'GET, HEAD, POST'],
    ['GET', '/v1/events/batch', 'POST'],
    ['HEAD', '/v1/events/batch', 'POST'],
    ['DELETE', '/v1/events/batch', 'POST'],
    ['DELETE', `/v1/events/${NOWHERE}`, 'GET, HEAD'],
    ['OPTIONS', '/v1/webhook_endpoints', 'GET, HEAD, POST'],
    ['QUERY', '/v1/webhook_deliveries', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['POST', '/openapi.json', 'GET, HEAD'],
  ])('is a 405 for %s %s, which allows %s', async (method, path, allowed) => {
    const headers = { Authorization: `Bearer ${world.key}` }
    const response = await world.fetch(path, { method, headers })
    expect(response.status).toBe(405)
    expect(response.headers.get('Allow')).toBe(allowed)
    const text = await response.text()
    expect(text === '' ? 'HEAD' : JSON.parse(text).code).toBe(
      method === 'HEAD' ? 'HEAD' : 'method_not_allowed',
    )
  })

  it('is told of the operator’s paths to the operator alone', async () => {
    const path = `/admin/orgs/${world.orgId}/api_keys/${NOWHERE}/revoke`
    const admin = { key: env.ADMIN_TOKEN }
    for (const method of ['GET', 'PUT', 'OPTIONS', 'DELETE']) {
      const answer = await world.call(method, path, undefined, admin)
      expectProblem(answer, 'method_not_allowed')
      expect(answer.headers.get('Allow')).toBe('POST')
      expectProblem(await world.call(method, path), 'invalid_api_key')
    }
  })

  it('is everything that Allow does not list, on every path that the document has', async () => {
    const { body: document } = await world.call('GET', '/openapi.json')
    const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
    for (const [template, item] of Object.entries<object>(document.paths)) {
      const path = template.replaceAll(/\{\w+\}/g, NOWHERE)
      const key = path.startsWith('/admin') ? env.ADMIN_TOKEN : world.key
      const documented = Object.keys(item).map((name) => name.toUpperCase())
      if (documented.includes('GET')) documented.push('HEAD')
      for (const method of METHODS) {
        const response = await world.fetch(path, {
          method,
          headers: { Authorization: `Bearer ${key}` },
        })
        const isKnown = documented.includes(method)
        const allowed = isKnown ? null : documented.toSorted().join(', ')
        expect({
          method,
          path,
          isRefused: response.status === 405,
          allowed: response.headers.get('Allow'),
        }).toEqual({ method, path, isRefused: !isKnown, allowed })
      }
    }
  })

  it.each(['PUT', 'OPTIONS', 'GET'])('is a 401 without a key, as %s', async (method) => {
    for (const path of ['/v1/events', '/v1/events/batch', '/v1/nothing']) {
      expect((await world.fetch(path, { method })).status).toBe(401)
    }
  })

  it('does not include HEAD where there is GET: it answers the same, without the body', async () => {
    await world.createEndpoint()
    for (const path of ['/v1/webhook_endpoints', '/v1/webhook_deliveries?limit=1', '/healthz']) {
      const headers = { Authorization: `Bearer ${world.key}` }
      const [get, head] = [
        await world.fetch(path, { headers }),
        await world.fetch(path, { method: 'HEAD', headers }),
      ]
      expect(head.status).toBe(get.status)
      expect(head.headers.get('Content-Type')).toBe(get.headers.get('Content-Type'))
      expect(await head.text()).toBe('')
    }
  })

  it.each(['/', '/v1', '/v1/nothing', '/v1/webhook_endpoints/', '/openapi-json', '/admin'])(
    'is a 404 at %s, which does not exist',
    async (path) => {
      const admin = path === '/admin' ? { key: env.ADMIN_TOKEN } : {}
      const answer = await world.call('GET', path, undefined, admin)
      expect(answer.status).toBe(404)
      expectProblem(answer, 'not_found')
    },
  )
})
