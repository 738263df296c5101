// Signing in, staying in, and being let out.
import { beforeEach, describe, expect, it } from 'vitest'
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
    expect(cookie).toMatch(/; Path=\/dashboard/)
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

  it('ends when its person signs out', async () => {
    const visitor = await Visitor.signedIn(world)
    const { cookie } = visitor
    await visitor.post('/sign-out')
    expect(visitor.cookie).toBe('')
    expect(cookie).not.toBe('')
    expect((await visitor.get('')).path).toContain('/sign-in')
  })

  it('is not opened by a cookie that was tampered with', async () => {
    const visitor = await Visitor.signedIn(world)
    visitor.cookie = visitor.cookie.slice(0, -2) + (visitor.cookie.endsWith('AA') ? 'BB' : 'AA')
    expect((await visitor.get('')).path).toContain('/sign-in')
  })

  it('is not opened by a signing secret’s sealed text', async () => {
    const engine = await world.engine()
    const place = { orgId: world.orgId, ownerId: world.orgId, secretId: 'x' }
    const visitor = new Visitor(world)
    const sealed = await engine.vault.seal('{"keyId":"x","expiresAt":9e15}', place)
    visitor.cookie = `callingbox_session=${sealed}`
    expect((await visitor.get('')).path).toContain('/sign-in')
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

  it('makes htmx leave the page instead of putting the sign-in form into it', async () => {
    const response = await new Visitor(world).request('/deliveries/live', {
      headers: { 'HX-Request': 'true' },
    })
    expect(response.headers.get('HX-Redirect')).toContain('/dashboard/sign-in')
  })
})

describe('a change', () => {
  it.each([
    { from: 'another site', headers: { Origin: 'https://evil.example' } },
    { from: 'a sandboxed frame', headers: { Origin: 'null' } },
    { from: 'a sibling site', headers: { Origin: '', 'Sec-Fetch-Site': 'same-site' } },
    { from: 'nowhere', headers: { Origin: '' } },
  ])('is refused from $from', async ({ headers }) => {
    await world.createEndpoint()
    const id = await world.deliver()
    const visitor = await Visitor.signedIn(world)
    const response = await visitor.send(`/deliveries/${id}/redeliver`, {}, headers)
    expect(response.status).toBe(403)
    expect((await world.delivery(id)).manual_retry_count).toBe(0)
  })

  it('is refused from another site without a content type, too', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const visitor = await Visitor.signedIn(world)
    const headers = { Origin: 'https://evil.example' }
    const response = await visitor.request(`/deliveries/${id}/redeliver`, {
      method: 'POST',
      headers,
    })
    expect(response.status).toBe(403)
  })

  it('is never made by a link', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const visitor = await Visitor.signedIn(world)
    expect((await visitor.get(`/deliveries/${id}/redeliver`)).status).toBe(404)
    expect((await world.delivery(id)).manual_retry_count).toBe(0)
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

async function revoke(key: string): Promise<void> {
  const engine = await world.engine()
  await engine.db.$client
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
