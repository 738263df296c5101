// The audit log: every change is in it once, nothing else is, and no secret ever.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'

const MISSING = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001'

let world: World
beforeEach(async () => {
  world = await World.create()
  await env.DB.exec('DELETE FROM audit_log')
})

const admin = { key: env.ADMIN_TOKEN }

async function entries(): Promise<Json[]> {
  const { body } = await world.call('GET', '/v1/audit_log')
  return body.data
}

async function rowCount(): Promise<number | null> {
  return env.DB.prepare('SELECT count(*) AS n FROM audit_log').first<number>('n')
}

const discardAll = () => world.call('POST', '/v1/webhook_deliveries/discard', { filter: {} })
const endpointPath = (id: string) => `/v1/webhook_endpoints/${id}`
const orgPath = (rest: string) => `/admin/orgs/${world.orgId}/${rest}`

/** A database that does every batch, and loses the answer the first time. */
function losingAnswers(): D1Database {
  let calls = 0
  const batch: typeof env.DB.batch = async <T>(statements: D1PreparedStatement[]) => {
    const results = await env.DB.batch<T>(statements)
    calls += 1
    if (calls === 1) throw new Error('D1_ERROR: Network connection lost.')
    return results
  }
  return new Proxy(env.DB, {
    get: (db, name) => (name === 'batch' ? batch : Reflect.get(db, name).bind(db)),
  })
}

describe('a change', () => {
  it('is logged with who, what, on what, when, from where and the request', async () => {
    const headers = { 'CF-Connecting-IP': '192.0.2.7' }
    const answered = await world.createEndpoint({}, { headers })
    expect(await entries()).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        at: '2026-11-23T12:00:00Z',
        actor: world.key.slice(8, 16),
        action: 'endpoint.create',
        target_type: 'endpoint',
        target_id: answered.body.id,
        ip: '192.0.2.7',
        request_id: answered.headers.get('X-Request-Id'),
        details: {},
      },
    ])
  })

  it.each<{ action: string; details?: Json; act: (id: string) => Promise<Json> }>([
    {
      action: 'endpoint.update',
      details: { changed: ['url', 'enabled_events'] },
      act: (id) => {
        const url = 'https://other.example/'
        const changes = { url, description: null, enabled_events: ['call.busy'] }
        return world.call('PATCH', endpointPath(id), changes)
      },
    },
    {
      action: 'endpoint.update',
      details: { changed: ['status'] },
      act: (id) => world.call('PATCH', endpointPath(id), { status: 'disabled' }),
    },
    { action: 'endpoint.delete', act: (id) => world.call('DELETE', endpointPath(id)) },
    {
      action: 'endpoint.rotate_secret',
      details: { overlap_seconds: 60 },
      act: (id) => world.call('POST', `${endpointPath(id)}/rotate_secret`, { overlap_seconds: 60 }),
    },
    { action: 'delivery.redeliver', act: async () => world.redeliver(await world.deliver()) },
    {
      action: 'replay.start',
      details: { total: 0 },
      act: () => world.call('POST', '/v1/webhook_replays', { filter: {} }),
    },
    {
      action: 'org.rotate_default_secret',
      details: { overlap_seconds: 0 },
      act: () => world.call('POST', orgPath('rotate_default_secret'), undefined, admin),
    },
    {
      action: 'org.reveal_default_secret',
      act: () => world.call('GET', orgPath('default_secret'), undefined, admin),
    },
    {
      action: 'api_key.create',
      details: { public_id: expect.any(String) },
      act: () => world.call('POST', orgPath('api_keys'), { name: 'second' }, admin),
    },
  ])('is logged as $action $details', async ({ action, details = {}, act }) => {
    const { body: endpoint } = await world.createEndpoint()
    await env.DB.exec('DELETE FROM audit_log')
    await act(endpoint.id)
    expect(await entries()).toMatchObject([{ action, details }])
  })

  it.each<{ action: string; act: (ids: { endpoint: string; delivery: string }) => Promise<Json> }>([
    { action: 'endpoint.create', act: () => world.createEndpoint() },
    {
      action: 'endpoint.update',
      act: ({ endpoint }) => world.call('PATCH', endpointPath(endpoint), { description: 'x' }),
    },
    {
      action: 'endpoint.delete',
      act: ({ endpoint }) => world.call('DELETE', endpointPath(endpoint)),
    },
    {
      action: 'endpoint.rotate_secret',
      act: ({ endpoint }) => world.call('POST', `${endpointPath(endpoint)}/rotate_secret`),
    },
    { action: 'delivery.redeliver', act: ({ delivery }) => world.redeliver(delivery) },
    { action: 'org.discard_deliveries', act: () => discardAll() },
    {
      action: 'replay.start',
      act: () => world.call('POST', '/v1/webhook_replays', { filter: {} }),
    },
    {
      action: 'org.reveal_default_secret',
      act: () => world.call('GET', orgPath('default_secret'), undefined, admin),
    },
    {
      action: 'api_key.create',
      act: () => world.call('POST', orgPath('api_keys'), { name: 'x' }, admin),
    },
  ])('is logged once though the answer of the database was lost: $action', async (row) => {
    const { body: endpoint } = await world.createEndpoint()
    const delivery = await world.deliver()
    await env.DB.exec('DELETE FROM audit_log')
    world.db = losingAnswers()
    const { status } = await row.act({ endpoint: endpoint.id, delivery })
    expect(status).toBeLessThan(300)
    world.db = env.DB
    expect(await entries()).toMatchObject([{ action: row.action }])
  })

  it('is logged as api_key.revoke by the operator, once', async () => {
    const { body: key } = await world.call('POST', orgPath('api_keys'), { name: 'gone' }, admin)
    const path = orgPath(`api_keys/${key.id}/revoke`)
    world.clock += 1
    await world.call('POST', path, undefined, admin)
    await world.call('POST', path, undefined, admin)
    expect(await entries()).toMatchObject([
      { actor: 'admin', action: 'api_key.revoke', target_id: key.id },
      { actor: 'admin', action: 'api_key.create', target_id: key.id },
    ])
  })

  it('is logged for a new org in its own log', async () => {
    const { orgId, key } = await world.createOrg('Beta')
    const { body } = await world.call('GET', '/v1/audit_log', undefined, { key })
    const created = { action: 'org.create', target_id: orgId }
    expect(body.data).toContainEqual(expect.objectContaining(created))
    expect(await entries()).toEqual([])
  })

  it('costs a redelivery one row beside its three', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    await world.drain()
    let rowsWritten = 0
    const batch: typeof env.DB.batch = async (statements) => {
      const results = await env.DB.batch(statements)
      for (const { meta } of results) rowsWritten += meta.rows_written
      // The real answer, counted on its way.
      return results as never
    }
    world.db = new Proxy(env.DB, {
      get: (db, name) => (name === 'batch' ? batch : Reflect.get(db, name).bind(db)),
    })
    await world.redeliver(id)
    expect(rowsWritten).toBe(3 + 1)
  })
})

describe('what changes nothing', () => {
  it.each<{ name: string; act: (id: string) => Promise<Json> }>([
    { name: 'reading', act: (id) => world.endpoint(id) },
    {
      name: 'a PATCH to what is already so',
      act: (id) =>
        world.call('PATCH', `/v1/webhook_endpoints/${id}`, {
          url: 'https://receiver.example/hooks',
          description: null,
          enabled_events: ['*'],
          status: 'enabled',
        }),
    },
    {
      name: 'an empty PATCH',
      act: (id) => world.call('PATCH', `/v1/webhook_endpoints/${id}`, {}),
    },
    {
      name: 'a PATCH that finds nothing',
      act: () => world.call('PATCH', `/v1/webhook_endpoints/${MISSING}`, { status: 'disabled' }),
    },
    {
      name: 'a PATCH that is refused',
      act: (id) => world.call('PATCH', `/v1/webhook_endpoints/${id}`, { url: 'http://a.example' }),
    },
    {
      name: 'a DELETE that finds nothing',
      act: () => world.call('DELETE', `/v1/webhook_endpoints/${MISSING}`),
    },
    {
      name: 'a rotation that finds nothing',
      act: () => world.call('POST', `/v1/webhook_endpoints/${MISSING}/rotate_secret`),
    },
    { name: 'a redelivery that finds nothing', act: () => world.redeliver(MISSING) },
    { name: 'a discard that finds nothing', act: () => discardAll() },
    {
      name: 'a dry run of a replay',
      act: () => world.call('POST', '/v1/webhook_replays', { filter: {}, dry_run: true }),
    },
    {
      name: 'a revocation that finds nothing',
      act: () =>
        world.call(
          'POST',
          `/admin/orgs/${world.orgId}/api_keys/${MISSING}/revoke`,
          undefined,
          admin,
        ),
    },
    {
      name: 'a look at the secret of no org',
      act: () => world.call('GET', `/admin/orgs/${MISSING}/default_secret`, undefined, admin),
    },
  ])('$name logs nothing', async ({ act }) => {
    const { body: endpoint } = await world.createEndpoint()
    await env.DB.exec('DELETE FROM audit_log')
    await act(endpoint.id)
    expect(await rowCount()).toBe(0)
  })

  it('a refused redelivery logs nothing', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const id = await world.deliver()
    await world.call('PATCH', `/v1/webhook_endpoints/${endpoint.id}`, { status: 'disabled' })
    await env.DB.exec('DELETE FROM audit_log')
    expect(await world.redeliver(id)).toMatchObject({ status: 409 })
    expect(await rowCount()).toBe(0)
  })

  it('an idempotent repetition logs nothing', async () => {
    const headers = { 'Idempotency-Key': 'once' }
    await world.createEndpoint({}, { headers })
    await world.createEndpoint({}, { headers })
    world.clock += 1
    const id = await world.deliver()
    const again = { headers: { 'Idempotency-Key': 'again' } }
    await world.redeliver(id, again)
    await world.redeliver(id, again)
    const actions = (await entries()).map(({ action }) => action)
    expect(actions).toEqual(['delivery.redeliver', 'endpoint.create'])
  })
})

describe('GET /v1/audit_log', () => {
  it('pages newest first, each entry once (I2)', async () => {
    for (let count = 0; count < 5; count += 1) {
      world.clock += 1000
      await world.createEndpoint()
    }
    const all = (await entries()).map(({ id }) => id)
    const seen: string[] = []
    let path = '/v1/audit_log?limit=2'
    for (let hasMore = true; hasMore;) {
      const { body } = await world.call('GET', path)
      seen.push(...body.data.map(({ id }: Json) => id))
      hasMore = body.has_more
      path = `/v1/audit_log?limit=2&starting_after=${seen.at(-1)}`
    }
    expect(seen).toEqual(all)
    expect(seen).toHaveLength(5)
    expect(seen).toEqual(seen.toSorted().toReversed())
  })

  it('shows nothing of another org (X2)', async () => {
    await world.createEndpoint()
    const { key } = await world.createOrg('Beta')
    const { body } = await world.call('GET', '/v1/audit_log', undefined, { key })
    expect(body.data.map(({ action }: Json) => action).toSorted()).toEqual([
      'api_key.create',
      'org.create',
    ])
  })
})
