// Changes asked for by other sites, and forms as no browser sends them.
import { beforeEach, describe, expect, it } from 'vitest'
import { createDashboard } from '../../src/dashboard/app.tsx'
import { World } from '../world.ts'
import { ORIGIN, Visitor } from './visitor.ts'

const MISSING = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001'

let world: World
beforeEach(async () => {
  world = await World.create()
})

/** Requests as other sites make them, and one by who is no browser. */
const ELSEWHERE: Record<string, string>[] = [
  { Origin: 'https://evil.example' },
  { Origin: 'null' },
  { Origin: 'http://api.callingbox.example' },
  { Origin: 'https://api.callingbox.example:8443' },
  { Origin: 'https://api.callingbox.example.evil.example' },
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' },
  { 'Sec-Fetch-Site': 'none' },
  { 'Sec-Fetch-Site': 'junk' },
  { Origin: ORIGIN, 'Sec-Fetch-Site': 'cross-site' },
  { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' },
  {},
]

/** Types that a page elsewhere can send with or without asking first, and none. */
const TYPES = [
  '',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json',
  'application/octet-stream',
  'application/csp-report',
  'text/html',
  'junk',
]

async function deliver(): Promise<string> {
  await world.createEndpoint()
  return world.deliver()
}

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

  it.each(TYPES)('is refused from another site whatever its content type: %j', async (type) => {
    const id = await deliver()
    const visitor = await Visitor.signedIn(world)
    for (const elsewhere of ELSEWHERE) {
      const headers = { ...elsewhere, ...(type && { 'Content-Type': type }) }
      for (const body of ['', 'a=b', '{}']) {
        const init = { method: 'POST', headers, body: new TextEncoder().encode(body) }
        const response = await visitor.request(`/deliveries/${id}/redeliver`, init)
        expect(response.status).toBe(403)
      }
    }
    expect((await world.delivery(id)).manual_retry_count).toBe(0)
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])(
    'is refused from another site by whatever method: %s',
    async (method) => {
      const visitor = await Visitor.signedIn(world)
      const headers = { Origin: 'https://evil.example', 'Content-Type': 'application/json' }
      for (const path of ['/settings/secret/rotate', '/sign-in', '/sign-out', '/nothing']) {
        expect((await visitor.request(path, { method, headers })).status).toBe(403)
      }
      expect((await visitor.get('/settings')).path).toBe('')
    },
  )

  it('neither signs anybody in nor out from another site', async () => {
    const visitor = await Visitor.signedIn(world)
    const { cookie } = visitor
    const elsewhere = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }
    const signIn = await visitor.send('/sign-in', { key: world.key }, elsewhere)
    expect([signIn.status, signIn.headers.get('Set-Cookie')]).toEqual([403, null])
    const signOut = await visitor.send('/sign-out', {}, elsewhere)
    expect([signOut.status, signOut.headers.get('Set-Cookie')]).toEqual([403, null])
    expect(visitor.cookie).toBe(cookie)
    expect((await visitor.get('/deliveries')).path).toBe('')
  })

  it.each<Record<string, string>>([
    { Origin: ORIGIN },
    { 'Sec-Fetch-Site': 'same-origin' },
    { Origin: ORIGIN, 'Sec-Fetch-Site': 'same-origin' },
  ])('is made from a page of ours, told by %j', async (headers) => {
    const id = await deliver()
    const visitor = await Visitor.signedIn(world)
    const response = await visitor.request(`/deliveries/${id}/redeliver`, {
      method: 'POST',
      headers,
    })
    expect(response.status).toBe(303)
    expect((await world.delivery(id)).manual_retry_count).toBe(1)
  })

  it('is never made by a link', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const visitor = await Visitor.signedIn(world)
    expect((await visitor.get(`/deliveries/${id}/redeliver`)).text).toContain('Redeliver this')
    expect((await world.delivery(id)).manual_retry_count).toBe(0)
  })
})

/** A multipart body of one field, as browsers send it. */
const FIELD = '--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nvalue\r\n--x--\r\n'

const MULTIPART = 'multipart/form-data; boundary=x'

/** What is no form, by its type and its bytes. */
const BROKEN: [type: string, body: string][] = [
  [MULTIPART, ''],
  [MULTIPART, 'junk'],
  [MULTIPART, FIELD.slice(0, -6)],
  [MULTIPART, FIELD.slice(0, 40)],
  [MULTIPART, FIELD.replaceAll('--x', '--y')],
  [MULTIPART, FIELD.replace(' name="key"', '')],
  [MULTIPART, '--x\r\n\r\nvalue\r\n--x--\r\n'],
  ['multipart/form-data', FIELD],
  ['multipart/form-data; boundary=', FIELD],
  ['multipart/form-data; boundary', FIELD],
  ['multipart/form-data; charset=utf-8', FIELD],
  ['application/json', '{"key":"value"}'],
  ['text/plain', 'key=value'],
  ['junk', 'key=value'],
]

describe('a form', () => {
  const routes = createDashboard(async () => (await World.create()).engine())
    .routes.filter(({ method }) => method === 'POST')
    .map(({ path }) => path.replace('/dashboard', '').replace(':id', MISSING))

  it.each(BROKEN)('that cannot be read is a 400 everywhere: %s %j', async (type, body) => {
    const visitor = await Visitor.signedIn(world)
    expect(routes.length).toBeGreaterThan(8)
    for (const path of routes) {
      const init = { method: 'POST', body, headers: { Origin: ORIGIN, 'Content-Type': type } }
      expect([path, (await visitor.request(path, init)).status]).toEqual([path, 400])
    }
    expect((await visitor.get('/deliveries')).path).toBe('')
  })

  it('that does not say its type is not passed over', async () => {
    const visitor = await Visitor.signedIn(world)
    const body = new TextEncoder().encode('overlap=60')
    const init = { method: 'POST', body, headers: { Origin: ORIGIN } }
    expect((await visitor.request('/settings/secret/rotate', init)).status).toBe(400)
    const none = { method: 'POST', headers: { Origin: ORIGIN } }
    expect((await visitor.request('/settings/secret/rotate', none)).status).toBe(200)
  })

  it.each([
    [MULTIPART, FIELD.replace('value', 'KEY')],
    [MULTIPART.toUpperCase().replace('=X', '=x'), FIELD.replace('value', 'KEY')],
    ['application/x-www-form-urlencoded; charset=UTF-8', 'key=KEY&%zz=%&&=&__proto__=1'],
  ])('that can be is taken: %s', async (type, body) => {
    const init = { method: 'POST', headers: { Origin: ORIGIN, 'Content-Type': type } }
    const visitor = new Visitor(world)
    await visitor.request('/sign-in', { ...init, body: body.replace('KEY', world.key) })
    expect((await visitor.get('/deliveries')).path).toBe('')
  })
})

describe('the page to go on to after signing in', () => {
  const CONTROLS = [
    '\0',
    '\t',
    '\n',
    '\r',
    '\r\nSet-Cookie: a=b',
    '\x7f',
    '\u0085',
    '\u2028',
    ' ',
    '\u{1f600}',
  ]

  it.each(CONTROLS)(
    'is a 400 when it has a character that no URL is written with: %j',
    async (text) => {
      const next = `/dashboard/deliveries${text}`
      const visitor = new Visitor(world)
      const form = await visitor.request(`/sign-in?next=${encodeURIComponent(next)}`)
      expect(form.status).toBe(400)
      const signIn = await visitor.send('/sign-in', { key: world.key, next })
      expect([signIn.status, signIn.headers.get('Location')]).toEqual([400, null])
      expect(visitor.cookie).toBe('')
    },
  )

  it.each([
    'https://evil.example',
    'https:/evil.example',
    'https:evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\/evil.example',
    '/dashboard//evil.example',
    '/dashboard/../../evil',
    '/dashboard/%2e%2e/v1',
    '/dashboard/..',
    '/dashboardevil',
    '/dashboard.evil.example',
    '/%64ashboard@evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '?next=/dashboard',
    'dashboard',
    '@evil.example',
    '/v1',
  ])('is none but the dashboard’s own: %s', async (next) => {
    const response = await new Visitor(world).send('/sign-in', { key: world.key, next })
    expect(response.status).toBe(303)
    expect(response.headers.get('Location')).toBe('/dashboard')
  })

  it.each([
    '/dashboard',
    '/dashboard/deliveries?status=pending&call=%C3%A9',
    '/dashboard/',
    '/dashboard?x',
  ])('is %s', async (next) => {
    const response = await new Visitor(world).send('/sign-in', { key: world.key, next })
    expect(response.headers.get('Location')).toBe(next)
  })
})
