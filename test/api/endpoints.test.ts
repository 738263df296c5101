// The routes of endpoints: their answers, and what they refuse.
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../world.ts'
import { expectProblem, instant, issuePaths, uuid } from './http/shapes.ts'

const PATH = '/v1/webhook_endpoints'
const HOUR = 3600 * 1000

let world: World
beforeEach(async () => {
  world = await World.create()
})

/** An endpoint as every answer but the secret's shows it. */
function fields(changes: Json = {}): Json {
  return {
    id: uuid,
    org_id: world.orgId,
    kind: 'url',
    url: 'https://receiver.example/hooks',
    description: null,
    enabled_events: ['*'],
    headers: null,
    filter: null,
    max_per_second: null,
    ordering: null,
    ordering_max_wait_seconds: null,
    metadata: null,
    external_id: null,
    client_certificate: null,
    status: 'enabled',
    disabled_reason: null,
    disabled_at: null,
    consecutive_failures: 0,
    created_at: instant,
    updated_at: instant,
    ...changes,
  }
}

async function count(): Promise<number> {
  const { body } = await world.call('GET', PATH)
  return body.data.length
}

describe(`POST ${PATH}`, () => {
  it('answers 201 with the endpoint and its secret', async () => {
    const { status, body } = await world.createEndpoint()
    expect(status).toBe(201)
    expect(body).toEqual(fields({ signing_secret: expect.stringMatching(/^whsec_[0-9a-f]{64}$/) }))
  })

  it('takes a description and event types', async () => {
    const wanted = { description: 'Billing', enabled_events: ['call.completed', 'call.failed'] }
    const { body } = await world.createEndpoint(wanted)
    expect(body).toMatchObject(wanted)
  })

  it('keeps no secret in clear (X3)', async () => {
    const { body } = await world.createEndpoint()
    const rows = await world.db.prepare('SELECT * FROM signing_secrets').all()
    expect(JSON.stringify(rows.results)).not.toContain(body.signing_secret.slice(6, 30))
  })

  it.each([
    { body: {}, path: 'url' },
    { body: { url: 5 }, path: 'url' },
    { body: { url: 'http://receiver.example/' }, path: 'url' },
    { body: { url: 'https://user:pw@receiver.example/' }, path: 'url' },
    { body: { url: 'https://receiver.example/#part' }, path: 'url' },
    { body: { url: 'https://192.0.2.1/' }, path: 'url' },
    { body: { url: 'https://2130706433/' }, path: 'url' },
    { body: { url: 'https://[::1]/' }, path: 'url' },
    { body: { url: 'https://localhost/' }, path: 'url' },
    { body: { url: 'https://intranet/' }, path: 'url' },
    { body: { url: 'https://api.callingbox.example/' }, path: 'url' },
    { body: { url: `https://receiver.example/${'a'.repeat(2024)}` }, path: 'url' },
    { body: { url: 'https://a.example/', enabled_events: [] }, path: 'enabled_events' },
    { body: { url: 'https://a.example/', enabled_events: ['call.nope'] }, path: 'enabled_events' },
    {
      body: { url: 'https://a.example/', enabled_events: ['*', 'call.busy'] },
      path: 'enabled_events',
    },
    { body: { url: 'https://a.example/', enabled_events: '*' }, path: 'enabled_events' },
    { body: { url: 'https://a.example/', description: 7 }, path: 'description' },
    { body: { url: 'https://a.example/', description: 'x'.repeat(1001) }, path: 'description' },
    { body: { url: 'https://a.example/', id: crypto.randomUUID() }, path: 'id' },
    { body: { url: 'https://a.example/', org_id: crypto.randomUUID() }, path: 'org_id' },
    { body: { url: 'https://a.example/', signing_secret: 'whsec_00' }, path: 'signing_secret' },
    { body: { url: 'https://a.example/', consecutive_failures: 0 }, path: 'consecutive_failures' },
    { body: { url: 'https://a.example/', status: 'disabled' }, path: 'status' },
    { body: [], path: '' },
    { body: null, path: '' },
    { body: '"text"', path: '' },
  ])('refuses $body.url $path and stores nothing (X6, I3)', async ({ body, path }) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await world.call('POST', PATH, text)
    expectProblem(answer, 'invalid_request')
    expect(issuePaths(answer).map((name) => name.replace(/\.\d+$/, ''))).toContain(path)
    expect(await count()).toBe(0)
  })

  it('names the event types when one is unknown', async () => {
    const answer = await world.createEndpoint({ enabled_events: ['call.nope'] })
    expect(answer.body.error).toContain('call.completed')
  })

  it('takes a URL of 2,048 characters', async () => {
    const url = `https://receiver.example/${'a'.repeat(2023)}`
    expect(url).toHaveLength(2048)
    expect((await world.createEndpoint({ url })).status).toBe(201)
  })

  it('takes http and private hosts in local development only', async () => {
    const local = await World.create({ ALLOW_HTTP_ENDPOINTS: 'true' })
    const url = 'http://localhost:8788/hook'
    expect((await local.createEndpoint({ url })).status).toBe(201)
    expectProblem(await local.createEndpoint({ url: 'ftp://a.example/' }), 'invalid_request')
  })

  it('refuses the 101st, and takes one again after a delete', async () => {
    const made = await Promise.all(Array.from({ length: 100 }, () => world.createEndpoint()))
    const refused = await world.createEndpoint()
    expect(refused.status).toBe(409)
    expectProblem(refused, 'endpoint_limit_reached')
    await world.call('DELETE', `${PATH}/${made[0]?.body.id}`)
    expect((await world.createEndpoint()).status).toBe(201)
  })
})

describe(`GET ${PATH}`, () => {
  it('answers the org’s endpoints, oldest first, without their secrets', async () => {
    const { body: first } = await world.createEndpoint()
    world.clock += 1000
    const { body: second } = await world.createEndpoint({ url: 'https://b.example/' })
    const { status, body } = await world.call('GET', PATH)
    expect(status).toBe(200)
    expect(body).toEqual({
      data: [fields({ id: first.id }), fields({ id: second.id, url: 'https://b.example/' })],
      has_more: false,
    })
  })

  it('answers one endpoint', async () => {
    const { body: made } = await world.createEndpoint()
    const { status, body } = await world.call('GET', `${PATH}/${made.id}`)
    expect({ status, body }).toEqual({ status: 200, body: fields({ id: made.id }) })
  })
})

describe(`PATCH ${PATH}/{id}`, () => {
  let id: string
  beforeEach(async () => {
    const { body } = await world.createEndpoint({ description: 'Before' })
    id = body.id
    world.clock += HOUR
  })

  function patch(changes: unknown): Promise<Answered> {
    return world.call('PATCH', `${PATH}/${id}`, changes)
  }

  it.each([
    { url: 'https://other.example/x' },
    { description: 'After' },
    { description: null },
    { enabled_events: ['call.busy'] },
  ])('changes %o and nothing else', async (changes) => {
    const { status, body } = await patch(changes)
    expect(status).toBe(200)
    expect(body).toEqual(fields({ description: 'Before', ...changes, id }))
    expect(body.updated_at).not.toBe(body.created_at)
  })

  it('disables with a reason', async () => {
    expect((await patch({ status: 'disabled' })).body).toEqual(
      fields({
        id,
        description: 'Before',
        status: 'disabled',
        disabled_reason: 'disabled_by_customer',
        disabled_at: '2026-11-23T13:00:00Z',
      }),
    )
  })

  it.each([
    { changes: { url: 'http://a.example/' }, path: 'url' },
    { changes: { url: null }, path: 'url' },
    { changes: { status: 'deleted' }, path: 'status' },
    { changes: { enabled_events: [] }, path: 'enabled_events' },
    { changes: { consecutive_failures: 1 }, path: 'consecutive_failures' },
    { changes: { signing_secret: 'whsec_00' }, path: 'signing_secret' },
    { changes: { deleted_at: null }, path: 'deleted_at' },
  ])('refuses $changes and changes nothing (X6)', async ({ changes, path }) => {
    const before = await world.endpoint(id)
    expect(issuePaths(await patch({ description: 'After', ...changes }))).toEqual([path])
    expect(await world.endpoint(id)).toEqual(before)
  })

  it('leaves deliveries where they were going when the URL changes', async () => {
    const delivery = await world.deliver()
    await patch({ url: 'https://other.example/' })
    await world.drain()
    expect(world.receiver.received[0]?.url).toBe('https://receiver.example/hooks')
    expect(await world.delivery(delivery)).toMatchObject({ url: 'https://receiver.example/hooks' })
  })
})

describe(`POST ${PATH}/{id}/rotate_secret`, () => {
  it.each([
    { name: 'no body', init: {} },
    { name: 'no body but a JSON type', init: { headers: { 'Content-Type': 'application/json' } } },
    {
      name: 'an empty form',
      init: { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
    },
    {
      name: 'an empty object',
      init: { body: '{}', headers: { 'Content-Type': 'application/json' } },
    },
  ])('answers the endpoint with a new secret to $name', async ({ init }) => {
    const { body: made } = await world.createEndpoint()
    const headers = { Authorization: `Bearer ${world.key}`, ...init.headers }
    const path = `${PATH}/${made.id}/rotate_secret`
    const response = await world.fetch(path, { method: 'POST', ...init, headers })
    expect(response.status).toBe(200)
    const body: Json = await response.json()
    expect(body).toEqual(fields({ signing_secret: expect.stringMatching(/^whsec_[0-9a-f]{64}$/) }))
    expect(body.signing_secret).not.toBe(made.signing_secret)
  })

  it.each([-1, 604_801, 1.5, '60', null])('refuses an overlap of %j', async (overlap) => {
    const { body: made } = await world.createEndpoint()
    const path = `${PATH}/${made.id}/rotate_secret`
    const answer = await world.call('POST', path, { overlap_seconds: overlap })
    expect(issuePaths(answer)).toEqual(['overlap_seconds'])
  })
})
