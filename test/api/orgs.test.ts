// Organizations as the operator has them: listed by pages, deleted, and what is told of both.
import { env } from 'cloudflare:workers'
import { getTableName } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { MOVED } from '../../src/db/move/tables.ts'
import { JOBS, runJobs } from '../../src/jobs.ts'
import { requestMove } from '../../src/move/move.ts'
import { removeDeletedOrgs } from '../../src/move/remove.ts'
import { Visitor } from '../dashboard/visitor.ts'
import { createNear, createTwo } from '../databases/two.ts'
import { World, type Answered, type Json } from '../world.ts'
import { expectProblem } from './http/shapes.ts'

const MINUTE = 60_000
const ADMIN = { key: env.ADMIN_TOKEN }
const REMOVAL = JOBS.filter(({ name }) => name === 'deleted_orgs')

let world: World
beforeEach(async () => {
  world = await World.create()
})

function admin(method: string, path: string, body?: unknown): Promise<Answered> {
  return world.call(method, `/admin${path}`, body, ADMIN)
}

/** One of everything, for two organizations. */
async function furnish(): Promise<{ orgId: string; key: string }> {
  const other = await world.createOrg('Globex')
  for (const key of [world.key, other.key]) {
    await world.createEndpoint({}, { key, headers: { 'Idempotency-Key': 'a' } })
    await world.send({ webhook_url: 'https://inline.example/' }, {}, { key })
    await world.call('POST', '/v1/portal_links', { scopes: ['read'] }, { key })
  }
  return other
}

async function remove(): Promise<void> {
  await runJobs(await world.engine(), world.clock, REMOVAL)
}

/** The tables in which anything of an organization is. */
async function left(orgId: string, db = env.DB): Promise<string[]> {
  const names = [...MOVED.map(getTableName), 'deleted_orgs'].filter((name) => name !== 'sessions')
  const found: string[] = []
  for (const name of names) {
    const column = name === 'orgs' ? 'id' : 'org_id'
    const row = await db.prepare(`SELECT 1 FROM ${name} WHERE ${column} = ?`).bind(orgId).first()
    if (row) found.push(name)
  }
  return found
}

/** Newest first, the one that is there among them. */
async function create(count: number): Promise<string[]> {
  const ids = [world.orgId]
  for (let made = 1; made < count; made += 1) {
    world.clock += 1
    ids.unshift((await admin('POST', '/orgs', { name: `Org ${made}` })).body.id)
  }
  return ids
}

describe('GET /admin/orgs', () => {
  it('goes through all of them by pages, newest first, both ways (I2)', async () => {
    const ids = await create(5)
    const { body: first } = await admin('GET', '/orgs?limit=2')
    expect(first).toMatchObject({ has_more: true, data: [{ id: ids[0] }, { id: ids[1] }] })
    const { body: last } = await admin('GET', `/orgs?limit=3&starting_after=${ids[1]}`)
    expect(last.has_more).toBe(false)
    expect(last.data.map(({ id }: Json) => id)).toEqual(ids.slice(2))
    const { body: back } = await admin('GET', `/orgs?limit=2&ending_before=${ids[4]}`)
    expect(back).toMatchObject({ has_more: true, data: [{ id: ids[2] }, { id: ids[3] }] })
  })

  it('goes through those of all databases', async () => {
    const two = await createTwo()
    world = two.world
    const { body } = await admin('GET', '/orgs?limit=1')
    expect(body).toMatchObject({ has_more: true, data: [{ id: two.far.orgId }] })
    const { body: next } = await admin('GET', `/orgs?starting_after=${two.far.orgId}`)
    expect(next.has_more).toBe(false)
    expect(next.data.map(({ id }: Json) => id)).toContain(two.near.orgId)
  })
})

describe('DELETE /admin/orgs/{id}', () => {
  it('ends its keys, sessions and links at once, and is a 404 from then on (X4)', async () => {
    await furnish()
    const visitor = await Visitor.signedIn(world)
    const { body: link } = await world.call('POST', '/v1/portal_links', { scopes: ['read'] })
    expect((await admin('DELETE', `/orgs/${world.orgId}`)).status).toBe(204)
    expectProblem(await world.call('GET', '/v1/webhook_endpoints'), 'invalid_api_key')
    expect((await visitor.get('')).path).toContain('/sign-in')
    const other = new Visitor(world)
    const { pathname, search } = new URL(link.url)
    await other.get(pathname.replace('/dashboard', '') + search)
    expect((await other.get('')).path).toContain('/sign-in')
    expectProblem(await admin('GET', `/orgs/${world.orgId}`), 'not_found')
    expectProblem(await admin('PATCH', `/orgs/${world.orgId}`, { name: 'x' }), 'not_found')
    expectProblem(await admin('GET', `/orgs/${world.orgId}/audit_log`), 'not_found')
    const { body } = await admin('GET', '/orgs')
    expect(body.data.map(({ name }: Json) => name)).toEqual(['Globex'])
  })

  it('lets nothing more be sent, and leaves another organization alone', async () => {
    const other = await furnish()
    world.receiver.received.splice(0)
    await admin('DELETE', `/orgs/${world.orgId}`)
    await world.pass(20 * MINUTE)
    expect(world.receiver.received).toHaveLength(2)
    expect(world.logs.map(({ event }) => event)).not.toContain('attempt_faulted')
    const { body } = await world.call('GET', '/v1/webhook_deliveries', undefined, other)
    expect(body.data).toMatchObject([{ status: 'delivered' }, { status: 'delivered' }])
  })

  it('has the cron delete all that it had, and nothing else', async () => {
    const other = await furnish()
    await world.drain()
    const kept = await left(other.orgId)
    await admin('DELETE', `/orgs/${world.orgId}`)
    expect(await left(world.orgId)).toContain('deliveries')
    await remove()
    await remove()
    expect(await left(world.orgId)).toEqual([])
    expect(await left(other.orgId)).toEqual(kept)
    const sessions = await env.DB.prepare('SELECT count(*) AS n FROM sessions').first()
    expect(sessions).toEqual({ n: 0 })
  })

  it('goes by bounded parts, and on after it was cut off', async () => {
    const row = `INSERT INTO audit_log SELECT org_id, hex(randomblob(16)), actor, action, target_type,
      target_id, ip, request_id, details, at FROM audit_log, (
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) SELECT i FROM n)
      WHERE action = 'org.create'`
    await env.DB.exec(row.replaceAll(/\s+/g, ' '))
    await admin('DELETE', `/orgs/${world.orgId}`)
    await env.DB.exec(
      `CREATE TRIGGER refuse BEFORE DELETE ON idempotency_keys BEGIN SELECT RAISE(ABORT, 'cut off'); END`,
    )
    await env.DB.prepare(`INSERT INTO idempotency_keys VALUES (?, 'k', '', '', '', 0)`)
      .bind(world.orgId)
      .run()
    await remove()
    expect(await left(world.orgId)).toContain('idempotency_keys')
    expect(await left(world.orgId)).not.toContain('audit_log')
    await env.DB.exec('DROP TRIGGER refuse')
    await remove()
    await remove()
    expect(await left(world.orgId)).toEqual([])
  })

  it('is not forgotten while the bound of a run leaves something of it', async () => {
    await furnish()
    await admin('DELETE', `/orgs/${world.orgId}`)
    const visited = { ...(await world.visited()), share: 0.02 }
    await removeDeletedOrgs(visited)
    expect(await left(world.orgId)).toContain('deleted_orgs')
    await remove()
    await remove()
    expect(await left(world.orgId)).toEqual([])
  })

  it('may be repeated while its data goes, and is a 404 after that', async () => {
    await admin('DELETE', `/orgs/${world.orgId}`)
    expect((await admin('DELETE', `/orgs/${world.orgId}`)).status).toBe(204)
    await remove()
    await remove()
    expectProblem(await admin('DELETE', `/orgs/${world.orgId}`), 'not_found')
  })

  it('is in the operator’s log, once, with its name, and that nothing is left of it (U1)', async () => {
    await admin('DELETE', `/orgs/${world.orgId}`)
    await admin('DELETE', `/orgs/${world.orgId}`)
    const deleted = { action: 'org.delete', target_id: world.orgId, details: { name: 'Acme' } }
    const { body: before } = await admin('GET', '/audit_log')
    expect(before).toMatchObject({ has_more: false, data: [deleted] })
    world.clock += 5 * MINUTE
    await remove()
    await remove()
    await remove()
    const { body } = await admin('GET', '/audit_log')
    const removed = { action: 'org.remove', target_id: world.orgId, actor: 'system' }
    expect(body).toMatchObject({ has_more: false, data: [removed, deleted] })
  })

  it('is a 409 while the organization is being moved, and changes nothing', async () => {
    world = await createNear()
    const asked = { entryId: crypto.randomUUID(), ip: null, requestId: 'r' }
    await requestMove(await world.engine(), world.orgId, 'DB2', asked)
    expectProblem(await admin('DELETE', `/orgs/${world.orgId}`), 'move_under_way')
    expect((await world.call('GET', '/v1/webhook_endpoints')).status).toBe(200)
  })

  it('deletes what is in another database, and where that was', async () => {
    const two = await createTwo()
    world = two.world
    await two.createEndpoints()
    await two.deliver(two.far)
    await admin('DELETE', `/orgs/${two.far.orgId}`)
    await remove()
    await remove()
    expect(await left(two.far.orgId, env.DB2)).toEqual([])
    for (const table of ['placements', 'key_owners']) {
      const row = await env.DB.prepare(`SELECT 1 FROM ${table} WHERE org_id = ?`)
        .bind(two.far.orgId)
        .first()
      expect(row).toBeNull()
    }
    const { body } = await admin('GET', '/audit_log')
    const actions = body.data.map(({ action }: Json) => action)
    expect(actions.toSorted()).toEqual(['org.delete', 'org.remove'])
  })
})

describe('GET /admin/orgs/{id}/audit_log', () => {
  it('has what the organization’s own log has, by pages', async () => {
    world.clock += MINUTE
    await world.createEndpoint()
    const { body: own } = await world.call('GET', '/v1/audit_log')
    const path = `/orgs/${world.orgId}/audit_log`
    expect((await admin('GET', path)).body).toEqual(own)
    const { body: page } = await admin('GET', `${path}?limit=1`)
    expect(page).toEqual({ data: own.data.slice(0, 1), has_more: true })
  })
})

describe('GET /admin/audit_log', () => {
  it('has what was stopped, newest first, by pages, and nothing of an organization', async () => {
    await admin('PUT', '/stops/everything')
    world.clock += MINUTE
    await admin('DELETE', '/stops/everything')
    const { body } = await admin('GET', '/audit_log')
    expect(body.data).toMatchObject([
      { action: 'stop.lift', target_type: 'stop', target_id: 'everything', actor: 'admin' },
      { action: 'stop.put' },
    ])
    const { body: page } = await admin('GET', '/audit_log?limit=1')
    expect(page).toEqual({ data: body.data.slice(0, 1), has_more: true })
  })
})
