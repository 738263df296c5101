// What a person asks of a replay on its way: what is changed, what is refused, and that each acts once.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { expectProblem, issuePaths } from '../api/http/shapes.ts'
import { World, type Answered, type Json } from '../world.ts'

const PATH = '/v1/webhook_replays'
const SECOND = 1000

let world: World
let endpointId: string
beforeEach(async () => {
  world = await World.create()
  endpointId = (await world.createEndpoint()).body.id
  await world.deliver()
  world.clock += SECOND
})

/** Starts a replay of what there is. */
async function start(body: Json = {}): Promise<string> {
  const answer = await world.call('POST', PATH, { filter: {}, ...body })
  expect(answer.status).toBe(201)
  world.clock += SECOND
  return answer.body.id
}

type Verb = 'pause' | 'resume' | 'cancel' | 'rate'

function act(id: string, verb: Verb, options = {}): Promise<Answered> {
  return verb === 'rate'
    ? world.call('PATCH', `${PATH}/${id}`, { rate_per_second: 500 }, options)
    : world.call('POST', `${PATH}/${id}/${verb}`, undefined, options)
}

async function read(id: string): Promise<Json> {
  return (await world.call('GET', `${PATH}/${id}`)).body
}

async function actions(): Promise<string[]> {
  const { body } = await world.call('GET', '/v1/audit_log')
  const all: string[] = body.data.map(({ action }: Json) => action)
  return all.filter((action) => action.startsWith('replay.')).toReversed()
}

/** What its row says of its next step. */
function stepOf(id: string): Promise<{ step: number; next_step_at: number | null } | null> {
  return env.DB.prepare('SELECT step, next_step_at FROM replays WHERE id = ?').bind(id).first()
}

describe('a control', () => {
  it('is one change of the replay, which raises its step, and an entry in the audit log', async () => {
    const id = await start()
    const steps: [Verb, Json, number | null][] = [
      ['rate', { status: 'running', rate_per_second: 500 }, world.clock - SECOND],
      ['pause', { status: 'paused', eta: null, ended_at: null }, null],
      ['resume', { status: 'running', ended_at: null }, world.clock + 2 * SECOND],
      ['cancel', { status: 'canceled', eta: null }, null],
    ]
    for (const [place, [verb, shown, nextStepAt]] of steps.entries()) {
      const { status, body } = await act(id, verb)
      expect(status).toBe(200)
      expect(body).toMatchObject({ id, ...shown })
      expect(await read(id)).toEqual(body)
      expect(await stepOf(id)).toEqual({ step: place + 2, next_step_at: nextStepAt })
      world.clock += SECOND
    }
    expect((await read(id)).ended_at).toBe('2026-11-23T12:00:05Z')
    const names = ['start', 'change_rate', 'pause', 'resume', 'cancel']
    expect(await actions()).toEqual(names.map((name) => `replay.${name}`))
  })

  it('tries the endpoints again that were held, when it resumes', async () => {
    const id = await start({ filter: { endpoint_id: endpointId } })
    await act(id, 'pause')
    await env.DB.exec('UPDATE replay_parts SET canary_sent = 10, canary_failed = 10')
    expect((await read(id)).held_endpoints).toEqual([endpointId])
    expect((await act(id, 'resume')).body).toMatchObject({ status: 'running', held_endpoints: [] })
  })

  it('resumes none where ten others run, and leaves it as it is', async () => {
    const id = await start()
    await act(id, 'pause')
    for (let others = 0; others < 10; others += 1) await start()
    const answer = await act(id, 'resume')
    expect(answer.status).toBe(409)
    expectProblem(answer, 'too_many_replays')
    expect(await read(id)).toMatchObject({ status: 'paused' })
  })

  it('leaves one winner of two that pause at once', async () => {
    const id = await start()
    const both = await Promise.all([act(id, 'pause'), act(id, 'pause')])
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    expect(await stepOf(id)).toEqual({ step: 2, next_step_at: null })
  })

  it('of a rate that it has already writes nothing', async () => {
    const id = await start()
    await act(id, 'rate')
    world.clock += SECOND
    const before = await read(id)
    expect((await act(id, 'rate')).body).toEqual(before)
    expect(await actions()).toEqual(['replay.start', 'replay.change_rate'])
  })

  it.each([
    [{ rate_per_second: 0 }, 'rate_per_second'],
    [{ rate_per_second: 501 }, 'rate_per_second'],
    [{ rate_per_second: 2.5 }, 'rate_per_second'],
    [{ rate_per_second: null }, 'rate_per_second'],
    [{}, 'rate_per_second'],
    [{ rate_per_second: 5, status: 'paused' }, 'status'],
  ])('is refused %j', async (body, path) => {
    const id = await start()
    expect(issuePaths(await world.call('PATCH', `${PATH}/${id}`, body))).toEqual([path])
    expect(await actions()).toEqual(['replay.start'])
  })
})

/** What is refused in which state, and how that is said. */
const REFUSED: [string, Verb, string][] = [
  ['paused', 'pause', 'replay_not_running'],
  ['running', 'resume', 'replay_not_paused'],
  ...['completed', 'canceled', 'failed'].flatMap((state): [string, Verb, string][] => [
    [state, 'pause', 'replay_not_running'],
    [state, 'resume', 'replay_not_paused'],
    [state, 'cancel', 'replay_is_over'],
    [state, 'rate', 'replay_is_over'],
  ]),
]

describe('a replay that is not as it must be', () => {
  it.each(REFUSED)('is %s: %s is a 409 that says so, and changes nothing', async (...given) => {
    const [state, verb, code] = given
    const id = await start()
    await env.DB.exec(`UPDATE replays SET status = '${state}'`)
    const before = await read(id)
    const answer = await act(id, verb, { headers: { 'Idempotency-Key': 'key-1' } })
    expect(answer.status).toBe(409)
    expectProblem(answer, code)
    expect(answer.body.error).toContain(`The replay is ${state}.`)
    expect(await read(id)).toEqual(before)
    expect(await actions()).toEqual(['replay.start'])
  })
})

describe('an Idempotency-Key of a control', () => {
  it.each([
    ['pause', 'resume'],
    ['resume', 'pause'],
    ['cancel', 'resume'],
  ] as const)(
    '%ss once, and answers the same, though it was %sd since (I1)',
    async (verb, then) => {
      const id = await start()
      if (verb === 'resume') await act(id, 'pause')
      const key = { headers: { 'Idempotency-Key': 'key-1' } }
      const first = await act(id, verb, key)
      world.clock += SECOND
      await act(id, then)
      await world.pass(60 * SECOND)
      const before = await read(id)
      const second = await act(id, verb, key)
      expect(second).toMatchObject({ status: 200, body: first.body })
      expect(second.headers.get('Idempotent-Replayed')).toBe('true')
      expect(await read(id)).toEqual(before)
      expectProblem(await act(id, then, key), 'idempotency_key_reused')
    },
  )
})

describe('another org’s replay', () => {
  it.each(['pause', 'resume', 'cancel', 'rate'] as const)('is a 404 to %s (X1)', async (verb) => {
    const id = await start()
    const other = await world.createOrg('Other')
    const answer = await act(id, verb, { key: other.key })
    expect(answer.status).toBe(404)
    expectProblem(answer, 'not_found')
    expect((await read(id)).status).toBe('running')
  })
})
