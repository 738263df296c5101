// What a service tells without a key: its health, and what is misconfigured.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from '../../src/api/app.ts'
import { createWorldMaker } from '../../src/wiring.ts'
import { meter } from '../db/counter.ts'
import { seed } from '../db/seed.ts'
import { World, type Answered } from '../world.ts'
import { expectProblem } from './http/shapes.ts'

const MINUTE = 60_000

let world: World
beforeEach(async () => {
  world = await World.create()
})

/** What anybody is told. */
function publicHealth(): Promise<Answered> {
  return world.call('GET', '/healthz', undefined, { key: '' })
}

/** What the operator is told. */
function health(): Promise<Answered> {
  return world.call('GET', '/healthz', undefined, { key: env.ADMIN_TOKEN })
}

describe('GET /healthz', () => {
  it('is ok when nothing waits, before the first sweep too', async () => {
    const idle = { status: 'ok', oldest_due_age_seconds: null, due_count: 0, last_sweep_at: null }
    expect(await health()).toMatchObject({ status: 200, body: idle })
    await world.sweep()
    const swept = { ...idle, last_sweep_at: '2026-11-23T12:00:00Z' }
    expect(await health()).toMatchObject({ status: 200, body: swept })
  })

  it('tells that something is stopped, of which nothing is due', async () => {
    expect((await health()).body).toMatchObject({ stop_count: 0 })
    const admin = { key: env.ADMIN_TOKEN }
    await world.call('PUT', '/admin/stops/everything', undefined, admin)
    await world.call('PUT', '/admin/stops/receiver.example', undefined, admin)
    expect((await health()).body).toMatchObject({ status: 'ok', stop_count: 2 })
    const { body } = await world.call('GET', '/admin/metrics', undefined, admin)
    expect(body).toMatch(/^callingbox_stops\{database="DB"\} 2$/m)
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

  it.each([
    { who: 'anybody', ask: publicHealth },
    { who: 'the operator', ask: health },
  ])('is a 503 for $who when the sweep is over five minutes late', async ({ ask }) => {
    await world.sweep()
    world.clock += 5 * MINUTE
    expect((await ask()).status).toBe(200)
    world.clock += 5000
    expect(await ask()).toMatchObject({ status: 503, body: { status: 'sweep_late' } })
    await world.sweep()
    world.clock += 5000
    expect((await ask()).status).toBe(200)
  })

  it.each([
    { who: 'anybody', ask: publicHealth },
    { who: 'the operator', ask: health },
  ])('is a 503 for $who when something waits and no sweep ever ran', async ({ ask }) => {
    await world.createEndpoint()
    await world.deliver()
    world.clock += 8 * MINUTE
    expect(await ask()).toMatchObject({ status: 503, body: { status: 'sweep_late' } })
  })

  it.each([
    { who: 'anybody', ask: publicHealth },
    { who: 'the operator', ask: health },
  ])('is a 503 for $who when the database cannot be asked', async ({ ask }) => {
    world.db = new Proxy(world.db, {
      get: () => () => {
        throw new Error('D1_ERROR: Network connection lost.')
      },
    })
    expect(await ask()).toMatchObject({ status: 503, body: { status: 'database_unreachable' } })
  })

  it('shows its figures to the operator alone', async () => {
    expect(await publicHealth()).toMatchObject({ status: 200, body: {} })
    expect((await publicHealth()).body).toEqual({ status: 'ok' })
    const withKey = await world.call('GET', '/healthz')
    expect([withKey.status, withKey.body]).toEqual([200, { status: 'ok' }])
    expect(Object.keys((await health()).body).length).toBeGreaterThan(5)
  })

  it('asks the database at most once in five seconds for everybody, and reads two rows', async () => {
    await world.sweep()
    await fillDue()
    const { db, cost } = meter(env.DB)
    world.db = db
    await publicHealth()
    expect(cost.trips).toBe(1)
    expect(cost.read).toBeLessThanOrEqual(2)
    await Promise.all(Array.from({ length: 50 }, () => publicHealth()))
    world.clock += 4999
    await publicHealth()
    expect(cost.trips).toBe(1)
    world.clock += 1
    await Promise.all(Array.from({ length: 50 }, () => publicHealth()))
    expect(cost.trips).toBe(2)
  })

  it('keeps a failure for as long, too', async () => {
    let asked = 0
    world.db = new Proxy(env.DB, {
      get: () => () => {
        asked += 1
        throw new Error('D1_ERROR: no such table')
      },
    })
    await publicHealth()
    const once = asked
    await publicHealth()
    expect(asked).toBe(once)
    expect((await publicHealth()).status).toBe(503)
  })
})

describe('a token that is not the operator’s', () => {
  const WRONG = ['x', `${env.ADMIN_TOKEN}x`, env.ADMIN_TOKEN.slice(0, -1), 'sk_live_x']

  it.each(WRONG)('is refused before anything is read, and counted: %s', async (key) => {
    const { db, cost } = meter(env.DB)
    world.db = db
    const counted: string[] = []
    world.limiter = async (policy) => counted.push(policy) < 8
    for (const path of ['/healthz', '/admin/orgs', `/admin/orgs/${world.orgId}/default_secret`]) {
      const answer = await world.call('GET', path, undefined, { key })
      expect(answer.status).toBe(401)
      expectProblem(answer, 'invalid_api_key')
    }
    const body = '{"name":'.repeat(10_000)
    expect((await world.call('POST', '/admin/orgs', body, { key })).status).toBe(401)
    expect(counted).toEqual(['auth_failures', 'auth_failures', 'auth_failures', 'auth_failures'])
    for (let count = 0; count < 4; count += 1) {
      await world.call('GET', '/healthz', undefined, { key })
    }
    expect((await world.call('GET', '/healthz', undefined, { key })).status).toBe(429)
    expect(cost.trips).toBe(0)
  })

  it('opens nothing where none is set', async () => {
    world.vars['ADMIN_TOKEN'] = ''
    for (const key of [env.ADMIN_TOKEN, 'undefined', '']) {
      expect((await world.call('GET', '/admin/orgs', undefined, { key })).status).toBe(404)
    }
    const answer = await world.call('GET', '/healthz', undefined, { key: 'undefined' })
    expect(answer.status).toBe(401)
    expect((await publicHealth()).body).toEqual({ status: 'ok' })
  })
})

const LONG = 'long-enough-'.repeat(4)

describe('a setting that makes no sense', () => {
  it.each([
    ['RETRY_SCHEDULE_SECONDS', 'soon'],
    ['ATTEMPT_TIMEOUT_MS', '0'],
    ['SECRETS_KEYS', ''],
    ['API_KEY_PEPPER', ''],
    ['API_KEY_PEPPER', 'x'.repeat(42)],
    ['ADMIN_TOKEN', 'admin'],
    ['ADMIN_TOKEN', 'x'.repeat(42)],
    ['ADMIN_TOKEN', `${'x'.repeat(30)} ${'x'.repeat(30)}`],
    ['ADMIN_TOKENS', LONG],
    ['ADMIN_TOKENS', 'alice:short'],
    ['ADMIN_TOKENS', `alice:${LONG},bob:`],
    ['ADMIN_TOKENS', `alice:${LONG},`],
    ['ADMIN_TOKENS', `:${LONG}`],
    ['ADMIN_TOKENS', `al ice:${LONG}`],
    ['ADMIN_TOKENS', `alice:${LONG},alice:${LONG}2`],
    ['ADMIN_TOKENS', `alice:${LONG},bob:${LONG}`],
    ['ADMIN_TOKENS', `alice:${env.ADMIN_TOKEN}`],
  ])('is a 500 that tells nobody, while the log names %s', async (name, value) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    const context = createExecutionContext()
    const app = createApp(createWorldMaker())
    const response = await app.request('/healthz', {}, { ...env, [name]: value }, context)
    await waitOnExecutionContext(context)
    const answer = { status: 500, headers: response.headers, body: await response.json() }
    expect(response.status).toBe(500)
    expectProblem(answer, 'misconfigured')
    expect(JSON.stringify(answer.body)).not.toContain(name)
    expect(log.mock.calls.join()).toContain(name)
    expect(log.mock.calls.join()).not.toContain(LONG)
    log.mockRestore()
  })
})

describe('ADMIN_TOKEN', () => {
  it.each(['', 'x'.repeat(43)])('may be unset, or have 43 characters: %j', async (token) => {
    const context = createExecutionContext()
    const response = await createApp(createWorldMaker()).request(
      '/healthz',
      {},
      { ...env, ADMIN_TOKEN: token },
      context,
    )
    await waitOnExecutionContext(context)
    expect(response.status).toBe(200)
  })
})

describe('an engine', () => {
  it('is made of settings that are read once an isolate', async () => {
    const makeWorld = createWorldMaker()
    const context = createExecutionContext()
    const [first, again] = [await makeWorld(env, context), await makeWorld(env, context)]
    expect([again.config, again.vault, again.store]).toEqual([
      first.config,
      first.vault,
      first.store,
    ])
    expect(again.config).toBe(first.config)
    const other = await makeWorld({ ...env, RETENTION_DAYS: '7' }, context)
    expect(other.config.retentionDays).toBe(7)
  })
})

/** More due deliveries than the figures count. */
async function fillDue(): Promise<void> {
  await seed(env.DB, {
    orgId: world.orgId,
    endpointIds: [crypto.randomUUID()],
    callIds: [crypto.randomUUID()],
    count: 12_000,
    status: `'pending'`,
    sweepAt: '1',
  })
}
