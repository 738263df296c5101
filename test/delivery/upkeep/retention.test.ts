// What is finished and old enough is pruned, and nothing else; dead letters are counted.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { endUnsent } from '../../../src/db/lifecycle/sweep.ts'
import { MAX_LAPSES } from '../../../src/delivery/lease.ts'
import { buryDeadLetters } from '../../../src/delivery/upkeep/dead-letters.ts'
import { enforceRetention } from '../../../src/delivery/upkeep/retention.ts'
import { start } from '../../replay/range.ts'
import { World } from '../../world.ts'

const DAY = 24 * 3600 * 1000

let world: World
beforeEach(async () => {
  world = await World.create({ RETENTION_DAYS: '30' })
})

async function count(table: string): Promise<number | null> {
  return env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>('n')
}

async function prune(): Promise<number> {
  return enforceRetention(await world.visited())
}

describe('retention', () => {
  it('prunes a delivery that was finished 30 days ago, and its event', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    await world.drain()
    world.clock += 30 * DAY + 1
    expect(await prune()).toBe(1)
    expect([await count('deliveries'), await count('events')]).toEqual([0, 0])
    expect((await world.redeliver(id)).body).toMatchObject({ code: 'not_found' })
  })

  it('keeps it until then', async () => {
    await world.createEndpoint()
    await world.deliver()
    await world.drain()
    world.clock += 30 * DAY - 1000
    expect(await prune()).toBe(0)
  })

  it('prunes what is left of the order of a call with its deliveries, and no more', async () => {
    const { body: endpoint } = await world.createEndpoint({ ordering: 'call' })
    const id = crypto.randomUUID()
    world.receiver.respond(500)
    await world.deliver({ id })
    await world.deliver({ id })
    await world.drain()
    // Both end with it, and nobody looks after what waits.
    await world.call('DELETE', `/v1/webhook_endpoints/${endpoint.id}`)
    expect([await count('call_ends'), await count('call_waits')]).toEqual([1, 1])
    world.clock += 29 * DAY
    await prune()
    expect([await count('call_ends'), await count('call_waits')]).toEqual([1, 1])
    world.clock += 2 * DAY
    expect(await prune()).toBe(2)
    expect([await count('call_ends'), await count('call_waits')]).toEqual([0, 0])
  })

  it('never prunes one that is pending', async () => {
    await world.createEndpoint()
    await world.deliver()
    world.clock += 90 * DAY
    expect(await prune()).toBe(0)
    await world.pass(5 * 60_000)
    expect(world.receiver.received).toHaveLength(1)
  })

  it('keeps an old delivery that was redelivered lately', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    await world.drain()
    world.clock += 29 * DAY
    await world.redeliver(id)
    await world.drain()
    world.clock += 2 * DAY
    expect(await prune()).toBe(0)
  })

  it('keeps an event while one of its deliveries is there', async () => {
    await world.createEndpoint()
    await world.createEndpoint({ url: 'https://other.example/hooks' })
    const { body } = await world.send()
    await world.drain()
    world.clock += 29 * DAY
    await world.redeliver(body.deliveries[1].id)
    await world.drain()
    world.clock += 2 * DAY
    expect(await prune()).toBe(1)
    expect((await world.call('GET', `/v1/events/${body.id}`)).body.deliveries).toHaveLength(1)
  })

  it('prunes a replay that was over 30 days ago, with its parts, and none that is not', async () => {
    await world.createEndpoint()
    const ids: string[] = []
    for (const ended of [1, 1000, null]) {
      const id = await start(world)
      ids.push(id)
      await env.DB.prepare('UPDATE replays SET next_step_at = NULL, ended_at = ? WHERE id = ?')
        .bind(ended && world.clock + ended, id)
        .run()
    }
    world.clock += 30 * DAY + 500
    await prune()
    const { results } = await env.DB.prepare('SELECT id FROM replays ORDER BY id').all()
    expect(results).toEqual(
      ids
        .slice(1)
        .toSorted()
        .map((id) => ({ id })),
    )
    expect(await count('replay_parts')).toBe(2 * 2)
  })

  it('prunes events that made no delivery', async () => {
    await world.send()
    world.clock += 30 * DAY + 1
    await prune()
    expect(await count('events')).toBe(0)
  })

  it('forgets an Idempotency-Key after a day', async () => {
    const options = { headers: { 'Idempotency-Key': 'one' } }
    await world.send({}, {}, options)
    world.clock += DAY - 1
    await prune()
    expect(await count('idempotency_keys')).toBe(1)
    world.clock += 2
    await prune()
    expect(await count('idempotency_keys')).toBe(0)
  })

  it('is bounded: what is left is pruned by the next run', async () => {
    await world.createEndpoint()
    await world.deliver()
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10400)
      INSERT INTO deliveries (org_id, stage, id, call_id, event_type, url, next_attempt_at,
        created_at, updated_at)
      SELECT ?, 'delivered', printf('00000000-0000-7000-8000-%012x', i), 'c', 'call.completed',
        'https://a.example', 0, 0, 0 FROM n`,
    )
      .bind(world.orgId)
      .run()
    const bounds = { roundSize: 500, rounds: 20 }
    expect(await enforceRetention(await world.visited(), bounds)).toBe(10_000)
    expect(await prune()).toBe(400)
  })
})

describe('a message that its queue gave up on', () => {
  it('is logged, counted once in /healthz, and left to the sweep', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const messages = world.fresh.splice(0).map(({ body }) => ({ body, ack() {}, retry() {} }))
    await buryDeadLetters(await world.engine(), [...messages, ...messages])
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'dead_letter', delivery_id: id }),
    )
    const operator = { key: env.ADMIN_TOKEN }
    const health = await world.call('GET', '/healthz', undefined, operator)
    expect(health.body.dead_letter_count).toBe(1)
    await world.pass(5 * 60_000)
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered' })
  })
})

describe('a dead letter', () => {
  it('counts in /healthz for a day', async () => {
    await world.createEndpoint()
    await world.deliver()
    const [{ body } = { body: undefined }] = world.fresh.splice(0)
    await buryDeadLetters(await world.engine(), [{ body, ack() {}, retry() {} }])
    const counted = async () => {
      const operator = { key: env.ADMIN_TOKEN }
      return (await world.call('GET', '/healthz', undefined, operator)).body.dead_letter_count
    }
    world.clock += DAY - 1
    expect(await counted()).toBe(1)
    world.clock += 1
    expect(await counted()).toBe(0)
  })
})

describe('a delivery whose processing crashes every time', () => {
  it('ends exhausted after a bounded number of lapses, and not before two days (D3)', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const started = world.clock
    for (let lapse = 0; lapse <= MAX_LAPSES + 1; lapse += 1) {
      world.fresh.length = 0
      world.retry.length = 0
      world.clock += 16 * 60_000
      await world.sweep()
    }
    const delivery = await world.delivery(id)
    expect(delivery).toMatchObject({ status: 'exhausted', last_error: 'could not be processed' })
    expect(delivery.last_error_at).toBe(delivery.updated_at)
    expect(Date.parse(delivery.updated_at) - started).toBeGreaterThan(2 * DAY)
    expect(world.receiver.received).toHaveLength(0)
  })
})

describe('endUnsent', () => {
  it('leaves what has moved on since: another version, or a delivery that is finished (S1)', async () => {
    await world.createEndpoint()
    const [moved, finished] = [await world.deliver(), await world.deliver()]
    await world.drain()
    await world.redeliver(moved)
    const { orgId } = world
    const { results } = await env.DB.prepare('SELECT id, version FROM deliveries').all<{
      id: string
      version: number
    }>()
    const versionOf = new Map(results.map(({ id, version }) => [id, version]))
    const db = (await world.engine()).store.of(world.orgId)
    const refs = [
      { orgId, id: moved, version: 1 },
      { orgId, id: finished, version: versionOf.get(finished) ?? 0 },
    ]
    await endUnsent(db, refs, 'over', world.clock)
    expect((await world.delivery(moved)).status).toBe('pending')
    expect((await world.delivery(finished)).status).toBe('delivered')
    const current = { orgId, id: moved, version: versionOf.get(moved) ?? 0 }
    await endUnsent(db, [current], 'over', world.clock)
    expect(await world.delivery(moved)).toMatchObject({ status: 'exhausted', last_error: 'over' })
  })
})
