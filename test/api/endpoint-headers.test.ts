// Headers of endpoints: written, covered in every answer, kept, replaced, refused.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../world.ts'

const TOKEN = 'Bearer canary-token-3f2a'
const SHOWN = { Authorization: '…3f2a', 'X-Pin': '…' }

let world: World
beforeEach(async () => {
  world = await World.create()
})

function create(headers: unknown, more: Json = {}): Promise<Answered> {
  return world.createEndpoint({ headers, ...more })
}

/** The path of an endpoint that has two. */
async function made(): Promise<string> {
  world.clock += 1000
  const { body } = await create({ Authorization: TOKEN, 'X-Pin': '1234' })
  return `/v1/webhook_endpoints/${body.id}`
}

function patch(path: string, body: unknown): Promise<Answered> {
  world.clock += 1000
  return world.call('PATCH', path, body)
}

/** What goes along with the next event. */
async function sent(...names: string[]): Promise<(string | null)[]> {
  world.receiver.received.splice(0)
  await world.deliver()
  await world.drain()
  const [received] = world.receiver.received
  return names.map((name) => received?.headers.get(name) ?? null)
}

async function lastEntry(): Promise<Json> {
  const { body } = await world.call('GET', '/v1/audit_log?limit=1')
  return body.data[0]
}

describe('POST /v1/webhook_endpoints with headers', () => {
  it('answers them covered, as every answer does, and sends them whole', async () => {
    const { status, body } = await create({ Authorization: TOKEN, 'X-Pin': '1234' })
    expect([status, body.headers]).toEqual([201, SHOWN])
    const path = `/v1/webhook_endpoints/${body.id}`
    const rotated = await world.call('POST', `${path}/rotate_secret`, {})
    const list = await world.call('GET', '/v1/webhook_endpoints')
    expect([(await world.endpoint(body.id)).headers, rotated.body.headers]).toEqual([SHOWN, SHOWN])
    expect(list.body.data[0].headers).toEqual(SHOWN)
    expect(await sent('Authorization', 'X-Pin')).toEqual([TOKEN, '1234'])
  })

  it('answers null where there are none', async () => {
    for (const headers of [undefined, null, {}]) {
      expect((await create(headers)).body.headers).toBeNull()
    }
  })

  it('answers the same for the same Idempotency-Key', async () => {
    const body = { url: 'https://a.example/', headers: { Authorization: TOKEN } }
    const options = { headers: { 'Idempotency-Key': 'one' } }
    const first = await world.call('POST', '/v1/webhook_endpoints', body, options)
    const again = await world.call('POST', '/v1/webhook_endpoints', body, options)
    expect(again.body).toEqual(first.body)
  })

  it('has their names in the audit log, and no value', async () => {
    await made()
    expect(await lastEntry()).toMatchObject({
      action: 'endpoint.create',
      details: { headers: ['Authorization', 'X-Pin'] },
    })
  })

  it.each<[string, unknown, string]>([
    ['a list', ['a'], 'headers'],
    ['a text', 'Authorization: x', 'headers'],
    ['a value that is no text', { A: 1 }, 'headers.A'],
    ['a value that is null', { A: null }, 'headers.A'],
    ['an empty value', { A: '' }, 'headers.A'],
    ['blanks around a value', { A: ' x' }, 'headers.A'],
    ['a line break', { A: 'x\r\nB: y' }, 'headers.A'],
    ['what is not ASCII', { A: 'é' }, 'headers.A'],
    ['a covered value', { A: '…' }, 'headers.A'],
    ['a name that is none', { 'A B': 'x' }, 'headers.A B'],
    ['a name twice in another case', { 'X-A': 'x', 'x-a': 'y' }, 'headers.x-a'],
    ['a name that is ours', { 'CallingBox-Signature': 'x' }, 'headers.CallingBox-Signature'],
    ['a name of the connection', { Host: 'x' }, 'headers.Host'],
    [
      'eleven',
      Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`X-${n}`, 'x'])),
      'headers',
    ],
    ['more than 4 KB', { A: 'x'.repeat(4096) }, 'headers'],
  ])('refuses %s, naming the member, and makes nothing', async (_, headers, path) => {
    const { status, body } = await create(headers)
    expect([status, body.code, body.issues[0].path]).toEqual([400, 'invalid_request', path])
    expect((await world.call('GET', '/v1/webhook_endpoints')).body.data).toEqual([])
  })

  it('takes ten, and 4 KB', async () => {
    const ten = Array.from({ length: 10 }, (_, n) => [`X-${n}`, 'x'])
    expect((await create(Object.fromEntries(ten))).status).toBe(201)
    expect((await create({ A: 'x'.repeat(4095) })).status).toBe(201)
  })

  it('refuses them for an endpoint that is listened to', async () => {
    const body = { kind: 'listen', headers: { A: 'x' } }
    const { status, body: answer } = await world.call('POST', '/v1/webhook_endpoints', body)
    expect([status, answer.issues[0].path]).toEqual([400, 'headers'])
  })

  it('is where a URL with a password is pointed to', async () => {
    const { status, body } = await world.createEndpoint({ url: 'https://me:secret@a.example/' })
    expect([status, body.error]).toEqual([400, expect.stringContaining('`headers`')])
  })
})

describe('PATCH /v1/webhook_endpoints/{id} with headers', () => {
  it('leaves alone what is sent back as it was answered, and writes nothing', async () => {
    const path = await made()
    const before = (await world.call('GET', path)).body
    world.clock += 1000
    const entry = await lastEntry()
    for (const body of [before, { headers: SHOWN }, { headers: { ...SHOWN, 'X-Pin': '1234' } }]) {
      expect((await patch(path, body)).body).toEqual(before)
    }
    expect(await lastEntry()).toEqual(entry)
    expect(await sent('Authorization', 'X-Pin')).toEqual([TOKEN, '1234'])
  })

  it('replaces all: what is covered stays, what is new comes, what is left out goes', async () => {
    const path = await made()
    const { body } = await patch(path, { headers: { authorization: '…3f2a', 'X-New': 'n' } })
    expect(body.headers).toEqual({ authorization: '…3f2a', 'X-New': '…' })
    expect(await sent('Authorization', 'X-Pin', 'X-New')).toEqual([TOKEN, null, 'n'])
    const { details } = await lastEntry()
    expect(details).toEqual({
      changed: ['headers'],
      headers: ['authorization', 'X-New', 'X-Pin'],
    })
  })

  it.each([null, {}])('clears them with %j', async (headers) => {
    const path = await made()
    expect((await patch(path, { headers })).body.headers).toBeNull()
    expect(await sent('Authorization', 'X-Pin')).toEqual([null, null])
    expect((await lastEntry()).details).toEqual({
      changed: ['headers'],
      headers: ['Authorization', 'X-Pin'],
    })
  })

  it.each([
    ['a covered value of another', { Authorization: '…9999' }, 'headers.Authorization'],
    ['a covered value of a new name', { 'X-New': '…' }, 'headers.X-New'],
    ['too much together', { Authorization: '…3f2a', A: 'x'.repeat(4080) }, 'headers'],
  ])('refuses %s, and changes nothing', async (_, headers, path) => {
    const one = await made()
    const before = (await world.call('GET', one)).body
    const { status, body } = await patch(one, { headers, description: 'other' })
    expect([status, body.issues[0].path]).toEqual([400, path])
    expect((await world.call('GET', one)).body).toEqual(before)
  })

  it('takes the scope to manage', async () => {
    const path = await made()
    const keys = await world.call('POST', '/v1/api_keys', { name: 'x', scopes: ['operate'] })
    const { status } = await world.call('PATCH', path, { headers: null }, { key: keys.body.key })
    expect(status).toBe(403)
  })
})

describe('a URL of another origin (X10)', () => {
  const url = 'https://other.example/'

  it.each([
    ['nothing of the headers', {}],
    ['what GET answered', { headers: SHOWN }],
    ['one of them covered', { headers: { Authorization: TOKEN, 'X-Pin': '…' } }],
  ])('is refused with %s, and nothing goes there', async (_, more) => {
    const path = await made()
    const { status, body } = await patch(path, { url, ...more })
    expect([status, body.issues]).toEqual([
      400,
      [{ path: 'headers', message: expect.stringContaining('each value anew, or null') }],
    ])
    expect((await world.call('GET', path)).body).toMatchObject({ headers: SHOWN })
    await sent()
    expect(world.receiver.received.map((one) => new URL(one.url).host)).toEqual([
      'receiver.example',
    ])
  })

  it('takes them anew, or null', async () => {
    const path = await made()
    expect((await patch(path, { url, headers: { 'X-Key': 'anew' } })).status).toBe(200)
    expect(await sent('X-Key', 'Authorization')).toEqual(['anew', null])
    const back = { url: 'https://receiver.example/', headers: null }
    expect((await patch(path, back)).body).toMatchObject(back)
  })

  it('needs nothing of one that has none, nor of another path', async () => {
    const { body } = await world.createEndpoint()
    expect((await patch(`/v1/webhook_endpoints/${body.id}`, { url })).status).toBe(200)
    const path = await made()
    const { status } = await patch(path, { url: 'https://receiver.example/other?x=1' })
    expect(status).toBe(200)
    await world.call('DELETE', `/v1/webhook_endpoints/${body.id}`)
    expect(await sent('Authorization')).toEqual([TOKEN])
  })

  it('that meets headers which are only just coming is refused as well', async () => {
    const { body } = await world.createEndpoint()
    const path = `/v1/webhook_endpoints/${body.id}`
    meanwhile(async () => {
      world.db = env.DB
      await patch(path, { headers: { Authorization: TOKEN } })
    })
    expect((await patch(path, { url })).status).toBe(400)
    expect((await world.call('GET', path)).body).toMatchObject({
      url: 'https://receiver.example/hooks',
      headers: { Authorization: '…3f2a' },
    })
  })

  it('of the origin that was meets headers for another, and is refused as well (X10)', async () => {
    const path = await made()
    meanwhile(async () => {
      world.db = env.DB
      await patch(path, { url, headers: { 'X-Pin': '9999' } })
    })
    expect((await patch(path, { url: 'https://receiver.example/other' })).status).toBe(400)
    expect((await world.call('GET', path)).body).toMatchObject({ url, headers: { 'X-Pin': '…' } })
  })

  it('that comes while headers are kept has them refused', async () => {
    const path = await made()
    meanwhile(async () => {
      world.db = env.DB
      await patch(path, { url, headers: { 'X-Pin': '9999' } })
    })
    expect((await patch(path, { headers: { Authorization: '…3f2a', B: 'b' } })).status).toBe(400)
    expect((await world.call('GET', path)).body.headers).toEqual({ 'X-Pin': '…' })
  })
})

/** Does something right before the transaction that is to change an endpoint: after it was read. */
function meanwhile(act: () => Promise<void>): void {
  let isChange = false
  world.db = new Proxy(env.DB, {
    get: (db, name) => {
      if (name === 'prepare') {
        return (query: string) => {
          isChange ||= /^\s*update "endpoints"/i.test(query)
          return db.prepare(query)
        }
      }
      if (name !== 'batch') return Reflect.get(db, name).bind(db)
      return async (statements: D1PreparedStatement[]) => {
        if (isChange) await act()
        return db.batch(statements)
      }
    },
  })
}

describe('headers that do not open', () => {
  const OTHER = `new:${btoa('n'.repeat(32))}`

  it('are shown all the same, cannot be kept, and are replaced or cleared', async () => {
    const path = await made()
    world.secretsKeys = OTHER
    expect((await world.call('GET', path)).body.headers).toEqual(SHOWN)
    const kept = await patch(path, { headers: { ...SHOWN, B: 'b' } })
    expect([kept.status, kept.body.issues[0].path]).toEqual([400, 'headers.Authorization'])
    expect((await patch(path, { headers: { B: 'b' } })).body.headers).toEqual({ B: '…' })
    expect((await lastEntry()).details.headers).toEqual(['Authorization', 'X-Pin', 'B'])
    world.secretsKeys = env.SECRETS_KEYS
    expect((await patch(path, { headers: null })).body.headers).toBeNull()
  })
})
