// How an org stands: what waits and since when, and what failed last.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { readOverview } from '../../../src/db/views/overview.ts'
import { World } from '../../world.ts'

let world: World
let ids: string[]
beforeEach(async () => {
  world = await World.create()
  await world.createEndpoint()
  ids = [await world.deliver(), await world.deliver(), await world.deliver()]
})

/** Sets columns of the delivery with this number. */
async function set(place: number, columns: string): Promise<void> {
  await env.DB.prepare(`UPDATE deliveries SET ${columns} WHERE id = ?`).bind(ids[place]).run()
}

describe('readOverview', () => {
  it('counts apart what is held for a disabled endpoint and what is paced', async () => {
    const { body: other } = await world.createEndpoint()
    await set(0, `stage = 'pending', endpoint_id = '${other.id}'`)
    await set(1, `stage = 'pending'`)
    await set(2, `stage = 'pending'`)
    await world.call('PATCH', `/v1/webhook_endpoints/${other.id}`, { status: 'disabled' })
    const { backlog } = await readOverview(
      (await world.engine()).store.of(world.orgId),
      world.orgId,
      world.clock,
    )
    expect(backlog).toMatchObject({ pending: 3, held: 1, paced: 2, oldestDueAt: null })
  })

  it('is overdue since the oldest that is not parked, new ones included', async () => {
    await set(0, `stage = 'pending', next_attempt_at = 1000`)
    await set(1, 'next_attempt_at = 3000')
    await set(2, 'next_attempt_at = 2000')
    const { backlog } = await readOverview(
      (await world.engine()).store.of(world.orgId),
      world.orgId,
      world.clock,
    )
    expect(backlog).toMatchObject({ pending: 3, paced: 1, oldestDueAt: 2000 })
  })

  it('shows what failed last first, given up or not', async () => {
    await set(0, `last_error = 'HTTP 500', updated_at = 2000, stage = 'pending'`)
    await set(1, `last_error = 'HTTP 500', updated_at = 3000, stage = 'exhausted'`)
    await set(2, `last_error = 'HTTP 500', updated_at = 1000, stage = 'exhausted'`)
    const { failed } = await readOverview(
      (await world.engine()).store.of(world.orgId),
      world.orgId,
      world.clock,
    )
    expect(failed.map(({ id }) => id)).toEqual([ids[1], ids[0], ids[2]])
  })
})
