// What becomes of a replay's steps when it is paused, resumed, canceled or given another pace on its way.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../world.ts'
import { before as atCall, isStepWrite } from './faulty.ts'
import { createEndpoints, idsOf, store } from './range.ts'

const PATH = '/v1/webhook_replays'
const SECOND = 1000
const MINUTE = 60 * SECOND
const COUNT = 60

let world: World
let endpoints: string[]
beforeEach(async () => {
  world = await World.create()
  endpoints = await createEndpoints(world, 2)
  await store(world, endpoints, COUNT)
})

/** Starts a replay at ten a second. */
async function start(body: Json = {}): Promise<string> {
  const answer = await world.call('POST', PATH, { filter: {}, rate_per_second: 10, ...body })
  expect(answer.status).toBe(201)
  return answer.body.id
}

type Verb = 'pause' | 'resume' | 'cancel' | 'rate'

function act(id: string, verb: Verb): Promise<Answered> {
  return verb === 'rate'
    ? world.call('PATCH', `${PATH}/${id}`, { rate_per_second: 500 })
    : world.call('POST', `${PATH}/${id}/${verb}`)
}

async function read(id: string): Promise<Json> {
  return (await world.call('GET', `${PATH}/${id}`)).body
}

async function actions(): Promise<string[]> {
  const { body } = await world.call('GET', '/v1/audit_log')
  const all: string[] = body.data.map(({ action }: Json) => action)
  return all.filter((action) => action.startsWith('replay.')).toReversed()
}

function received(): number {
  return world.receiver.received.length
}

function expectOnceEach(count: number): void {
  expect(received()).toBe(count)
  expect(new Set(idsOf(world.receiver.received)).size).toBe(count)
}

describe('a replay that is paused', () => {
  it('sends no more than its slice, and the rest once it is resumed (Y1, Y5)', async () => {
    const id = await start()
    await world.pass(SECOND)
    const { status, body } = await act(id, 'pause')
    expect(status).toBe(200)
    expect(body).toMatchObject({ id, status: 'paused', eta: null, ended_at: null })
    await world.pass(10 * MINUTE)
    const sent = received()
    expect(sent).toBe((await read(id)).replayed)
    expect(sent).toBeLessThanOrEqual(50)
    const resumed = await act(id, 'resume')
    expect(resumed).toMatchObject({ status: 200, body: { status: 'running' } })
    await world.pass(MINUTE)
    expectOnceEach(COUNT)
    expect(await read(id)).toMatchObject({ status: 'completed', replayed: COUNT, remaining: 0 })
    expect(await actions()).toEqual(['replay.start', 'replay.pause', 'replay.resume'])
  })

  it('tries the endpoints again that it held, when it is resumed', async () => {
    const id = await start({ filter: { endpoint_id: endpoints[0] } })
    world.receiver.respond(500)
    await world.pass(MINUTE)
    expect(await read(id)).toMatchObject({ status: 'paused', held_endpoints: [endpoints[0]] })
    const before = received()
    expect((await act(id, 'resume')).body).toMatchObject({ status: 'running', held_endpoints: [] })
    await world.pass(30 * SECOND)
    expect(received()).toBeGreaterThan(before)
    expect(received()).toBeLessThanOrEqual(before + 20)
  })
})

describe('a replay that is canceled', () => {
  it.each(['running', 'paused'])('while it is %s sends no more, for good (Y5)', async (state) => {
    const id = await start()
    await world.pass(SECOND)
    if (state === 'paused') await act(id, 'pause')
    const { status, body } = await act(id, 'cancel')
    expect(status).toBe(200)
    expect(body).toMatchObject({ status: 'canceled', eta: null })
    expect(body.ended_at).toBe(body.updated_at)
    await world.pass(10 * MINUTE)
    expect(received()).toBe((await read(id)).replayed)
    expect(received()).toBeLessThanOrEqual(50)
  })
})

describe('a replay that is given another pace', () => {
  it('keeps it from its next step on', async () => {
    const id = await start({ rate_per_second: 1 })
    await world.pass(SECOND)
    const { status, body } = await act(id, 'rate')
    expect(status).toBe(200)
    expect(body).toMatchObject({ rate_per_second: 500, status: 'running' })
    await world.pass(10 * SECOND)
    expectOnceEach(COUNT)
    expect(await actions()).toEqual(['replay.start', 'replay.change_rate'])
  })

  it('may be paused meanwhile, and writes nothing when it has that pace', async () => {
    const id = await start()
    world.clock += SECOND
    await act(id, 'pause')
    world.clock += SECOND
    expect((await act(id, 'rate')).body).toMatchObject({ rate_per_second: 500, status: 'paused' })
    world.clock += SECOND
    const before = await read(id)
    expect((await act(id, 'rate')).body).toEqual(before)
    expect(await actions()).toEqual(['replay.start', 'replay.pause', 'replay.change_rate'])
  })
})

describe('a control and a step under way', () => {
  it.each(['pause', 'cancel', 'rate'] as const)(
    'are not both made: the step comes to nothing once it is asked to %s (Y1)',
    async (verb) => {
      const id = await start()
      const answers: Answered[] = []
      world.db = atCall(isStepWrite, async () => {
        world.db = env.DB
        answers.push(await act(id, verb))
      })
      await world.drain()
      expect(answers).toMatchObject([{ status: 200, body: { replayed: 0 } }])
      // Of another pace the next step is due at once.
      const after = verb === 'rate' ? answers[0]?.body : await read(id)
      expect(after).toEqual(answers[0]?.body)
      if (verb === 'pause') await act(id, 'resume')
      await world.pass(MINUTE)
      expectOnceEach(verb === 'cancel' ? 0 : COUNT)
    },
  )

  it('leave one winner of two that pause at once, and of pause and cancel (Y1)', async () => {
    const id = await start()
    const both = await Promise.all([act(id, 'pause'), act(id, 'pause')])
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    await Promise.all([act(id, 'resume'), act(id, 'cancel')])
    expect(await read(id)).toMatchObject({ status: 'canceled' })
    await world.pass(MINUTE)
    expect(received()).toBe(0)
  })

  it('keep the replay going when the step’s message was overtaken by another pace (Y5)', async () => {
    const id = await start({ rate_per_second: 5 })
    for (let times = 0; times < 5; times += 1) {
      await world.pass(SECOND)
      await world.call('PATCH', `${PATH}/${id}`, { rate_per_second: 6 + times })
    }
    await world.pass(MINUTE)
    expect(received()).toBe(COUNT)
    expectOnceEach(COUNT)
  })
})
