// A replay whose org is moved to another database meanwhile: its step meets the fence, and comes back.
import { env } from 'cloudflare:workers'
import { beforeEach, expect, it } from 'vitest'
import { carryOnMoves } from '../../src/move/move.ts'
import { createNear } from '../databases/two.ts'
import type { World } from '../world.ts'
import { createEndpoints, idsOf, start, store } from './range.ts'

const SECOND = 1000

let world: World
beforeEach(async () => {
  world = await createNear()
})

it('a replay goes on where its org has come to, and sends each delivery once (Y1, M1)', async () => {
  const endpoints = await createEndpoints(world, 2)
  await store(world, endpoints, 300)
  const id = await start(world, { rate: 5 })
  await world.pass(5 * SECOND)
  const path = `/admin/orgs/${world.orgId}/move`
  await world.call('POST', path, { to: 'DB2' }, { key: env.ADMIN_TOKEN })
  for (let second = 0; second < 180; second += 1) {
    await world.pass(SECOND)
    if (second % 5 === 0) await carryOnMoves(await world.engine())
    await world.settle()
  }
  const ids = idsOf(world.receiver.received)
  expect(new Set(ids).size).toBe(300)
  expect(ids).toHaveLength(300)
  const done =
    'SELECT status, (SELECT sum(replayed) FROM replay_parts) AS n FROM replays WHERE id = ?'
  expect(await env.DB2.prepare(done).bind(id).first()).toEqual({ status: 'completed', n: 300 })
})
