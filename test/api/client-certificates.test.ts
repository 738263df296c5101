// Client certificates named by the operator, for an org and for an endpoint, and by nobody else.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../world.ts'

const admin = { key: env.ADMIN_TOKEN }
const ABSENT = '019a2f6e-0a10-7d4e-9a53-2b8f6c0d4a11'

const answering = async () => new Response()

let world: World
beforeEach(async () => {
  world = await World.create()
  for (const name of ['beta', 'acme']) world.receiver.certificates.set(name, answering)
})

function patchOrg(body: unknown, id = world.orgId): Promise<Answered> {
  world.clock += 1000
  return world.call('PATCH', `/admin/orgs/${id}`, body, admin)
}

function patchEndpoint(id: string, body: unknown, orgId = world.orgId): Promise<Answered> {
  world.clock += 1000
  return world.call('PATCH', `/admin/orgs/${orgId}/webhook_endpoints/${id}`, body, admin)
}

async function named(key = world.key): Promise<(string | null)[]> {
  const { body } = await world.call('GET', '/v1/webhook_endpoints', undefined, { key })
  return body.data.map((one: Json) => one.client_certificate)
}

async function entries(action: string): Promise<Json[]> {
  const { body } = await world.call('GET', '/v1/audit_log?limit=100')
  return body.data.filter((one: Json) => one.action === action)
}

describe('PATCH /admin/orgs/{id} with a client certificate', () => {
  it('names it for the endpoints that there are, and those to come', async () => {
    await world.createEndpoint()
    const { key } = await world.createOrg('Other')
    await world.createEndpoint({}, { key })
    const { status, body } = await patchOrg({ client_certificate: 'acme' })
    expect([status, body.client_certificate]).toEqual([200, 'acme'])
    const made = await world.createEndpoint({}, { headers: { 'Idempotency-Key': 'k' } })
    const again = await world.createEndpoint({}, { headers: { 'Idempotency-Key': 'k' } })
    expect(made.body.client_certificate).toBe('acme')
    expect(again.body).toEqual(made.body)
    expect(await named()).toEqual(['acme', 'acme'])
    expect(await named(key)).toEqual([null])
    const detail = await world.call('GET', `/admin/orgs/${world.orgId}`, undefined, admin)
    expect(detail.body.client_certificate).toBe('acme')
  })

  it('takes it back with null, and leaves it alone where it is not given', async () => {
    await world.createEndpoint()
    await patchOrg({ client_certificate: 'acme' })
    await patchOrg({ name: 'Another' })
    expect(await named()).toEqual(['acme'])
    expect((await patchOrg({ client_certificate: null })).body.client_certificate).toBeNull()
    expect((await world.createEndpoint()).body.client_certificate).toBeNull()
    expect(await named()).toEqual([null, null])
  })

  it('is in the audit log once, with the name', async () => {
    await world.createEndpoint()
    await patchOrg({ client_certificate: 'acme' })
    await patchOrg({ client_certificate: 'acme' })
    const logged = await entries('org.update')
    expect(logged.map(({ actor, details }) => [actor, details])).toEqual([
      ['admin', { client_certificate: 'acme' }],
    ])
  })

  it('names it again for an endpoint that had another', async () => {
    const { body } = await world.createEndpoint()
    await patchOrg({ client_certificate: 'acme' })
    await patchEndpoint(body.id, { client_certificate: 'beta' })
    await patchOrg({ client_certificate: 'acme' })
    expect(await named()).toEqual(['acme'])
    expect(await entries('org.update')).toHaveLength(2)
  })

  it('names it for the test side as well, now and when that is made', async () => {
    await patchOrg({ client_certificate: 'acme' })
    const asked = { name: 'test', mode: 'test' }
    const keys = await world.call('POST', `/admin/orgs/${world.orgId}/api_keys`, asked, admin)
    const key = keys.body.key
    await world.createEndpoint({}, { key })
    expect(await named(key)).toEqual(['acme'])
    await patchOrg({ client_certificate: 'beta' })
    expect(await named(key)).toEqual(['beta'])
    const { body } = await world.call('GET', `/admin/orgs/${world.orgId}`, undefined, admin)
    const refused = await patchOrg({ client_certificate: null }, body.test_org_id)
    expect([refused.status, refused.body.code]).toEqual([400, 'invalid_request'])
    expect(refused.body.error).toContain('client_certificate')
    expect(await named(key)).toEqual(['beta'])
  })

  it('knows no org that is not there', async () => {
    expect((await patchOrg({ client_certificate: 'acme' }, ABSENT)).status).toBe(404)
  })
})

describe('PATCH /admin/orgs/{id}/webhook_endpoints/{endpoint_id}', () => {
  it('names one for one endpoint alone, and says so in the audit log', async () => {
    const { body } = await world.createEndpoint()
    await world.createEndpoint()
    const answer = await patchEndpoint(body.id, { client_certificate: 'beta' })
    expect([answer.status, answer.body.client_certificate]).toEqual([200, 'beta'])
    expect(answer.body.signing_secret).toBeUndefined()
    expect(await world.endpoint(body.id)).toEqual(answer.body)
    expect(new Set(await named())).toEqual(new Set(['beta', null]))
    await patchEndpoint(body.id, { client_certificate: 'beta' })
    const [entry, ...others] = await entries('endpoint.update')
    expect(others).toEqual([])
    expect([entry.actor, entry.target_id, entry.details]).toEqual([
      'admin',
      body.id,
      { changed: ['client_certificate'], client_certificate: 'beta' },
    ])
    await patchEndpoint(body.id, { client_certificate: null })
    expect(await named()).toEqual([null, null])
  })

  it('knows no endpoint of another org, nor one that is not there', async () => {
    const { body } = await world.createEndpoint()
    const { orgId } = await world.createOrg('Other')
    for (const [id, org] of [
      [body.id, orgId],
      [ABSENT, world.orgId],
      [body.id, ABSENT],
    ]) {
      const answer = await patchEndpoint(id, { client_certificate: 'acme' }, org)
      expect([answer.status, answer.body.code]).toEqual([404, 'not_found'])
    }
    expect(await named()).toEqual([null])
  })

  it('lets nobody in but the operator', async () => {
    const { body } = await world.createEndpoint()
    const path = `/admin/orgs/${world.orgId}/webhook_endpoints/${body.id}`
    const answer = await world.call('PATCH', path, { client_certificate: 'acme' })
    expect(answer.status).toBe(401)
    expect(await named()).toEqual([null])
  })
})

describe('a name that is none', () => {
  it.each([
    ['gamma', /no client certificate gamma is bound \(bound are: acme, beta\).*MTLS_GAMMA/],
    ['', /1 to 50 small letters/],
    ['ACME', /1 to 50 small letters/],
    ['a-b', /1 to 50 small letters/],
    ['a'.repeat(51), /1 to 50 small letters/],
    [7, /or null/],
    [['acme'], /or null/],
    [{}, /or null/],
  ])('is refused: %j', async (name, why) => {
    const { body } = await world.createEndpoint()
    for (const answer of [
      await patchOrg({ client_certificate: name, name: 'Renamed' }),
      await patchEndpoint(body.id, { client_certificate: name }),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request'])
      expect(answer.body.error).toMatch(/client_certificate/)
      expect(answer.body.error).toMatch(why)
    }
    expect(await named()).toEqual([null])
    expect(await entries('org.update')).toEqual([])
    const { body: org } = await world.call('GET', `/admin/orgs/${world.orgId}`, undefined, admin)
    expect([org.name, org.client_certificate]).toEqual(['Acme', null])
  })

  it('says where none is bound that none is', async () => {
    world.receiver.certificates.clear()
    const { body } = await patchOrg({ client_certificate: 'acme' })
    expect(body.error).toContain('(none is bound)')
  })

  it('is refused where it is missing, or has something beside it', async () => {
    const { body } = await world.createEndpoint()
    for (const wrong of [{}, { client_certificate: 'acme', url: 'https://a.example/' }]) {
      expect((await patchEndpoint(body.id, wrong)).status).toBe(400)
    }
    expect(await named()).toEqual([null])
  })
})

describe('a customer', () => {
  it('names none: what is sent back as it was answered is taken, and nothing else', async () => {
    const { body } = await world.createEndpoint()
    const path = `/v1/webhook_endpoints/${body.id}`
    await patchEndpoint(body.id, { client_certificate: 'acme' })
    const back = { description: 'Same', client_certificate: 'acme' }
    expect((await world.call('PATCH', path, back)).status).toBe(200)
    for (const client_certificate of ['beta', null]) {
      const answer = await world.call('PATCH', path, { client_certificate })
      expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request'])
      expect(answer.body.error).toContain('client_certificate')
    }
    expect((await world.createEndpoint({ client_certificate: 'acme' })).status).toBe(400)
    expect(await named()).toEqual(['acme'])
  })

  it('keeps it when the endpoint moves to another origin, and its secret is replaced', async () => {
    const { body } = await world.createEndpoint()
    const path = `/v1/webhook_endpoints/${body.id}`
    await patchEndpoint(body.id, { client_certificate: 'acme' })
    const moved = await world.call('PATCH', path, { url: 'https://other.example/' })
    const rotated = await world.call('POST', `${path}/rotate_secret`, {})
    expect([moved, rotated].map((one) => one.body.client_certificate)).toEqual(['acme', 'acme'])
  })
})
