// Headers of endpoints on the dashboard: typed a line each, shown covered, and never again.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'
import { furnish, pathsOf } from './furnish.ts'
import { typedOn, Visitor } from './visitor.ts'

const URL = 'https://receiver.example/hooks'
const OTHER = 'https://other.example/hooks'
const CANARY = 'canary-own-header-5c1d77e8'

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

async function newest(): Promise<Json> {
  const { body } = await world.call('GET', '/v1/webhook_endpoints')
  return body.data.at(-1)
}

/** The path of an endpoint that has one. */
async function made(): Promise<string> {
  const { body } = await world.createEndpoint({ url: URL, headers: { Authorization: CANARY } })
  return `/endpoints/${body.id}`
}

function problemOn(html: string): string | undefined {
  return /id="headers-problem" role="alert">([^<]*)</.exec(html)?.[1]
}

describe('the form of a new endpoint', () => {
  it('takes headers, a line each', async () => {
    const headers = `Authorization: Bearer a:b ${CANARY}\r\n\r\n  X-Key:k  `
    const token = crypto.randomUUID()
    const page = await visitor.post('/endpoints/new', { url: URL, which: 'all', headers, token })
    expect(page.status).toBe(200)
    expect((await newest()).headers).toEqual({ Authorization: '…77e8', 'X-Key': '…' })
    expect(page.text).not.toContain(CANARY)
    const again = await visitor.post('/endpoints/new', { url: URL, which: 'all', headers, token })
    expect(again.status).toBe(200)
    expect((await world.call('GET', '/v1/webhook_endpoints')).body.data).toHaveLength(1)
    const { results } = await env.DB.prepare('SELECT * FROM idempotency_keys').all()
    expect(JSON.stringify(results)).not.toContain(CANARY)
  })

  it.each([
    ['a line without a colon', URL, `Authorization ${CANARY}`, '', /^Line 1 is not “Name: value”/],
    ['a name of ours', URL, `Webhook-Id: ${CANARY}`, 'Webhook-Id: ', /^Webhook-Id: is set by/],
    ['another field', 'ftp://x', `X-Key: ${CANARY}`, 'X-Key: ', /^$/],
  ])('comes back for %s with the names, and without the values', async (...one) => {
    const [, url, headers, left, why] = one
    const page = await visitor.post('/endpoints/new', { url, which: 'all', headers })
    expect([page.status, typedOn(page.text, 'headers')]).toEqual([400, left])
    expect(problemOn(page.text) ?? '').toMatch(why)
    expect(page.text).not.toContain(CANARY)
  })
})

describe('the page of an endpoint', () => {
  it('shows them covered, keeps what is left so, and changes the rest', async () => {
    const path = await made()
    expect(typedOn((await visitor.get(path)).text, 'headers')).toBe('Authorization: …77e8')
    const headers = 'Authorization: …77e8\nX-Key: k'
    expect((await visitor.send(`${path}/headers`, { headers })).status).toBe(303)
    expect((await newest()).headers).toEqual({ Authorization: '…77e8', 'X-Key': '…' })
    await world.deliver()
    await world.drain()
    const [received] = world.receiver.received
    expect(received?.headers.get('Authorization')).toBe(CANARY)
    await visitor.post(`${path}/headers`, { headers: '' })
    expect((await newest()).headers).toBeNull()
  })

  it('says what is wrong with them, and shows no value again', async () => {
    const path = await made()
    const headers = `Authorization: …77e8\nHost: ${CANARY}`
    const page = await visitor.post(`${path}/headers`, { headers })
    expect([page.status, typedOn(page.text, 'headers')]).toEqual([
      400,
      'Authorization: …77e8\nHost: ',
    ])
    expect(problemOn(page.text)).toMatch(/^Host: decides how/)
    expect(page.text).not.toContain(CANARY)
  })

  it('leaves them alone when something else is saved', async () => {
    const path = await made()
    await visitor.post(path, { url: URL, description: 'x', which: 'all' })
    expect(await newest()).toMatchObject({ description: 'x', headers: { Authorization: '…77e8' } })
  })

  it('has no field for one that is listened to', async () => {
    const { body } = await world.call('POST', '/v1/webhook_endpoints', { kind: 'listen' })
    expect(typedOn((await visitor.get(`/endpoints/${body.id}`)).text, 'headers')).toBeUndefined()
  })
})

describe('another URL (X10)', () => {
  it('of another origin asks for them anew, and takes none for none', async () => {
    const path = await made()
    const fields = { url: OTHER, which: 'all' }
    const asked = await visitor.get(`${path}/change?url=${encodeURIComponent(OTHER)}&which=all`)
    expect(typedOn(asked.text, 'headers')).toBe('')
    expect((await visitor.post(`${path}/change`, fields)).status).toBe(400)
    expect((await newest()).url).toBe(URL)
    const covered = { ...fields, headers: 'Authorization: …77e8' }
    expect((await visitor.post(`${path}/change`, covered)).status).toBe(400)
    expect((await visitor.send(`${path}/change`, { ...fields, headers: '' })).status).toBe(303)
    expect(await newest()).toMatchObject({ url: OTHER, headers: null })
  })

  it('of the same origin does not ask, and keeps them', async () => {
    const path = await made()
    const url = 'https://receiver.example/other'
    const asked = await visitor.get(`${path}/change?url=${encodeURIComponent(url)}&which=all`)
    expect(typedOn(asked.text, 'headers')).toBeUndefined()
    await visitor.post(`${path}/change`, { url, which: 'all' })
    expect(await newest()).toMatchObject({ url, headers: { Authorization: '…77e8' } })
  })
})

describe('a value', () => {
  it('stands on no page, nor in the address that is returned to after signing in', async () => {
    const ids = await furnish(world, visitor)
    const headers = { Authorization: `Bearer ${CANARY}`, 'X-Gateway': CANARY }
    const path = `/v1/webhook_endpoints/${ids['endpoints']}`
    await world.call('PATCH', path, { headers })
    const id = await world.deliver()
    await world.drain()
    const got = world.receiver.received.map((one) => one.headers.get('X-Gateway'))
    expect(got).toContain(CANARY)
    const paths = [...pathsOf({ ...ids, deliveries: id }), ...pathsOf(ids)]
    for (const page of new Set(paths)) {
      expect((await visitor.get(page)).text).not.toContain(CANARY)
    }
    const delivery = await visitor.get(`/deliveries/${id}`)
    expect(delivery.text).toMatch(/<dt>X-Gateway<\/dt><dd>.*?…77e8/)
    const stranger = new Visitor(world)
    const typed = { url: URL, which: 'all', headers: `X-Gateway: ${CANARY}` }
    const late = await stranger.post('/endpoints/new', typed)
    expect(late.text).toContain('receiver.example')
    expect(late.text).not.toContain(CANARY)
  })
})
