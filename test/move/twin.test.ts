// An org's twin when there are two databases: it is made where the org is, and follows it by a move of its own.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { placeTwin } from '../../src/db/catalog.ts'
import { idOfSide } from '../../src/db/sides.ts'
import { expectProblem } from '../api/http/shapes.ts'
import { count, createTwo, type Two } from '../databases/two.ts'
import { carryOnMoves, pushMove, requestMove } from '../../src/move/move.ts'
import type { Answered, Json, World } from '../world.ts'

const ADMIN = { key: env.ADMIN_TOKEN }

let two: Two
let world: World
beforeEach(async () => {
  two = await createTwo()
  world = two.world
})

function makeTestKey(key: string): Promise<Answered> {
  return world.call('POST', '/v1/api_keys', { name: 'test', mode: 'test' }, { key })
}

function askToMove(orgId: string, to: string): Promise<Answered> {
  return world.call('POST', `/admin/orgs/${orgId}/move`, { to }, ADMIN)
}

async function homesOf(orgId: string): Promise<string[]> {
  const counts = [await count(env.DB, 'orgs', orgId), await count(env.DB2, 'orgs', orgId)]
  return ['DB', 'DB2'].filter((_, place) => counts[place] === 1)
}

async function countKeys(key: string): Promise<number> {
  return (await world.call('GET', '/v1/api_keys', undefined, { key })).body.data.length
}

/** Some of its runs: what one has no room for is the next one's. */
async function runCron(): Promise<void> {
  for (let run = 0; run < 3; run += 1) await carryOnMoves(await world.engine())
}

/** Takes the org's move to one step before it opens in its new place. */
async function moveUntilOpening(orgId: string): Promise<Json> {
  const engine = await world.engine()
  const asked = { entryId: crypto.randomUUID(), ip: null, requestId: 'r' }
  for (;;) {
    const begun = await requestMove(engine, orgId, 'DB2', asked)
    if (begun.phase === 'opening') return begun
    await pushMove(engine, begun, { steps: 1, forMs: 1e9 })
  }
}

describe('a twin', () => {
  it('is made where its organization is, and found there by those who thought otherwise', async () => {
    const twinId = idOfSide(two.far.orgId, 'test')
    // Whoever asks before there is one learns the first database.
    expectProblem(await world.call('GET', `/admin/orgs/${twinId}`, undefined, ADMIN), 'not_found')
    const { body } = await makeTestKey(two.far.key)
    expect(body.org_id).toBe(twinId)
    expect(await homesOf(twinId)).toEqual(['DB2'])
    expect((await world.call('GET', `/admin/orgs/${twinId}`, undefined, ADMIN)).status).toBe(200)
    const { body: endpoint } = await world.createEndpoint({}, { key: body.key })
    expect(endpoint.org_id).toBe(twinId)
    expect(await countKeys(two.far.key)).toBe(2)
  })

  it('follows its organization, with all that it has (M1, M4)', async () => {
    const { body } = await makeTestKey(two.near.key)
    await world.createEndpoint({}, { key: body.key })
    const sent = await world.send({}, {}, { key: body.key })
    expect((await askToMove(two.near.orgId, 'DB2')).body.phase).toBe('over')
    const unavailable = await makeTestKey(two.near.key)
    expect([unavailable.status, unavailable.headers.get('Retry-After')]).toEqual([503, '2'])
    expectProblem(await askToMove(two.near.orgId, 'DB'), 'move_under_way')
    const deletion = await world.call('DELETE', `/admin/orgs/${two.near.orgId}`, undefined, ADMIN)
    expectProblem(deletion, 'move_under_way')
    await runCron()
    expect(await homesOf(body.org_id)).toEqual(['DB2'])
    await world.drain()
    const path = `/v1/webhook_deliveries/${sent.body.deliveries[0].id}`
    const { body: delivery } = await world.call('GET', path, undefined, { key: body.key })
    expect(delivery.status).toBe('delivered')
    expect((await makeTestKey(two.near.key)).body.org_id).toBe(body.org_id)
    expect(await countKeys(two.near.key)).toBe(3)
    await askToMove(two.near.orgId, 'DB')
    await runCron()
    expect(await homesOf(body.org_id)).toEqual(['DB'])
    expect(await countKeys(two.near.key)).toBe(3)
  })

  it('is not made again in the new place before it has come there', async () => {
    const { body } = await makeTestKey(two.near.key)
    const begun = await moveUntilOpening(two.near.orgId)
    await pushMove(await world.engine(), begun, { steps: 1, forMs: 1e9 })
    expect((await makeTestKey(two.near.key)).status).toBe(503)
    expect(await homesOf(body.org_id)).toEqual(['DB'])
  })

  it('that is about to be made while its organization moves is made where that has come to', async () => {
    const { orgId, key } = two.far
    await placeTwin((await world.engine()).store.catalog, orgId)
    await askToMove(orgId, 'DB')
    const { status, body } = await makeTestKey(key)
    expect([status, await homesOf(body.org_id)]).toEqual([201, ['DB']])
    expect((await world.send({}, {}, { key: body.key })).status).toBe(202)
  })

  it('is not moved by itself', async () => {
    const { body } = await makeTestKey(two.near.key)
    const refused = await askToMove(body.org_id, 'DB2')
    expectProblem(refused, 'invalid_request')
    expect(refused.body.error).toContain(`is moved with it: ask it of ${two.near.orgId}`)
  })

  it('is deleted with its organization, in the second database too', async () => {
    const { body } = await makeTestKey(two.far.key)
    const path = `/admin/orgs/${two.far.orgId}`
    expect((await world.call('DELETE', path, undefined, ADMIN)).status).toBe(204)
    expectProblem(await world.send({}, {}, { key: body.key }), 'invalid_api_key')
    expect(await homesOf(body.org_id)).toEqual([])
  })
})
