// A replay as a whole: started by the API, failed, yielding, early, at an endpoint that recovers.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { receive } from '../../src/delivery/receive.ts'
import { World, type Json } from '../world.ts'
import {
  change,
  createEndpoints,
  onceEach,
  resultOf,
  idOf,
  replay,
  send,
  start,
  store,
} from './range.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

let world: World
let endpoints: string[]
beforeEach(async () => {
  world = await World.create()
  endpoints = await createEndpoints(world, 2)
})

/** Takes the step's message, the only one, out of a queue that has too many. */
async function receiveDeep(replayId: string): Promise<void> {
  world.retry.splice(0)
  const body = { orgId: world.orgId, replayId, step: 1 }
  const messages = [{ body, ack: () => {}, retry: () => {} }]
  const metadata = { metrics: { backlogCount: 10_001 } }
  await receive(await world.engine(), { queue: 'a-retry', metadata, messages })
}

describe('a replay', () => {
  it('that is started by the API sends what matches, and is found completed', async () => {
    await store(world, endpoints, 30)
    const body = { filter: { status: 'exhausted' }, rate_per_second: 10 }
    const { body: started } = await world.call('POST', '/v1/webhook_replays', body)
    expect(started).toMatchObject({ status: 'running', total: 30 })
    await world.redeliver(idOf(29))
    await world.pass(MINUTE)
    const { body: done } = await world.call('GET', `/v1/webhook_replays/${started.id}`)
    expect(done).toMatchObject({
      status: 'completed',
      total: 30,
      replayed: 29,
      delivered: 29,
      failed: 0,
      skipped: { changed: 1 },
      remaining: 0,
    })
    const { attempts } = await world.delivery(idOf(0))
    expect(attempts).toMatchObject([{ trigger: 'manual', requested_by: `replay:${started.id}` }])
  })

  it('is failed, and says why, when its filter does not read', async () => {
    await store(world, endpoints, 4)
    const id = await start(world)
    await env.DB.exec(`UPDATE replays SET filter = 'junk'`)
    await world.pass(MINUTE)
    expect(await replay(id)).toMatchObject({ status: 'failed', fault: 'its filter does not read' })
    expect(world.receiver.received).toEqual([])
  })

  it('is in the audit log when it has failed, once, as the service’s own act (U1)', async () => {
    await store(world, endpoints, 4)
    const id = await start(world)
    await env.DB.exec(`UPDATE replays SET filter = 'junk'`)
    const { step } = await replay(id)
    send(world, id, step)
    await world.pass(MINUTE)
    send(world, id, step)
    await world.pass(MINUTE)
    const { body } = await world.call('GET', '/v1/audit_log')
    const about = body.data.filter(({ target_id: target }: Json) => target === id)
    const details = { error: 'its filter does not read' }
    expect(about).toMatchObject([{ action: 'replay.fail', actor: 'system', ip: null, details }])
  })

  it('is failed, and says why, when the database has refused its step for two hours', async () => {
    await store(world, endpoints, 4)
    const id = await start(world)
    await env.DB.exec(
      `CREATE TRIGGER refuse BEFORE UPDATE ON replay_parts BEGIN SELECT RAISE(ABORT, 'refused'); END`,
    )
    await change(id, `next_step_at = ${world.clock - 119 * MINUTE}`)
    send(world, id, 2)
    await world.drain()
    expect(await replay(id)).toMatchObject({ status: 'running', step: 2 })
    await world.pass(2 * MINUTE)
    await env.DB.exec('DROP TRIGGER refuse')
    const { status, fault } = await replay(id)
    expect([status, fault]).toEqual(['failed', expect.stringContaining('refused by the database')])
    expect(world.receiver.received).toEqual([])
  })

  it('that matches nothing is completed by its first step', async () => {
    await store(world, endpoints, 4, { status: `'delivered'` })
    const id = await start(world, { filter: { statuses: ['exhausted'] } })
    await world.drain()
    expect(await replay(id)).toMatchObject({ status: 'completed', total: 0, replayed: 0 })
  })

  it('yields to a deep queue: its step does nothing then, and is tried again', async () => {
    await store(world, endpoints, 10)
    const id = await start(world)
    await receiveDeep(id)
    expect((await replay(id)).step).toBe(1)
    expect(world.retry.map(({ at }) => at - world.clock)).toEqual([5 * SECOND])
    await world.pass(20 * SECOND)
    expect(await resultOf(world, id)).toEqual(onceEach(10))
  })

  it('that has yielded for a minute is left to the cron, so that its messages do not add up', async () => {
    await store(world, endpoints, 10)
    const id = await start(world)
    world.clock += MINUTE
    await receiveDeep(id)
    expect(world.retry).toEqual([])
    await world.pass(2 * MINUTE)
    expect(await resultOf(world, id)).toEqual(onceEach(10))
  })

  it('that is early waits for its time', async () => {
    await store(world, endpoints, 10)
    const id = await start(world)
    await change(id, `next_step_at = ${world.clock + 30 * SECOND}`)
    send(world, id, 2)
    const { step } = await replay(id)
    await world.pass(25 * SECOND)
    expect((await replay(id)).step).toBe(step)
    await world.pass(3 * SECOND)
    expect(world.receiver.received).toEqual([])
    await world.pass(10 * SECOND)
    expect(await resultOf(world, id)).toEqual(onceEach(10))
  })

  it('parks what is for an endpoint that recovers, no more than it needs, and all of it arrives', async () => {
    const [first = ''] = endpoints
    await store(world, [first], 400)
    const id = await start(world, { rate: 500 })
    await env.DB.prepare('UPDATE endpoints SET unwell_since = ? WHERE id = ?')
      .bind(world.clock - 2 * MINUTE, first)
      .run()
    await world.drain()
    const parked = `SELECT count(*) AS n FROM deliveries WHERE situation = 'parked'`
    for (let second = 0; second < 60; second += 1) {
      await world.pass(SECOND)
      expect(await env.DB.prepare(parked).first<number>('n')).toBeLessThanOrEqual(128)
    }
    expect(await resultOf(world, id)).toEqual(onceEach(400))
  })
})
