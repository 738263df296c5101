// Endpoints from the dashboard: made, changed, tested, rotated, removed.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { isSignedWith } from '../journeys/verify.ts'
import { World } from '../world.ts'
import { textOf, Visitor } from './visitor.ts'

const URL = 'https://receiver.example/hooks'

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

/** The secret that a page shows, if it does. */
function secretOn(html: string): string | undefined {
  return /<pre id="secret"[^>]*>(whsec_[0-9a-f]{64})<\/pre>/.exec(html)?.[1]
}

function badgesOn(html: string): (string | undefined)[] {
  return [...html.matchAll(/<span class="badge \w+">([^<]*)</g)].map(([, name]) => name)
}

/** Where a key of this name is revoked. */
function revokePath(html: string, name: string): string {
  const links = html.matchAll(
    /href="\/dashboard(\/settings\/keys\/[^"]+)">Revoke…<span[^>]*> ([^<]*)/g,
  )
  return [...links].find(([, , of]) => of === name)?.[1] ?? ''
}

async function tokenOfNewForm(): Promise<string> {
  const { text } = await visitor.get('/endpoints/new')
  return /name="token" value="([^"]+)"/.exec(text)?.[1] ?? ''
}

describe('a new endpoint', () => {
  it('is created with its secret shown once', async () => {
    const fields = {
      url: URL,
      description: 'Billing',
      which: 'some',
      events: ['call.busy', 'call.failed'],
    }
    const page = await visitor.post('/endpoints/new', { ...fields, token: await tokenOfNewForm() })
    expect(page.status).toBe(200)
    const { body } = await world.call('GET', '/v1/webhook_endpoints')
    expect(body.data).toHaveLength(1)
    const [endpoint] = body.data
    expect(endpoint).toMatchObject({
      url: URL,
      description: 'Billing',
      enabled_events: ['call.failed', 'call.busy'],
    })
    expect(secretOn((await visitor.get(`/endpoints/${endpoint.id}`)).text)).toBeUndefined()
    await world.send({}, { type: 'call.busy' })
    await world.drain()
    const [received] = world.receiver.received
    expect(received && (await isSignedWith(received, secretOn(page.text) ?? ''))).toBe(true)
  })

  it('is created once by a form that is sent twice, which shows the secret again (I1)', async () => {
    const fields = { url: URL, which: 'all', token: await tokenOfNewForm() }
    const [first, second] = [
      await visitor.post('/endpoints/new', fields),
      await visitor.post('/endpoints/new', fields),
    ]
    expect(secretOn(second.text)).toBe(secretOn(first.text))
    const { body } = await world.call('GET', '/v1/webhook_endpoints')
    expect(body.data).toHaveLength(1)
  })

  it.each(['', 'http://receiver.example', 'https://10.0.0.1/', 'https://api.callingbox.example/'])(
    'is refused for %j, with what was typed still there',
    async (url) => {
      const page = await visitor.post('/endpoints/new', { url, description: 'Mine', which: 'all' })
      expect(page.status).toBe(400)
      expect(page.text).toContain('id="url-problem"')
      expect(page.text).toContain('value="Mine"')
      const { body } = await world.call('GET', '/v1/webhook_endpoints')
      expect(body.data).toHaveLength(0)
    },
  )
})

describe('an endpoint', () => {
  let id = ''
  beforeEach(async () => {
    const { body } = await world.createEndpoint({ enabled_events: ['call.busy'] })
    id = body.id
  })

  it('is changed', async () => {
    const fields = { url: `${URL}/2`, description: 'New', which: 'all' }
    const page = await visitor.post(`/endpoints/${id}/change`, fields)
    expect(page.text).toContain('Saved.')
    expect(await world.endpoint(id)).toMatchObject({
      url: `${URL}/2`,
      description: 'New',
      enabled_events: ['*'],
    })
  })

  it('is changed while nobody tells where its URL leads, as long as that stays', async () => {
    world.vars['DOH_URL'] = 'https://dns.example/dns-query'
    const { url } = await world.endpoint(id)
    const fields = { description: 'After', which: 'all' }
    await visitor.post(`/endpoints/${id}`, { url, ...fields })
    expect(await world.endpoint(id)).toMatchObject({ url, description: 'After' })
    const elsewhere = { url: 'https://elsewhere.example/', ...fields }
    const page = await visitor.post(`/endpoints/${id}/change`, elsewhere)
    expect(page.status).toBe(400)
  })

  it('stays as it was when the new URL is refused', async () => {
    const page = await visitor.post(`/endpoints/${id}/change`, {
      url: 'ftp://x',
      description: 'New',
      which: 'all',
    })
    expect(page.status).toBe(400)
    expect(page.text).toContain('value="ftp://x"')
    expect(await world.endpoint(id)).toMatchObject({ url: URL, description: null })
  })

  it.each([
    ['Slow', 200, 1500, 'It answers, but takes more than a second.'],
    ['Failing', 500, 0, 'Its last attempt failed.'],
    ['Failing', 500, 1500, 'Its last attempt failed.'],
  ])('is called %s after a %i that took %i ms', async (name, status, tookMs, sentence) => {
    world.sleep = () => scheduler.wait(0)
    world.receiver.answer = async () => {
      world.clock += tookMs
      // Meanwhile whoever watches it looks.
      await scheduler.wait(1)
      return new Response(null, { status })
    }
    await world.send({}, { type: 'call.busy' })
    await world.drain()
    expect(badgesOn((await visitor.get('/endpoints')).text)).toEqual([name])
    const { text } = await visitor.get(`/endpoints/${id}`)
    expect(badgesOn(text)[0]).toBe(name)
    expect(text).toContain(sentence)
  })

  it('is called enabled, with nothing to explain, while it answers well', async () => {
    await world.send({}, { type: 'call.busy' })
    await world.drain()
    const { text } = await visitor.get(`/endpoints/${id}`)
    expect(badgesOn(text)).toEqual(['Enabled', 'Delivered'])
    expect(text).not.toContain('class="notice')
  })

  it('is called recovering while it works off what waited for it, unless that is disabled', async () => {
    await env.DB.prepare('UPDATE endpoints SET pace = 1').run()
    const { text } = await visitor.get(`/endpoints/${id}`)
    expect(badgesOn(text)).toEqual(['Recovering'])
    expect(text).toContain('What has waited for it is sent a few at a time')
    await visitor.post(`/endpoints/${id}/status`, { status: 'disabled' })
    expect(badgesOn((await visitor.get('/endpoints')).text)).toEqual(['Disabled'])
  })

  it('is disabled and enabled again', async () => {
    await visitor.post(`/endpoints/${id}/status`, { status: 'disabled' })
    expect(await world.endpoint(id)).toMatchObject({ status: 'disabled' })
    await visitor.post(`/endpoints/${id}/status`, { status: 'enabled' })
    expect(await world.endpoint(id)).toMatchObject({ status: 'enabled', disabled_reason: null })
  })

  it('rotates its secret, the old one signing on for the overlap (P6)', async () => {
    const { body: old } = await world.call('POST', `/v1/webhook_endpoints/${id}/rotate_secret`)
    const page = await visitor.post(`/endpoints/${id}/rotate`, { overlap: '3600' })
    await world.send({}, { type: 'call.busy' })
    await world.drain()
    const [received] = world.receiver.received
    const secrets = [old.signing_secret, secretOn(page.text) ?? '']
    if (!received) throw new Error('nothing was received')
    for (const secret of secrets) expect(await isSignedWith(received, secret)).toBe(true)
  })

  it('says why it does not rotate when as many secrets sign as may (P4)', async () => {
    for (let count = 0; count < 4; count += 1) {
      expect((await visitor.post(`/endpoints/${id}/rotate`, { overlap: '3600' })).status).toBe(200)
    }
    const page = await visitor.post(`/endpoints/${id}/rotate`, { overlap: '3600' })
    expect(page.status).toBe(409)
    expect(page.text).toContain('As many signing secrets are in force as may be.')
    expect(page.text).not.toContain('whsec_')
  })

  it.each(['0', ''])('rotates at once for an overlap of %j', async (overlap) => {
    const { body: old } = await world.call('POST', `/v1/webhook_endpoints/${id}/rotate_secret`)
    await visitor.post(`/endpoints/${id}/rotate`, { overlap })
    await world.send({}, { type: 'call.busy' })
    await world.drain()
    const [received] = world.receiver.received
    expect(received && (await isSignedWith(received, old.signing_secret))).toBe(false)
  })

  it('is deleted', async () => {
    const page = await visitor.post(`/endpoints/${id}/delete`)
    expect(page.text).toContain('Deleted.')
    expect(page.text).toContain('No endpoints yet')
    const left = await visitor.get(`/endpoints/${id}`)
    expect(badgesOn(left.text)).toEqual(['Deleted'])
    expect(left.text).toContain(`href="/dashboard/deliveries?endpoint=${id}"`)
  })
})

describe('the settings', () => {
  it('create a key that works, and revoke it', async () => {
    const page = await visitor.post('/settings/keys', {
      name: 'CI',
      mode: 'test',
      days: '30',
      scopes: ['read', 'operate'],
    })
    const key = /<pre id="new-key"[^>]*>(sk_test_\w+)<\/pre>/.exec(page.text)?.[1] ?? ''
    expect((await world.call('GET', '/v1/webhook_endpoints', undefined, { key })).status).toBe(200)
    expect((await visitor.get('/settings')).text).not.toContain(key)
    await visitor.post(revokePath(page.text, 'CI'))
    expect((await world.call('GET', '/v1/webhook_endpoints', undefined, { key })).status).toBe(401)
  })

  it('end the session whose own key is revoked', async () => {
    const { text } = await visitor.get('/settings')
    const page = await visitor.post(revokePath(text, 'test'))
    expect(page.path).toBe('/sign-in')
    expect((await visitor.get('/settings')).path).toContain('/sign-in')
  })

  it('do not revoke another organization’s key (X1)', async () => {
    const other = await world.createOrg('Other')
    const { text } = await visitor.get('/settings')
    const path = revokePath(text, 'test')
    const stranger = await Visitor.signedIn(world, other.key)
    expect((await stranger.post(path)).status).toBe(404)
    expect((await visitor.get('/settings')).status).toBe(200)
  })

  it('say why the default secret is not rotated when as many sign as may (P4)', async () => {
    for (let count = 0; count < 4; count += 1) {
      await visitor.post('/settings/secret/rotate', { overlap: '3600' })
    }
    const page = await visitor.post('/settings/secret/rotate', { overlap: '3600' })
    expect(page.status).toBe(409)
    expect(page.text).toContain('As many signing secrets are in force as may be.')
    expect(page.text).not.toContain('whsec_')
  })

  it('reveal the default secret, log the look, and rotate it', async () => {
    expect(secretOn((await visitor.get('/settings')).text)).toBeUndefined()
    const revealed = secretOn((await visitor.post('/settings/secret/reveal')).text)
    const rotated = secretOn((await visitor.post('/settings/secret/rotate')).text)
    expect(revealed).toBeDefined()
    expect(rotated).not.toBe(revealed)
    await world.send({ webhook_url: URL })
    await world.drain()
    const [received] = world.receiver.received
    expect(received && (await isSignedWith(received, rotated ?? ''))).toBe(true)
    const log = textOf((await visitor.get('/settings/audit-log')).text)
    expect(log).toContain('Org: reveal default secret')
    expect(log).toContain('Org: rotate default secret')
    expect(log).toContain('in the dashboard')
    expect(log).not.toContain('whsec_')
  })
})
