// Copies, and all that may come between: double, lost and late messages, leases that end, what is gone meanwhile.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { enforceRetention } from '../../src/delivery/upkeep/retention.ts'
import { carryOnMoves } from '../../src/move/move.ts'
import { createNear } from '../databases/two.ts'
import type { Json, World } from '../world.ts'
import { faulty, isStepWrite } from './faulty.ts'
import { createEndpoints, idsOf, partsOf, replay, send, store, timesEach } from './range.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE
const ELSEWHERE = 'https://staging.example/hooks'

let world: World
let endpoints: string[]
beforeEach(async () => {
  world = await createNear()
  endpoints = await createEndpoints(world, 2)
})

/** Starts a replay of all that there is to another URL. */
async function copyAll(rate = 10): Promise<string> {
  const body = { filter: {}, url: ELSEWHERE, rate_per_second: rate }
  const started = await world.call('POST', '/v1/webhook_replays', body)
  return started.body.id
}

async function copies(): Promise<Json[]> {
  const { results } = await env.DB.prepare('SELECT * FROM replay_copies').all()
  return results
}

/** How often each was sent, and what the replay says of it. */
async function sentBy(id: string) {
  const { status, replayed, delivered } = await replay(id)
  return { times: timesEach(world), status, replayed, delivered }
}

/** What is said when so many were sent, once each. */
function once(count: number): Awaited<ReturnType<typeof sentBy>> {
  const times = Array.from({ length: count }, () => 1)
  return { times, status: 'completed', replayed: count, delivered: count }
}

function isCopy({ body }: Json): boolean {
  return body.copiedBy !== undefined
}

/** Makes the first step, and takes its copies' messages out of the queue. */
async function takeCopies() {
  await world.consume(world.retry.splice(0))
  const taken = world.retry.filter(isCopy)
  world.retry.splice(0, world.retry.length, ...world.retry.filter((one) => !isCopy(one)))
  return taken
}

describe('each copy is sent once', () => {
  it('though the step’s message comes twice, at once and late (Y1)', async () => {
    await store(world, endpoints, 60)
    const id = await copyAll()
    send(world, id)
    await world.drain()
    send(world, id)
    await world.pass(MINUTE)
    expect(await sentBy(id)).toEqual(once(60))
    expect(await copies()).toHaveLength(60)
  })

  it.each(['answer', 'call'] as const)(
    'though the %s of a step’s write is lost (Y1)',
    async (fault) => {
      await store(world, endpoints, 60)
      const id = await copyAll()
      let left = 2
      world.db = faulty(env.DB, (text) => (isStepWrite(text) && left-- > 0 ? fault : undefined))
      await world.pass(6 * MINUTE)
      expect(await sentBy(id)).toEqual(once(60))
    },
  )

  it('though the queue is lost with its messages: the cron takes it when its lease ends (D3, D5)', async () => {
    await store(world, endpoints, 50)
    const id = await copyAll()
    await world.pass(3 * SECOND)
    world.retry.splice(0)
    await world.pass(6 * MINUTE)
    expect(await sentBy(id)).toEqual(once(50))
  })

  it('by each of two replays, and by a redelivery beside them', async () => {
    await store(world, endpoints, 1)
    const [one, other] = [await copyAll(), await copyAll()]
    await world.pass(10 * SECOND)
    const [id = ''] = idsOf(world.receiver.received)
    await world.redeliver(id)
    await world.pass(10 * SECOND)
    expect(timesEach(world)).toEqual([3])
    for (const each of [one, other]) {
      expect(await replay(each)).toMatchObject({ replayed: 1, delivered: 1, failed: 0 })
    }
    expect((await world.delivery(id)).attempts).toHaveLength(1)
  })

  it('and counted once, though its message came twice (C1)', async () => {
    await store(world, endpoints, 1)
    const id = await copyAll()
    const taken = await takeCopies()
    await Promise.all([world.consume(taken), world.consume(taken)])
    expect(await replay(id)).toMatchObject({ replayed: 1, delivered: 1, failed: 0 })
  })

  it('but a success takes back the failure of its double', async () => {
    await store(world, endpoints, 1)
    const id = await copyAll()
    const taken = await takeCopies()
    const { promise: isTold, resolve: tell } = Promise.withResolvers<void>()
    let calls = 0
    world.receiver.answer = async () => {
      calls += 1
      if (calls > 1) return new Response(null, { status: 500 })
      await isTold
      return new Response(null, { status: 200 })
    }
    const late = world.consume(taken)
    await world.consume(taken)
    expect(await replay(id)).toMatchObject({ delivered: 0, failed: 1 })
    tell()
    await late
    expect(await replay(id)).toMatchObject({ delivered: 1, failed: 0 })
    expect(await copies()).toMatchObject([
      { status: 'delivered', response_status: 200, error: null },
    ])
  })
})

describe('a copy that nobody is on', () => {
  it('is sent again when its lease has ended, which doubles up to a quarter of an hour', async () => {
    await store(world, endpoints, 1)
    await copyAll()
    await takeCopies()
    const leases: number[] = []
    for (let lapse = 0; lapse < 6; lapse += 1) {
      const [one] = await copies()
      leases.push((one.sweep_at - world.clock) / MINUTE)
      world.clock = one.sweep_at
      world.retry.splice(0)
      await world.tick()
    }
    expect(leases).toEqual([2, 2, 4, 8, 15, 15])
    await world.drain()
    expect(await copies()).toMatchObject([{ status: 'delivered', lapses: 6 }])
  })

  it('is given up after 200 leases, and counted as failed', async () => {
    await store(world, endpoints, 1)
    const id = await copyAll()
    await takeCopies()
    await env.DB.exec('UPDATE replay_copies SET lapses = 200')
    world.clock += 3 * MINUTE
    await world.tick()
    await world.tick()
    expect(await copies()).toMatchObject([
      { status: 'failed', sweep_at: null, error: 'could not be processed', entry: null },
    ])
    expect(await replay(id)).toMatchObject({ replayed: 1, delivered: 0, failed: 1 })
    expect(world.receiver.received).toEqual([])
  })

  it.each([
    ['its endpoint was deleted', 'endpoint deleted'],
    ['its delivery was pruned', 'delivery pruned'],
  ])('is failed once its lease has ended when %s', async (_, error) => {
    await store(world, endpoints, 1)
    const id = await copyAll()
    const taken = await takeCopies()
    if (error === 'endpoint deleted') {
      await world.call('DELETE', `/v1/webhook_endpoints/${endpoints[0]}`)
    } else await env.DB.exec('DELETE FROM deliveries')
    await world.consume(taken)
    world.clock += 3 * MINUTE
    await world.tick()
    expect(await copies()).toMatchObject([{ status: 'failed', error }])
    expect(await replay(id)).toMatchObject({ replayed: 1, failed: 1 })
    expect(world.receiver.received).toEqual([])
  })

  it('is left alone while its org is being moved', async () => {
    await store(world, endpoints, 1)
    await copyAll()
    await takeCopies()
    const { orgId } = world
    await env.DB.prepare(`INSERT INTO departures (org_id, state) VALUES (?, 'leaving')`)
      .bind(orgId)
      .run()
    world.clock += 3 * MINUTE
    await world.tick()
    expect(await copies()).toMatchObject([{ status: 'pending', lapses: 0 }])
  })
})

describe('copies', () => {
  it('go with their org to another database, with those that are on their way (M1)', async () => {
    await store(world, endpoints, 100)
    const id = await copyAll(5)
    await world.pass(5 * SECOND)
    const path = `/admin/orgs/${world.orgId}/move`
    await world.call('POST', path, { to: 'DB2' }, { key: env.ADMIN_TOKEN })
    for (let second = 0; second < 120; second += 1) {
      await world.pass(SECOND)
      if (second % 5 === 0) await carryOnMoves(await world.engine())
      await world.settle()
    }
    expect(timesEach(world)).toEqual(Array.from({ length: 100 }, () => 1))
    const done = `SELECT status, (SELECT count(*) FROM replay_copies WHERE status = 'delivered') AS n,
      (SELECT sum(delivered) FROM replay_parts) AS counted FROM replays WHERE id = ?`
    expect(await env.DB2.prepare(done).bind(id).first()).toEqual({
      status: 'completed',
      n: 100,
      counted: 100,
    })
    expect(await copies()).toEqual([])
  })

  it('are pruned with their replay, a bounded part at a time, and the replay with the last', async () => {
    await store(world, endpoints, 30)
    const id = await copyAll()
    await world.pass(MINUTE)
    world.clock += 100 * DAY
    const visited = await world.visited()
    await enforceRetention(visited, { roundSize: 12, rounds: 1 })
    expect(await copies()).toHaveLength(18)
    expect(await partsOf(id)).not.toEqual([])
    for (let run = 0; run < 3; run += 1) {
      await enforceRetention(visited, { roundSize: 12, rounds: 1 })
    }
    expect([await copies(), await partsOf(id)]).toEqual([[], []])
  })
})

describe('a message of a copy', () => {
  it('has ids only, under 1 KB, and what is none of ours is acknowledged and logged (R4)', async () => {
    await store(world, endpoints, 1)
    const id = await copyAll()
    const [message] = await takeCopies()
    const { orgId } = world
    expect(message?.body).toEqual({ orgId, id: expect.any(String), version: 1, copiedBy: id })
    await world.consume([{ body: { orgId, id: 'x', version: 1, copiedBy: 1 }, at: 0 }])
    expect(world.logs).toContainEqual({ event: 'message_malformed' })
  })

  it('of another org’s copy comes to nothing (X1)', async () => {
    await store(world, endpoints, 1)
    await copyAll()
    const [message] = await takeCopies()
    const { orgId } = await world.createOrg('Other')
    await world.consume([{ body: { ...Object(message?.body), orgId }, at: 0 }])
    expect(world.receiver.received).toEqual([])
  })
})
