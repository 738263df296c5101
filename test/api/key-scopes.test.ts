// What a key's scopes let do on the API, route by route, and that no key hands on more than it has.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { SCOPES, type Scope } from '../../src/account/scopes.ts'
import { createApp } from '../../src/api/app.ts'
import { ROUTE_SCOPES } from '../../src/api/http/key-scopes.ts'
import { World, type Json } from '../world.ts'
import { makeLimitedKey } from './limited-key.ts'

const AN_ID = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001'

let world: World
beforeEach(async () => {
  world = await World.create()
})

const app = createApp(() => world.engine())
const served = app.routes.filter(({ method, path }) => method !== 'ALL' && path.startsWith('/v1'))
const routes = [...new Set(served.map(({ method, path }) => `${method} ${path}`))]

/** A key with these scopes. */
const keyOf = (scopes: string[]) => makeLimitedKey(world, scopes)

/** One for each way to have a scope too few or enough: each alone, and all but each. */
const SETS: Scope[][] = SCOPES.flatMap((one) => [[one], SCOPES.filter((other) => other !== one)])

function isEnough(route: string, scopes: Scope[]): boolean {
  const taken = ROUTE_SCOPES[route] ?? 'manage'
  if (taken !== 'by members') return scopes.includes(taken)
  return scopes.includes('operate') || scopes.includes('manage')
}

describe('the table of scopes', () => {
  it('has each route of /v1, and no other', () => {
    expect(Object.keys(ROUTE_SCOPES).toSorted()).toEqual(routes.toSorted())
  })

  it('is what the document says of each operation', async () => {
    const { body: document } = await world.call('GET', '/openapi.json', undefined, { key: '' })
    for (const route of routes) {
      const [method = '', path = ''] = route.split(' ')
      const operation = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')][method.toLowerCase()]
      const told = operation.security.map(({ apiKey }: Json) => apiKey[0])
      const taken = ROUTE_SCOPES[route]
      expect({ route, told }).toEqual({
        route,
        told: taken === 'by members' ? ['manage', 'operate'] : [taken],
      })
    }
  })
})

describe.each(routes)('%s', (route) => {
  const [method = '', path = ''] = route.split(' ')
  const filled = path.replace(':id', AN_ID)

  it.each(SETS)(
    'lets in who has its scope, and refuses others before the body is read',
    async (...scopes) => {
      const key = await keyOf(scopes)
      const body = method === 'GET' ? undefined : '{"not":'
      const { status, body: answer, headers } = await world.call(method, filled, body, { key })
      expect({ scopes, isRefused: status === 403 }).toEqual({
        scopes,
        isRefused: !isEnough(route, scopes),
      })
      if (status !== 403) return
      const wanted =
        ROUTE_SCOPES[route] === 'by members' ? '"manage" or "operate"' : `"${ROUTE_SCOPES[route]}"`
      expect(answer.code).toBe('insufficient_scope')
      expect(answer.error).toBe(
        `This takes a key with the scope ${wanted}. Yours has: ${scopes.join(', ')}.`,
      )
      expect(headers.get('WWW-Authenticate')).toContain('error="insufficient_scope"')
    },
  )
})

describe('a scope', () => {
  it('is judged for HEAD as for GET', async () => {
    const headers = { Authorization: `Bearer ${await keyOf(['send'])}` }
    const { status } = await world.fetch('/v1/events', { method: 'HEAD', headers })
    expect(status).toBe(403)
  })

  it('refuses nobody a 404 or a 405', async () => {
    const key = await keyOf(['send'])
    expect((await world.call('GET', '/v1/nothing', undefined, { key })).status).toBe(404)
    expect((await world.call('PUT', '/v1/events', undefined, { key })).status).toBe(405)
  })

  it('tells a revoked key nothing of what it had (X4)', async () => {
    const key = await keyOf(['send'])
    const list = () => world.call('GET', '/v1/events', undefined, { key })
    expect((await list()).status).toBe(403)
    expect((await world.send({}, {}, { key })).status).toBe(202)
    const { body } = await world.call('GET', '/v1/api_keys')
    const { id } = body.data.find(({ name }: Json) => name === 'limited')
    await world.call('DELETE', `/v1/api_keys/${id}`)
    expect((await list()).status).toBe(401)
  })

  it('is all that old keys have, and new ones that say nothing', async () => {
    const { body } = await world.call('GET', '/v1/api_keys')
    expect(body.data.map(({ scopes }: Json) => scopes)).toEqual([[...SCOPES]])
    const rows = await env.DB.prepare('SELECT scopes FROM api_keys').all()
    expect(rows.results.map(({ scopes }) => scopes)).toEqual([null])
  })

  it.each([
    [[], 'scopes: must not be empty: name some of'],
    [['all'], 'scopes.0: must be one of'],
    [['read', 'write'], 'scopes.1: must be one of'],
    [['READ'], 'scopes.0: must be one of'],
    ['read', 'scopes: must be a list of scopes:'],
    [{}, 'scopes: must be a list of scopes:'],
    [[null], 'scopes.0: must be one of'],
  ])('is one of four words: %j makes no key', async (scopes, fault) => {
    const answers = [
      await world.call('POST', '/v1/api_keys', { name: 'x', scopes }),
      await world.call(
        'POST',
        `/admin/orgs/${world.orgId}/api_keys`,
        { name: 'x', scopes },
        { key: env.ADMIN_TOKEN },
      ),
    ]
    for (const { status, body } of answers) {
      expect({ status, error: body.error }).toEqual({
        status: 400,
        error: `${fault} send, read, operate, manage`,
      })
    }
    expect((await world.call('GET', '/v1/api_keys')).body.data).toHaveLength(1)
  })
})

describe('PATCH of an endpoint', () => {
  const BODIES: [body: Json, scope: Scope][] = [
    [{ status: 'disabled' }, 'operate'],
    [{ status: 'enabled' }, 'operate'],
    [{ description: 'x' }, 'manage'],
    [{ status: 'disabled', description: 'x' }, 'manage'],
    [{ status: 'disabled', url: 'https://receiver.example/other' }, 'manage'],
    [{}, 'manage'],
    // Not valid, but whoever may not ask is not told so.
    [{ status: 5 }, 'operate'],
    [{ status: 'disabled', nothing: 1 }, 'manage'],
    [[], 'manage'],
    ['"status"', 'manage'],
    ['null', 'manage'],
  ]

  it.each(BODIES)('%j takes %s', async (body, scope) => {
    const { id } = (await world.createEndpoint()).body
    const path = `/v1/webhook_endpoints/${id}`
    for (const one of ['operate', 'manage']) {
      const { status } = await world.call('PATCH', path, body, { key: await keyOf([one]) })
      expect({ one, isRefused: status === 403 }).toEqual({ one, isRefused: one !== scope })
    }
  })
})

describe('another URL', () => {
  it.each(['redeliver', 'replay'])('takes manage besides operate for a %s', async (what) => {
    await world.createEndpoint()
    const id = await world.deliver()
    await world.drain()
    const path =
      what === 'replay' ? '/v1/webhook_replays' : `/v1/webhook_deliveries/${id}/redeliver`
    const filter = what === 'replay' && { filter: {} }
    const url = 'https://elsewhere.example/hooks'
    const ask = async (scopes: string[], more: Json) =>
      (await world.call('POST', path, { ...filter, ...more }, { key: await keyOf(scopes) })).status
    const received = world.receiver.received.length
    expect(await ask(['operate'], { url })).toBe(403)
    expect(await ask(['manage'], { url })).toBe(403)
    expect(await ask(['operate'], { url: 5 })).toBe(403)
    await world.drain()
    expect(world.receiver.received).toHaveLength(received)
    expect(await ask(['operate', 'manage'], { url })).toBeLessThan(300)
    expect(await ask(['operate'], {})).toBeLessThan(300)
  })
})
