// The page of a delivery: everything that explains it, and its redelivery.
import { Stripe } from 'stripe'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../../world.ts'
import { FRAGMENT, textOf, Visitor } from '../visitor.ts'

const MINUTE = 60_000

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

describe('the page of a delivery', () => {
  it('tells what happened, what was sent and how it was signed', async () => {
    const { body: endpoint } = await world.createEndpoint()
    world.receiver.answer = () =>
      new Response('{"reason":"out of order"}', { status: 503, headers: { 'X-Trace': 'abc' } })
    const id = await world.deliver({ note: 'blue' })
    await world.pass(2 * MINUTE)
    const { text } = await visitor.get(`/deliveries/${id}`)
    expect(text).toContain('Attempt 2')
    expect(text).toContain('1 min later')
    expect(text).toContain('HTTP 503')
    expect(text).toContain('x-trace')
    expect(text).toContain('{&quot;reason&quot;:&quot;out of order&quot;}')
    expect(text).toContain('Attempt 3')
    expect(text).toContain(`${endpoint.signing_secret.slice(0, 10)}…`)
    expect(text).not.toContain(endpoint.signing_secret)
  })

  it('works out a signature that a consumer’s library accepts (P4)', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const id = await world.deliver()
    const { text } = await visitor.get(`/deliveries/${id}`)
    const shown = textOf(/<pre id="fresh-signature"[^>]*>(.*?)<\/pre>/s.exec(text)?.[1] ?? '')
    const body = textOf(/<pre id="raw-body"[^>]*>(.*?)<\/pre>/s.exec(text)?.[1] ?? '')
    await Stripe.webhooks.constructEventAsync(
      body,
      shown.replace('CallingBox-Signature: ', ''),
      endpoint.signing_secret,
      300,
      Stripe.createSubtleCryptoProvider(),
      world.clock,
    )
    await world.drain()
    expect(world.receiver.received[0]?.body).toBe(body)
  })

  it('says which secret the last attempt was signed with, or that it is gone', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const id = await world.deliver()
    await world.drain()
    expect((await visitor.get(`/deliveries/${id}`)).text).toContain('gives for that timestamp')
    await world.call('POST', `/v1/webhook_endpoints/${endpoint.id}/rotate_secret`)
    expect((await visitor.get(`/deliveries/${id}`)).text).toContain('rotated out since')
  })

  it('redelivers, says who asked, and shows the attempt when it has come', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    await world.drain()
    const page = await visitor.post(`/deliveries/${id}/redeliver`)
    expect(page.path).toBe(`/deliveries/${id}`)
    await world.drain()
    const [, second] = (await world.delivery(id)).attempts
    expect(second).toMatchObject({
      trigger: 'manual',
      requested_by: `dashboard:${world.key.slice(8, 16)}`,
    })
    const { text } = await visitor.get(`/deliveries/${id}`)
    expect(text).toContain(`by hand in the dashboard, key ${world.key.slice(8, 16)}`)
  })

  it('says what superseded an attempt, and not that it delivered', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const [redelivered, deleted] = [await world.deliver(), await world.deliver()]
    world.receiver.answer = async ({ headers }) => {
      if (headers.has('CallingBox-Redelivery')) return new Response(null, { status: 500 })
      if (headers.get('CallingBox-Event-Id') === redelivered) await world.redeliver(redelivered)
      else await world.call('DELETE', `/v1/webhook_endpoints/${endpoint.id}`)
      return new Response(null, { status: 201 })
    }
    await world.consume(world.fresh.splice(0, 1))
    await world.consume(world.fresh.splice(0, 1))
    const pages = [redelivered, deleted].map((id) => visitor.get(`/deliveries/${id}`))
    const [first = '', second = ''] = (await Promise.all(pages)).map(({ text }) => text)
    expect(first).toContain('While this attempt was under way a redelivery was asked for')
    expect(second).toContain('While this attempt was under way its endpoint was deleted')
    expect(first + second).not.toContain('delivered, HTTP 201')
  })

  it.each(['kept', 'of before it was kept'])(
    'says of an earlier failure that it is one, and from when: the instant is %s',
    async (which) => {
      await world.createEndpoint()
      world.receiver.respond(500)
      const id = await world.deliver()
      await world.drain()
      world.receiver.respond(200)
      await world.pass(2 * MINUTE)
      if (which !== 'kept') await world.db.exec('UPDATE deliveries SET last_failure = NULL')
      const { text } = await visitor.get(`/deliveries/${id}`)
      const told = /<dt>Last failure<\/dt>\s*<dd[^>]*>(.*?)<\/dd>/s.exec(text)?.[1] ?? ''
      expect(textOf(told)).toMatch(/^Earlier: HTTP 500/)
      expect(told).toContain('datetime="2026-11-23T12:00:00')
    },
  )

  it('dates a failure that no attempt has logged: its endpoint was deleted', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const id = await world.deliver()
    world.clock += 5000
    await world.call('DELETE', `/v1/webhook_endpoints/${endpoint.id}`)
    const { text } = await visitor.get(`/deliveries/${id}`)
    const told = /<dt>Last failure<\/dt>\s*<dd[^>]*>(.*?)<\/dd>/s.exec(text)?.[1] ?? ''
    expect(textOf(told)).toMatch(/^endpoint deleted/)
    expect(told).toContain('datetime="2026-11-23T12:00:05')
  })

  it('sends nothing to an open page that is up to date', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const { text } = await visitor.get(`/deliveries/${id}`)
    const poll = /hx-get="\/dashboard(\/deliveries\/[^"]+\?seen=[\d.]+)"/.exec(text)?.[1] ?? ''
    expect((await visitor.get(poll, FRAGMENT)).status).toBe(204)
    await world.drain()
    expect((await visitor.get(poll, FRAGMENT)).status).toBe(200)
  })

  it('says why a redelivery is refused, and changes nothing (S3)', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const id = await world.deliver()
    await world.call('PATCH', `/v1/webhook_endpoints/${endpoint.id}`, { status: 'disabled' })
    const page = await visitor.post(`/deliveries/${id}/redeliver`)
    expect(page.status).toBe(409)
    expect(page.text).toContain('The endpoint is disabled, and gets nothing until it is enabled.')
    expect(page.text).not.toContain('PATCH')
    expect((await world.delivery(id)).manual_retry_count).toBe(0)
  })

  it('compares two attempts', async () => {
    await world.createEndpoint()
    world.receiver.answer = () => new Response('first\nline', { status: 500 })
    const id = await world.deliver()
    await world.drain()
    world.receiver.answer = () => new Response('second\nline', { status: 502 })
    await world.pass(2 * MINUTE)
    const { text } = await visitor.get(`/deliveries/${id}?a=1&b=2`)
    expect(text).toContain('<span class="removed">- first')
    expect(text).toContain('<span class="added">+ second')
    expect(text).toContain('<span class="same">  line')
  })

  it('colours a comparison by what came of each, whichever is the older', async () => {
    await world.createEndpoint()
    const answers = [500, 200, 500]
    world.receiver.answer = () => new Response(null, { status: answers.shift() ?? 200 })
    const id = await world.deliver()
    await world.pass(2 * MINUTE)
    await world.redeliver(id)
    await world.drain()
    for (const [a, b, first, second] of [
      [1, 2, 'bad', 'ok'],
      [2, 3, 'ok', 'bad'],
    ]) {
      const { text } = await visitor.get(`/deliveries/${id}?a=${a}&b=${b}`)
      const row = /Result<\/th><td class="(\w+)-text"[^>]*>[^<]*<\/td><td class="(\w+)-text"/.exec(
        text,
      )
      expect(row?.slice(1)).toEqual([first, second])
    }
  })

  it('compares headers that are named as what every object has', async () => {
    await world.createEndpoint()
    const names = ['constructor', '__proto__', 'toString']
    const headers = new Headers(names.map((name) => [name, 'first']))
    world.receiver.answer = () => new Response(null, { status: 500, headers })
    const id = await world.deliver()
    await world.drain()
    world.receiver.answer = () => new Response(null, { status: 500 })
    await world.pass(2 * MINUTE)
    const { text } = await visitor.get(`/deliveries/${id}?a=1&b=2`)
    for (const name of names) {
      const cells = `Response ${name.toLowerCase()}</th><td[^>]*>first</td><td[^>]*>–</td>`
      expect(text).toMatch(new RegExp(cells))
    }
  })

  it('hands out the body byte for byte', async () => {
    await world.createEndpoint()
    const call = `{"id":"${crypto.randomUUID()}","big":9007199254740993,"x":1.0}`
    const { body } = await world.call('POST', '/v1/events', `{"type":"call.busy","call":${call}}`)
    const { text, headers } = await visitor.get(`/deliveries/${body.deliveries[0].id}/body`)
    expect(text).toContain(call)
    expect(headers.get('Content-Disposition')).toContain('attachment')
  })
})
