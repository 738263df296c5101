// Test keys: the side of an org that they belong to, how it comes about, and what is done to both sides at once.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { JOBS, runJobs } from '../../src/jobs.ts'
import { QUOTAS } from '../../src/quotas.ts'
import { Visitor } from '../dashboard/visitor.ts'
import { allRows } from '../security/orgs/rows.ts'
import { World, type Answered, type Json } from '../world.ts'
import { expectProblem } from './http/shapes.ts'

const ADMIN = { key: env.ADMIN_TOKEN }

let world: World
beforeEach(async () => {
  world = await World.create()
})

function admin(method: string, path: string, body?: unknown): Promise<Answered> {
  return world.call(method, `/admin${path}`, body, ADMIN)
}

function makeKey(asked: Json = {}, options = {}): Promise<Answered> {
  return world.call('POST', '/v1/api_keys', { name: 'made', mode: 'test', ...asked }, options)
}

/** A test key of the org, with where it belongs. */
async function makeTwin(): Promise<{ key: string; twinId: string }> {
  // Its ids sort behind those of what was there.
  world.clock += 1
  const { body } = await makeKey()
  return { key: body.key, twinId: body.org_id }
}

async function entriesOf(key: string): Promise<Json[]> {
  const { body } = await world.call('GET', '/v1/audit_log', undefined, { key })
  return body.data
}

async function count(table: string): Promise<number | null> {
  return env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first('n')
}

describe('what is sent with a test key', () => {
  it('reaches no live endpoint, nor what is sent with a live key one of the test side (X9)', async () => {
    const { key } = await makeTwin()
    await world.createEndpoint({ url: 'https://live.example/' })
    await world.createEndpoint({ url: 'https://test.example/' }, { key })
    const test = await world.send({}, {}, { key })
    const live = await world.send()
    await world.drain()
    const sent = world.receiver.received.map(({ url, body }) => [
      new URL(url).hostname,
      JSON.parse(body).id,
    ])
    expect(Object.fromEntries(sent)).toEqual({
      'live.example': live.body.deliveries[0].id,
      'test.example': test.body.deliveries[0].id,
    })
    expect(sent).toHaveLength(2)
  })

  it('is signed with a default secret of its own, where it goes to a call’s URL', async () => {
    const { twinId } = await makeTwin()
    const [live, test] = await Promise.all(
      [world.orgId, twinId].map((id) => admin('GET', `/orgs/${id}/default_secret`)),
    )
    expect(test?.body.signing_secret).toMatch(/^whsec_/)
    expect(test?.body.signing_secret).not.toBe(live?.body.signing_secret)
  })
})

describe('the first test key', () => {
  it('makes the test side, by the API and by the operator, and the next ones are of the same', async () => {
    expect((await admin('GET', `/orgs/${world.orgId}`)).body.test_org_id).toBe(null)
    const { body } = await admin('POST', `/orgs/${world.orgId}/api_keys`, {
      name: 'a',
      mode: 'test',
    })
    expect(body).toMatchObject({ mode: 'test', key: expect.stringMatching(/^sk_test_/) })
    expect(body.org_id).not.toBe(world.orgId)
    expect((await makeKey()).body.org_id).toBe(body.org_id)
    expect((await admin('GET', `/orgs/${world.orgId}`)).body.test_org_id).toBe(body.org_id)
    expect((await admin('GET', `/orgs/${body.org_id}`)).body).toMatchObject({
      name: 'Acme',
      mode: 'test',
      live_org_id: world.orgId,
      test_org_id: null,
    })
    const live = (await admin('GET', `/orgs/${world.orgId}`)).body
    expect(live).toMatchObject({ mode: 'live', live_org_id: null })
    const { body: listed } = await admin('GET', '/orgs')
    expect(listed.data.map(({ id }: Json) => id)).toEqual([world.orgId])
  })

  it('made twice at once makes one test side, with one default secret (I1)', async () => {
    const made = await Promise.all([makeKey(), makeKey()])
    expect(made.map(({ status }) => status)).toEqual([201, 201])
    expect(new Set(made.map(({ body }) => body.org_id)).size).toBe(1)
    expect([await count('orgs'), await count('signing_secrets')]).toEqual([2, 2])
  })

  it('is made once for an Idempotency-Key, and refused for it as a live one (I1)', async () => {
    const headers = { 'Idempotency-Key': 'one' }
    const first = await makeKey({}, { headers })
    const again = await makeKey({}, { headers })
    expect(again.body).toEqual(first.body)
    expect(again.headers.get('Idempotent-Replayed')).toBe('true')
    expectProblem(await makeKey({ mode: 'live' }, { headers }), 'idempotency_key_reused')
    expect([await count('api_keys'), await count('orgs')]).toEqual([2, 2])
  })

  it('is in the log of both sides, and the test side begins with it', async () => {
    const { key, twinId } = await makeTwin()
    const [entry] = await entriesOf(world.key)
    expect(entry).toMatchObject({ action: 'api_key.create', details: { mode: 'test' } })
    const log = await entriesOf(key)
    const made = log.toSorted((a, b) => (a.action < b.action ? -1 : 1))
    expect(made).toMatchObject([
      { action: 'api_key.create', target_id: entry.target_id, actor: entry.actor },
      { action: 'org.create', target_id: twinId },
    ])
  })

  it('makes a test side that is stopped where the organization is', async () => {
    await admin('PATCH', `/orgs/${world.orgId}`, { sending: 'paused', reason: 'asked' })
    const { twinId } = await makeTwin()
    const { body } = await admin('GET', `/orgs/${twinId}`)
    expect(body).toMatchObject({ sending: 'paused', pause_reason: 'asked' })
  })
})

describe('a live key', () => {
  it('sees keys of both sides, oldest first, and revokes either', async () => {
    const { key, twinId } = await makeTwin()
    world.clock += 1
    const { body } = await world.call('GET', '/v1/api_keys')
    expect(body.data.map(({ mode, org_id }: Json) => [mode, org_id])).toEqual([
      ['live', world.orgId],
      ['test', twinId],
    ])
    const { id } = body.data[1]
    expect((await world.call('DELETE', `/v1/api_keys/${id}`)).status).toBe(204)
    expectProblem(await world.send({}, {}, { key }), 'invalid_api_key')
    const [entry] = await entriesOf(world.key)
    expect(entry).toMatchObject({ action: 'api_key.revoke', target_id: id })
  })

  it('makes a live one where nobody says, and a test one with no more scope than its own', async () => {
    expect((await makeKey({ mode: undefined })).body).toMatchObject({ mode: 'live' })
    const { body } = await makeKey({ mode: 'live', scopes: ['manage'] })
    const refused = await makeKey({ scopes: ['send', 'manage'] }, { key: body.key })
    expectProblem(refused, 'insufficient_scope')
    expect((await makeKey({}, { key: body.key })).body.scopes).toEqual(['manage'])
  })

  it('is counted on its own side alone', async () => {
    for (let made = 1; made < QUOTAS.keys.usual; made += 1) await makeKey({ mode: 'live' })
    expectProblem(await makeKey({ mode: 'live' }), 'api_key_limit_reached')
    expect((await makeKey()).status).toBe(201)
  })
})

describe('a test key', () => {
  it('sees and makes test keys alone, and finds no live one to revoke', async () => {
    const { key } = await makeTwin()
    const made = await makeKey({ mode: undefined }, { key })
    expect(made.body).toMatchObject({ mode: 'test', key: expect.stringMatching(/^sk_test_/) })
    const { body } = await world.call('GET', '/v1/api_keys', undefined, { key })
    expect(body.data.map(({ mode }: Json) => mode)).toEqual(['test', 'test'])
    const { body: all } = await world.call('GET', '/v1/api_keys')
    const path = `/v1/api_keys/${all.data[0].id}`
    expectProblem(await world.call('DELETE', path, undefined, { key }), 'not_found')
    expect((await entriesOf(world.key)).map(({ action }) => action)).not.toContain('api_key.revoke')
  })

  it('makes no live key, and neither does the operator on the test side', async () => {
    const { key, twinId } = await makeTwin()
    await world.call('GET', '/v1/api_keys', undefined, { key })
    const before = await allRows()
    const asked = { name: 'x', mode: 'live' }
    for (const refused of [
      await makeKey(asked, { key }),
      await admin('POST', `/orgs/${twinId}/api_keys`, asked),
    ]) {
      expectProblem(refused, 'invalid_request')
      expect(refused.body.error).toBe(
        'mode: must be "test": a test key makes test keys alone. Make this one with a live key',
      )
    }
    expect(await allRows()).toBe(before)
  })
})

it('refuses a mode that there is not', async () => {
  const refused = await makeKey({ mode: 'dev' })
  expectProblem(refused, 'invalid_request')
  expect(refused.body.error).toBe('mode: must be "live" or "test"')
})

describe('the operator', () => {
  it('stops both sides, lets both go on, and renames both', async () => {
    const { twinId } = await makeTwin()
    const stateOf = async (id: string) => (await admin('GET', `/orgs/${id}`)).body
    await admin('PATCH', `/orgs/${world.orgId}`, { sending: 'paused', name: 'New' })
    expect(await stateOf(twinId)).toMatchObject({ sending: 'paused', name: 'New' })
    await admin('PATCH', `/orgs/${world.orgId}`, { sending: 'on' })
    expect(await stateOf(twinId)).toMatchObject({ sending: 'on' })
  })

  it.each([
    [{ name: 'New' }, 'name', 'renamed'],
    [{ sending: 'paused' }, 'sending', 'stopped'],
    [{ sending: 'on', quotas: { keys: 7 } }, 'sending', 'stopped'],
  ])('is refused %j of the test side alone, which names whose it is', async (body, path, done) => {
    const { twinId } = await makeTwin()
    const before = await allRows()
    const refused = await admin('PATCH', `/orgs/${twinId}`, body)
    expectProblem(refused, 'invalid_request')
    expect(refused.body.error).toBe(
      `${path}: this is the test side of an organization, and is ${done} with it: ask it of ${world.orgId}`,
    )
    expect(await allRows()).toBe(before)
  })

  it('gives the test side quotas of its own, and is told which side that is', async () => {
    const { twinId } = await makeTwin()
    const { body } = await admin('PATCH', `/orgs/${twinId}`, { quotas: { keys: 7 } })
    expect(body).toMatchObject({
      mode: 'test',
      live_org_id: world.orgId,
      quotas: { keys: { limit: 7 } },
    })
    const live = (await admin('GET', `/orgs/${world.orgId}`)).body
    expect(live.quotas.keys).toMatchObject({ is_default: true })
  })

  it('holds test deliveries too, where the organization is stopped', async () => {
    const { key } = await makeTwin()
    await world.createEndpoint({}, { key })
    await admin('PATCH', `/orgs/${world.orgId}`, { sending: 'paused' })
    await world.send({}, {}, { key })
    await world.drain()
    expect(world.receiver.received).toEqual([])
  })

  it('deletes the test side with its organization, data and all, and not by itself', async () => {
    const { key, twinId } = await makeTwin()
    await world.createEndpoint({}, { key })
    await world.send({}, {}, { key })
    const visitor = await Visitor.signedIn(world, key)
    const refused = await admin('DELETE', `/orgs/${twinId}`)
    expectProblem(refused, 'invalid_request')
    expect(refused.body.error).toContain(`ask it of ${world.orgId}`)
    expect((await admin('DELETE', `/orgs/${world.orgId}`)).status).toBe(204)
    expectProblem(await world.send({}, {}, { key }), 'invalid_api_key')
    expect((await visitor.get('')).path).toContain('/sign-in')
    expectProblem(await admin('GET', `/orgs/${twinId}`), 'not_found')
    const removal = JOBS.filter(({ name }) => name === 'deleted_orgs')
    await runJobs(await world.engine(), world.clock, removal)
    await runJobs(await world.engine(), world.clock, removal)
    expect([await count('deliveries'), await count('orgs'), await count('deleted_orgs')]).toEqual([
      0, 0, 0,
    ])
  })

  it('repeats a deletion that was cut off between the two, and no test key is made meanwhile', async () => {
    await makeTwin()
    await env.DB.exec(
      `CREATE TRIGGER refuse BEFORE DELETE ON orgs WHEN substr(OLD.id, 15, 1) = '7' BEGIN SELECT RAISE(ABORT, 'cut off'); END`,
    )
    expect((await admin('DELETE', `/orgs/${world.orgId}`)).status).toBe(500)
    await env.DB.exec('DROP TRIGGER refuse')
    expectProblem(await makeKey(), 'unavailable')
    expect((await world.createEndpoint()).status).toBe(201)
    expect((await admin('DELETE', `/orgs/${world.orgId}`)).status).toBe(204)
    expect(await count('orgs')).toBe(0)
  })
})
