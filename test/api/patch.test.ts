// PATCH of an endpoint: what may be changed, cleared, sent back; and that no change writes nothing.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { meter } from '../db/counter.ts'
import { World, type Answered, type Json } from '../world.ts'
import { issuePaths } from './http/shapes.ts'

const PATH = '/v1/webhook_endpoints'
const HOUR = 3_600_000

let world: World
let id: string
beforeEach(async () => {
  world = await World.create()
  const { body } = await world.createEndpoint({
    description: 'Before',
    enabled_events: ['call.busy', 'call.failed'],
  })
  id = body.id
  world.clock += HOUR
})

function patch(changes: unknown): Promise<Answered> {
  return world.call('PATCH', `${PATH}/${id}`, changes)
}

async function updates(): Promise<Json[]> {
  const { body } = await world.call('GET', '/v1/audit_log')
  return body.data.filter(({ action }: Json) => action === 'endpoint.update')
}

/** Rows that a request writes. */
async function written(act: () => Promise<Answered>): Promise<number> {
  const { db, cost } = meter(env.DB)
  world.db = db
  expect((await act()).status).toBe(200)
  world.db = env.DB
  return cost.written
}

async function set(columns: string): Promise<void> {
  await env.DB.prepare(`UPDATE endpoints SET ${columns}`).run()
}

function row(): Promise<Json> {
  return env.DB.prepare('SELECT * FROM endpoints').first()
}

describe('a PATCH that changes nothing', () => {
  it.each([
    {},
    { url: 'https://receiver.example/hooks' },
    { description: 'Before' },
    { description: ' Before ' },
    { enabled_events: ['call.busy', 'call.failed'] },
    { enabled_events: ['call.busy', 'call.failed', 'call.busy'] },
    { status: 'enabled' },
    { description: 'Before', status: 'enabled', enabled_events: ['call.busy', 'call.failed'] },
  ])('writes nothing: %j', async (changes) => {
    const before = await world.endpoint(id)
    // The key's use is noted once an hour.
    await world.call('GET', PATH)
    expect(await written(() => patch(changes))).toBe(0)
    expect((await patch(changes)).body).toEqual(before)
    expect(await world.endpoint(id)).toEqual(before)
    expect(await updates()).toEqual([])
  })

  it('writes nothing for one that is disabled already, and keeps its reason', async () => {
    await patch({ status: 'disabled' })
    const before = await world.endpoint(id)
    world.clock += HOUR
    await world.call('GET', PATH)
    expect(await written(() => patch({ status: 'disabled' }))).toBe(0)
    expect(await world.endpoint(id)).toEqual(before)
    expect(await updates()).toHaveLength(1)
  })

  it('is a change when the failures in a row are to be zeroed (C4)', async () => {
    await world.db.prepare('UPDATE endpoints SET consecutive_failures = 3').run()
    const { body } = await patch({ status: 'enabled' })
    expect(body).toMatchObject({ consecutive_failures: 0, updated_at: '2026-11-23T13:00:00Z' })
    expect((await updates())[0].details).toEqual({ changed: ['consecutive_failures'] })
  })
})

describe('a PATCH that names the status as it is, and changes something else', () => {
  it('keeps since when and why an endpoint is disabled', async () => {
    await set(`status = 'disabled', disabled_reason = 'too_many_failures', disabled_at = 1000`)
    const { body } = await patch({ status: 'disabled', description: 'After' })
    expect(body).toMatchObject({
      description: 'After',
      disabled_reason: 'too_many_failures',
      disabled_at: '1970-01-01T00:00:01Z',
    })
  })

  it.each([
    ['does not recover', null, null],
    ['recovers', 8, 1000],
  ])('leaves the pace of an enabled one that %s', async (_, pace, sweepAt) => {
    await set(`pace = ${pace}, sweep_at = ${sweepAt}`)
    await patch({ status: 'enabled', description: 'After' })
    expect(await row()).toMatchObject({ description: 'After', pace, sweep_at: sweepAt })
  })

  it('starts an enabled one over that had failures in a row (C4)', async () => {
    await set('consecutive_failures = 3')
    await patch({ status: 'enabled', description: 'After' })
    expect(await row()).toMatchObject({
      consecutive_failures: 0,
      pace: 1,
      sweep_at: world.clock,
    })
  })
})

describe('what GET answers', () => {
  it('may be sent back whole, enabled, failing or disabled, and changes nothing', async () => {
    for (const prepare of [
      async () => {},
      async () =>
        void (await world.db.prepare('UPDATE endpoints SET consecutive_failures = 3').run()),
      async () => void (await patch({ status: 'disabled' })),
    ]) {
      await prepare()
      world.clock += HOUR
      const before = await world.endpoint(id)
      await world.call('GET', PATH)
      expect(await written(() => patch(before))).toBe(0)
      expect(await world.endpoint(id)).toEqual(before)
    }
  })

  it('may be sent back while its URL leads nowhere, of which no resolver is asked', async () => {
    const before = await world.endpoint(id)
    const asked: string[] = []
    world.vars['DOH_URL'] = 'https://dns.example/dns-query'
    world.dns = (url) => (asked.push(url), Promise.reject(new Error('nobody answers')))
    expect((await patch(before)).status).toBe(200)
    expect((await patch({ ...before, description: 'After' })).status).toBe(200)
    expect(asked).toEqual([])
    expect(issuePaths(await patch({ url: 'https://elsewhere.example/' }))).toEqual(['url'])
  })

  it('may be sent back with a change in it', async () => {
    const before = await world.endpoint(id)
    const { status, body } = await patch({ ...before, description: 'After' })
    expect(status).toBe(200)
    expect(body).toEqual({
      ...before,
      description: 'After',
      updated_at: '2026-11-23T13:00:00Z',
    })
    await patch({ status: 'disabled' })
    const disabled = await world.endpoint(id)
    expect((await patch({ ...disabled, status: 'enabled' })).body).toMatchObject({
      status: 'enabled',
      disabled_reason: null,
      disabled_at: null,
    })
  })

  it.each([
    ['id', crypto.randomUUID()],
    ['id', null],
    ['org_id', crypto.randomUUID()],
    ['disabled_reason', 'mine'],
    ['disabled_reason', ''],
    ['disabled_at', '2026-11-23T13:00:00Z'],
    ['consecutive_failures', 1],
    ['consecutive_failures', '0'],
    ['created_at', '2026-11-23T13:00:00Z'],
    ['created_at', {}],
    ['updated_at', '2026-11-23T12:00:00.000Z'],
    ['updated_at', null],
  ])('is refused with another %s, which is named: %j (X6)', async (name, value) => {
    const before = await world.endpoint(id)
    const answer = await patch({ ...before, description: 'After', [name]: value })
    expect(issuePaths(answer)).toEqual([name])
    expect(await world.endpoint(id)).toEqual(before)
  })

  it('names each of several', async () => {
    expect(issuePaths(await patch({ org_id: 1, id: 2, signing_secret: 'x' }))).toEqual([
      'signing_secret',
    ])
    expect(issuePaths(await patch({ org_id: 1, id: 2 }))).toEqual(['id', 'org_id'])
  })

  it('is a 404 for a missing endpoint, read-only members or none (X1)', async () => {
    const path = `${PATH}/${crypto.randomUUID()}`
    for (const body of [{ id: 1 }, { description: 'x' }, {}]) {
      expect((await world.call('PATCH', path, body)).status).toBe(404)
    }
  })
})

describe('null', () => {
  it('clears a description, and is refused with a reason for what cannot be empty', async () => {
    expect((await patch({ description: null })).body.description).toBeNull()
    for (const name of ['url', 'enabled_events', 'status']) {
      const answer = await patch({ [name]: null })
      expect(issuePaths(answer)).toEqual([name])
    }
  })

  it('is the same as absent when something is created', async () => {
    const { body } = await world.createEndpoint({ description: null, enabled_events: null })
    expect(body).toMatchObject({ description: null, enabled_events: ['*'] })
    expect((await world.send({}, { created: null })).body.created).toBe(world.clock / 1000)
    const keys = `/admin/orgs/${world.orgId}/api_keys`
    const wanted = { name: 'x', mode: null, expires_at: null }
    const key = await world.call('POST', keys, wanted, { key: env.ADMIN_TOKEN })
    expect(key.body).toMatchObject({ expires_at: null, key: expect.stringMatching(/^sk_live_/) })
  })
})

describe('a rotation', () => {
  it('moves updated_at', async () => {
    const { body } = await world.call('POST', `${PATH}/${id}/rotate_secret`)
    expect(body.updated_at).toBe('2026-11-23T13:00:00Z')
    expect((await world.endpoint(id)).updated_at).toBe('2026-11-23T13:00:00Z')
  })
})
