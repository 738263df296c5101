// Redelivering many at once: each is told apart, and a repetition makes nothing.
import { beforeEach, describe, expect, it } from 'vitest'
import { redeliver as storeRedelivery } from '../../src/db/lifecycle/redeliver.ts'
import { redeliverAll } from '../../src/delivery/redeliver.ts'
import { World, type Json } from '../world.ts'

const MINUTE = 60_000

let world: World
let endpoint: Json
beforeEach(async () => {
  world = await World.create()
  endpoint = (await world.createEndpoint()).body
})

/** One that may be redelivered, and one whose endpoint is disabled. */
async function openAndClosed(): Promise<[open: string, closed: string]> {
  const closed = await world.deliver()
  await world.call('PATCH', `/v1/webhook_endpoints/${endpoint.id}`, { status: 'disabled' })
  await world.createEndpoint()
  return [await world.deliver(), closed]
}

/** Somebody who may redeliver. */
function someone() {
  return { orgId: world.orgId, name: 'admin', ip: null, requestId: 'r' }
}

describe('redeliver of many', () => {
  it('tells of each what came of it, and attempts what was not refused', async () => {
    const [open, closed] = await openAndClosed()
    await world.drain()
    world.receiver.received.splice(0)
    const gone = crypto.randomUUID()
    const ids = [open, closed, gone]
    const results = await redeliverAll(await world.engine(), someone(), [...ids, open])
    expect([...results.keys()]).toEqual(ids)
    expect(results.get(gone)).toMatchObject({ code: 'not_found' })
    expect(results.get(open)).toMatchObject({ status: 'pending', manualRetryCount: 1 })
    expect(results.get(closed)).toMatchObject({ code: 'endpoint_disabled' })
    await world.pass(MINUTE)
    expect(world.receiver.received).toHaveLength(1)
  })

  it('makes none of them again when it is repeated, nor those that it had refused (S3, S4)', async () => {
    const [open, closed] = await openAndClosed()
    const db = (await world.engine()).store.of(world.orgId)
    const asked = [open, closed].map((id) => ({
      id,
      entryId: crypto.randomUUID(),
      actor: someone(),
      terms: {},
      idempotency: undefined,
    }))
    const repeated = { orgId: world.orgId, asked, now: world.clock, leaseMs: MINUTE }
    const first = await storeRedelivery(db, repeated)
    await world.call('PATCH', `/v1/webhook_endpoints/${endpoint.id}`, { status: 'enabled' })
    const again = await storeRedelivery(db, repeated)
    expect(first.transitions).toHaveLength(1)
    expect(again.transitions).toEqual([])
    expect(again.found.map(({ isMade }) => isMade)).toEqual(first.found.map(({ isMade }) => isMade))
    expect(await world.delivery(open)).toMatchObject({ manual_retry_count: 1 })
    expect(await world.delivery(closed)).toMatchObject({ manual_retry_count: 0 })
  })
})
