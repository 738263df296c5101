// What the worlds of an isolate have together.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { noteSuccesses } from '../src/delivery/attempt/lines.ts'
import { bindingOf } from '../src/webhook/client-certificates.ts'
import { createWorldMaker, findCertificates } from '../src/wiring.ts'

/** A binding, which has to be called as what it is. */
class Binding {
  readonly #answer = new Response('shown')
  async fetch(): Promise<Response> {
    return this.#answer
  }
}

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

it('tells of the successes of an isolate when it makes a world, as soon as they are due', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const print = vi.spyOn(console, 'log').mockImplementation(() => {})
  const makeWorld = createWorldMaker()
  const begin = () => makeWorld(env, createExecutionContext())
  const success = { orgId: 'org', endpointId: null, durationMs: 10 }
  noteSuccesses(await begin(), [{ ...success, status: 'delivered', isManual: false }])
  await begin()
  expect(print).not.toHaveBeenCalled()
  vi.setSystemTime(Date.now() + 10_000)
  await begin()
  await begin()
  expect(print).toHaveBeenCalledOnce()
  expect(print.mock.lastCall?.[0]).toContain('"event":"attempts_succeeded","count":1')
})

it('sends down the fresh lane what an environment without a bulk queue has for it', async () => {
  const { BULK_QUEUE: _none, ...older } = env
  // Env says what this repository's environments have.
  const world = await createWorldMaker()(older as Partial<Env> as Env, createExecutionContext())
  expect(world.queues.bulk).toBe(env.FRESH_QUEUE)
})

it('writes down what was counted when what it was asked to do is over, with a data point where one is kept', async () => {
  const writeDataPoint = vi.fn<AnalyticsEngineDataset['writeDataPoint']>()
  for (const METRICS of [{ writeDataPoint }, undefined]) {
    const context = createExecutionContext()
    const world = await createWorldMaker()({ ...env, METRICS } as Env, context)
    const count = async () => world.isolate.meters.count('events_accepted_total', {}, 3)
    world.defer(count())
    await waitOnExecutionContext(context)
  }
  expect(writeDataPoint).toHaveBeenCalledOnce()
  expect(writeDataPoint.mock.lastCall?.[0]?.doubles).toHaveLength(20)
  expect(writeDataPoint.mock.lastCall?.[0]?.doubles?.[0]).toBe(3)
  const { results } = await env.DB.prepare('SELECT counts FROM counts').all<{ counts: string }>()
  expect(results.map(({ counts }) => JSON.parse(counts).events_accepted_total)).toEqual([3, 3])
})

describe('the client certificates of an env', () => {
  it('are those that are bound, by what stands behind MTLS_, called as bindings', async () => {
    const found = findCertificates({ MTLS_ACME_2: new Binding(), MTLS_b: new Binding(), DB: {} })
    expect([...found.keys()]).toEqual(['acme_2', 'b'])
    const answer = await found.get('acme_2')?.('https://a.example/', {})
    expect(await answer?.text()).toBe('shown')
    expect(bindingOf('acme_2')).toBe('MTLS_ACME_2')
  })

  it('are none where none is bound: neither a variable nor another binding is one', () => {
    const others = { MTLS_ACME: 'text', MTLS_NONE: null, MTLS_KV: {}, ASSETS: new Binding() }
    expect(findCertificates(others).size).toBe(0)
  })

  it.each([
    [{ MTLS_: new Binding() }, 'MTLS_'],
    [{ MTLS_A$: new Binding() }, 'MTLS_A$'],
    [{ MTLS_ACME: new Binding(), MTLS_Acme: new Binding() }, 'acme'],
  ])('are refused where one makes no name, and two of one: %j', (bindings, what) => {
    expect(() => findCertificates(bindings)).toThrow(what)
  })
})

it('gives each world the certificates that are bound, which by default are none', async () => {
  const make = createWorldMaker()
  const bare = await make(env, createExecutionContext())
  expect(bare.certificates.size).toBe(0)
  const bound = { ...env, MTLS_ACME: new Binding() } as Env
  const world = await make(bound, createExecutionContext())
  expect([...world.certificates.keys()]).toEqual(['acme'])
})
