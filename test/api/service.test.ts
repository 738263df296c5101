// What a service tells without a key: its health, its OpenAPI document, and what is misconfigured.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from '../../src/api/app.ts'
import { createEngineMaker } from '../../src/wiring.ts'
import { World, type Answered, type Json } from '../world.ts'
import { expectProblem } from './shapes.ts'

const MINUTE = 60_000

let world: World
beforeEach(async () => {
  world = await World.create()
})

function health(): Promise<Answered> {
  return world.call('GET', '/healthz', undefined, { key: '' })
}

describe('GET /healthz', () => {
  it('is ok when nothing waits, before the first sweep too', async () => {
    const idle = { status: 'ok', oldest_due_age_seconds: null, due_count: 0, last_sweep_at: null }
    expect(await health()).toMatchObject({ status: 200, body: idle })
    await world.sweep()
    const swept = { ...idle, last_sweep_at: '2026-11-23T12:00:00Z' }
    expect(await health()).toMatchObject({ status: 200, body: swept })
  })

  it('tells how old the oldest due delivery is, and how many there are', async () => {
    await world.sweep()
    await world.createEndpoint()
    await world.deliver()
    world.clock += MINUTE
    await world.deliver()
    world.clock += 2 * MINUTE
    expect((await health()).body).toMatchObject({ oldest_due_age_seconds: 60, due_count: 2 })
  })

  it('is a 503 when the sweep is over five minutes late', async () => {
    await world.sweep()
    world.clock += 5 * MINUTE
    expect((await health()).status).toBe(200)
    world.clock += 1
    expect(await health()).toMatchObject({ status: 503, body: { status: 'sweep_late' } })
    await world.sweep()
    expect((await health()).status).toBe(200)
  })

  it('is a 503 when something waits and no sweep ever ran', async () => {
    await world.createEndpoint()
    await world.deliver()
    world.clock += 8 * MINUTE
    expect(await health()).toMatchObject({ status: 503, body: { status: 'sweep_late' } })
  })

  it('is a 503 when the database cannot be asked', async () => {
    world.db = new Proxy(world.db, {
      get: () => () => {
        throw new Error('D1_ERROR: Network connection lost.')
      },
    })
    expect(await health()).toMatchObject({
      status: 503,
      body: { status: 'database_unreachable', oldest_due_age_seconds: null, due_count: null },
    })
  })
})

describe('GET /openapi.json', () => {
  const OPERATIONS = [
    'DELETE /v1/webhook_endpoints/{id}',
    'GET /admin/orgs',
    'GET /admin/orgs/{id}/api_keys',
    'GET /admin/orgs/{id}/default_secret',
    'GET /healthz',
    'GET /v1/events/{id}',
    'GET /v1/webhook_deliveries',
    'GET /v1/webhook_deliveries/{id}',
    'GET /v1/webhook_endpoints',
    'GET /v1/webhook_endpoints/{id}',
    'PATCH /v1/webhook_endpoints/{id}',
    'POST /admin/orgs',
    'POST /admin/orgs/{id}/api_keys',
    'POST /admin/orgs/{id}/api_keys/{key_id}/revoke',
    'POST /admin/orgs/{id}/rotate_default_secret',
    'POST /v1/events',
    'POST /v1/events/batch',
    'POST /v1/webhook_deliveries/{id}/redeliver',
    'POST /v1/webhook_endpoints',
    'POST /v1/webhook_endpoints/{id}/rotate_secret',
  ]
  let document: Json
  beforeEach(async () => {
    document = (await world.call('GET', '/openapi.json', undefined, { key: '' })).body
  })

  it('is an OpenAPI 3.1 document that lists every route', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/)
    expect(document.info).toMatchObject({ title: /\S/, version: /\S/ })
    const operations = Object.entries<Json>(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(operations).toEqual(expect.arrayContaining(OPERATIONS))
  })

  it('has an answer and a documented error for each, and no reference that leads nowhere', () => {
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)
    for (const [, pointer = ''] of references) {
      const target = pointer.split('/').reduce((part, step) => part?.[step], document)
      expect({ pointer, type: typeof target }).toEqual({ pointer, type: 'object' })
    }
    for (const item of Object.values<Json>(document.paths)) {
      for (const { summary, responses } of Object.values<Json>(item)) {
        expect(summary).toMatch(/\S/)
        expect(Object.keys(responses).some((status) => status.startsWith('2'))).toBe(true)
        for (const { description } of Object.values<Json>(responses)) {
          expect(description).toMatch(/\S/)
        }
      }
    }
  })

  it('declares each parameter of a path', () => {
    for (const [path, item] of Object.entries<Json>(document.paths)) {
      for (const { parameters = [] } of Object.values<Json>(item)) {
        const named = parameters.flatMap((one: Json) => (one.in === 'path' ? [one.name] : []))
        expect(named.toSorted()).toEqual(path.match(/(?<=\{)\w+/g)?.toSorted() ?? [])
      }
    }
  })
})

describe('a setting that makes no sense', () => {
  it.each([
    ['RETRY_SCHEDULE_SECONDS', 'soon'],
    ['ATTEMPT_TIMEOUT_MS', '0'],
    ['SECRETS_KEYS', ''],
    ['API_KEY_PEPPER', ''],
  ])('is a 500 that tells nobody, while the log names %s', async (name, value) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    const context = createExecutionContext()
    const app = createApp(createEngineMaker())
    const response = await app.request('/healthz', {}, { ...env, [name]: value }, context)
    await waitOnExecutionContext(context)
    const answer = { status: 500, headers: response.headers, body: await response.json() }
    expect(response.status).toBe(500)
    expectProblem(answer, 'misconfigured')
    expect(JSON.stringify(answer.body)).not.toContain(name)
    expect(log.mock.calls.join()).toContain(name)
    log.mockRestore()
  })
})

describe('an engine', () => {
  it('is made of settings that are read once an isolate', async () => {
    const makeEngine = createEngineMaker()
    const context = createExecutionContext()
    const [first, again] = [await makeEngine(env, context), await makeEngine(env, context)]
    expect([again.config, again.vault, again.db]).toEqual([first.config, first.vault, first.db])
    expect(again.config).toBe(first.config)
    const other = await makeEngine({ ...env, RETENTION_DAYS: '7' }, context)
    expect(other.config.retentionDays).toBe(7)
  })
})
