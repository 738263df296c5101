// Quotas of what an organization sends: refused once it is over, counted by the cron, and let go on.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { expectProblem } from '../api/http/shapes.ts'
import { meter } from '../db/counter.ts'
import { JOBS, runJobs } from '../../src/jobs.ts'
import { countEvents, POLICIES } from '../../src/limits.ts'
import { QUOTAS } from '../../src/quotas.ts'
import { World, type Answered, type Json } from '../world.ts'

const ADMIN = { key: env.ADMIN_TOKEN }
const MINUTE = 60_000
const DAY = 86_400_000

let world: World
beforeEach(async () => {
  world = await World.create()
})

function setQuotas(quotas: Json, orgId = world.orgId): Promise<Answered> {
  return world.call('PATCH', `/admin/orgs/${orgId}`, { quotas }, ADMIN)
}

async function quotasOf(orgId = world.orgId): Promise<Json> {
  const { body } = await world.call('GET', `/admin/orgs/${orgId}`, undefined, ADMIN)
  return body.quotas
}

/** The jobs that count, and judge by it, once what was sent is old enough to be counted. */
async function judge(ms = 5 * MINUTE): Promise<void> {
  world.clock += ms
  const jobs = JOBS.filter(({ name }) => name === 'roll_up' || name === 'quotas')
  await runJobs(await world.engine(), Math.floor(world.clock / (5 * MINUTE)) * 5 * MINUTE, jobs)
}

async function sendMany(count: number, options: { key?: string } = {}): Promise<Answered[]> {
  const all: Answered[] = []
  for (let made = 0; made < count; made += 1) all.push(await world.send({}, {}, options))
  return all
}

/** Rows of each table that intake writes. */
async function stored(): Promise<Json> {
  return env.DB.prepare(
    `SELECT (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM deliveries) AS deliveries,
      (SELECT count(*) FROM idempotency_keys) AS keys`,
  ).first()
}

/** Lets so many blocks of each org through. */
function allow(blocks: number): void {
  let used = 0
  world.limiter = async (policy) => policy !== 'org_events' || (used += 1) <= blocks
}

function sendBatch(size: number, options = {}): Promise<Answered> {
  const events = Array.from({ length: size }, () => ({
    type: 'call.busy',
    call: { id: crypto.randomUUID() },
  }))
  return world.call('POST', '/v1/events/batch', { events }, options)
}

/** What an event costs. */
async function cost(): Promise<unknown> {
  const { db, cost: costs } = meter(env.DB)
  world.db = db
  expect((await world.send()).status).toBe(202)
  world.db = env.DB
  return { ...costs }
}

describe('events a day', () => {
  it('are refused from the quota on until midnight UTC, and counted though no endpoint gets them', async () => {
    await setQuotas({ events_per_day: 3 })
    world.clock = Math.ceil(world.clock / DAY) * DAY + DAY - 10 * MINUTE
    await sendMany(2)
    await judge()
    expect((await world.send()).status).toBe(202)
    await judge(3 * MINUTE)
    expect(await quotasOf()).toMatchObject({ events_per_day: { limit: 3, used: 3 } })
    const refused = await world.send()
    expectProblem(refused, 'quota_exceeded')
    expect(refused.body.error).toContain('"events_per_day"')
    expect(refused.body.error).toContain('may have 3 events a day and has come to 3')
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'retry-after': '120',
      ratelimit: '"events_per_day";r=0;t=120',
      'ratelimit-policy': '"events_per_day";q=3;w=86400',
    })
    world.clock += 2 * MINUTE
    expect((await world.send()).status).toBe(202)
    await judge()
    expect(await quotasOf()).toMatchObject({ events_per_day: { used: 1 } })
    expect((await world.send()).status).toBe(202)
  })

  it('refuse a batch as a whole, and leave nothing of it, its Idempotency-Key included', async () => {
    await world.createEndpoint()
    await setQuotas({ events_per_day: 1 })
    await world.send()
    await judge()
    const before = await stored()
    const events = [1, 2].map(() => ({ type: 'call.busy', call: { id: crypto.randomUUID() } }))
    const once = { headers: { 'Idempotency-Key': 'batch' } }
    expectProblem(await world.call('POST', '/v1/events/batch', { events }, once), 'quota_exceeded')
    expectProblem(await world.send({}, {}, once), 'quota_exceeded')
    expect(await stored()).toEqual(before)
    await setQuotas({ events_per_day: null })
    const { status } = await world.call('POST', '/v1/events/batch', { events }, once)
    expect(status).toBe(202)
  })

  it('answer what was accepted before as they did then (I1)', async () => {
    await world.createEndpoint()
    await setQuotas({ events_per_day: 1 })
    const id = crypto.randomUUID()
    const send = () => world.send({ id }, {}, { headers: { 'Idempotency-Key': 'one' } })
    const first = await send()
    await judge()
    expectProblem(await world.send(), 'quota_exceeded')
    const again = await send()
    expect([again.status, again.body]).toEqual([202, first.body])
  })

  it('are another org’s business nowhere, and go on at once when the quota is raised (R2)', async () => {
    const other = await world.createOrg('Globex')
    await setQuotas({ events_per_day: 1 })
    await sendMany(1)
    await sendMany(1, other)
    await judge()
    expectProblem(await world.send(), 'quota_exceeded')
    expect((await world.send({}, {}, other)).status).toBe(202)
    await setQuotas({ events_per_day: 10 })
    expect((await world.send()).status).toBe(202)
  })

  it('are refused no longer than a quarter of an hour where the cron has failed to come', async () => {
    await world.createEndpoint()
    await setQuotas({ pending_deliveries: 1 })
    await world.send()
    await judge()
    expectProblem(await world.send(), 'quota_exceeded')
    world.clock += 16 * MINUTE
    expect((await world.send()).status).toBe(202)
  })
})

describe('stored bytes', () => {
  it('are refused beyond the quota, and let in again once what is old is pruned', async () => {
    world.vars['RETENTION_DAYS'] = '1'
    await setQuotas({ stored_bytes: 5000 })
    await world.send({ note: 'x'.repeat(6000) })
    await judge()
    const { stored_bytes: use } = await quotasOf()
    expect(use.used).toBeGreaterThan(150)
    await setQuotas({ stored_bytes: use.used })
    await judge()
    const refused = await world.send()
    expectProblem(refused, 'quota_exceeded')
    expect(refused.body.error).toContain('It goes on as old events are pruned')
    expect(refused.headers.get('RateLimit-Policy')).toBe(`"stored_bytes";q=${use.used}`)
    expect(refused.headers.get('Retry-After')).toBe('300')
    world.clock += 2 * DAY
    const retention = JOBS.filter(({ name }) => name === 'retention')
    await runJobs(await world.engine(), world.clock, retention)
    await judge()
    expect(await quotasOf()).toMatchObject({ stored_bytes: { used: 0 } })
    expect((await world.send()).status).toBe(202)
    const marks = await env.DB.prepare('SELECT count(*) FROM quota_marks').first('count(*)')
    expect(marks).toBe(0)
  })
})

describe('pending deliveries', () => {
  it('are refused beyond the quota, and let in again once they are worked off', async () => {
    await world.createEndpoint()
    await setQuotas({ pending_deliveries: 2 })
    await sendMany(2)
    await judge()
    const refused = await world.send()
    expectProblem(refused, 'quota_exceeded')
    expect(refused.body.error).toContain('may have 2 pending deliveries')
    await world.drain()
    await judge()
    expect((await world.send()).status).toBe(202)
  })
})

/** So many orgs that have had as much as they may have pending, and have nothing pending; they come before the others. */
async function makeBusy(count: number): Promise<void> {
  const all = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`
  const day = Math.floor(world.clock / DAY)
  await env.DB.batch([
    env.DB.prepare(
      `${all} INSERT INTO orgs (id, name, created_at, quotas) SELECT '00' || i, 'Busy', 0, '{"pending_deliveries":1}' FROM n`,
    ),
    env.DB.prepare(
      `${all} INSERT INTO usage (org_id, day, events, deliveries, bytes) SELECT '00' || i, ${day}, 1, 1, 1 FROM n`,
    ),
  ])
}

describe('orgs that may be over', () => {
  it('keep nobody who is over from being found, and are judged by as many queries as one (R1)', async () => {
    await world.createEndpoint()
    await setQuotas({ events_per_day: 1, pending_deliveries: 1 })
    await world.send()
    const { db, cost: costs } = meter(env.DB)
    world.db = db
    await judge()
    const ofOne = costs.trips
    await makeBusy(600)
    costs.trips = 0
    await judge()
    world.db = env.DB
    // The stretches that the roll-up looked for are the same.
    expect(costs.trips).toBeLessThanOrEqual(ofOne)
    const { results } = await env.DB.prepare('SELECT org_id, quota, used FROM quota_marks').all()
    expect(results).toEqual(
      ['events_per_day', 'pending_deliveries'].map((quota) => ({
        org_id: world.orgId,
        quota,
        used: 1,
      })),
    )
  })
})

describe('events a minute', () => {
  it('count each event of a batch, and refuse it as a whole', async () => {
    allow(1)
    expect((await sendBatch(100)).status).toBe(202)
    expect((await sendBatch(100)).status).toBe(202)
    const refused = await sendBatch(100)
    expectProblem(refused, 'quota_exceeded')
    expect(refused.body.error).toContain('may have 60,000 events a minute')
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'retry-after': '60',
      'ratelimit-policy': '"events_per_minute";q=60000;w=60',
    })
    expect(await stored()).toMatchObject({ events: 200 })
  })

  it('answer what was accepted before as they did then (I1)', async () => {
    allow(0)
    const once = { headers: { 'Idempotency-Key': 'one' } }
    const first = await world.send({ id: '61efdf7d-9a39-49c8-a6a1-469a0ac1438f' }, {}, once)
    await sendBatch(99)
    const again = await world.send({ id: '61efdf7d-9a39-49c8-a6a1-469a0ac1438f' }, {}, once)
    expect([again.status, again.body]).toEqual([202, first.body])
    const other = { headers: { 'Idempotency-Key': 'another' } }
    expectProblem(await world.send({}, {}, other), 'quota_exceeded')
    expect(await stored()).toMatchObject({ events: 100, keys: 1 })
  })

  it('are told in each answer, as the org has them', async () => {
    const usual =
      '"api_key";q=60000;w=60, "events_per_minute";q=60000;w=60, "events_per_day";q=86400000;w=86400'
    expect((await world.send()).headers.get('RateLimit-Policy')).toBe(usual)
    await setQuotas({ events_per_minute: 600 })
    await world.send()
    const own = usual.replace('events_per_minute";q=60000', 'events_per_minute";q=600')
    expect((await world.send()).headers.get('RateLimit-Policy')).toBe(own)
    await setQuotas({ events_per_minute: null })
    await world.send()
    expect((await world.send()).headers.get('RateLimit-Policy')).toBe(usual)
  })

  it.each([600, 60_000, 600_000])('let %i through in blocks, and hardly one more', async (most) => {
    let calls = 0
    const limits = POLICIES.org_events.quota / POLICIES.org_events.block
    const part = { isWithinLimit: async () => (calls += 1) <= limits }
    const count = countEvents()
    let passed = 0
    while (await count(part, 'org', 60, most)) passed += 60
    expect(passed).toBeGreaterThan(most * 0.99 - 60)
    expect(passed).toBeLessThanOrEqual(most + most / limits + 60)
  })
})

describe('an org below all its quotas', () => {
  it('pays no row and no round trip for them, whoever else is over', async () => {
    const other = await world.createOrg('Globex')
    await world.createEndpoint()
    await world.send()
    // One of the key, and what tells of the endpoint: as many as before there were quotas.
    const before = await cost()
    expect(before).toMatchObject({ trips: 1, written: 2 })
    await setQuotas({ keys: 3, stored_bytes: QUOTAS.stored_bytes.most })
    await setQuotas({ events_per_day: 1 }, other.orgId)
    await sendMany(1, other)
    await judge()
    expectProblem(await world.send({}, {}, other), 'quota_exceeded')
    expect(await cost()).toEqual(before)
  })
})
