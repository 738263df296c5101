// Redelivering many costs what one does, but for the rows.
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { redeliverAll } from '../../../src/delivery/redeliver.ts'
import { World } from '../../world.ts'
import { meter } from '../counter.ts'

const COUNT = 100

/** Three rows of the delivery, and one in the audit log. */
const ROWS_EACH = 4

it('takes none for nothing', async () => {
  const world = await World.create()
  const { db, cost } = meter(env.DB)
  world.db = db
  expect(await redeliverAll(await world.engine(), actorOf(world), [])).toEqual(new Map())
  expect(cost.trips).toBe(0)
})

it('takes one round trip for a hundred, and as many rows for each as for one', async () => {
  const world = await World.create()
  await world.createEndpoint()
  const calls = Array.from({ length: COUNT }, () => ({ id: crypto.randomUUID() }))
  const events = calls.map((call) => ({ type: 'call.completed', call }))
  await world.call('POST', '/v1/events/batch', { events })
  const { body } = await world.call('GET', `/v1/webhook_deliveries?limit=${COUNT}`)
  const ids = body.data.map(({ id }: { id: string }) => id)
  const { db, cost } = meter(env.DB)
  world.db = db
  const results = await redeliverAll(await world.engine(), actorOf(world), ids)
  expect([...results.values()].filter((one) => one instanceof Error)).toEqual([])
  expect(results.size).toBe(COUNT)
  expect(cost.trips).toBe(1)
  expect(cost.written).toBeLessThanOrEqual(COUNT * ROWS_EACH)
})

function actorOf({ orgId }: World) {
  return { orgId, name: 'admin', ip: null, requestId: 'r' }
}
