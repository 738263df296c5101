// What asks before it is done, what it says will happen, and that one form acts once.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { isSignedWith } from '../journeys/verify.ts'
import { World, type Json } from '../world.ts'
import { wordsOf } from './replays/forms.ts'
import { Visitor } from './visitor.ts'

const HOUR = 3_600_000

let world: World
let visitor: Visitor
let id = ''
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  const { body } = await world.createEndpoint({ description: 'Billing' })
  id = body.id
})

async function keyId(name = 'test'): Promise<string> {
  const found = env.DB.prepare('SELECT id FROM api_keys WHERE name = ?').bind(name)
  return (await found.first<string>('id')) ?? ''
}

function tokenIn(html: string): string {
  return /name="token" value="([^"]+)"/.exec(html)?.[1] ?? ''
}

describe('an act that breaks something or cannot be undone', () => {
  it.each<[string, () => Promise<string>, RegExp[]]>([
    [
      'rotate',
      async () => `/endpoints/${id}/rotate`,
      [/Until the old one stops/, /from the moment it stops.*refuses every delivery/i],
    ],
    [
      'forget',
      async () => `/events/${(await world.send()).body.id}/forget`,
      [
        /for good: it cannot be undone/,
        /None of them can be sent again/,
        /One delivery is pending/,
      ],
    ],
    ['delete', async () => `/endpoints/${id}/delete`, [/never be sent again/, /cannot be undone/]],
    [
      'disable',
      async () => `/endpoints/${id}/status?status=disabled`,
      [/From this moment on its receiver gets nothing/, /make no delivery/],
    ],
    [
      'change the URL',
      async () => `/endpoints/${id}/change?url=https%3A%2F%2Felsewhere.example%2F&which=all`,
      [
        /So far they go to https:\/\/receiver.example\/hooks/,
        /https:\/\/elsewhere.example\/ alone/,
      ],
    ],
    [
      'revoke the key of this session, the last one',
      async () => `/settings/keys/${await keyId()}/revoke`,
      [/every request.*is refused/, /this session ends at once/, /No other key is in force/],
    ],
    [
      'rotate the default secret',
      async () => '/settings/secret/rotate',
      [/every receiver of calls with a webhook_url/],
    ],
  ])('asks on a page of its own, which says what breaks and when: %s', async (_act, path, told) => {
    const page = await visitor.get(await path())
    expect(page.status).toBe(200)
    for (const words of told) expect(wordsOf(page.text)).toMatch(words)
    expect(page.text).toMatch(/<button class="danger">/)
    expect(page.text).toContain('No, go back')
  })

  it('is offered by links to its question alone, never by a form that does it', async () => {
    const pages = [`/endpoints/${id}`, '/settings']
    const html = (await Promise.all(pages.map((path) => visitor.get(path)))).map(({ text }) => text)
    for (const act of ['/rotate', '/delete', '/status', '/revoke']) {
      expect(html.join('')).toMatch(new RegExp(`href="[^"]*${act}["?]`))
    }
    for (const act of ['/rotate', '/delete', '/revoke']) {
      expect(html.join('')).not.toMatch(new RegExp(`action="[^"]*${act}"`))
    }
    expect(html.join('')).not.toMatch(/name="status" value="disabled"/)
  })

  it('does not say of another key that the session ends, nor that it is the last', async () => {
    await visitor.post('/settings/keys', { name: 'CI', scopes: 'read' })
    const words = wordsOf((await visitor.get(`/settings/keys/${await keyId('CI')}/revoke`)).text)
    expect(words).not.toMatch(/this session|No other key/)
  })

  it('suggests that the old secret signs for a day more, and does so (P6)', async () => {
    const { body: old } = await world.call('POST', `/v1/webhook_endpoints/${id}/rotate_secret`)
    const { text } = await visitor.get(`/endpoints/${id}/rotate`)
    const overlap = /<option value="(\d+)" selected=""/.exec(text)?.[1] ?? ''
    await visitor.post(`/endpoints/${id}/rotate`, { overlap, token: tokenIn(text) })
    world.clock += 23 * HOUR
    await world.send()
    await world.drain()
    const [received] = world.receiver.received
    expect(received && (await isSignedWith(received, old.signing_secret))).toBe(true)
  })
})

describe('another URL', () => {
  const typed = { url: 'https://elsewhere.example/', description: 'Mine', which: 'all' }

  it('is asked about before anything is saved, and saved with all that was typed', async () => {
    const asked = await visitor.post(`/endpoints/${id}`, typed)
    expect(asked.path).toContain(`/endpoints/${id}/change?url=`)
    expect(await world.endpoint(id)).toMatchObject({ description: 'Billing' })
    const saved = await visitor.post(`/endpoints/${id}/change`, typed)
    expect(saved.text).toContain('Saved.')
    const { url, description } = typed
    expect(await world.endpoint(id)).toMatchObject({ url, description })
  })

  it('is not asked about where it stays the same', async () => {
    const { url } = await world.endpoint(id)
    const page = await visitor.post(`/endpoints/${id}`, { ...typed, url })
    expect(page.path).toBe(`/endpoints/${id}?done=saved`)
  })
})

describe('which events', () => {
  const typed = { url: 'https://new.example/', description: 'Mine' }

  it('is refused where none is ticked, with what was typed still there', async () => {
    for (const path of ['/endpoints/new', `/endpoints/${id}`]) {
      const page = await visitor.post(path, { ...typed, which: 'some' })
      expect(page.status).toBe(400)
      expect(page.text).toContain('Tick at least one event, or choose all events.')
      expect(page.text).toContain('value="Mine"')
    }
    expect(await world.endpoint(id)).toMatchObject({ enabled_events: ['*'] })
  })

  it('is refused where neither all nor some are chosen', async () => {
    expect((await visitor.post('/endpoints/new', typed)).status).toBe(400)
  })

  it('is all where all are chosen, whatever was ticked before, and shows one of the two', async () => {
    const fields = { ...typed, which: 'all', events: ['call.busy'] }
    await visitor.post('/endpoints/new', fields)
    const { body } = await world.call('GET', '/v1/webhook_endpoints')
    const made = body.data.find((one: Json) => one.description === 'Mine')
    expect(made.enabled_events).toEqual(['*'])
    const { text } = await visitor.get(`/endpoints/${made.id}`)
    expect(text).toMatch(/value="all" required="" checked=""/)
    expect(text).not.toMatch(/value="(?:some|call\.\w+)" checked/)
  })
})

async function both(path: string, fields: Record<string, string | string[]>) {
  return [await visitor.post(path, fields), await visitor.post(path, fields)] as const
}

describe('a form that is sent twice', () => {
  it('redelivers once, and again when its page is opened anew', async () => {
    const delivery = await world.deliver()
    await world.drain()
    for (const clicks of [1, 2]) {
      const { text } = await visitor.get(`/deliveries/${delivery}`)
      await both(`/deliveries/${delivery}/redeliver`, { token: tokenIn(text) })
      expect(await world.delivery(delivery)).toMatchObject({ manual_retry_count: clicks })
    }
  })

  it('redelivers each of a selection once', async () => {
    const ids = [await world.deliver(), await world.deliver()]
    const { text } = await visitor.get(`/deliveries/redeliver?id=${ids.join('&id=')}`)
    const pages = await both('/deliveries/redeliver', { id: ids, token: tokenIn(text) })
    for (const { path } of pages) expect(path).toBe('/deliveries?done=2')
    for (const one of ids)
      expect(await world.delivery(one)).toMatchObject({ manual_retry_count: 1 })
  })

  it('rotates once, and shows the same secret again', async () => {
    for (const path of [`/endpoints/${id}/rotate`, '/settings/secret/rotate']) {
      const { text } = await visitor.get(path)
      const pages = await both(path, { overlap: '3600', token: tokenIn(text) })
      const [first, second] = pages.map((page) => /whsec_\w+/.exec(page.text)?.[0])
      expect(first).toBeDefined()
      expect(second).toBe(first)
    }
  })

  it('makes one key', async () => {
    const { text } = await visitor.get('/settings')
    const pages = await both('/settings/keys', { name: 'CI', scopes: 'read', token: tokenIn(text) })
    const [first, second] = pages.map((page) => /sk_live_\w+/.exec(page.text)?.[0])
    expect(second).toBe(first)
  })

  it('says that it was sent before where it says something else by now', async () => {
    const token = crypto.randomUUID()
    const typed = { which: 'all', token }
    await visitor.post('/endpoints/new', { ...typed, url: 'https://new.example/1' })
    const page = await visitor.post('/endpoints/new', { ...typed, url: 'https://new.example/2' })
    expect(page.status).toBe(409)
    expect(page.text).toContain('This form was sent before')
    expect(page.text).toContain('value="https://new.example/2"')
    expect(tokenIn(page.text)).not.toBe(token)
  })
})
