// A hundred thousand deliveries that wait for an endpoint of ten a second cost no more than a thousand do.
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { SLOW_MS } from '../../src/delivery/attempt/watch.ts'
import { World } from '../world.ts'
import { costOf, type Cost } from './counter.ts'
import { seed } from './seed.ts'

let world: World
let endpointId: string
async function start(): Promise<void> {
  for (const table of ['deliveries', 'events', 'endpoints'])
    await env.DB.exec(`DELETE FROM ${table}`)
  world = await World.create()
  endpointId = (await world.createEndpoint({ max_per_second: 10 })).body.id
  // The key's first use is noted, once an hour.
  await world.send()
  await world.drain()
}

/** So many that are parked for their turn, which the endpoint works off. */
async function wait(count: number): Promise<void> {
  const rest = { orgId: world.orgId, endpointIds: [endpointId], callIds: [crypto.randomUUID()] }
  await seed(env.DB, { ...rest, count, status: `'pending'`, sweepAt: 'NULL' })
  await env.DB.prepare('UPDATE endpoints SET pace = 10, sweep_at = ?1 WHERE id = ?2')
    .bind(world.clock, endpointId)
    .run()
}

/** A sweep, the batch that it sends, and an event that comes meanwhile. */
async function costs(count: number): Promise<Record<'swept' | 'sent' | 'accepted', Cost>> {
  await start()
  await wait(count)
  const swept = await costOf(world, () => world.sweep())
  const batch = world.retry.splice(0)
  // Each slot comes; no attempt takes the second that would be slow.
  world.sleep = (ms) => new Promise((end) => void (ms !== SLOW_MS && end()))
  const sent = await costOf(world, () => world.consume(batch))
  const accepted = await costOf(world, () => world.send())
  expect(batch).toHaveLength(10)
  expect(world.receiver.received.length).toBeGreaterThan(10)
  return { swept, sent, accepted }
}

describe('100,000 deliveries for an endpoint that takes ten a second (R7)', () => {
  it(
    'cost a sweep, a batch and an event as much as a thousand do',
    { timeout: 120_000 },
    async () => {
      const few = await costs(1000)
      const many = await costs(100_000)
      for (const work of ['swept', 'sent', 'accepted'] as const) {
        expect(many[work].trips).toBe(few[work].trips)
        expect(many[work].read).toBeLessThanOrEqual(few[work].read + 10)
        expect(many[work].written).toBeLessThanOrEqual(few[work].written)
      }
      // Not one row for each that waits, in any of them.
      expect(many.swept.read + many.sent.read + many.accepted.read).toBeLessThan(5000)
    },
  )
})
