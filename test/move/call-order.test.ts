// The order within calls, of an org that is moved to another database, or deleted.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { sweep } from '../../src/delivery/sweep.ts'
import { removeDeletedOrgs } from '../../src/move/remove.ts'
import { count, createNear } from '../databases/two.ts'
import type { Json, World } from '../world.ts'

const CALL = '0b9c4b1e-0000-4000-8000-000000000001'

const ADMIN = { key: env.ADMIN_TOKEN }

const TABLES = ['call_ends', 'call_waits']

let world: World
let endpointId: string
beforeEach(async () => {
  world = await createNear()
  const order = { ordering: 'call', ordering_max_wait_seconds: 3600 }
  endpointId = (await world.createEndpoint(order)).body.id
})

/** Sends so many events of the call, and takes what there is to be attempted. */
async function deliver(events: number): Promise<string[]> {
  const ids: string[] = []
  for (let sent = 0; sent < events; sent += 1) {
    world.clock += 10
    ids.push(await world.deliver({ id: CALL }))
  }
  await world.drain()
  return ids
}

async function move(): Promise<void> {
  const path = `/admin/orgs/${world.orgId}/move`
  const { body } = await world.call('POST', path, { to: 'DB2' }, ADMIN)
  expect(body.phase).toBe('over')
}

/** The cron's sweep of the second database. */
async function sweepSecond(): Promise<void> {
  const engine = await world.engine()
  await sweep({ ...engine, db: engine.store.of(world.orgId), share: 1 })
  await world.drain()
}

function rowsIn(d1: D1Database): Promise<number[]> {
  return Promise.all(TABLES.map((table) => count(d1, table, world.orgId)))
}

/** Whom they wait for. */
async function waiting(ids: string[]): Promise<(string | null)[]> {
  const found: Json[] = await Promise.all(ids.map((id) => world.delivery(id)))
  return found.map(({ waiting_for: front }) => front)
}

/** Which deliveries the receiver has got, in order. */
function got(): (string | undefined)[] {
  return world.receiver.received.map(({ body }) => JSON.parse(body).id)
}

describe('an ordered endpoint of an org that is moved', () => {
  it('keeps its order, what waits, and what the next one waits for (M1, O1)', async () => {
    world.receiver.respond(500)
    const [first = '', second = '', third = ''] = await deliver(3)
    await move()
    expect([await rowsIn(env.DB), await rowsIn(env.DB2)]).toEqual([
      [0, 0],
      [1, 2],
    ])
    expect(await world.endpoint(endpointId)).toMatchObject({
      ordering: 'call',
      ordering_max_wait_seconds: 3600,
    })
    expect(await waiting([first, second, third])).toEqual([null, first, second])
    const [fourth = ''] = await deliver(1)
    expect(await waiting([fourth])).toEqual([third])
    world.receiver.respond(200)
    await world.redeliver(first)
    await world.pass(61_000)
    expect(got()).toEqual([first, first, second, third, fourth])
  })

  it('has what waits let go there when it orders no more on the way (O2)', async () => {
    world.receiver.respond(500)
    const [first = '', second = ''] = await deliver(2)
    const path = `/v1/webhook_endpoints/${endpointId}`
    await world.call('PATCH', path, { ordering: null })
    await move()
    expect(await waiting([second])).toEqual([first])
    world.receiver.respond(200)
    await sweepSecond()
    expect((await world.delivery(second)).status).toBe('delivered')
    expect(await rowsIn(env.DB2)).toEqual([0, 0])
  })
})

describe('an ordered endpoint of an org that is deleted', () => {
  it('leaves nothing of its order behind', async () => {
    world.receiver.respond(500)
    await deliver(3)
    expect(await rowsIn(env.DB)).toEqual([1, 2])
    await world.call('DELETE', `/admin/orgs/${world.orgId}`, undefined, ADMIN)
    await removeDeletedOrgs(await world.visited())
    expect(await rowsIn(env.DB)).toEqual([0, 0])
  })
})
