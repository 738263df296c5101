// What whoever came by a portal link may do: route by route, and page by page.
import { beforeEach, describe, expect, it } from 'vitest'
import { createDashboard } from '../../../src/dashboard/app.tsx'
import { pathBelow, SCOPE_OF } from '../../../src/dashboard/scopes.ts'
import { World } from '../../world.ts'
import { Visitor, type Page } from '../visitor.ts'
import { guest } from './guest.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
})

const routes = createDashboard(async () => (await World.create()).engine())
  .routes.filter(({ method }) => method !== 'ALL')
  .map(({ method, path }) => ({ method, path: pathBelow(path) }))
  .filter(({ path }) => !/^\/(?:assets\/.*|sign-in|sign-out|portal\/:token)$/.test(path))
  .filter((one, place, all) => all.findIndex((other) => nameOf(other) === nameOf(one)) === place)

function nameOf({ method, path }: { method: string; path: string }): string {
  return `${method} ${path}`
}

/** Ids that are there, so that nothing but the scope is in the way. */
async function furnish(): Promise<Record<string, string>> {
  const { body: endpoint } = await world.createEndpoint()
  const delivery = await world.deliver()
  const { body: replay } = await world.call('POST', '/v1/webhook_replays', { filter: {} })
  return { endpoints: endpoint.id, deliveries: delivery, replays: replay.id }
}

function fill(path: string, ids: Record<string, string>): string {
  const [, section = ''] = path.split('/')
  return path.replace(':id', ids[section] ?? '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001')
}

describe('the table of scopes', () => {
  it('has each route that takes a session, and no other', () => {
    expect(Object.keys(SCOPE_OF).toSorted()).toEqual(routes.map(nameOf).toSorted())
  })
})

describe.each(routes)('$method /dashboard$path', (route) => {
  const name = nameOf(route)
  const taken = SCOPE_OF[name]

  async function ask(visitor: Visitor, suffix = '', fields = {}): Promise<Response> {
    const path = fill(route.path, await furnish()) + suffix
    return route.method === 'GET' ? visitor.request(path) : visitor.send(path, fields)
  }

  it.each([[['read']], [['read', 'operate']]])(
    'is refused who has %j and not its scope',
    async (scopes) => {
      const visitor = await guest(world, scopes)
      for (const suffix of ['', '/']) {
        const response = await ask(visitor, suffix, { status: 'disabled' })
        const isRefused = taken === 'by status' || !scopes.includes(taken ?? 'manage')
        expect(response.status === 403).toBe(isRefused)
        const text = await response.text()
        expect(text.includes('The link that you came by')).toBe(isRefused)
        expect(response.status).toBeLessThan(500)
      }
    },
  )

  it('is never refused who has come by a key', async () => {
    const response = await ask(await Visitor.signedIn(world), '', { status: 'enabled' })
    expect(response.status).not.toBe(403)
  })
})

/** Of those by which somebody can sign in. */
const SETS: string[][] = [['manage'], ['send', 'read', 'operate'], ['operate', 'manage']]

/** A key with these scopes. */
async function keyOf(scopes: string[], more = {}): Promise<string> {
  const asked = { name: 'limited', scopes, ...more }
  return (await world.call('POST', '/v1/api_keys', asked)).body.key
}

describe.each(routes)('$method /dashboard$path, by a key', (route) => {
  const name = nameOf(route)

  it.each(SETS)('takes its scope: %s', async (...scopes) => {
    const visitor = await Visitor.signedIn(world, await keyOf(scopes))
    const path = fill(route.path, {})
    const fields = { status: 'disabled' }
    const response =
      route.method === 'GET'
        ? await visitor.request(`${path}${name.endsWith('status') ? '?status=disabled' : ''}`)
        : await visitor.send(path, fields)
    const taken = SCOPE_OF[name] === 'by status' ? 'operate' : (SCOPE_OF[name] ?? 'manage')
    const isRefused = !scopes.includes(taken)
    const isLedOn = name === 'GET /' && scopes.includes('manage')
    const refusal = `It takes one with the scope “${taken}”; yours has: ${scopes.join(', ')}.`
    const isTold = (await response.text()).includes(refusal)
    const isAtSettings = response.headers.get('Location') === '/dashboard/settings'
    expect({ name, scopes, isTold, is403: response.status === 403 }).toEqual({
      name,
      scopes,
      isTold: isRefused && !isLedOn,
      is403: isRefused && !isLedOn,
    })
    expect(isAtSettings && name === 'GET /').toBe(isRefused && isLedOn)
  })
})

describe('a key that lets nobody look', () => {
  it.each([[['send']], [['operate']], [['send', 'operate']]])(
    'signs nobody in: %j',
    async (scopes) => {
      const visitor = new Visitor(world)
      const page = await visitor.signIn(await keyOf(scopes))
      expect({ status: page.status, cookie: visitor.cookie }).toEqual({ status: 401, cookie: '' })
      expect(page.text).toContain('This key lets nobody look at the dashboard.')
    },
  )
})

describe('a key made in the settings', () => {
  const made = /<pre id="new-key"[^>]*>(sk_live_\w+)<\/pre>/

  it('has what was ticked, and no more', async () => {
    const visitor = await Visitor.signedIn(world)
    const page = await visitor.post('/settings/keys', { name: 'CI', scopes: ['send', 'read'] })
    const key = made.exec(page.text)?.[1] ?? ''
    expect((await world.send({}, {}, { key })).status).toBe(202)
    expect((await world.createEndpoint({}, { key })).status).toBe(403)
  })

  it('is not made where nothing is ticked, and what was typed stays', async () => {
    const visitor = await Visitor.signedIn(world)
    const page = await visitor.post('/settings/keys', { name: 'Typed name', mode: 'test' })
    expect({ status: page.status, isMade: made.test(page.text) }).toEqual({
      status: 400,
      isMade: false,
    })
    expect(page.text).toContain('Tick what the key may do: at least one.')
    expect(page.text).toContain('value="Typed name"')
    expect(page.text).not.toMatch(/name="scopes"[^>]*checked/)
  })

  it('has no more scope and no longer life than the key of the session', async () => {
    const end = new Date(world.clock + 86_400_000).toISOString()
    const visitor = await Visitor.signedIn(world, await keyOf(['manage'], { expires_at: end }))
    const { text } = await visitor.get('/settings')
    expect([...text.matchAll(/name="scopes" value="(\w+)"/g)].map(([, scope]) => scope)).toEqual([
      'manage',
    ])
    const beyond = await visitor.post('/settings/keys', { name: 'x', scopes: ['manage', 'send'] })
    expect(beyond.status).toBe(403)
    const longer = await visitor.post('/settings/keys', { name: 'x', scopes: 'manage', days: '30' })
    expect(longer.status).toBe(400)
    const page = await visitor.post('/settings/keys', { name: 'within', scopes: 'manage' })
    expect(made.test(page.text)).toBe(true)
    const { body } = await world.call('GET', '/v1/api_keys')
    const within = body.data.filter(({ name }: { name: string }) => name === 'within')
    expect(within.map((key: { expires_at: string }) => key.expires_at)).toEqual([
      end.replace('.000Z', 'Z'),
    ])
    expect(body.data).toHaveLength(3)
  })
})

describe('a form that is sent twice', () => {
  it('makes one key, and another one for another life is refused', async () => {
    const visitor = await Visitor.signedIn(world)
    const token = crypto.randomUUID()
    const typed = { name: 'CI', scopes: 'read', token }
    expect((await visitor.post('/settings/keys', { ...typed, days: '' })).status).toBe(200)
    expect((await visitor.post('/settings/keys', { ...typed, days: '30' })).status).toBe(409)
    expect((await world.call('GET', '/v1/api_keys')).body.data).toHaveLength(2)
  })
})

describe('whoever operates', () => {
  it('enables an endpoint, and does not disable it', async () => {
    const { endpoints: id } = await furnish()
    const visitor = await guest(world, ['read', 'operate'])
    const path = `/endpoints/${id}/status`
    expect((await visitor.send(path, { status: 'disabled' })).status).toBe(403)
    for (const status of [
      ['disabled', 'enabled'],
      ['enabled', 'disabled'],
    ]) {
      await visitor.send(path, { status })
      expect(await world.endpoint(id ?? '')).toMatchObject({ status: 'enabled' })
    }
    expect(await world.endpoint(id ?? '')).toMatchObject({ status: 'enabled' })
    await world.call('PATCH', `/v1/webhook_endpoints/${id}`, { status: 'disabled' })
    await visitor.post(path, { status: 'enabled' })
    expect(await world.endpoint(id ?? '')).toMatchObject({ status: 'enabled' })
  })
})

/** What a page offers: where its forms go, and its links to what asks first. */
function offersOf({ text }: Page): string[] {
  const found = text.matchAll(
    /(?:action|formaction)="\/dashboard([^"?]*)"|href="\/dashboard([^"?#]*)/g,
  )
  return [...found].flatMap(([, action, href]) => [action ?? href ?? ''])
}

/** The route of an address. */
function patternOf(path: string): string {
  return path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, ':id') || '/'
}

describe('pages', () => {
  it.each([[['read']], [['read', 'operate']]])(
    'offer %j nothing that is refused them',
    async (scopes) => {
      const ids = await furnish()
      const disabled = await world.createEndpoint({ url: 'https://off.example/' })
      await world.call('PATCH', `/v1/webhook_endpoints/${disabled.body.id}`, { status: 'disabled' })
      await world.drain()
      const visitor = await guest(world, scopes)
      const pages = routes
        .filter(({ method }) => method === 'GET')
        .filter((route) => scopes.includes(String(SCOPE_OF[nameOf(route)])))
        .map(({ path }) => fill(path, ids))
      expect(pages.length).toBeGreaterThan(5)
      for (const path of [...pages, `/endpoints/${disabled.body.id}`]) {
        const page = await visitor.get(path)
        const refused = offersOf(page).filter((offered) => {
          if (/^\/(?:assets|sign-out)/.test(offered)) return false
          const all = [`GET ${patternOf(offered)}`, `POST ${patternOf(offered)}`]
          const known = all.flatMap((name) => SCOPE_OF[name] ?? [])
          const isOpen = known.some((taken) =>
            taken === 'by status' ? scopes.includes('operate') : scopes.includes(taken),
          )
          return !isOpen
        })
        expect([path, refused]).toEqual([path, []])
      }
    },
  )

  it('show who came by a link no key and no secret, not even in part', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const id = await world.deliver()
    await world.drain()
    const { body } = await world.call('POST', `/v1/webhook_endpoints/${endpoint.id}/rotate_secret`)
    const visitor = await guest(world, ['read', 'operate'])
    for (const path of [
      '',
      '/deliveries',
      `/deliveries/${id}`,
      '/endpoints',
      `/endpoints/${endpoint.id}`,
    ]) {
      const { text } = await visitor.get(path)
      expect(text).not.toContain(world.key.slice(8, 16))
      expect(text).not.toContain(String(body.signing_secret).slice(0, 10))
    }
    const owner = await Visitor.signedIn(world)
    const shown = String(body.signing_secret).slice(0, 10)
    expect((await owner.get(`/deliveries/${id}`)).text).toContain(shown)
  })
})
