// An org's own keys: made by a key that has as much, listed, revoked; and that no key hands on more than it has.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { SCOPES } from '../../src/account/scopes.ts'
import { QUOTAS } from '../../src/quotas.ts'
import { entriesOf } from '../dashboard/portal/guest.ts'
import { World, type Answered, type Json } from '../world.ts'
import { makeLimitedKey } from './limited-key.ts'

const HOUR = 3_600_000

let world: World
beforeEach(async () => {
  world = await World.create()
})

const keyOf = (scopes: string[] | null, more: Json = {}) => makeLimitedKey(world, scopes, more)

function makeKey(key: string, asked: Json, headers = {}): Promise<Answered> {
  return world.call('POST', '/v1/api_keys', { name: 'made', ...asked }, { key, headers })
}

async function countKeys(): Promise<number> {
  return (await world.call('GET', '/v1/api_keys')).body.data.length
}

describe('what an Idempotency-Key has kept', () => {
  it('is answered again after keys got scopes', async () => {
    const path = `/admin/orgs/${world.orgId}/api_keys`
    const options = { key: env.ADMIN_TOKEN, headers: { 'Idempotency-Key': 'before' } }
    const first = await world.call('POST', path, { name: 'old' }, options)
    await env.DB.prepare(
      `UPDATE idempotency_keys SET snapshot = json_remove(snapshot, '$.stored.scopes')`,
    ).run()
    expect(await world.call('POST', path, { name: 'old' }, options)).toMatchObject({
      status: 201,
      body: first.body,
    })
  })
})

describe('a key that makes a key', () => {
  it('gives it its own scopes where nobody says which', async () => {
    const { status, body } = await makeKey(await keyOf(['manage', 'send']), {})
    expect({ status, scopes: body.scopes }).toEqual({ status: 201, scopes: ['send', 'manage'] })
    expect((await world.send({}, {}, { key: body.key })).status).toBe(202)
    expect((await makeKey(body.key, { scopes: ['read'] })).status).toBe(403)
  })

  it.each(SCOPES.filter((scope) => scope !== 'manage'))(
    'cannot give it %s without having it, and nothing is made',
    async (scope) => {
      const key = await keyOf(['manage'])
      const before = await countKeys()
      const { status, body } = await makeKey(key, { scopes: ['manage', scope] })
      expect({ status, code: body.code }).toEqual({ status: 403, code: 'insufficient_scope' })
      expect(body.error).toBe(`What you make may have your own scopes (manage), and not: ${scope}.`)
      expect(await countKeys()).toBe(before)
    },
  )

  it('gives it no longer life, and its own where nobody says how long', async () => {
    const end = new Date(world.clock + HOUR).toISOString()
    const key = await keyOf(null, { expires_at: end })
    for (const asked of [{}, { expires_at: null }, { expires_at: end }]) {
      expect((await makeKey(key, asked)).body.expires_at).toBe(end.replace('.000Z', 'Z'))
    }
    const later = new Date(world.clock + HOUR + 1000).toISOString()
    const { status, body } = await makeKey(key, { expires_at: later })
    expect({ status, error: body.error }).toEqual({
      status: 400,
      error: `expires_at: must not be after the end of the key that makes it, ${end}`,
    })
    const sooner = new Date(world.clock + HOUR / 2).toISOString()
    const made = await makeKey(key, { expires_at: sooner })
    world.clock += HOUR / 2
    expect((await world.send({}, {}, { key: made.body.key })).status).toBe(401)
  })

  it('is not given what another key was answered for the same Idempotency-Key', async () => {
    const headers = { 'Idempotency-Key': 'one' }
    const first = await makeKey(world.key, {}, headers)
    expect((await makeKey(world.key, {}, headers)).body).toEqual(first.body)
    const other = await makeKey(await keyOf(['manage']), {}, headers)
    expect({ status: other.status, code: other.body.code }).toEqual({
      status: 409,
      code: 'idempotency_key_reused',
    })
  })

  it('is named in the audit log, with what it made', async () => {
    await makeKey(await keyOf(['manage', 'read']), { scopes: ['read'] })
    const entries = await entriesOf(world, 'api_key.create')
    const entry = entries.find(({ details }) => details.scopes === 'read')
    expect(entry.actor).toMatch(/^[0-9A-Za-z]{8}$/)
  })
})

describe('a key that makes a portal link', () => {
  it('hands on no scope that it does not have', async () => {
    const key = await keyOf(['manage', 'read'])
    const make = (scopes: string[]) => world.call('POST', '/v1/portal_links', { scopes }, { key })
    expect((await make(['read'])).status).toBe(201)
    expect((await make(['read', 'operate'])).body.code).toBe('insufficient_scope')
  })

  it('is not given the link that another key made', async () => {
    const make = (key: string) =>
      world.call(
        'POST',
        '/v1/portal_links',
        { scopes: ['read'] },
        { key, headers: { 'Idempotency-Key': 'one' } },
      )
    expect((await make(world.key)).status).toBe(201)
    expect((await make(await keyOf(['manage', 'read']))).status).toBe(409)
  })
})

describe('an org with as many live keys as it may have', () => {
  it('gets no other until one is revoked or over, whoever asks', async () => {
    for (let count = 1; count < QUOTAS.keys.usual - 1; count += 1) await makeKey(world.key, {})
    const expires_at = new Date(world.clock + HOUR).toISOString()
    expect((await makeKey(world.key, { expires_at })).status).toBe(201)
    const refused = await makeKey(world.key, {})
    expect([refused.status, refused.body.code]).toEqual([409, 'api_key_limit_reached'])
    const path = `/admin/orgs/${world.orgId}/api_keys`
    const asked = { name: 'by the operator' }
    const options = { key: env.ADMIN_TOKEN }
    expect((await world.call('POST', path, asked, options)).status).toBe(409)
    expect(await countKeys()).toBe(QUOTAS.keys.usual)
    world.clock += 2 * HOUR
    expect((await world.call('POST', path, asked, options)).status).toBe(201)
    expect((await makeKey(world.key, {})).status).toBe(409)
    const { body } = await world.call('GET', '/v1/api_keys')
    const live = body.data.filter(({ expires_at: end }: Json) => end === null)
    await world.call('DELETE', `/v1/api_keys/${live[1].id}`)
    expect((await makeKey(world.key, {})).status).toBe(201)
  })
})

describe('DELETE /v1/api_keys/{id}', () => {
  it('ends a key at once, once more changes nothing, and the list keeps it', async () => {
    const key = await keyOf(null)
    const find = async () => {
      const { body } = await world.call('GET', '/v1/api_keys')
      return body.data.find(({ name }: Json) => name === 'limited')
    }
    const { id } = await find()
    expect((await world.call('DELETE', `/v1/api_keys/${id}`)).status).toBe(204)
    expect((await world.send({}, {}, { key })).status).toBe(401)
    const revoked = (await find()).revoked_at
    world.clock += HOUR
    expect((await world.call('DELETE', `/v1/api_keys/${id}`)).status).toBe(204)
    expect((await find()).revoked_at).toBe(revoked)
  })

  it("finds no other org's key", async () => {
    const { id } = (await world.call('GET', '/v1/api_keys')).body.data[0]
    const other = await world.createOrg('Other')
    const { status } = await world.call('DELETE', `/v1/api_keys/${id}`, undefined, {
      key: other.key,
    })
    expect(status).toBe(404)
    expect((await world.call('GET', '/v1/events')).status).toBe(200)
  })
})
