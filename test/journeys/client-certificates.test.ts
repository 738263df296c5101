// Whose client certificate is shown to whom: whatever way a delivery takes, to the endpoint's origin of now and to no other.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Fetch } from '../../src/world.ts'
import { World, type Json } from '../world.ts'

const MINUTE = 60_000
const HOME = 'https://receiver.example/hooks'
const OTHER = 'https://other.example/hooks'
const admin = { key: env.ADMIN_TOKEN }

let world: World
let endpoint: Json
let path: string
beforeEach(async () => {
  world = await World.create()
  bind('acme')
  endpoint = (await world.createEndpoint({ url: HOME })).body
  path = `/v1/webhook_endpoints/${endpoint.id}`
  await name('acme')
})

/** A binding that tells the receiver which one it was; or does something else instead. */
function bind(certificate: string, fetch?: Fetch): void {
  const showing: Fetch = (url, init) => {
    const headers = new Headers(init.headers)
    headers.set('X-Shown', certificate)
    return world.receiver.fetch(url, { ...init, headers })
  }
  world.receiver.certificates.set(certificate, fetch ?? showing)
}

function name(certificate: string | null, id: string = endpoint.id) {
  const admins = `/admin/orgs/${world.orgId}/webhook_endpoints/${id}`
  return world.call('PATCH', admins, { client_certificate: certificate }, admin)
}

/** Which requests came with which certificate, by where they went. */
function seen(): [url: string, certificate: string | null][] {
  return world.receiver.received.splice(0).map(({ url, headers }) => [url, headers.get('X-Shown')])
}

async function delivered(): Promise<string> {
  const id = await world.deliver()
  await world.drain()
  world.receiver.received.splice(0)
  return id
}

/** What the first attempt ended with. */
async function errorOf(fetch: Fetch): Promise<Json> {
  bind('acme', fetch)
  const id = await world.deliver()
  await world.drain()
  const { attempts } = await world.delivery(id)
  return attempts[0].error
}

const edge = (status: number) => async () =>
  new Response(`error code: ${status}`, { status, headers: { server: 'cloudflare' } })

const local: Fetch = () => Promise.reject(new Error('Binding MTLS_ACME needs to be run remotely'))

describe('the client certificate of an endpoint (X11)', () => {
  it.each([
    ['behind its request', 5],
    ['by the queue', 0],
  ])('is shown with a first attempt %s', async (_, room) => {
    world.room = room
    await world.deliver()
    await world.drain()
    expect(seen()).toEqual([[HOME, 'acme']])
  })

  it('is shown with each retry, a test, a redelivery and a check', async () => {
    world.receiver.respond(500)
    const id = await world.deliver()
    await world.pass(10 * MINUTE)
    expect(seen()).toEqual([0, 1, 2].map(() => [HOME, 'acme']))
    world.receiver.respond(200)
    await world.redeliver(id)
    await world.drain()
    expect(seen()).toEqual([[HOME, 'acme']])
    await world.call('POST', `${path}/test`, {})
    await world.drain()
    expect(seen()).toEqual([[HOME, 'acme']])
    await world.call('POST', `${path}/check`)
    expect(seen()).toEqual([0, 1, 2].map(() => [HOME, 'acme']))
  })

  it('is shown with a replay, and with copies to its origin, and not with those to another', async () => {
    await delivered()
    for (const [url, shown] of [
      [undefined, [HOME, 'acme']],
      ['https://receiver.example/else', ['https://receiver.example/else', 'acme']],
      [OTHER, [OTHER, null]],
    ]) {
      world.clock += MINUTE
      await world.call('POST', '/v1/webhook_replays', { filter: {}, url })
      await world.pass(2 * MINUTE)
      expect(seen()).toEqual([shown])
    }
  })

  it('is not shown to the URL of a call', async () => {
    await world.send({ webhook_url: HOME })
    await world.drain()
    const shown = seen().toSorted((one, other) => String(one).localeCompare(String(other)))
    expect(shown).toEqual([
      [HOME, null],
      [HOME, 'acme'],
    ])
  })

  it('follows the endpoint to another origin, and is not shown to the one it has left', async () => {
    world.receiver.respond(500)
    const id = await world.deliver()
    await world.drain()
    await world.call('PATCH', path, { url: OTHER })
    seen()
    await world.pass(2 * MINUTE)
    expect(seen()).toEqual([[HOME, null]])
    world.receiver.respond(200)
    await world.call('POST', `/v1/webhook_deliveries/${id}/redeliver`, { to: 'current' })
    await world.drain()
    expect(seen()).toEqual([[OTHER, 'acme']])
  })

  it('is that of each endpoint alone, in one batch with others and with those of another org', async () => {
    bind('other')
    const { body } = await world.createEndpoint({ url: HOME })
    await world.createEndpoint({ url: HOME })
    await name('other', body.id)
    const { key } = await world.createOrg('Beta')
    await world.createEndpoint({ url: OTHER }, { key })
    await world.deliver()
    await world.send({}, {}, { key })
    await world.drain()
    expect(seen().map(String).toSorted()).toEqual(
      [`${HOME},acme`, `${HOME},other`, `${HOME},`, `${OTHER},`].toSorted(),
    )
  })

  it('has nobody who could be shown it over plain HTTP', async () => {
    world.vars['ALLOW_HTTP_ENDPOINTS'] = 'true'
    await world.call('PATCH', path, { url: 'http://receiver.example/hooks' })
    world.receiver.certificates.clear()
    await world.deliver()
    await world.drain()
    expect(seen()).toEqual([['http://receiver.example/hooks', null]])
  })

  it('is shown no more once it is none', async () => {
    await name(null)
    await world.deliver()
    await world.drain()
    expect(seen()).toEqual([[HOME, null]])
  })
})

describe('a certificate that is not bound any more (A4)', () => {
  it.each([
    ['behind its request', 5],
    ['by the queue', 0],
  ])(
    'is a fault of ours %s: nothing is sent without it, no attempt is used up, and it goes on',
    async (_, room) => {
      world.room = room
      world.receiver.certificates.clear()
      const id = await world.deliver()
      await world.consume(world.fresh.splice(0))
      await world.pass(10 * MINUTE)
      expect(seen()).toEqual([])
      expect(await world.delivery(id)).toMatchObject({ status: 'pending', attempt_count: 0 })
      const fault = world.logs.find(({ event }) => event === 'attempt_faulted')
      expect(fault?.['error']).toContain('the client certificate acme is not bound')
      expect(fault?.['error']).toContain('MTLS_ACME')
      bind('acme')
      await world.pass(10 * MINUTE)
      expect(seen()).toEqual([[HOME, 'acme']])
      expect((await world.delivery(id)).status).toBe('delivered')
    },
  )

  it('lets the others of its batch go on', async () => {
    world.receiver.certificates.clear()
    await world.createEndpoint({ url: OTHER })
    await world.deliver()
    await world.drain()
    expect(seen()).toEqual([[OTHER, null]])
  })

  it('is what a check says, and sends nothing', async () => {
    world.receiver.certificates.clear()
    const { status, body } = await world.call('POST', `${path}/check`)
    expect([status, body.requests, body.findings.length]).toEqual([200, [], 1])
    expect(body.findings[0]).toMatchObject({ code: 'certificate', ok: false })
    expect(body.findings[0].message).toContain('acme')
    expect(seen()).toEqual([])
  })
})

describe('what becomes of a certificate’s fetch that fails', () => {
  it.each<[string, string, Fetch]>([
    [
      'tls',
      'a refused handshake',
      () => Promise.reject(new Error('TLS peer alert: bad certificate')),
    ],
    ['tls', '525 of the edge', edge(525)],
    ['tls', '526 of the edge', edge(526)],
    ['connection', '520 of the edge', edge(520)],
    [
      'connection',
      'a broken connection',
      () => Promise.reject(new Error('Network connection lost.')),
    ],
    ['connection', 'its own name', () => Promise.reject(new Error('MTLS_ACME: internal error'))],
    ['dns', 'no name', () => Promise.reject(new Error('getaddrinfo ENOTFOUND'))],
    [
      'timeout',
      'an endless wait',
      (_url, { signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('aborted')))
        }),
    ],
    ['http_status', 'a 400 of the receiver', async () => new Response('no cert', { status: 400 })],
  ])('%s: %s', async (kind, _, fetch) => {
    world.vars['ATTEMPT_TIMEOUT_MS'] = '1000'
    expect((await errorOf(fetch)).kind).toBe(kind)
    expect(seen()).toEqual([])
  })

  it('says where the service runs locally that nothing was sent, and why', async () => {
    const { kind, message } = await errorOf(local)
    expect([kind, message]).toEqual([
      'connection',
      'nothing was sent: a client certificate is to be had only where the service is deployed',
    ])
    const { body } = await world.call('POST', `${path}/check`)
    expect(body.findings.map(({ message: said }: Json) => said)).toEqual([
      'Nothing was sent: a client certificate is to be had only where the service is deployed.',
    ])
  })
})
