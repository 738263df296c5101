// Where orgs and keys are put when there are two databases, and how they are found there.
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { claimPublicId } from '../../src/db/catalog.ts'
import { createWorldMaker } from '../../src/wiring.ts'
import { meter } from '../db/counter.ts'
import { World, type Answered, type Json } from '../world.ts'
import { count, createTwo, down, meterBoth, sized, tablesOf, type Two } from './two.ts'

const admin = { key: env.ADMIN_TOKEN }

let two: Two
let world: World
beforeEach(async () => {
  two = await createTwo()
  world = two.world
})

function createOrg(name = 'New', headers: Record<string, string> = {}): Promise<Answered> {
  return world.call('POST', '/admin/orgs', { name }, { ...admin, headers })
}

async function homeOf(orgId: string): Promise<string[]> {
  const counts = [await count(env.DB, 'orgs', orgId), await count(env.DB2, 'orgs', orgId)]
  return ['DB', 'DB2'].filter((_, place) => counts[place] === 1)
}

async function namesOfOrgs(): Promise<string[]> {
  const { body } = await world.call('GET', '/admin/orgs', undefined, admin)
  return body.data.map(({ name }: Json) => name)
}

function fill(d1: D1Database): Promise<D1Result> {
  return d1.prepare(`INSERT INTO own_hosts VALUES (hex(zeroblob(900000)), 0)`).run()
}

async function bytes(d1: D1Database): Promise<number> {
  return (await d1.prepare('SELECT 1').all()).meta.size_after
}

function list(key: string): Promise<Answered> {
  return world.call('GET', '/v1/webhook_endpoints', undefined, { key })
}

/** Round trips of a list in a new isolate, to both databases. */
async function costOfList(key: string): Promise<number[]> {
  // That it is used is noted, once an hour.
  await list(key)
  world.startIsolate()
  const { first, second } = meterBoth(world)
  expect((await list(key)).status).toBe(200)
  // A new isolate notes its host in both.
  return [first.trips - 1, second.trips - 1]
}

function makeWorld(DATABASES: string): Promise<unknown> {
  return createWorldMaker()({ ...env, DATABASES }, createExecutionContext())
}

describe('a new org', () => {
  it('is put where there is most room, with all that belongs to it', async () => {
    const { near, far } = two
    const all = ['orgs', 'api_keys', 'signing_secrets', 'audit_log']
    expect(new Set(await tablesOf(env.DB, near.orgId))).toEqual(new Set(all))
    expect(await tablesOf(env.DB2, near.orgId)).toEqual([])
    expect(new Set(await tablesOf(env.DB2, far.orgId))).toEqual(new Set(all))
    expect(await tablesOf(env.DB, far.orgId)).toEqual([])
  })

  it('is put into the smaller database, as D1 counts', async () => {
    while ((await bytes(env.DB)) <= (await bytes(env.DB2))) await fill(env.DB)
    expect(await homeOf((await createOrg()).body.id)).toEqual(['DB2'])
    await env.DB.exec('DELETE FROM own_hosts')
    while ((await bytes(env.DB2)) <= (await bytes(env.DB))) await fill(env.DB2)
    expect(await homeOf((await createOrg()).body.id)).toEqual(['DB'])
  })

  it('is not put where the database is out of reach, however small', async () => {
    world.db = sized(env.DB, 5)
    world.db2 = down(env.DB2)
    expect(await homeOf((await createOrg()).body.id)).toEqual(['DB'])
  })

  it('is made whole by a repetition that comes after it was cut off in between (D6, I1)', async () => {
    world.db = sized(env.DB, 5)
    let isCut = true
    world.db2 = new Proxy(sized(env.DB2, 1), {
      get(target, name) {
        if (name === 'batch' && isCut)
          return () => Promise.reject(new Error('Network connection lost.'))
        return Reflect.get(target, name) as unknown
      },
    })
    const headers = { 'Idempotency-Key': 'org-1' }
    expect((await createOrg('Cut', headers)).status).toBe(503)
    expect(await namesOfOrgs()).toEqual(['Far', 'Acme'])
    isCut = false
    world.clock += 1
    // Where there is most room by now makes no difference.
    world.db = sized(env.DB, 0)
    const { status, body } = await createOrg('Cut', headers)
    expect(status).toBe(201)
    expect(await homeOf(body.id)).toEqual(['DB2'])
    expect((await createOrg('Cut', headers)).body).toEqual(body)
    expect(await namesOfOrgs()).toEqual(['Cut', 'Far', 'Acme'])
    const path = `/admin/orgs/${body.id}/default_secret`
    expect((await world.call('GET', path, undefined, admin)).status).toBe(200)
    expect(await count(env.DB2, 'signing_secrets', body.id)).toBe(1)
  })

  it('is refused for a key that was used for another one, in whichever database (I1)', async () => {
    const headers = { 'Idempotency-Key': 'org-1' }
    world.db = sized(env.DB, 5)
    await createOrg('One', headers)
    world.db = sized(env.DB, 0)
    expect((await createOrg('Two', headers)).body.code).toBe('idempotency_key_reused')
    expect(await namesOfOrgs()).toEqual(['One', 'Far', 'Acme'])
  })

  it('costs one round trip and no row of a catalog with one database', async () => {
    const alone = await World.create()
    const { db, cost } = meter(env.DB)
    alone.db = db
    await alone.call('POST', '/admin/orgs', { name: 'New' }, admin)
    expect(cost.trips).toBe(1)
    await alone.createOrg('Another')
    for (const table of ['placements', 'departures'])
      expect(await count(env.DB, table, alone.orgId)).toBe(0)
    const owners = `SELECT count(*) AS n FROM key_owners WHERE org_id = '${alone.orgId}'`
    expect(await env.DB.prepare(owners).first('n')).toBe(0)
  })
})

describe('the list of orgs', () => {
  it('has those of every database once, newest first, though one is in two', async () => {
    const { near } = two
    await env.DB2.prepare(`INSERT INTO orgs (id, name, created_at) VALUES (?, 'Acme', ?)`)
      .bind(near.orgId, 0)
      .run()
    expect(await namesOfOrgs()).toEqual(['Far', 'Acme'])
  })

  it('has nothing of an org where it has left', async () => {
    await env.DB.prepare(`INSERT INTO departures (org_id, state) VALUES (?, 'gone')`)
      .bind(two.near.orgId)
      .run()
    expect(await namesOfOrgs()).toEqual(['Far'])
  })
})

describe('a key', () => {
  it('is found in one read of the first database, and one more where its org is', async () => {
    expect(await costOfList(two.near.key)).toEqual([2, 0])
    expect(await costOfList(two.far.key)).toEqual([1, 2])
  })

  it('costs nothing of its own once it was seen (X4)', async () => {
    await list(two.far.key)
    const { first, second } = meterBoth(world)
    expect((await list(two.far.key)).status).toBe(200)
    expect([first.trips, second.trips]).toEqual([0, 1])
  })

  it('is refused once it is revoked, by whatever isolate (X4)', async () => {
    await list(two.far.key)
    const path = `/admin/orgs/${two.far.orgId}/api_keys`
    const { body } = await world.call('GET', path, undefined, admin)
    await world.call('POST', `${path}/${body.data[0].id}/revoke`, undefined, admin)
    expect((await list(two.far.key)).status).toBe(401)
    expect((await world.send({}, {}, { key: two.far.key })).status).toBe(401)
    expect(await count(env.DB2, 'events')).toBe(0)
    world.startIsolate()
    expect((await list(two.far.key)).status).toBe(401)
  })

  it('gets no public id that is another org’s, or an older key’s', async () => {
    const { catalog } = (await world.engine()).store
    const [farId, nearId] = [two.far.key.slice(8, 16), two.near.key.slice(8, 16)]
    expect(await claimPublicId(catalog, farId, two.near.orgId)).toBe(false)
    expect(await claimPublicId(catalog, farId, two.far.orgId)).toBe(true)
    await env.DB.exec('DELETE FROM key_owners')
    expect(await claimPublicId(catalog, nearId, two.far.orgId)).toBe(false)
  })

  it('that was made before there was another database is found (X4)', async () => {
    await env.DB.exec('DELETE FROM key_owners')
    world.startIsolate()
    expect((await list(two.near.key)).status).toBe(200)
  })
})

describe('the operator’s Idempotency-Key', () => {
  const headers = { 'Idempotency-Key': 'key-1' }
  const issue = (orgId: string, name = 'Key') =>
    world.call('POST', `/admin/orgs/${orgId}/api_keys`, { name }, { ...admin, headers })

  it('acts once on an org of either database (I1)', async () => {
    const first = await issue(two.far.orgId)
    const again = await issue(two.far.orgId)
    expect(again.body).toEqual(first.body)
    expect(again.headers.get('Idempotent-Replayed')).toBe('true')
    expect(await count(env.DB2, 'api_keys', two.far.orgId)).toBe(2)
  })

  it('is refused for another org, wherever that is (I1)', async () => {
    await issue(two.far.orgId)
    expect((await issue(two.near.orgId)).body.code).toBe('idempotency_key_reused')
    expect((await createOrg('New', headers)).body.code).toBe('idempotency_key_reused')
    expect(await count(env.DB, 'api_keys', two.near.orgId)).toBe(1)
  })

  it('is no key of the org’s own', async () => {
    await issue(two.far.orgId)
    const { status } = await world.send({}, {}, { key: two.far.key, headers })
    expect(status).toBe(202)
  })
})

describe('DATABASES', () => {
  it('is refused when it names a database without a binding, and both are told', async () => {
    await expect(makeWorld('DB,DB3')).rejects.toMatchObject({
      code: 'misconfigured',
      cause: { message: expect.stringMatching(/DATABASES names DB3, .* binding .* DB3/) },
    })
    await expect(makeWorld('DB,API_KEY_PEPPER')).rejects.toMatchObject({ code: 'misconfigured' })
  })

  it('may not leave out a database that orgs are in', async () => {
    await env.DB.exec(`UPDATE placements SET database = 'DB3'`)
    world.startIsolate()
    const { body } = await world.send({}, {}, { key: two.far.key })
    expect(body.code).toBe('misconfigured')
    expect((await world.send({}, {}, { key: two.near.key })).status).toBe(202)
  })
})
