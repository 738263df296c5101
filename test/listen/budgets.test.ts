// What listening costs, counted on real D1: an idle stream above all.
import { beforeEach, describe, expect, it } from 'vitest'
import { look } from '../../src/db/lifecycle/listen.ts'
import { listen } from '../../src/delivery/listen.ts'
import { costOf } from '../db/counter.ts'
import { World } from '../world.ts'
import { Ear, makeListened } from './ear.ts'

let world: World
let endpointId: string
beforeEach(async () => {
  world = await World.create()
  endpointId = (await makeListened(world)).id
})

describe('a stream', () => {
  it('takes one round trip a look and reads two rows while nothing is due', async () => {
    const { store } = await world.engine()
    const one = { orgId: world.orgId, endpointId, listener: 'nobody' }
    await look(store.of(world.orgId), one, [], world.clock)
    const cost = await costOf(world, async () => {
      const engine = await world.engine()
      await look(engine.store.of(world.orgId), one, [], world.clock)
    })
    expect(cost).toMatchObject({ trips: 1, written: 0 })
    expect(cost.read).toBeLessThanOrEqual(2)
  })

  it('stays below what D1 allows an invocation, 1,000 queries, to its end', async () => {
    world.sleep = async () => {}
    for (let made = 0; made < 12; made += 1) await world.deliver()
    await world.drain()
    const { trips } = await costOf(world, async () => {
      for await (const heard of await listen(await world.engine(), {
        orgId: world.orgId,
        endpointId,
      }))
        expect(heard).toBeDefined()
    })
    expect(trips).toBeLessThanOrEqual(250)
  })
})

describe('an answer', () => {
  it('takes one read and one write, as a batch of the consumer does', async () => {
    await world.deliver()
    await world.drain()
    const ear = await Ear.open(world, endpointId)
    const webhook = await ear.webhook()
    const { trips, written } = await costOf(world, () => ear.answer(webhook))
    expect(trips).toBeLessThanOrEqual(2)
    expect(written).toBeLessThanOrEqual(4)
  })
})
