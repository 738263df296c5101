// The operator's routes: organizations, their keys and default secrets.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../world.ts'
import { expectProblem, instant, issuePaths, uuid } from './http/shapes.ts'

const NOWHERE = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0000'
const MINUTE = 60_000
const ADMIN = { key: env.ADMIN_TOKEN }

let world: World
beforeEach(async () => {
  world = await World.create()
})

function admin(method: string, path: string, body?: unknown): Promise<Answered> {
  return world.call(method, `/admin${path}`, body, ADMIN)
}

async function lastUse(path: string): Promise<string> {
  const { body } = await admin('GET', path)
  return body.data[0].last_used_at
}

const ROUTES = [
  ['POST', '/admin/orgs'],
  ['GET', '/admin/orgs'],
  ['POST', `/admin/orgs/${NOWHERE}/api_keys`],
  ['GET', `/admin/orgs/${NOWHERE}/api_keys`],
  ['POST', `/admin/orgs/${NOWHERE}/api_keys/${NOWHERE}/revoke`],
  ['GET', `/admin/orgs/${NOWHERE}/default_secret`],
  ['POST', `/admin/orgs/${NOWHERE}/rotate_default_secret`],
] as const

describe('/admin', () => {
  it.each(ROUTES)('does not exist at %s %s without an ADMIN_TOKEN', async (method, path) => {
    for (const ADMIN_TOKEN of ['', undefined]) {
      const closed = await World.create()
      closed.vars['ADMIN_TOKEN'] = ADMIN_TOKEN
      for (const key of ['', env.ADMIN_TOKEN]) {
        const answer = await closed.call(method, path, undefined, { key })
        expect(answer.status).toBe(404)
        expectProblem(answer, 'not_found')
      }
    }
  })

  it.each(ROUTES)('is a 401 at %s %s for anyone but the operator', async (method, path) => {
    for (const key of ['', 'wrong', world.key, `${env.ADMIN_TOKEN}x`]) {
      const answer = await world.call(method, path, undefined, { key })
      expect(answer.status).toBe(401)
      expectProblem(answer, 'invalid_api_key')
      expect(answer.body.error).toContain(
        'the operator’s token, ADMIN_TOKEN or one of ADMIN_TOKENS',
      )
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer')
    }
  })

  it('asks for its token at /healthz as well, and elsewhere for an API key', async () => {
    const health = await world.call('GET', '/healthz', undefined, { key: 'wrong' })
    expect(health.body.error).toContain('the operator’s token')
    const other = await world.call('GET', '/v1/events', undefined, ADMIN)
    expect(other.body.error).toBe('Send a valid API key: Authorization: Bearer sk_…')
  })

  it.each(ROUTES.slice(2))('is a 404 at %s %s, where no org is', async (method, path) => {
    const body = path.endsWith('api_keys') && method === 'POST' ? { name: 'x' } : undefined
    const answer = await world.call(method, path, body, ADMIN)
    expect(answer.status).toBe(404)
    expectProblem(answer, 'not_found')
  })
})

describe('/admin/orgs', () => {
  it('creates an org and lists it', async () => {
    const { status, body } = await admin('POST', '/orgs', { name: ' Globex ' })
    expect(status).toBe(201)
    expect(body).toEqual({ id: uuid, name: 'Globex', created_at: instant })
    const { body: all } = await admin('GET', '/orgs')
    expect(all.data).toContainEqual(body)
    expect(all.data).toHaveLength(2)
  })

  it('lists them newest first', async () => {
    world.clock += MINUTE
    await admin('POST', '/orgs', { name: 'Globex' })
    const { body } = await admin('GET', '/orgs')
    expect(body.data.map(({ name }: Json) => name)).toEqual(['Globex', 'Acme'])
  })

  it.each([{}, { name: '' }, { name: ' ' }, { name: 'x'.repeat(201) }, { name: 7 }])(
    'refuses %o',
    async (body) => {
      expect(issuePaths(await admin('POST', '/orgs', body))).toEqual(['name'])
    },
  )
})

describe('/admin/orgs/{id}/api_keys', () => {
  const fields = {
    id: uuid,
    name: 'CI',
    public_id: expect.stringMatching(/^[0-9A-Za-z]{8}$/),
    created_at: instant,
    expires_at: null,
    mode: 'live',
    scopes: ['send', 'read', 'operate', 'manage'],
    revoked_at: null,
    last_used_at: null,
  }
  let path: string
  beforeEach(() => {
    path = `/orgs/${world.orgId}/api_keys`
  })

  it('shows the key once, and keeps no trace of it (X3)', async () => {
    const { status, body } = await admin('POST', path, { name: 'CI' })
    expect(status).toBe(201)
    const org_id = world.orgId
    expect(body).toEqual({ ...fields, org_id, key: expect.stringMatching(/^sk_live_\w{57}$/) })
    const { body: listed } = await admin('GET', path)
    expect(listed.data).toContainEqual({ ...fields, org_id })
    const rows = await world.db.prepare('SELECT * FROM api_keys').all()
    expect(JSON.stringify(rows.results)).not.toContain(body.key.slice(16))
  })

  it('makes a key for tests, and one that expires', async () => {
    const wanted = { name: 'CI', mode: 'test', expires_at: '2027-01-01T01:00:00+01:00' }
    const { body } = await admin('POST', path, wanted)
    expect(body.key).toMatch(/^sk_test_/)
    expect(body.expires_at).toBe('2027-01-01T00:00:00Z')
  })

  it('notes when a key was used, to the hour', async () => {
    await world.call('GET', '/v1/webhook_endpoints')
    expect(await lastUse(path)).toBe('2026-11-23T12:00:00Z')
    world.clock += 59 * MINUTE
    await world.call('GET', '/v1/webhook_endpoints')
    expect(await lastUse(path)).toBe('2026-11-23T12:00:00Z')
    world.clock += MINUTE
    await world.call('GET', '/v1/webhook_endpoints')
    expect(await lastUse(path)).toBe('2026-11-23T13:00:00Z')
  })

  it('lists them oldest first, and notes the use of the one that was used', async () => {
    world.clock += MINUTE
    await admin('POST', path, { name: 'Idle' })
    await world.call('GET', '/v1/webhook_endpoints')
    const { body } = await admin('GET', path)
    expect(body.data).toMatchObject([
      { name: 'test', last_used_at: '2026-11-23T12:01:00Z' },
      { name: 'Idle', last_used_at: null },
    ])
  })

  it('revokes a key for good, and keeps the first instant', async () => {
    const { body: key } = await admin('POST', path, { name: 'CI' })
    const revoke = () => admin('POST', `${path}/${key.id}/revoke`)
    expect((await revoke()).body.revoked_at).toBe('2026-11-23T12:00:00Z')
    world.clock += MINUTE
    expect((await revoke()).body.revoked_at).toBe('2026-11-23T12:00:00Z')
  })

  it('does not revoke another org’s key', async () => {
    const other = await world.createOrg('Other')
    const { body } = await admin('GET', `/orgs/${other.orgId}/api_keys`)
    const answer = await admin('POST', `${path}/${body.data[0].id}/revoke`)
    expectProblem(answer, 'not_found')
    expect((await world.call('GET', '/v1/events', undefined, { key: other.key })).status).toBe(200)
  })

  it.each([
    { body: {}, paths: ['name'] },
    { body: { name: 'x', expires_at: 'soon' }, paths: ['expires_at'] },
    { body: { name: 'x', mode: 'dev' }, paths: ['mode'] },
    { body: { name: 'x', key: 'sk_live_mine' }, paths: ['key'] },
  ])('refuses $body', async ({ body, paths }) => {
    expect(issuePaths(await admin('POST', path, body))).toEqual(paths)
  })
})

describe('/admin/orgs/{id}/default_secret', () => {
  it('shows the secret, and another one after a rotation', async () => {
    const path = `/orgs/${world.orgId}`
    const { body: before } = await admin('GET', `${path}/default_secret`)
    expect(before).toEqual({
      org_id: world.orgId,
      signing_secret: expect.stringMatching(/^whsec_[0-9a-f]{64}$/),
    })
    const { body: rotated } = await admin('POST', `${path}/rotate_default_secret`)
    expect(rotated.signing_secret).not.toBe(before.signing_secret)
    expect((await admin('GET', `${path}/default_secret`)).body).toEqual(rotated)
  })
})

describe('further tokens of the operator', () => {
  const alice = { key: 'the-token-of-alice-'.repeat(3) }

  it('open what ADMIN_TOKEN does, under their names, and with none of that too', async () => {
    world.vars['ADMIN_TOKENS'] = `bob:${'the-token-of-bob-'.repeat(3)}, alice:${alice.key}`
    const made = await world.call('POST', '/admin/orgs', { name: 'New' }, alice)
    expect(made.status).toBe(201)
    const keys = `/admin/orgs/${made.body.id}/api_keys`
    const { body } = await world.call('POST', keys, { name: 'x' }, alice)
    const log = await world.call('GET', '/v1/audit_log', undefined, { key: body.key })
    expect(log.body.data.map(({ actor }: Json) => actor)).toEqual(['admin:alice', 'admin:alice'])
    expect((await world.call('GET', '/admin/orgs', undefined, ADMIN)).status).toBe(200)
    world.vars['ADMIN_TOKEN'] = ''
    expect((await world.call('GET', '/admin/orgs', undefined, alice)).status).toBe(200)
    expect((await world.call('GET', '/admin/orgs', undefined, ADMIN)).status).toBe(401)
    expect((await world.call('GET', '/healthz', undefined, alice)).body).toHaveProperty('due_count')
  })

  it('are no names and no parts of the list', async () => {
    world.vars['ADMIN_TOKENS'] = `alice:${alice.key}`
    for (const key of ['alice', `alice:${alice.key}`, 'admin:alice', alice.key.slice(1)]) {
      expect((await world.call('GET', '/admin/orgs', undefined, { key })).status).toBe(401)
    }
  })
})

const from = (address: string, key: string) => ({ key, headers: { 'CF-Connecting-IP': address } })

describe('whoever guesses', () => {
  it('learns nothing of a right token for a minute, and nobody else waits', async () => {
    let failures = 0
    world.limiter = async (policy) => policy !== 'auth_failures' || ++failures <= 3
    const list = (address: string, key = env.ADMIN_TOKEN) =>
      world.call('GET', '/admin/orgs', undefined, from(address, key))
    for (const status of [401, 401, 401, 429]) {
      expect((await list('192.0.2.1', 'wrong')).status).toBe(status)
    }
    const right = await list('192.0.2.1')
    expect(right.status).toBe(429)
    expect(right.headers.get('Retry-After')).toBe('60')
    const health = await world.call(
      'GET',
      '/healthz',
      undefined,
      from('192.0.2.1', env.ADMIN_TOKEN),
    )
    expect(health.status).toBe(429)
    expect((await list('192.0.2.2')).status).toBe(200)
    expect(
      (await world.call('GET', '/v1/events', undefined, from('192.0.2.1', world.key))).status,
    ).toBe(200)
    world.clock += 60_000
    expect((await list('192.0.2.1')).status).toBe(200)
  })
})
