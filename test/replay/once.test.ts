// A running replay, and all that may come between: lost, late and double messages, crashes, people, other replays.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { receive } from '../../src/delivery/receive.ts'
import { World } from '../world.ts'
import { before, faulty, isStepWrite } from './faulty.ts'
import {
  createEndpoints,
  onceEach,
  resultOf,
  idOf,
  replay,
  send,
  start,
  store,
  timesEach,
} from './range.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

let world: World
let endpoints: string[]
beforeEach(async () => {
  world = await World.create()
  endpoints = await createEndpoints(world, 2)
})

describe('each delivery is sent once', () => {
  it('though the step’s message comes twice, at once and late (Y1)', async () => {
    await store(world, endpoints, 60)
    const id = await start(world, { rate: 10 })
    send(world, id)
    await world.drain()
    send(world, id)
    await world.pass(SECOND)
    send(world, id)
    await world.pass(MINUTE)
    expect(await resultOf(world, id)).toEqual(onceEach(60))
  })

  it('though two steps read at once: one of them writes (Y1)', async () => {
    await store(world, endpoints, 20)
    const id = await start(world, { rate: 10 })
    const [message] = world.retry.splice(0)
    await Promise.all([0, 1].map(() => world.consume(message ? [message] : [])))
    await world.pass(MINUTE)
    expect(await resultOf(world, id)).toEqual(onceEach(20))
  })

  it('though the message is lost: the cron brings the replay on (Y1, Y5)', async () => {
    await store(world, endpoints, 40)
    const id = await start(world, { rate: 10 })
    world.retry.splice(0)
    await world.pass(3 * MINUTE)
    expect(await resultOf(world, id)).toEqual(onceEach(40))
  })

  it('though the queue is lost in the middle, with what was sent (Y1, D5)', async () => {
    await store(world, endpoints, 100)
    const id = await start(world, { rate: 10 })
    await world.pass(7 * SECOND)
    world.retry.splice(0)
    await world.pass(6 * MINUTE)
    expect(await resultOf(world, id)).toEqual(onceEach(100))
  })

  it.each(['answer', 'call'] as const)('though the %s of the write is lost (Y1)', async (fault) => {
    await store(world, endpoints, 60)
    const id = await start(world, { rate: 10 })
    let left = 2
    world.db = faulty(env.DB, (text) => (isStepWrite(text) && left-- > 0 ? fault : undefined))
    await world.pass(6 * MINUTE)
    expect(await resultOf(world, id)).toEqual(onceEach(60))
  })

  it('though the database is out of reach for a while: the message comes back (Y1)', async () => {
    await store(world, endpoints, 40)
    const id = await start(world, { rate: 10 })
    world.db = faulty(env.DB, (text) => (text.includes('replay') ? 'call' : undefined))
    await world.pass(30 * SECOND)
    expect(world.receiver.received).toEqual([])
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'step_failed', replay_id: id }),
    )
    world.db = env.DB
    await world.pass(20 * SECOND)
    expect(await resultOf(world, id)).toEqual(onceEach(40))
  })

  it('though it is dead: the message is buried, and the cron brings the replay on (Y1, Y5)', async () => {
    await store(world, endpoints, 10)
    const id = await start(world)
    const acked: number[] = []
    const messages = [...world.retry.splice(0), { body: 'junk', at: 0 }].map(({ body }, place) => ({
      body,
      ack: () => acked.push(place),
      retry: () => {},
    }))
    await receive(await world.engine(), { queue: 'callingbox-webhooks-dead', messages })
    expect(acked).toEqual([0, 1])
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'dead_letter', replay_id: id, step: 1 }),
    )
    await world.pass(3 * MINUTE)
    expect(await resultOf(world, id)).toEqual(onceEach(10))
  })

  it('by whoever comes first: replays of the same set leave each other’s alone (Y1)', async () => {
    await store(world, endpoints, 100)
    const one = await start(world, { rate: 10, total: 100 })
    const other = await start(world, { rate: 10, total: 100 })
    await world.pass(2 * MINUTE)
    expect(timesEach(world)).toEqual(Array.from({ length: 100 }, () => 1))
    const [first, second] = [await replay(one), await replay(other)]
    expect([first.status, second.status]).toEqual(['completed', 'completed'])
    expect(first.replayed + second.replayed).toBe(100)
  })

  it('unless a person has asked for it meanwhile: then it is passed by, as changed (Y1, Y2)', async () => {
    await store(world, endpoints, 30)
    const id = await start(world, { rate: 5, filter: { statuses: ['exhausted', 'pending'] } })
    await world.pass(2 * SECOND)
    await world.redeliver(idOf(29))
    await world.pass(MINUTE)
    expect(timesEach(world)).toEqual(Array.from({ length: 30 }, () => 1))
    expect(await replay(id)).toMatchObject({ status: 'completed', replayed: 29, delivered: 29 })
  })

  it('but counts what changed between its read and its write (Y1)', async () => {
    await store(world, [endpoints[0] ?? ''], 5)
    const id = await start(world)
    world.db = before(isStepWrite, () =>
      env.DB.exec('UPDATE deliveries SET version = 2 WHERE id = (SELECT min(id) FROM deliveries)'),
    )
    await world.drain()
    world.db = env.DB
    await world.pass(MINUTE)
    expect(await replay(id)).toMatchObject({ replayed: 4, skipped: { changed: 1 }, total: 5 })
  })
})

describe('a message of a step', () => {
  it('has ids only, under 1 KB, and what is none of ours is acknowledged and logged (R4)', async () => {
    await store(world, endpoints, 60)
    await start(world)
    await world.drain()
    const [next] = world.retry
    // Two seconds before it is due, in which it is taken out of the queue and read.
    expect(next?.at).toBe(world.clock + 3 * SECOND)
    expect(next?.body).toEqual({ orgId: world.orgId, replayId: expect.any(String), step: 2 })
    expect(JSON.stringify(next?.body).length).toBeLessThan(1024)
    const junk = [{ orgId: 'o', replayId: 'r', step: '1' }, { replayId: 'r', step: 1 }, { step: 1 }]
    await world.consume(junk.map((body) => ({ body, at: 0 })))
    const lines = world.logs.filter(({ event }) => event === 'message_malformed')
    expect(lines).toHaveLength(junk.length)
  })

  it('of another org’s replay comes to nothing (X1)', async () => {
    await store(world, endpoints, 4)
    const id = await start(world)
    world.retry.splice(0)
    const { orgId } = await world.createOrg('Other')
    await world.consume([{ body: { orgId, replayId: id, step: 1 }, at: 0 }])
    expect((await replay(id)).step).toBe(1)
  })
})
