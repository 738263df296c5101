// A session that ends under an open page: where signing in leads, and what is kept of what was typed.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createDashboard } from '../../src/dashboard/app.tsx'
import { World, type Json } from '../world.ts'
import { ORIGIN, textOf, Visitor, type Fields } from './visitor.ts'

const SOMETHING = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001'

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  await visitor.post('/sign-out')
})

/** Signs in on the page that a form was answered with, or that a redirection leads to. */
async function signInOn(answer: Response) {
  const location = answer.headers.get('Location') ?? answer.headers.get('HX-Redirect')
  const page = location ? await visitor.get(location.replace('/dashboard', '')) : undefined
  const html = page?.text ?? (await answer.text())
  const next = textOf(/name="next" value="([^"]*)"/.exec(html)?.[1] ?? '')
  return { next, html, page: await visitor.signIn(world.key, { next }) }
}

/** Has an open page at `path` ask for a part of itself. */
function poll(part: string, path: string): Promise<Response> {
  const headers = { 'HX-Request': 'true', 'HX-Current-URL': `${ORIGIN}/dashboard${path}` }
  return visitor.request(part, { headers })
}

/** All that a form could have changed. */
async function stored(): Promise<unknown> {
  const paths = ['webhook_endpoints', 'webhook_deliveries', 'webhook_replays', 'audit_log']
  const lists = await Promise.all(
    paths.map(async (path): Promise<Json[]> => (await world.call('GET', `/v1/${path}`)).body.data),
  )
  // Of the audit log all but who has come and gone.
  return lists.map((list) => list.filter((one) => one.target_type !== 'session'))
}

function isPage(html: string): boolean {
  return html.startsWith('<!doctype html>') && html.includes('<h1')
}

describe('a session that ends under an open page', () => {
  it.each([
    ['/deliveries/live?status=pending&ids=', '/deliveries?status=pending'],
    [`/deliveries/${SOMETHING}?seen=9`, `/deliveries/${SOMETHING}?a=1&b=2`],
    [`/replays/${SOMETHING}?seen=running.0&looks=1.2`, `/replays/${SOMETHING}`],
    ['?part', ''],
  ])('leads from the part %s back to the page %s around it', async (part, path) => {
    const answer = await poll(part, path)
    expect(answer.status).toBe(204)
    const { page } = await signInOn(answer)
    expect(page.path).toBe(path)
    expect(isPage(page.text)).toBe(true)
  })

  it.each([
    'https://evil.example/dashboard/deliveries',
    'https://api.callingbox.example:8443/dashboard/deliveries',
    'https://api.callingbox.example/v1/events',
    '//evil.example/dashboard',
    'javascript:alert(1)',
    '',
  ])('leads nowhere else, whatever page is said to be around it: %j', async (around) => {
    const headers = { 'HX-Request': 'true', 'HX-Current-URL': around }
    const answer = await visitor.request('/deliveries/live', { headers })
    expect((await signInOn(answer)).page.path).toBe('')
  })

  it('leads to a page that can be read from the address of a part or of a file', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    for (const [address, path] of [
      [`/deliveries/${id}/body`, `/deliveries/${id}`],
      [`/deliveries/${id}?seen=1`, `/deliveries/${id}?seen=1`],
      ['/deliveries/live?status=pending&ids=', '/deliveries?status=pending'],
    ] as const) {
      await visitor.post('/sign-out')
      const { page } = await signInOn(await visitor.request(address))
      expect(page.path).toBe(path)
      expect(page.status).toBe(200)
      expect(isPage(page.text)).toBe(true)
    }
  })
})

describe('a form that is sent after its session has ended', () => {
  let id = ''
  let delivery = ''
  let replay = ''
  let key = ''
  let session = ''
  beforeEach(async () => {
    const { body: endpoint } = await world.createEndpoint()
    id = endpoint.id
    delivery = await world.deliver()
    await world.drain()
    const { body } = await world.call('POST', '/v1/webhook_replays', { filter: {} })
    replay = body.id
    await world.call('POST', `/v1/webhook_replays/${replay}/pause`)
    await Visitor.signedIn(world)
    const { text } = await (await Visitor.signedIn(world)).get('/settings')
    session = /settings\/sessions\/([0-9a-f-]{36})\/end/.exec(text)?.[1] ?? ''
    key = (await env.DB.prepare('SELECT id FROM api_keys').first<string>('id')) ?? ''
  })

  /** Every form, at the path it is posted to, and what its page must show again. */
  const FORMS: Record<string, { fields: Fields; shows: string[] }> = {
    '/endpoints/new': {
      fields: {
        url: 'https://new.example/a?b=c&d=//e',
        description: '“Ünï” & <b>',
        which: 'some',
        events: ['call.busy', 'call.failed'],
      },
      shows: [
        'value="https://new.example/a?b=c&d=//e"',
        'value="“Ünï” & <b>"',
        'value="call.busy" checked',
        'value="call.failed" checked',
        'value="some" checked',
      ],
    },
    '/endpoints/:endpoint': {
      fields: { url: 'https://moved.example/', description: 'Mine', which: 'all' },
      shows: ['value="https://moved.example/"', 'value="Mine"', 'value="all" required="" checked'],
    },
    '/endpoints/:endpoint/change': {
      fields: { url: 'https://moved.example/', description: 'Mine', which: 'all' },
      shows: ['value="https://moved.example/"', 'value="Mine"', 'Change the URL'],
    },
    '/endpoints/:endpoint/status': {
      fields: { status: 'disabled' },
      shows: ['name="status" value="disabled"'],
    },
    '/endpoints/:endpoint/rotate': {
      fields: { overlap: '3600' },
      shows: ['value="3600" selected'],
    },
    '/endpoints/:endpoint/test': {
      fields: { type: 'call.busy', payload: '{"id":"“mine”"}' },
      shows: ['value="call.busy" selected', '{"id":"“mine”"}'],
    },
    '/endpoints/:endpoint/filter': {
      fields: { filter: '{"path":"mine"}', act: 'save' },
      shows: ['{"path":"mine"}'],
    },
    '/endpoints/:endpoint/dismiss': { fields: { disabled_at: '1' }, shows: [] },
    '/endpoints/:endpoint/headers': { fields: { headers: 'X-Key: hush' }, shows: [] },
    '/endpoints/:endpoint/check': { fields: {}, shows: [] },
    '/endpoints/:endpoint/notes': {
      fields: { external_id: 'mine', metadata: '{"a":"b"}' },
      shows: ['value="mine"', '{"a":"b"}'],
    },
    '/endpoints/:endpoint/delete': { fields: {}, shows: ['It cannot be undone'] },
    '/deliveries/redeliver': {
      fields: { id: [':delivery'], back: '?status=delivered' },
      shows: ['name="id" value=":delivery"', 'name="back" value="?status=delivered"'],
    },
    '/deliveries/:delivery/redeliver': { fields: { to: 'original' }, shows: ['Redeliver this'] },
    '/replays/new': {
      fields: {
        status: ['exhausted', 'pending'],
        rate: '7',
        reason: 'An “outage”',
        type: 'call.busy',
      },
      shows: ['value="An “outage”"', 'name="status" value="exhausted"', 'value="7"'],
    },
    '/replays/:replay/rate': { fields: { rate: '33' }, shows: ['name="rate" value="33"'] },
    '/replays/:replay/pause': { fields: {}, shows: ['Pause this replay?'] },
    '/replays/:replay/resume': { fields: {}, shows: ['Resume this replay?'] },
    '/replays/:replay/cancel': { fields: {}, shows: ['cannot be resumed'] },
    '/settings/keys': {
      fields: { name: 'CI & “more”', mode: 'test', days: '90' },
      shows: ['value="CI & “more”"', 'value="test" selected', 'value="90" selected'],
    },
    '/events/:event/forget': { fields: {}, shows: ['Delete the payload of this'] },
    '/settings/keys/:key/revoke': { fields: {}, shows: ['Revoke the key test?'] },
    '/settings/secret/reveal': { fields: {}, shows: ['Reveal'] },
    '/settings/sessions/:session/end': { fields: {}, shows: ['End this session?'] },
    '/settings/secret/rotate': { fields: { overlap: '0' }, shows: ['value="0" selected'] },
  }

  function fill(text: string): string {
    return text
      .replace(':endpoint', id)
      .replace(':delivery', delivery)
      .replace(':event', delivery)
      .replace(':replay', replay)
      .replace(':session', session)
      .replace(':key', key)
  }

  it('is known here, whichever it is', () => {
    const routes = createDashboard(() => world.engine()).routes
    const posted = routes.filter(({ method }) => method === 'POST').map(({ path }) => path)
    const expected = [
      ...Object.keys(FORMS).map((path) => path.replace(/:\w+/, ':id')),
      '/portal/:token',
      '/sign-in',
      '/sign-out',
    ]
    expect([...new Set(posted)].toSorted()).toEqual(
      [...new Set(expected)].map((path) => `/dashboard${path}`).toSorted(),
    )
  })

  it.each(Object.entries(FORMS))(
    'is shown again as it was, and not done: %s',
    async (path, form) => {
      const fields = Object.fromEntries(
        Object.entries(form.fields).map(([name, value]) => [
          name,
          typeof value === 'string' ? fill(value) : value.map(fill),
        ]),
      )
      const before = await stored()
      const answer = await visitor.send(fill(path), fields)
      expect(answer.status).toBe(401)
      const { html, page } = await signInOn(answer)
      expect(html).toContain('what you sent was not done')
      expect(isPage(page.text)).toBe(true)
      expect(page.text).toContain('aria-label="Main"')
      expect(page.status).toBe(200)
      for (const text of form.shows) expect(textOf(page.text)).toContain(fill(text))
      expect(await stored()).toEqual(before)
    },
  )

  it('keeps a selection of 200, and the longest text that is taken', async () => {
    const ids = Array.from({ length: 200 }, () => crypto.randomUUID())
    const bulk = await signInOn(await visitor.send('/deliveries/redeliver', { id: ids }))
    for (const one of ids) expect(bulk.page.path).toContain(one)
    await visitor.post('/sign-out')
    const description = '😀'.repeat(1000)
    const typed = { url: 'https://new.example/', description, which: 'all' }
    const { page } = await signInOn(await visitor.send('/endpoints/new', typed))
    expect(page.text).toContain(description)
  })

  it('still leads to its page when all that was typed is too long to be kept', async () => {
    const typed = { url: 'x'.repeat(30_000), which: 'all' }
    const { page } = await signInOn(await visitor.send('/endpoints/new', typed))
    expect(page.path).toBe('/endpoints/new')
    expect(page.status).toBe(200)
  })

  it('is asked about where an open page has sent it', async () => {
    const headers = { 'HX-Request': 'true', 'HX-Current-URL': `${ORIGIN}/dashboard/deliveries` }
    const answer = await visitor.send(
      `/deliveries/${delivery}/redeliver`,
      { to: 'current' },
      headers,
    )
    expect(answer.status).toBe(204)
    const { page } = await signInOn(answer)
    expect(page.path).toBe(`/deliveries/${delivery}/redeliver?to=current`)
    expect((await world.delivery(delivery)).manual_retry_count).toBe(0)
  })
})
