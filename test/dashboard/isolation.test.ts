// Hostile content shows as text, and nobody sees another organization's.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { listed, Visitor } from './visitor.ts'

const MINUTE = 60_000

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

describe('hostile content', () => {
  const EVIL = '<script>alert(1)</script><img src=x onerror=alert(1)>"\'>'

  it('shows as text wherever it comes from', async () => {
    world.receiver.answer = () =>
      new Response(EVIL, { status: 500, headers: { 'X-Evil': '<b onclick=alert(1)>' } })
    const url = 'https://receiver.example/"><script>alert(1)</script>'
    await world.createEndpoint({ url: encodeURI(url), description: EVIL })
    const id = await world.deliver({ note: EVIL, [EVIL]: EVIL })
    await world.pass(2 * MINUTE)
    const paths = ['', '/deliveries', `/deliveries/${id}?a=1&b=2`, '/endpoints', '/settings']
    for (const path of paths) {
      const { text, status } = await visitor.get(path)
      expect(status).toBe(200)
      expect(text).not.toMatch(/<script>|<img|<b onclick/)
    }
  })

  it('shows as text from the URL, too', async () => {
    const evil = encodeURIComponent(EVIL)
    for (const path of [`/deliveries?call=${evil}&status=${evil}&done=${evil}&refused=${evil}`]) {
      expect((await visitor.get(path)).text).not.toMatch(/<script>|<img/)
    }
    const signIn = await new Visitor(world).get(`/sign-in?next=/dashboard?${evil}`)
    expect(signIn.text).not.toMatch(/<script>|<img/)
  })
})

describe('another organization', () => {
  it('sees nothing of this one’s, and can change none of it (X1, X2)', async () => {
    const { body: endpoint } = await world.createEndpoint({ description: 'Secret plans' })
    const id = await world.deliver()
    await world.drain()
    const { key } = await world.createOrg('Other')
    const stranger = await Visitor.signedIn(world, key)
    const lists = ['', '/deliveries', '/replays', '/replays/new', '/endpoints', '/settings']
    for (const path of [
      ...lists,
      `/deliveries?call=${id}`,
      `/replays/new?endpoint=${endpoint.id}`,
    ]) {
      const { text } = await stranger.get(path)
      expect(text).not.toContain('Secret plans')
      expect(listed(text)).toEqual([])
      expect(text).not.toContain(world.key.slice(8, 16))
    }
    const missing = crypto.randomUUID()
    world.clock += 1000
    const { body: replay } = await world.call('POST', '/v1/webhook_replays', { filter: {} })
    const ids = { deliveries: id, endpoints: endpoint.id, replays: replay.id }
    for (const path of ['/deliveries/ID', '/deliveries/ID/body', '/endpoints/ID', '/replays/ID']) {
      const [, kind = ''] = path.split('/')
      const [theirs, nobodys] = await Promise.all(
        [new Map(Object.entries(ids)).get(kind) ?? '', missing].map((one) =>
          stranger.get(path.replace('ID', one)),
        ),
      )
      expect(theirs?.status).toBe(404)
      expect(theirs?.text).toBe(nobodys?.text)
    }
    const acts = { delete: {}, rotate: { overlap: '0' }, test: {}, status: { status: 'disabled' } }
    for (const [act, form] of Object.entries(acts)) {
      expect((await stranger.post(`/endpoints/${endpoint.id}/${act}`, form)).status).toBe(404)
    }
    expect((await stranger.post(`/deliveries/${id}/redeliver`)).status).toBe(404)
    for (const act of ['pause', 'resume', 'cancel', 'rate']) {
      expect((await stranger.post(`/replays/${replay.id}/${act}`, { rate: '1' })).status).toBe(404)
    }
    const { body: after } = await world.call('GET', `/v1/webhook_replays/${replay.id}`)
    expect(after).toMatchObject({ status: 'running', rate_per_second: 20 })
    expect(await world.endpoint(endpoint.id)).toEqual({ ...endpoint, signing_secret: undefined })
  })

  it('learns nothing from asking for news of another’s deliveries', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const { key } = await world.createOrg('Other')
    const stranger = await Visitor.signedIn(world, key)
    const { text } = await stranger.get(`/deliveries/live?ids=${id}&newest=`)
    expect(text).not.toContain(id)
  })
})
