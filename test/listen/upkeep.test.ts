// What nobody listens to any more is removed, by the upkeep.
import { beforeEach, describe, expect, it } from 'vitest'
import { listUnheard, removeUnheard } from '../../src/db/lifecycle/listen.ts'
import { removeUnheardEndpoints, UNHEARD_MS } from '../../src/delivery/upkeep/listeners.ts'
import { World, type Json } from '../world.ts'
import { Ear, makeListened } from './ear.ts'

let world: World
let endpoint: Json
beforeEach(async () => {
  world = await World.create()
  endpoint = await makeListened(world)
})

async function runUpkeep(): Promise<number> {
  return removeUnheardEndpoints(await world.visited())
}

async function exists({ id }: { id: string }): Promise<boolean> {
  const { status } = await world.call('GET', `/v1/webhook_endpoints/${id}`)
  return status === 200
}

describe('the upkeep', () => {
  it('removes an endpoint that nobody has listened to for an hour, with what is pending', async () => {
    const id = await world.deliver()
    await world.drain()
    world.clock += UNHEARD_MS
    expect(await runUpkeep()).toBe(0)
    world.clock += 1
    expect(await runUpkeep()).toBe(1)
    expect(await exists(endpoint)).toBe(false)
    expect(await world.delivery(id)).toMatchObject({
      status: 'exhausted',
      last_error: 'endpoint deleted',
    })
    const { body } = await world.call('GET', '/v1/audit_log')
    expect(body.data[0]).toMatchObject({
      action: 'endpoint.delete',
      actor: 'system',
      target_id: endpoint.id,
    })
  })

  it('counts from the last time that somebody began to listen', async () => {
    world.clock += UNHEARD_MS
    const ear = await Ear.open(world, endpoint.id)
    await ear.close()
    world.clock += UNHEARD_MS
    expect(await runUpkeep()).toBe(0)
    world.clock += 1
    expect(await runUpkeep()).toBe(1)
  })

  it('leaves what somebody listens to since it looked', async () => {
    const engine = await world.engine()
    const db = engine.store.of(world.orgId)
    world.clock += UNHEARD_MS + 1
    const before = world.clock - UNHEARD_MS
    const [found] = await listUnheard(db, before)
    if (!found) throw new Error('none was found')
    await Ear.open(world, endpoint.id)
    await removeUnheard(db, found, before, world.clock)
    expect(await exists(endpoint)).toBe(true)
  })

  it('leaves endpoints alone that are sent to', async () => {
    const { body } = await world.createEndpoint()
    world.clock += 10 * UNHEARD_MS
    expect(await runUpkeep()).toBe(1)
    expect(await exists(body)).toBe(true)
  })
})
