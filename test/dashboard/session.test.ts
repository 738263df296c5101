// Signing in, staying in, and being let out.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { meter } from '../db/counter.ts'
import { World } from '../world.ts'
import { ORIGIN, Visitor } from './visitor.ts'

const HOUR = 3_600_000

let world: World
beforeEach(async () => {
  world = await World.create()
})

describe('signing in', () => {
  it('opens the overview with a key of the organization', async () => {
    const page = await new Visitor(world).signIn(world.key)
    expect(page.status).toBe(200)
    expect(page.text).toContain('<h1>Overview</h1>')
    expect(page.text).toContain('Acme')
  })

  it('opens it with a slash at the end, too', async () => {
    const visitor = await Visitor.signedIn(world)
    expect((await visitor.get('/')).text).toContain('<h1>Overview</h1>')
  })

  it('keeps a cookie that scripts, other sites and plain connections do not get', async () => {
    const response = await new Visitor(world).send('/sign-in', { key: world.key })
    const cookie = response.headers.get('Set-Cookie') ?? ''
    expect(cookie).toMatch(/; HttpOnly/)
    expect(cookie).toMatch(/; Secure/)
    expect(cookie).toMatch(/; SameSite=Strict/)
    expect(cookie).toMatch(/^__Host-callingbox_session=[0-9a-f-]{36}\.[A-Za-z0-9_-]{43};/)
    expect(cookie).toMatch(/; Path=\/;/)
    expect(cookie).not.toMatch(/; Domain/)
    expect(cookie).toMatch(/Max-Age=43200/)
  })

  it('puts neither the key nor its public id into the cookie in plain text (X3)', async () => {
    const visitor = await Visitor.signedIn(world)
    expect(visitor.cookie).not.toContain(world.key.slice(8, 16))
    expect(atobAll(visitor.cookie)).not.toContain(world.key.slice(8, 16))
  })

  it.each(['', 'nonsense', 'sk_live_0000000000000000000000000000000000000000000000000000000000'])(
    'answers the same for what is no key: %j',
    async (key) => {
      const page = await new Visitor(world).signIn(key)
      expect(page.status).toBe(401)
      expect(page.text).toContain('This is not a valid API key.')
    },
  )

  it('answers a revoked key as it does an unknown one', async () => {
    await revoke(world.key)
    const page = await new Visitor(world).signIn(world.key)
    expect(page.status).toBe(401)
    expect(page.text).toContain('This is not a valid API key.')
  })

  it('leads on to the page that was asked for', async () => {
    const visitor = new Visitor(world)
    const asked = await visitor.request('/deliveries?status=pending')
    const location = asked.headers.get('Location') ?? ''
    expect(location).toBe('/dashboard/sign-in?next=%2Fdashboard%2Fdeliveries%3Fstatus%3Dpending')
    const next = new URL(location, ORIGIN).searchParams.get('next') ?? ''
    const page = await visitor.signIn(world.key, { next })
    expect(page.path).toBe('/deliveries?status=pending')
  })

  it.each(['https://evil.example', '//evil.example', '/dashboard//evil.example', '/\\evil', '/v1'])(
    'does not lead to %s',
    async (next) => {
      const response = await new Visitor(world).send('/sign-in', { key: world.key, next })
      expect(response.headers.get('Location')).toBe('/dashboard')
    },
  )
})

describe('a session', () => {
  it('ends at once when its key is revoked (X4)', async () => {
    const visitor = await Visitor.signedIn(world)
    expect((await visitor.get('/deliveries')).path).toBe('')
    await revoke(world.key)
    expect((await visitor.get('/deliveries')).path).toContain('/sign-in')
  })

  it('ends after 12 hours', async () => {
    const visitor = await Visitor.signedIn(world)
    world.clock += 12 * HOUR - 1
    expect((await visitor.get('/deliveries')).path).toBe('')
    world.clock += 1
    expect((await visitor.get('/deliveries')).path).toContain('/sign-in')
  })

  it('ends at the server when its person signs out, for every copy of its cookie', async () => {
    const visitor = await Visitor.signedIn(world)
    const { cookie } = visitor
    await visitor.post('/sign-out')
    expect(visitor.cookie).toBe('')
    visitor.cookie = cookie
    expect((await visitor.get('/deliveries')).path).toContain('/sign-in')
  })

  it('goes on when another of the same key is signed out', async () => {
    const visitor = await Visitor.signedIn(world)
    await (await Visitor.signedIn(world)).post('/sign-out')
    expect((await visitor.get('/deliveries')).path).toBe('')
  })

  it('ends when someone signs in anew in the same browser, whatever cookie was there', async () => {
    const visitor = await Visitor.signedIn(world)
    const { cookie } = visitor
    await visitor.signIn(world.key)
    expect(visitor.cookie).not.toBe(cookie)
    visitor.cookie = cookie
    expect((await visitor.get('/deliveries')).path).toContain('/sign-in')
    const planted = new Visitor(world)
    planted.cookie = `__Host-callingbox_session=${'A'.repeat(43)}`
    await planted.signIn(world.key)
    expect(planted.cookie).not.toContain('A'.repeat(43))
  })

  it('ends when the pepper changes', async () => {
    const visitor = await Visitor.signedIn(world)
    world.vars['API_KEY_PEPPER'] = 'another-pepper-of-the-tests-0123456789-0123456789'
    expect((await visitor.get('/deliveries')).path).toContain('/sign-in')
  })

  it('ends when its key expires (X4)', async () => {
    const visitor = await Visitor.signedIn(world)
    await env.DB.prepare('UPDATE api_keys SET expires_at = ?')
      .bind(world.clock + HOUR)
      .run()
    world.clock += HOUR - 1
    expect((await visitor.get('/deliveries')).path).toBe('')
    world.clock += 1
    expect((await visitor.get('/deliveries')).path).toContain('/sign-in')
  })

  it.each([
    'x',
    'A'.repeat(43),
    'A'.repeat(5000),
    '%00',
    "' OR 1=1 --",
    '0'.repeat(64),
    '\u00e9'.repeat(43),
  ])('is not opened by a made-up cookie: %j', async (token) => {
    const visitor = new Visitor(world)
    visitor.cookie = `__Host-callingbox_session=${encodeURIComponent(token)}`
    expect((await visitor.get('')).path).toContain('/sign-in')
  })

  it('is not opened by what the database stores of it (X3)', async () => {
    const visitor = await Visitor.signedIn(world)
    const { results } = await env.DB.prepare('SELECT * FROM sessions').all()
    const token = visitor.cookie.split('=')[1] ?? ''
    expect(JSON.stringify(results)).not.toContain(token)
    for (const value of Object.values(results[0] ?? {})) {
      visitor.cookie = `__Host-callingbox_session=${String(value)}`
      expect((await visitor.get('')).path).toContain('/sign-in')
    }
  })

  it('is not opened by a cookie that was tampered with', async () => {
    const visitor = await Visitor.signedIn(world)
    visitor.cookie = visitor.cookie.slice(0, -2) + (visitor.cookie.endsWith('AA') ? 'BB' : 'AA')
    expect((await visitor.get('')).path).toContain('/sign-in')
  })

  it('costs no call to the database without a cookie, and one with it', async () => {
    const visitor = await Visitor.signedIn(world)
    const { db, cost } = meter(env.DB)
    world.db = db
    await new Visitor(world).request('/deliveries')
    expect(cost.trips).toBe(0)
    await visitor.request('/endpoints/new')
    expect(cost).toEqual({ trips: 1, read: 3, written: 0 })
  })

  it('is kept until its time is over, and goes when another one begins', async () => {
    await Visitor.signedIn(world)
    world.clock += 12 * HOUR - 1
    await Visitor.signedIn(world)
    expect(await countSessions()).toBe(2)
    world.clock += 1
    await Visitor.signedIn(world)
    expect(await countSessions()).toBe(2)
  })

  it('takes no more than ten of a heap of expired ones with it', async () => {
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
       INSERT INTO sessions SELECT 'd' || i, 'k', 0, i FROM n`,
    ).run()
    await Visitor.signedIn(world)
    expect(await countSessions()).toBe(2500 - 10 + 1)
  })

  it('is found again by a click on another site, which comes without the cookie', async () => {
    const click = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-User': '?1' }
    const first = await new Visitor(world).request('/deliveries', { headers: click })
    expect(first.headers.get('Refresh')).toBe('0')
    expect(await first.text()).not.toContain('<body')
    const refreshed = { 'Sec-Fetch-Site': 'cross-site' }
    const second = await new Visitor(world).request('/deliveries', { headers: refreshed })
    expect(second.headers.get('Location')).toContain('/dashboard/sign-in')
  })
})

describe('every page', () => {
  it('allows nothing to run or load but the Worker’s own files', async () => {
    const visitor = await Visitor.signedIn(world)
    const { headers } = await visitor.get('/deliveries')
    expect(headers.get('Content-Security-Policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    )
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(headers.get('Cache-Control')).toBe('no-store')
  })

  it('has no inline script, style or handler', async () => {
    const visitor = await Visitor.signedIn(world)
    await world.createEndpoint()
    const id = await world.deliver()
    for (const path of ['', '/deliveries', `/deliveries/${id}`, '/endpoints', '/settings']) {
      const { status, text } = await visitor.get(path)
      expect(status).toBe(200)
      expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle="|\son\w+="/)
    }
  })

  it('links its files under names that change with their content, kept for a year', async () => {
    const visitor = new Visitor(world)
    const { text } = await visitor.get('/sign-in')
    const urls = [...text.matchAll(/\/dashboard(\/assets\/[\w.-]+-[0-9a-f]{8}\.(?:css|js))/g)]
    expect(urls).toHaveLength(3)
    for (const [, path = ''] of urls) {
      const response = await visitor.request(path)
      expect(response.status).toBe(200)
      expect(response.headers.get('Cache-Control')).toContain('immutable')
    }
  })
})

async function countSessions(): Promise<number | null> {
  return env.DB.prepare('SELECT count(*) AS n FROM sessions').first('n')
}

async function revoke(key: string): Promise<void> {
  const engine = await world.engine()
  await engine.store.catalog.$client
    .prepare('UPDATE api_keys SET revoked_at = 1 WHERE public_id = ?')
    .bind(key.slice(8, 16))
    .run()
}

function atobAll(cookie: string): string {
  return cookie
    .split(/[=.]/)
    .map((part) => {
      try {
        return atob(part.replaceAll('-', '+').replaceAll('_', '/'))
      } catch {
        return ''
      }
    })
    .join('')
}
