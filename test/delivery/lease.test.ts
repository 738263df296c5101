// The first lease: how long a new delivery is left to whoever it was handed to.
import { beforeEach, expect, it } from 'vitest'
import { World } from '../world.ts'

const SECOND = 1000

let world: World
beforeEach(async () => {
  world = await World.create()
  await world.createEndpoint()
})

it('is left alone for two minutes, and no longer (D5, D8)', async () => {
  await world.send()
  world.fresh.splice(0)
  world.clock += 119 * SECOND
  await world.sweep()
  expect(world.retry).toEqual([])
  world.clock += 2 * SECOND
  await world.sweep()
  expect(world.retry).toHaveLength(1)
})
