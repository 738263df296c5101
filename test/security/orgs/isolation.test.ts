// No org sees, changes or even recognizes what is another's: every route, every kind of key.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../../../src/api/app.ts'
import { World, type Answered, type Json } from '../../world.ts'
import { hear, makeListened, readAnswer } from '../../listen/ear.ts'
import { addReplay, allRows, moveHere } from './rows.ts'

/** The same for all, so that answers may be compared byte by byte. */
const REQUEST_ID = '00000000-0000-4000-8000-000000000000'
const HOUR = 3600 * 1000
const MISSING = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001'

/** What a route with an id is asked about, by the beginning of its path. */
const THINGS = [
  ['/v1/webhook_endpoints/{id}/stream', 'listened'],
  ['/v1/webhook_endpoints/{id}/answers', 'listened'],
  ['/v1/webhook_endpoints', 'endpoint'],
  ['/v1/webhook_deliveries', 'delivery'],
  ['/v1/events', 'event'],
  ['/v1/webhook_replays/{id}/resume', 'pausedReplay'],
  ['/v1/webhook_replays', 'replay'],
  ['/v1/api_keys', 'apiKey'],
] as const

/** A body that the route takes; that of an answer is made with what it answers. A route that needs one and is not here makes the matrix fail. */
const BODIES: Record<string, Json> = {
  'POST /v1/events': { type: 'call.busy', call: { id: MISSING } },
  'POST /v1/events/batch': { events: [{ type: 'call.busy', call: { id: MISSING } }] },
  'POST /v1/api_keys': { name: 'new' },
  'POST /v1/webhook_endpoints': { url: 'https://new.example/' },
  'PATCH /v1/webhook_endpoints/{id}': { description: 'changed' },
  'POST /v1/webhook_endpoints/{id}/rotate_secret': { overlap_seconds: 0 },
  'POST /v1/webhook_endpoints/{id}/test': { type: 'call.busy' },
  'POST /v1/webhook_deliveries/{id}/redeliver': { to: 'current' },
  'POST /v1/webhook_deliveries/discard': { filter: {} },
  'POST /v1/webhook_replays': { filter: {} },
  'POST /v1/portal_links': { scopes: ['read'] },
  'PATCH /v1/webhook_replays/{id}': { rate_per_second: 7 },
  'POST /admin/orgs': { name: 'New' },
  'PATCH /admin/orgs/{id}': { name: 'Another' },
  'PUT /admin/stops/{host}': { reason: 'new' },
  'POST /admin/orgs/{id}/api_keys': { name: 'new' },
  'POST /admin/orgs/{id}/rotate_default_secret': { overlap_seconds: 0 },
  'POST /admin/orgs/{id}/move': { to: 'DB' },
}

type Route = { name: string; method: string; path: string; query: string[]; takesBody: boolean }
type Ids = Record<
  'org' | 'endpoint' | 'listened' | 'event' | 'delivery' | 'replay' | 'pausedReplay' | 'apiKey',
  string
>
type Org = { key: string; ids: Ids }

/** Every route that the service has, read from the service: a new one cannot escape. */
const document = await describeService()
const routes: Route[] = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
  Object.entries<Json>(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    query: (operation.parameters ?? [])
      .filter((one: Json) => one.in === 'query' && one.schema.format === 'uuid')
      .map((one: Json) => one.name),
    takesBody: operation.requestBody !== undefined,
  })),
)
const customerRoutes = routes.filter(({ path }) => path.startsWith('/v1/'))
const operatorRoutes = routes.filter(({ path }) => path.startsWith('/admin/'))

let world: World
let own: Org
let other: Org
beforeEach(async () => {
  world = await World.create()
  own = await furnish(world.orgId, world.key)
  const second = await world.createOrg('Other')
  other = await furnish(second.orgId, second.key)
  BODIES['POST /v1/webhook_endpoints/{id}/answers'] = await hear(world, own.ids.listened, own.key)
})

async function describeService(): Promise<Json> {
  const app = createApp(async () => (await World.create()).engine())
  const response = await app.request('/openapi.json', {}, env, {
    waitUntil: () => {},
    passThroughOnException: () => {},
    props: {},
  })
  return response.json()
}

/** An org with one of everything. */
async function furnish(orgId: string, key: string): Promise<Org> {
  const options = { key }
  const { body: endpoint } = await world.createEndpoint({}, options)
  const { body: event } = await world.send({}, {}, options)
  const admin = { key: env.ADMIN_TOKEN }
  const { body } = await world.call('GET', `/admin/orgs/${orgId}/api_keys`, undefined, admin)
  const delivery = event.deliveries[0].id
  await moveHere(orgId)
  const replay = await addReplay(orgId, 'running', world.clock)
  const pausedReplay = await addReplay(orgId, 'paused', world.clock)
  const { id: listened } = await makeListened(world, {}, options)
  const others = { replay, pausedReplay, listened }
  const things = { endpoint: endpoint.id, event: event.id, delivery, ...others }
  const ids = { ...things, apiKey: body.data[0].id }
  return { key, ids: { ...ids, org: orgId } }
}

function idFor(path: string, ids: Ids): string {
  const thing = THINGS.find(([start]) => path.startsWith(start))?.[1]
  if (!thing) throw new Error(`tell THINGS whose id ${path} takes`)
  return ids[thing]
}

function withId({ path }: Route, ids: Ids): string {
  return path.replace('{id}', () => idFor(path, ids))
}

function withIds({ path }: Route, ids: Pick<Ids, 'org' | 'apiKey'>): string {
  const named = path.replace('{id}', ids.org).replace('{host}', 'receiver.example')
  return named.replace('{key_id}', ids.apiKey)
}

function call(route: Route, path: string, key: string | undefined): Promise<Answered> {
  const body = BODIES[route.name]
  if (route.takesBody && !body) throw new Error(`tell BODIES what ${route.name} takes`)
  return send(route.method, path, body, key === undefined ? {} : { Authorization: `Bearer ${key}` })
}

async function send(
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answered> {
  const response = await world.fetch(path, {
    method,
    headers: { 'X-Request-Id': REQUEST_ID, 'Content-Type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await readAnswer(response)
  return { status: response.status, headers: response.headers, body: text }
}

/** All that an answer tells, byte by byte. */
function bytesOf({ status, headers, body }: Answered): string {
  return JSON.stringify([status, [...headers], body])
}

/** Keys that are refused from now on; of the used ones the service may remember something. */
async function refusedKeys(): Promise<Record<string, string | undefined>> {
  const soon = { expires_at: new Date(world.clock + 1000).toISOString() }
  const revoked = await makeKey()
  const expired = await makeKey(soon)
  const revokedAfterUse = await makeKey()
  const expiredAfterUse = await makeKey(soon)
  for (const { key } of [revokedAfterUse, expiredAfterUse]) {
    const used = await world.call('GET', '/v1/webhook_endpoints', undefined, { key })
    expect(used.status).toBe(200)
  }
  for (const { id } of [revoked, revokedAfterUse]) {
    const path = `/admin/orgs/${world.orgId}/api_keys/${id}/revoke`
    await world.call('POST', path, undefined, { key: env.ADMIN_TOKEN })
  }
  world.clock += 2 * HOUR
  return {
    revoked: revoked.key,
    expired: expired.key,
    'revoked after it was used': revokedAfterUse.key,
    'expired after it was used': expiredAfterUse.key,
    'of a changed letter': own.key.replace(/.$/, own.key.endsWith('A') ? 'B' : 'A'),
    malformed: 'sk_live_short',
    'the operator’s': env.ADMIN_TOKEN,
    empty: '',
    none: undefined,
  }
}

async function makeKey(more: Json = {}): Promise<{ id: string; key: string }> {
  const path = `/admin/orgs/${world.orgId}/api_keys`
  const { body } = await world.call('POST', path, { name: 'x', ...more }, { key: env.ADMIN_TOKEN })
  return body
}

describe('the matrix', () => {
  it('knows every route that the service has', () => {
    const app = createApp(() => world.engine())
    const served = app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    const described = routes.map(({ name }) => name)
    expect([...new Set(served)].toSorted()).toEqual(described.toSorted())
  })

  it('has a cell for every prefix: a customer’s, the operator’s, or open to all', () => {
    const rest = routes.filter((route) => !customerRoutes.includes(route))
    const open = rest.filter((route) => !operatorRoutes.includes(route))
    expect(open.map(({ name }) => name)).toEqual(['GET /healthz', 'GET /openapi.json'])
  })
})

describe.each(customerRoutes)('$name', (route) => {
  it('answers its own org', async () => {
    const { status } = await call(route, withId(route, own.ids), own.key)
    expect(status).toBeGreaterThanOrEqual(200)
    expect(status).toBeLessThan(300)
  })

  it('shows nothing of another org', async () => {
    const { body } = await call(route, withId(route, own.ids), own.key)
    for (const id of Object.values(other.ids)) expect(body).not.toContain(id)
  })

  it('refuses every key that is not live, all alike, and nothing changes (X4)', async () => {
    const keys = await refusedKeys()
    const before = await allRows()
    const answers = await Promise.all(
      Object.values(keys).map((key) => call(route, withId(route, own.ids), key)),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401))
    expect(new Set(answers.map(bytesOf)).size).toBe(1)
    expect(await allRows()).toBe(before)
  })
})

describe.each(customerRoutes.filter(({ path }) => path.includes('{id}')))('$name', (route) => {
  it('answers another org’s id like a missing one, and nothing changes (X1)', async () => {
    const before = await allRows()
    const theirs = await call(route, withId(route, other.ids), own.key)
    const missing = await call(route, route.path.replace('{id}', MISSING), own.key)
    expect(theirs.status).toBe(404)
    expect(bytesOf(theirs)).toBe(bytesOf(missing))
    expect(await allRows()).toBe(before)
  })
})

describe.each(customerRoutes.filter(({ query }) => query.length > 0))('$name', (route) => {
  it('answers another org’s id in its query like a missing one beside it (X1, X7)', async () => {
    for (const name of route.query) {
      for (const id of Object.values(other.ids)) {
        // A cursor is a place in the order of ids: the missing one stands at the same place.
        const nearby = `${id.slice(0, -2)}fe`
        const theirs = await call(route, `${route.path}?${name}=${id}`, own.key)
        const missing = await call(route, `${route.path}?${name}=${nearby}`, own.key)
        expect(bytesOf(theirs)).toBe(bytesOf(missing))
      }
    }
  })
})

describe.each(operatorRoutes)('$name', (route) => {
  it('answers the operator', async () => {
    const { status } = await call(route, withIds(route, own.ids), env.ADMIN_TOKEN)
    expect(status).toBeGreaterThanOrEqual(200)
    expect(status).toBeLessThan(300)
  })

  it('refuses everyone else, all alike, and nothing changes', async () => {
    const before = await allRows()
    const keys = [
      own.key,
      other.key,
      `${env.ADMIN_TOKEN}x`,
      env.ADMIN_TOKEN.slice(1),
      '',
      undefined,
    ]
    const answers = await Promise.all(keys.map((key) => call(route, withIds(route, own.ids), key)))
    expect(answers.map(({ status }) => status)).toEqual(keys.map(() => 401))
    expect(new Set(answers.map(bytesOf)).size).toBe(1)
    expect(await allRows()).toBe(before)
  })

  it('is not there without an ADMIN_TOKEN', async () => {
    world.vars['ADMIN_TOKEN'] = ''
    const answers = await Promise.all(
      [own.key, env.ADMIN_TOKEN, '', undefined].map((key) =>
        call(route, withIds(route, own.ids), key),
      ),
    )
    for (const answer of answers) expect(answer.status).toBe(404)
    const nowhere = await send('GET', '/nowhere', undefined, {})
    expect(new Set([...answers, nowhere].map(({ body }) => body)).size).toBe(1)
  })
})

describe.each(operatorRoutes.filter(({ path }) => path.includes('{key_id}')))('$name', (route) => {
  it('answers another org’s key like a missing one, and nothing changes (X1)', async () => {
    const before = await allRows()
    const [theirs, missing] = await Promise.all(
      [other.ids.apiKey, MISSING].map((apiKey) =>
        call(route, withIds(route, { org: own.ids.org, apiKey }), env.ADMIN_TOKEN),
      ),
    )
    expect(theirs?.status).toBe(404)
    expect(theirs && bytesOf(theirs)).toBe(missing && bytesOf(missing))
    expect(await allRows()).toBe(before)
  })
})
