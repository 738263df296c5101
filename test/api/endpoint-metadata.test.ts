// Metadata of endpoints: written, answered as it was written, replaced, cleared, refused.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../world.ts'

const PATH = '/v1/webhook_endpoints'
const NOTED = { zone: ' eu ', customer: 'cus_8841', empty: '', 'é 😀': 'line\nline', 7: 'seven' }

let world: World
beforeEach(async () => {
  world = await World.create()
})

function create(metadata: unknown): Promise<Answered> {
  world.clock += 1000
  return world.createEndpoint({ metadata })
}

function patch(id: string, body: unknown): Promise<Answered> {
  world.clock += 1000
  return world.call('PATCH', `${PATH}/${id}`, body)
}

async function lastEntry(): Promise<Json> {
  const { body } = await world.call('GET', '/v1/audit_log?limit=1')
  return body.data[0]
}

function many(count: number, name = 'n', value = 'x'): Json {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`${name}${n}`, value]))
}

describe('POST /v1/webhook_endpoints with metadata', () => {
  it('answers it as it was written, as every answer does', async () => {
    const { status, body } = await create(NOTED)
    expect([status, body.metadata]).toEqual([201, NOTED])
    const list = await world.call('GET', PATH)
    const rotated = await world.call('POST', `${PATH}/${body.id}/rotate_secret`, {})
    const one = await world.endpoint(body.id)
    for (const shown of [one, list.body.data[0], rotated.body])
      expect(shown.metadata).toEqual(NOTED)
  })

  it('answers null where there is none', async () => {
    for (const metadata of [undefined, null, {}]) {
      expect((await create(metadata)).body.metadata).toBeNull()
    }
  })

  it('answers the same for the same Idempotency-Key', async () => {
    const body = { url: 'https://a.example/', metadata: NOTED }
    const options = { headers: { 'Idempotency-Key': 'one' } }
    const first = await world.call('POST', PATH, body, options)
    const again = await world.call('POST', PATH, body, options)
    expect([again.status, again.body]).toEqual([201, first.body])
  })

  it('tells no receiver of it, and the audit log no text', async () => {
    await create({ customer: 'canary-of-metadata' })
    await world.deliver()
    await world.drain()
    const [received] = world.receiver.received
    expect(JSON.stringify([received, [...(received?.headers ?? [])]])).not.toContain('canary')
    expect(JSON.stringify(await lastEntry())).not.toContain('canary')
  })

  it.each<[string, unknown, string]>([
    ['a list', ['a'], 'metadata'],
    ['a text', 'a', 'metadata'],
    ['a number in it', { a: 1 }, 'metadata.a'],
    ['an object in it', { a: { b: 'c' } }, 'metadata.a'],
    ['a null in it', { a: null }, 'metadata.a'],
    ['an empty name', { '': 'a' }, 'metadata.'],
    ['a name of 41 characters', { ['é'.repeat(41)]: 'a' }, `metadata.${'é'.repeat(41)}`],
    ['a text of 501 characters', { a: '😀'.repeat(501) }, 'metadata.a'],
    ['51 members', many(51), 'metadata'],
    ['more than 32 KB', many(50, 'n', '😀'.repeat(250)), 'metadata'],
  ])('refuses %s, naming the place, and makes nothing', async (_, metadata, path) => {
    const { status, body } = await create(metadata)
    expect([status, body.code, body.issues[0].path]).toEqual([400, 'invalid_request', path])
    expect((await world.call('GET', PATH)).body.data).toEqual([])
  })

  it('takes 50 members, names of 40 characters and texts of 500', async () => {
    const most = { ...many(49), ['é'.repeat(40)]: '😀'.repeat(500) }
    expect((await create(most)).body.metadata).toEqual(most)
  })
})

describe('PATCH with metadata', () => {
  it('replaces all that is there, and null or nothing in it clears it', async () => {
    const { id } = (await create(NOTED)).body
    expect((await patch(id, { metadata: { plan: 'gold' } })).body.metadata).toEqual({
      plan: 'gold',
    })
    for (const none of [null, {}]) {
      await patch(id, { metadata: { plan: 'gold' } })
      expect((await patch(id, { metadata: none })).body.metadata).toBeNull()
    }
  })

  it('leaves it alone where it is not named, and all else where it is', async () => {
    const { body: made } = await create(NOTED)
    expect((await patch(made.id, { description: 'x' })).body.metadata).toEqual(NOTED)
    const { signing_secret: _, ...before } = { ...made, description: 'x' }
    const { body: after } = await patch(made.id, { metadata: { a: 'b' } })
    expect(after).toEqual({ ...before, metadata: { a: 'b' }, updated_at: after.updated_at })
  })

  it('writes and logs nothing where it is as it was, and that it changed where it is not', async () => {
    const { id } = (await create(NOTED)).body
    await patch(id, await world.endpoint(id))
    expect((await lastEntry()).action).toBe('endpoint.create')
    await patch(id, { metadata: null })
    expect(await lastEntry()).toMatchObject({
      action: 'endpoint.update',
      details: { changed: ['metadata'] },
    })
  })

  it('takes a key that may manage', async () => {
    const { id } = (await create(NOTED)).body
    const keys = `/admin/orgs/${world.orgId}/api_keys`
    const wanted = { name: 'x', scopes: ['read', 'operate'] }
    const { body } = await world.call('POST', keys, wanted, { key: env.ADMIN_TOKEN })
    const asked = await world.call('PATCH', `${PATH}/${id}`, { metadata: null }, { key: body.key })
    expect([asked.status, asked.body.code]).toEqual([403, 'insufficient_scope'])
  })
})
