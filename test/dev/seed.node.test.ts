// The seed: a week that the service can read, of every kind, beside what others have.
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fill, type Filled } from '../../src/dev/seed/fill.ts'
import { openMemoryD1 } from '../../src/dev/seed/memory-d1.ts'
import { Service } from '../../src/dev/seed/service.ts'
import { ORG } from '../../src/dev/seed/week.ts'

const NOW = Date.parse('2026-11-26T19:47:38Z')

/** A week takes seconds, and there are two. */
const WITHIN_MS = 240_000

// What the doors read of it are texts.
const ENV = {
  ADMIN_TOKEN: 'test-admin-token-that-is-as-long-as-one-has-to-be',
  API_KEY_PEPPER: 'test-pepper-that-is-as-long-as-one-has-to-be-here',
  SECRETS_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
} as unknown as Env

const Attempt = z.object({
  number: z.number(),
  trigger: z.enum(['automatic', 'manual']),
  started_at: z.string(),
  superseded: z.string().optional(),
  response: z.object({ status: z.number() }).nullish(),
})
const Delivery = z.object({
  id: z.uuid(),
  endpoint_id: z.uuid().nullable(),
  status: z.enum(['pending', 'delivered', 'exhausted']),
  attempt_count: z.number(),
  manual_retry_count: z.number(),
  last_response_status: z.number().nullable(),
  delivered_at: z.string().nullable(),
  created_at: z.string(),
  attempts: z.array(Attempt),
})
const Page = z.object({ data: z.array(Delivery.omit({ attempts: true })), has_more: z.boolean() })
const Event = z.object({ skipped: z.array(z.object({ reason: z.string() })) })
const Endpoints = z.object({
  data: z.array(
    z.object({ id: z.uuid(), status: z.string(), disabled_reason: z.string().nullable() }),
  ),
})
const Replays = z.object({
  data: z.array(
    z.object({
      status: z.string(),
      replayed: z.number(),
      delivered: z.number(),
      failed: z.number(),
      remaining: z.number(),
      held_endpoints: z.array(z.unknown()),
    }),
  ),
})

type Read = z.infer<typeof Delivery>

const target = openMemoryD1()
const rowsOf = async (query: string) => (await target.prepare(query).all()).results

let first: Filled
let again: Filled
let service: Service
let deliveries: Read[]
let countsOf: Record<string, unknown>[][]

const receive = () => ({ afterMs: 100, status: 200 })
const get = (path: string) => service.call('GET', path, again.key)

const COUNTS = `SELECT status, count(*) AS n, sum(attempt_count) AS automatic,
  sum(manual_retry_count) AS manual FROM deliveries WHERE org_id = '${ORG.id}' GROUP BY status`
const OTHERS = `SELECT id, name, created_at FROM orgs WHERE id = 'other'`

beforeAll(async () => {
  await target.prepare(`INSERT INTO orgs (id, name, created_at) VALUES ('other', 'Other', 1)`).run()
  first = await fill(target, ENV, NOW)
  const before = await rowsOf(COUNTS)
  again = await fill(target, ENV, NOW + 5 * 60_000)
  countsOf = [before, await rowsOf(COUNTS)]
  service = await Service.start(again.service.now, {
    d1: target,
    env: ENV,
    random: () => 0.5,
    receive,
  })
  deliveries = await readAll()
}, WITHIN_MS)

async function readAll(): Promise<Read[]> {
  const all: Read[] = []
  for (let after = ''; ; after = `&starting_after=${all.at(-1)?.id}`) {
    const page = Page.parse(await get(`/v1/webhook_deliveries?limit=200${after}`))
    for (const { id } of page.data)
      all.push(Delivery.parse(await get(`/v1/webhook_deliveries/${id}`)))
    if (!page.has_more) return all
  }
}

describe('npm run seed', () => {
  it('tells of each delivery what its log tells (A2, S4)', () => {
    expect(deliveries.length).toBeGreaterThan(2000)
    for (const { attempts, ...shown } of deliveries) {
      const counted = attempts.filter(({ superseded }) => superseded === undefined)
      const automatic = counted.filter(({ trigger }) => trigger === 'automatic')
      const last = attempts.at(-1)
      expect({ id: shown.id, numbers: attempts.map(({ number }) => number) }).toEqual({
        id: shown.id,
        numbers: attempts.map((_, place) => place + 1),
      })
      expect(shown).toMatchObject({
        attempt_count: automatic.length,
        manual_retry_count: attempts.filter(({ trigger }) => trigger === 'manual').length,
        last_response_status: last?.response?.status ?? null,
      })
      expect(shown.delivered_at !== null).toBe(
        counted.some(({ response }) => response?.status === 200),
      )
    }
  })

  it('has a week up to now in the order of its ids', () => {
    const times = deliveries.map(({ created_at: at }) => Date.parse(at))
    expect(times).toEqual(times.toSorted((a, b) => b - a))
    expect(deliveries.map(({ id }) => id)).toEqual(
      deliveries
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    )
    const starts = deliveries.flatMap(({ attempts }) =>
      attempts.map((one) => Date.parse(one.started_at)),
    )
    expect(Math.max(...times, ...starts)).toBeLessThanOrEqual(service.now)
    expect(Math.min(...times)).toBeGreaterThan(service.now - 7 * 24 * 3_600_000)
  })

  it('has deliveries of every kind', async () => {
    const parked =
      await rowsOf(`SELECT ep.status, ep.pace IS NOT NULL AS isRecovering, count(*) > 3 AS isMany
      FROM deliveries d JOIN endpoints ep ON ep.id = d.endpoint_id
      WHERE d.situation = 'parked' GROUP BY 1, 2 ORDER BY 1`)
    expect(parked).toEqual([
      { status: 'disabled', isRecovering: 0, isMany: 1 },
      { status: 'enabled', isRecovering: 1, isMany: 1 },
    ])
    const kinds: Record<string, (one: Read) => boolean> = {
      atOnce: (one) => one.status === 'delivered' && one.attempts.length === 1,
      afterRetries: (one) => one.status === 'delivered' && one.attempt_count > 2,
      byHand: (one) => one.status === 'delivered' && one.manual_retry_count > 0,
      toBeRetried: (one) => one.status === 'pending' && one.attempt_count > 0,
      exhausted: (one) => one.status === 'exhausted' && one.attempt_count === 8,
      inline: (one) => one.endpoint_id === null,
      unanswered: (one) => one.attempts.some(({ response }) => response === null),
    }
    for (const [kind, isOfKind] of Object.entries(kinds)) {
      expect({ kind, isThere: deliveries.some(isOfKind) }).toEqual({ kind, isThere: true })
    }
  })

  it('has endpoints in every state of health', async () => {
    const states = await rowsOf(`SELECT description, status, health,
      consecutive_failures > 0 AS isFailing FROM endpoints ORDER BY id`)
    const state = { status: 'enabled', health: 'well', isFailing: 0 }
    expect(states).toEqual([
      { ...state, description: 'Appointment desk, all clinics' },
      { ...state, description: 'CRM' },
      { ...state, description: 'Call analytics', health: 'unwell' },
      { ...state, description: 'Billing', health: 'unwell', isFailing: 1 },
      { description: 'Voicemail fallback', status: 'disabled', health: 'unwell', isFailing: 1 },
      { ...state, description: 'Meridian Care (partner)', health: 'recovering' },
      { ...state, description: 'Scheduling', health: 'unwell' },
    ])
    const { data } = Endpoints.parse(await get('/v1/webhook_endpoints'))
    expect(data.map((one) => one.disabled_reason)).toContain('too_many_failures')
  })

  it('has a replay that sent all, and one that holds its endpoint', async () => {
    const { data } = Replays.parse(await get('/v1/webhook_replays'))
    expect(data).toMatchObject([
      { status: 'completed', remaining: 0, failed: 0, held_endpoints: [] },
      { status: 'paused', replayed: 10, delivered: 0, failed: 10 },
    ])
    expect(data[0]?.delivered).toBeGreaterThan(20)
    expect(data[1]?.held_endpoints).toHaveLength(1)
    expect(data[1]?.remaining).toBeGreaterThan(0)
  })

  it('says why an event skipped a destination', async () => {
    const events = [...new Set(deliveries.map(({ id }) => `${id.slice(0, -4)}0000`))]
    const reasons = new Set<string>()
    for (const id of events) {
      const { skipped } = Event.parse(await get(`/v1/events/${id}`))
      for (const { reason } of skipped) reasons.add(reason)
    }
    expect([...reasons]).toEqual(expect.arrayContaining(['disabled', 'invalid_url']))
  })

  it('is counted in the hours of the charts, each delivery once', async () => {
    const [counted] = await rowsOf(`SELECT sum(created) AS n FROM hourly_stats`)
    const [until] = await rowsOf(`SELECT beat_at AS at FROM heartbeats WHERE name = 'stats'`)
    const made = deliveries.filter(({ created_at: at }) => Date.parse(at) < Number(until?.['at']))
    expect(counted).toEqual({ n: made.length })
  })

  it('can be lived on from: what is sent again is signed and arrives', async () => {
    const exhausted = deliveries.find(
      ({ status, endpoint_id }) => status === 'exhausted' && endpoint_id === null,
    )
    await service.call('POST', `/v1/webhook_deliveries/${exhausted?.id}/redeliver`, again.key)
    await service.pass(service.now + 3_600_000)
    const { status } = Delivery.parse(await get(`/v1/webhook_deliveries/${exhausted?.id}`))
    expect(status).toBe('delivered')
  })

  it('is the same each time, replaces the one before, and leaves others alone', async () => {
    expect(countsOf[1]).toEqual(countsOf[0])
    await expect(service.call('GET', '/v1/webhook_endpoints', first.key)).rejects.toThrow('401')
    expect(await rowsOf(OTHERS)).toEqual([{ id: 'other', name: 'Other', created_at: 1 }])
  })
})
