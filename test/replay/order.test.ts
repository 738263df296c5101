// A replay through ids that tie in time, and through some that come out of order.
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { World } from '../world.ts'
import { createEndpoints, idOf, idsOf, replay, start, store } from './range.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

/** Stored deliveries all have ids of one instant: only what follows it tells them apart. */
const OF_ALL_STATUSES = `CASE i % 3 WHEN 0 THEN 'delivered' WHEN 1 THEN 'exhausted' ELSE 'pending' END`

it.each([1, 3, 7, 500])(
  'at %i a second each of one instant is sent, whatever its status and wherever a step ends among them (Y1)',
  async (rate) => {
    const world = await World.create()
    const endpoints = await createEndpoints(world, 3)
    await store(world, [...endpoints, null], 61, { status: OF_ALL_STATUSES })
    const id = await start(world, { rate, total: 61 })
    await world.pass(3 * MINUTE)
    const all = Array.from({ length: 61 }, (_, place) => idOf(place))
    expect(idsOf(world.receiver.received).toSorted()).toEqual(all)
    expect(await replay(id)).toMatchObject({ status: 'completed', replayed: 61, delivered: 61 })
  },
)

it('one that comes later with an older id is not gone back for, and disturbs none; what has changed since is left (Y1, Y2)', async () => {
  const world = await World.create()
  const endpoints = await createEndpoints(world, 2)
  await store(world, endpoints, 30, { from: 10 })
  const id = await start(world, { rate: 2 })
  await world.pass(6 * SECOND)
  // By a clock that is behind: by its instants the second is of the set, and still ahead of the replay.
  await store(world, endpoints, 1, { from: 5 })
  await store(world, endpoints, 1, { from: 50 })
  await store(world, endpoints, 1, { from: 51 })
  const changed = env.DB.prepare('UPDATE deliveries SET updated_at = ? WHERE id = ?')
  await changed.bind(world.clock, idOf(51)).run()
  await world.pass(MINUTE)
  const expected = [...Array.from({ length: 30 }, (_, place) => place + 10), 50]
  expect(idsOf(world.receiver.received).toSorted()).toEqual(expected.map(idOf))
  expect(await replay(id)).toMatchObject({ status: 'completed', replayed: 31, total: 31 })
})
