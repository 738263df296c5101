// Where the headers of an endpoint go along: whatever way a delivery takes, to the endpoint's origin of now and to no other.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'

const MINUTE = 60_000
const HOME = 'https://receiver.example/hooks'
const OTHER = 'https://other.example/hooks'
const TOKEN = 'Bearer canary-token-3f2a'

let world: World
let path: string
let endpoint: Json
beforeEach(async () => {
  world = await World.create()
  const { body } = await world.createEndpoint({ url: HOME, headers: { Authorization: TOKEN } })
  endpoint = body
  path = `/v1/webhook_endpoints/${body.id}`
})

/** Which requests came with it, by where they went. */
function seen(): [url: string, hasToken: boolean][] {
  return world.receiver.received
    .splice(0)
    .map(({ url, headers }) => [url, headers.get('Authorization') === TOKEN])
}

async function delivered(): Promise<string> {
  const id = await world.deliver()
  await world.drain()
  world.receiver.received.splice(0)
  return id
}

describe('a receiver that echoes what it was sent', () => {
  it('has the values of the endpoint’s headers covered in the log of the attempt', async () => {
    const [, word = ''] = TOKEN.split(' ')
    world.receiver.answer = () =>
      new Response(`no such token: ${TOKEN}, or ${word}; 3f2a`, {
        status: 401,
        headers: { 'X-Echo': TOKEN, 'X-Word': `"${word}"` },
      })
    const id = await world.deliver()
    await world.drain()
    const { body } = await world.call('GET', `/v1/webhook_deliveries/${id}`)
    expect(body.attempts[0].response).toMatchObject({
      headers: { 'x-echo': '…3f2a', 'x-word': '"…3f2a"' },
      body: 'no such token: …3f2a, or …3f2a; 3f2a',
    })
    const { results } = await env.DB.prepare('SELECT attempts FROM deliveries').all()
    expect(JSON.stringify(results)).not.toContain(word)
  })

  it.each([
    ['a body that is longer than what is kept', 4096 - 20],
    ['a body that ends so', 4],
  ])('has the beginning of one covered at the end of %s', async (_, length) => {
    const before = '.'.repeat(length)
    world.receiver.answer = () => {
      const whole = `${before}${TOKEN}`
      return new Response(length > 4 ? whole : whole.slice(0, -2), { status: 401 })
    }
    const id = await world.deliver()
    await world.drain()
    const { body } = await world.call('GET', `/v1/webhook_deliveries/${id}`)
    expect(body.attempts[0].response.body).toBe(`${before}…`)
  })

  it('has the beginning of one covered at the end of a header that is cut', async () => {
    const long = '-'.repeat(5000)
    const word = 'canary-'.repeat(300)
    await world.call('PATCH', path, { headers: { 'X-Long': word } })
    world.receiver.answer = () =>
      new Response(null, { status: 401, headers: { 'X-A': long, 'X-Echo': word } })
    const id = await world.deliver()
    await world.drain()
    const { body } = await world.call('GET', `/v1/webhook_deliveries/${id}`)
    expect(body.attempts[0].response.headers['x-a']).toMatch(/^-+…$/)
    expect(body.attempts[0].response.headers['x-echo']).toBe('…')
  })

  it('has one covered that is quoted as JSON', async () => {
    const value = 'Digest username="canary-user", response="canary-response"'
    await world.call('PATCH', path, { headers: { Authorization: value } })
    world.receiver.answer = ({ headers }) =>
      new Response(JSON.stringify({ got: headers.get('Authorization') }), { status: 401 })
    const id = await world.deliver()
    await world.drain()
    const { body } = await world.call('GET', `/v1/webhook_deliveries/${id}`)
    expect(body.attempts[0].response.body).toBe('{"got":"…se\\""}')
  })
})

describe('the headers of an endpoint (X10)', () => {
  it.each([
    ['behind its request', 5],
    ['by the queue', 0],
  ])('go along with a first attempt %s', async (_, room) => {
    world.room = room
    await world.deliver()
    await world.drain()
    expect(seen()).toEqual([[HOME, true]])
  })

  it('go along with each retry, a test and a redelivery', async () => {
    world.receiver.respond(500)
    const id = await world.deliver()
    await world.pass(10 * MINUTE)
    expect(seen()).toEqual([0, 1, 2].map(() => [HOME, true]))
    world.receiver.respond(200)
    await world.redeliver(id)
    await world.drain()
    expect(seen()).toEqual([[HOME, true]])
    await world.call('POST', `${path}/test`, {})
    await world.drain()
    expect(seen()).toEqual([[HOME, true]])
  })

  it('go along with a replay, and with copies to their origin', async () => {
    const id = await delivered()
    world.clock += MINUTE
    await world.call('POST', '/v1/webhook_replays', { filter: {} })
    await world.pass(2 * MINUTE)
    expect(seen()).toEqual([[HOME, true]])
    world.clock += MINUTE
    const copies = { filter: {}, url: 'https://receiver.example/else' }
    const { body } = await world.call('POST', '/v1/webhook_replays', copies)
    await world.pass(2 * MINUTE)
    expect(seen()).toEqual([['https://receiver.example/else', true]])
    const made = await world.call('GET', `/v1/webhook_replays/${body.id}/deliveries`)
    expect(made.body.data[0].delivery_id).toBe(id)
    expect(made.body.data[0].attempt.request.headers.Authorization).toBe('…3f2a')
  })

  it('do not with copies to another', async () => {
    await delivered()
    world.clock += MINUTE
    await world.call('POST', '/v1/webhook_replays', { filter: {}, url: OTHER })
    await world.pass(2 * MINUTE)
    expect(seen()).toEqual([[OTHER, false]])
  })

  it('do not to the URL of a call', async () => {
    await world.send({ webhook_url: HOME })
    await world.drain()
    expect(
      seen()
        .map(([url, hasToken]) => `${url} ${hasToken}`)
        .toSorted(),
    ).toEqual([`${HOME} false`, `${HOME} true`])
  })

  it('do not to the URL that a delivery was made for once the endpoint has moved, and do to the present one', async () => {
    world.receiver.respond(500)
    const id = await world.deliver()
    await world.drain()
    await world.call('PATCH', path, { url: OTHER, headers: { Authorization: TOKEN } })
    seen()
    await world.pass(2 * MINUTE)
    expect(seen()).toEqual([[HOME, false]])
    world.receiver.respond(200)
    await world.redeliver(id)
    await world.drain()
    expect(seen()).toEqual([[HOME, false]])
    await world.call('POST', `/v1/webhook_deliveries/${id}/redeliver`, { to: 'current' })
    await world.drain()
    expect(seen()).toEqual([[OTHER, true]])
  })

  it('do not with what is left of a deleted endpoint, nor where a redirect leads', async () => {
    world.receiver.respond(302, { Location: OTHER })
    await world.deliver()
    await world.drain()
    expect(seen()).toEqual([[HOME, true]])
  })

  it('are those of the endpoint alone, in one batch with others', async () => {
    await world.createEndpoint({ url: HOME, headers: { Authorization: 'Bearer another-one-9999' } })
    await world.createEndpoint({ url: HOME })
    await world.deliver()
    await world.drain()
    const got = world.receiver.received.map(({ headers }) => headers.get('Authorization'))
    expect(got.map(String).toSorted()).toEqual(['Bearer another-one-9999', TOKEN, 'null'])
  })

  it('stand covered in the log of attempts, beside ours', async () => {
    const id = await delivered()
    const { attempts } = await world.delivery(id)
    expect(attempts[0].request.headers).toMatchObject({
      'CallingBox-Event-Id': id,
      Authorization: '…3f2a',
    })
    const { results } = await env.DB.prepare('SELECT attempts FROM deliveries').all()
    expect(JSON.stringify(results)).not.toContain('canary')
  })

  it('do not take a name that has become one of ours', async () => {
    await world.call('PATCH', path, { headers: { 'acme-signature': 'x', B: 'b' } })
    world.vars['HEADER_PREFIX'] = 'Acme'
    await world.deliver()
    await world.drain()
    const [received] = world.receiver.received
    expect(received?.headers.get('acme-signature')).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/)
    expect(received?.headers.get('B')).toBe('b')
  })
})

describe('headers that do not open (A4)', () => {
  it('are a fault of ours: nothing is sent without them, no attempt is used up, and it goes on', async () => {
    // Its secrets open under the new key, and its headers do not.
    const id = await world.deliver()
    await env.DB.exec(`UPDATE endpoints SET headers_sealed = headers_sealed || 'A'`)
    await world.consume(world.fresh.splice(0))
    expect(world.receiver.received).toEqual([])
    expect(await world.delivery(id)).toMatchObject({ status: 'pending', attempt_count: 0 })
    expect(world.logs).toContainEqual(
      expect.objectContaining({
        event: 'secret_undecryptable',
        owner_id: endpoint.id,
        secret_id: endpoint.id,
      }),
    )
    await world.call('PATCH', path, { headers: { Authorization: TOKEN } })
    await world.pass(MINUTE)
    expect(seen()).toEqual([[HOME, true]])
  })
})
