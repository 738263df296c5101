// The operator's stop switch: for an organization, for a host, for everything.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../world.ts'
import { expectProblem, instant, issuePaths } from './http/shapes.ts'

const NOWHERE = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0000'
const MINUTE = 60_000
const ADMIN = { key: env.ADMIN_TOKEN }
const HOST = '/stops/receiver.example'

let world: World
beforeEach(async () => {
  world = await World.create()
})

function admin(method: string, path: string, body?: unknown): Promise<Answered> {
  return world.call(method, `/admin${path}`, body, ADMIN)
}

function org(body?: unknown): Promise<Answered> {
  return admin(body === undefined ? 'GET' : 'PATCH', `/orgs/${world.orgId}`, body)
}

/** What stops each, and lets it go on. */
const STOPS = {
  'an organization': {
    stop: () => org({ sending: 'paused' }),
    resume: () => org({ sending: 'on' }),
  },
  everything: {
    stop: () => admin('PUT', '/stops/everything'),
    resume: () => admin('DELETE', '/stops/everything'),
  },
  'a host': { stop: () => admin('PUT', HOST), resume: () => admin('DELETE', HOST) },
}

function sent(): number {
  return world.receiver.received.length
}

async function entriesOf(orgId: string): Promise<Json[]> {
  const { results } = await env.DB.prepare(
    `SELECT actor, action, target_id, details FROM audit_log WHERE org_id = ?
      AND (action LIKE 'stop.%' OR action LIKE 'org.%_sending') ORDER BY id`,
  )
    .bind(orgId)
    .all()
  return results
}

describe.each(Object.entries(STOPS))('what is stopped of %s', (_, { stop, resume }) => {
  it('is accepted and waits, without an attempt, until it goes on (C9, A1, D2)', async () => {
    await world.createEndpoint()
    await stop()
    const id = await world.deliver()
    await world.pass(10 * MINUTE)
    expect(sent()).toBe(0)
    expect(await world.delivery(id)).toMatchObject({ status: 'pending', attempt_count: 0 })
    await resume()
    await world.pass(3 * MINUTE)
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', attempt_count: 1 })
  })

  it('does not leave behind its request either (C9)', async () => {
    world.room = 256
    await world.createEndpoint()
    await stop()
    const id = await world.deliver()
    expect(sent()).toBe(0)
    await resume()
    await world.pass(3 * MINUTE)
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered' })
  })

  it('may be redelivered, and is when it goes on (S5)', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    await world.drain()
    await stop()
    expect((await world.redeliver(id)).body).toMatchObject({ status: 'pending' })
    await world.pass(5 * MINUTE)
    expect(sent()).toBe(1)
    await resume()
    await world.pass(3 * MINUTE)
    expect(sent()).toBe(2)
  })

  it('may be the URL of a call, and waits by itself (A4)', async () => {
    await stop()
    const id = await world.deliver({ webhook_url: 'https://receiver.example/inline' })
    await world.pass(30 * MINUTE)
    expect(sent()).toBe(0)
    await resume()
    await world.pass(11 * MINUTE)
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', attempt_count: 1 })
  })

  it('goes on at the pace of a recovery, one first', async () => {
    await world.createEndpoint()
    await stop()
    for (let made = 0; made < 20; made += 1) await world.deliver()
    await world.pass(2 * MINUTE)
    await resume()
    world.clock += 2 * MINUTE
    await world.sweep()
    expect(world.retry).toHaveLength(1)
    await world.pass(MINUTE)
    expect(sent()).toBe(20)
  })
})

describe('PATCH /admin/orgs/{id} {"sending"}', () => {
  it('says since when it is paused, and why, and is logged once with its change', async () => {
    const { body } = await org({ sending: 'paused', reason: ' Abuse ' })
    expect(body).toMatchObject({ sending: 'paused', pause_reason: 'Abuse', paused_at: instant })
    world.clock += MINUTE
    expect((await org({ sending: 'paused', reason: 'Abuse' })).body).toEqual(body)
    expect((await org()).body).toEqual(body)
    await org({ sending: 'on' })
    expect((await org({ sending: 'on' })).body).toMatchObject({ sending: 'on', paused_at: null })
    expect(await entriesOf(world.orgId)).toMatchObject([
      { action: 'org.pause_sending', actor: 'admin', details: '{"reason":"Abuse"}' },
      { action: 'org.resume_sending', actor: 'admin', details: '{}' },
    ])
  })

  it('holds no other organization', async () => {
    const other = await world.createOrg('Globex')
    await org({ sending: 'paused' })
    const own = { key: other.key }
    await world.createEndpoint({}, own)
    await world.send({}, {}, own)
    await world.drain()
    expect(sent()).toBe(1)
  })

  it('renames it, and writes nothing where nothing changes', async () => {
    expect((await org({ name: 'Globex' })).body).toMatchObject({ name: 'Globex', sending: 'on' })
    await org({ name: 'Globex' })
    const { results } = await env.DB.prepare(
      `SELECT details FROM audit_log WHERE action = 'org.update'`,
    ).all()
    expect(results).toEqual([{ details: '{"name":"Globex"}' }])
  })

  it.each([
    [{ sending: 'off' }, ['sending']],
    [{ sending: 'on', reason: 'x' }, ['reason']],
    [{ reason: 'x' }, ['reason']],
    [{ name: '' }, ['name']],
    [{ quota: 1 }, ['quota']],
  ])('is a 400 for %j that names %j', async (body, paths) => {
    const answer = await org(body)
    expect(answer.status).toBe(400)
    expect(issuePaths(answer)).toEqual(paths)
  })

  it.each(['GET', 'PATCH'])('is a 404 by %s where no org is', async (method) => {
    const body = method === 'GET' ? undefined : { sending: 'paused' }
    const answer = await admin(method, `/orgs/${NOWHERE}`, body)
    expectProblem(answer, 'not_found')
    expect(answer.status).toBe(404)
  })

  it('has a running replay wait, which passes by nothing (Y1, Y5)', async () => {
    await world.createEndpoint()
    for (let made = 0; made < 3; made += 1) await world.deliver()
    await world.drain()
    world.clock += 1000
    await org({ sending: 'paused' })
    const { body: replay } = await world.call('POST', '/v1/webhook_replays', { filter: {} })
    await world.pass(5 * MINUTE)
    const path = `/v1/webhook_replays/${replay.id}`
    expect((await world.call('GET', path)).body).toMatchObject({ status: 'running', replayed: 0 })
    await org({ sending: 'on' })
    await world.pass(5 * MINUTE)
    expect((await world.call('GET', path)).body).toMatchObject({ status: 'completed', replayed: 3 })
    expect(sent()).toBe(6)
  })
})

describe('/admin/stops', () => {
  it('lists everything, hosts and organizations, each with its reason', async () => {
    expect((await admin('GET', '/stops')).body).toEqual({ data: [] })
    await admin('PUT', '/stops/everything', {})
    await admin('PUT', '/stops/HOOKS.Example.com.', { reason: 'Its owner asked for it' })
    await org({ sending: 'paused' })
    const { body } = await admin('GET', '/stops')
    const none = { host: null, org_id: null, reason: null, stopped_at: instant }
    expect(body.data).toEqual([
      { ...none, what: 'everything' },
      { ...none, what: 'host', host: 'hooks.example.com', reason: 'Its owner asked for it' },
      { ...none, what: 'organization', org_id: world.orgId },
    ])
  })

  it('answers the same again, keeps since when, and takes another reason', async () => {
    const { body } = await admin('PUT', HOST, { reason: 'a' })
    world.clock += MINUTE
    expect((await admin('PUT', HOST, { reason: 'a' })).body).toEqual(body)
    world.clock += MINUTE
    expect((await admin('PUT', HOST, { reason: 'b' })).body).toEqual({ ...body, reason: 'b' })
    world.clock += MINUTE
    expect((await admin('DELETE', HOST)).status).toBe(204)
    expect((await admin('DELETE', HOST)).status).toBe(204)
    expect(await entriesOf('')).toMatchObject([
      { action: 'stop.put', target_id: 'receiver.example', details: '{"reason":"a"}' },
      { action: 'stop.put', target_id: 'receiver.example', details: '{"reason":"b"}' },
      { action: 'stop.lift', target_id: 'receiver.example' },
    ])
  })

  it('is put for a hundred hosts and no more, and for everything even then', async () => {
    const stops = Array.from({ length: 100 }, (_, n) => `('', 'h${n}.example', 1)`)
    await env.DB.prepare(
      `INSERT INTO stops (org_id, host, stopped_at) VALUES ${stops.join()}`,
    ).run()
    const refused = await admin('PUT', HOST)
    expect([refused.status, refused.body.code]).toEqual([409, 'too_many_stops'])
    expect((await admin('PUT', '/stops/h7.example', { reason: 'again' })).status).toBe(200)
    expect((await admin('PUT', '/stops/everything')).status).toBe(200)
    expect((await admin('DELETE', '/stops/h7.example')).status).toBe(204)
    expect((await admin('PUT', HOST)).status).toBe(200)
  })

  it('leaves out what a deletion has left, until the cron has been there', async () => {
    await org({ sending: 'paused', reason: 'Abuse' })
    const other = await world.createOrg('Globex')
    await admin('PATCH', `/orgs/${other.orgId}`, { sending: 'paused' })
    expect((await admin('DELETE', `/orgs/${world.orgId}`)).status).toBe(204)
    const { body } = await admin('GET', '/stops')
    expect(body.data.map(({ org_id }: Json) => org_id)).toEqual([other.orgId])
    const left = env.DB.prepare('SELECT 1 FROM stops WHERE org_id = ?')
    expect(await left.bind(world.orgId).first()).not.toBe(null)
  })

  it.each([
    'https://RECEIVER.example/hooks',
    'https://receiver.example./hooks',
    'https://receiver%2Eexample/hooks',
    'https://receiver.example:8443/hooks?to=https://other.example',
  ])('holds what goes to %s, however it is written', async (url) => {
    expect((await world.createEndpoint({ url })).status).toBe(201)
    await admin('PUT', HOST)
    await world.deliver()
    await world.pass(3 * MINUTE)
    expect(sent()).toBe(0)
  })

  it.each([
    'https://sub.receiver.example/hooks',
    'https://receiver.example.org/hooks',
    'https://other.example/receiver.example?https://receiver.example/',
  ])('lets go what goes to %s', async (url) => {
    await world.createEndpoint({ url })
    await admin('PUT', HOST)
    await world.deliver()
    await world.drain()
    expect(sent()).toBe(1)
  })

  it('holds what an endpoint had at that host, and nothing of where it is now', async () => {
    world.receiver.respond(500)
    const { body } = await world.createEndpoint()
    const old = await world.deliver()
    await world.drain()
    await admin('PUT', HOST)
    await world.call('PATCH', `/v1/webhook_endpoints/${body.id}`, { url: 'https://new.example/' })
    world.receiver.respond(200)
    const fresh = await world.deliver()
    await world.pass(20 * MINUTE)
    expect(await world.delivery(fresh)).toMatchObject({ status: 'delivered' })
    expect(await world.delivery(old)).toMatchObject({ status: 'pending', attempt_count: 1 })
    await admin('DELETE', HOST)
    await world.pass(11 * MINUTE)
    expect(await world.delivery(old)).toMatchObject({ status: 'delivered', attempt_count: 2 })
  })
})
