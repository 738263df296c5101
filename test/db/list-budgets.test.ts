// What each list of deliveries may cost, counted with 20,000 deliveries in adversarial distributions.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { listShown } from '../../src/db/views/deliveries.ts'
import { World } from '../world.ts'
import { meter, type Cost } from './counter.ts'
import { seed } from './seed.ts'

const COUNT = 20_000
const LIMIT = 50

/** The key's own row, the cursor's, one row ahead of the page, and one ahead of each merged stage. */
const BESIDE_THE_PAGE = 8

const BUDGET = { trips: 1, written: 0, isWithin: true }

/** A call has about ten events, so the 20,000 are of 2,000 calls. */
const CALLS = Array.from({ length: COUNT / 10 }, () => crypto.randomUUID())

const DISTRIBUTIONS: Record<string, string> = {
  'statuses in turn': `CASE i % 3 WHEN 0 THEN 'pending' WHEN 1 THEN 'delivered' ELSE 'exhausted' END`,
  'one in a thousand exhausted': `iif(i % 1000 = 0, 'exhausted', 'delivered')`,
  'only the oldest exhausted': `iif(i < 400, 'exhausted', 'delivered')`,
  'only the newest pending': `iif(i >= ${COUNT - 60}, 'pending', 'exhausted')`,
  'all delivered': `'delivered'`,
}

const STATUSES = ['pending', 'delivered', 'exhausted']

let world: World
let endpointIds: string[]

beforeEach(async () => {
  world = await World.create()
  // The key's first use is noted, once an hour.
  await world.call('GET', '/v1/webhook_endpoints')
  endpointIds = []
  for (let made = 0; made < 4; made += 1) {
    const { body } = await world.createEndpoint()
    endpointIds.push(body.id)
  }
})

/** What the first page costs, the one after it, and the one back from there. */
async function pages(query: Record<string, string>): Promise<Cost[]> {
  const costs = []
  let cursor = {}
  for (let page = 0; page < 3; page += 1) {
    const { db, cost } = meter(env.DB)
    world.db = db
    const search = new URLSearchParams({ ...query, ...cursor, limit: String(LIMIT) }).toString()
    const { body } = await world.call('GET', `/v1/webhook_deliveries?${search}`)
    costs.push(cost)
    if (!body.has_more) break
    const next = body.next_starting_after ?? body.next_ending_before
    cursor = page === 0 ? { starting_after: next } : { ending_before: next }
  }
  return costs
}

describe.each(Object.entries(DISTRIBUTIONS))('a page of deliveries, with %s,', (_name, status) => {
  it('reads a row a delivery, two of an endpoint, and all of a call’s ten events', async () => {
    await seed(env.DB, { orgId: world.orgId, endpointIds, callIds: CALLS, count: COUNT, status })
    const [endpoint_id = ''] = endpointIds
    const [call_id = ''] = CALLS
    const filters = [
      { query: {}, rowsPerResult: 1 },
      { query: { endpoint_id }, rowsPerResult: 2 },
      { query: { call_id }, rowsPerResult: 2.2 },
      { query: { call_id, endpoint_id }, rowsPerResult: 2.2 },
    ]
    for (const { query, rowsPerResult } of filters) {
      for (const wanted of [{}, ...STATUSES.map((one) => ({ status: one }))]) {
        const all = { ...query, ...wanted }
        const most = rowsPerResult * LIMIT + BESIDE_THE_PAGE
        for (const { trips, written, read } of await pages(all)) {
          // One trip to authenticate, one to list; the filter is there to name what fails.
          const isWithin = read <= most
          expect({ all, trips, written, isWithin }).toEqual({ all, ...BUDGET })
        }
      }
    }
  })
})

/** Filters beside the event type. */
function otherFilters(): Record<string, string>[] {
  return [
    {},
    { endpoint_id: endpointIds[0] ?? '' },
    { status: 'delivered' },
    { endpoint_id: endpointIds[0] ?? '', status: 'delivered' },
    { call_id: CALLS[0] ?? '' },
  ]
}

describe('a page of deliveries of one event type, which no index knows,', () => {
  it.each(['call.failed', 'call.busy'])(
    'reads a thousand rows at most, in one round trip: none, or all, is %s',
    async (event_type) => {
      const status = `CASE i % 3 WHEN 0 THEN 'pending' WHEN 1 THEN 'delivered' ELSE 'exhausted' END`
      const about = { orgId: world.orgId, endpointIds, callIds: CALLS, sweepAt: 'NULL' }
      await seed(env.DB, { ...about, count: 16_000, status })
      for (const filter of otherFilters()) {
        for (const { trips, written, read } of await pages({ ...filter, event_type })) {
          const isWithin = read <= 1000 + BESIDE_THE_PAGE
          expect({ filter, trips, written, isWithin }).toEqual({ filter, ...BUDGET })
        }
      }
    },
  )

  it('costs a person who looks no row more for what is parked and not shown', async () => {
    const about = { orgId: world.orgId, endpointIds, callIds: CALLS, sweepAt: 'NULL' }
    await seed(env.DB, { ...about, count: 2000, status: `'pending'` })
    const { db, cost } = meter(env.DB)
    world.db = db
    const store = (await world.engine()).store.of(world.orgId)
    await listShown(store, world.orgId, { eventType: 'call.failed' }, { limit: LIMIT })
    expect(cost.read).toBeLessThanOrEqual(1000)
  })
})

describe('a page of deliveries, with 10,000 new ones', () => {
  beforeEach(async () => {
    const about = { orgId: world.orgId, endpointIds: endpointIds.slice(1), callIds: CALLS }
    await seed(env.DB, { ...about, endpointIds, count: 2000, status: `'delivered'` })
    await seed(env.DB, { ...about, from: 2000, count: 10_000, status: `'new'`, sweepAt: 'NULL' })
  })

  it.each([{}, { status: 'pending' }, { status: 'delivered' }])(
    'reads a row a delivery: %j',
    async (query: Record<string, string>) => {
      for (const { read } of await pages(query)) {
        expect(read).toBeLessThanOrEqual(LIMIT + BESIDE_THE_PAGE)
      }
    },
  )

  it('of an endpoint that has none of them reads them all, in one round trip, and no more', async () => {
    const [endpoint_id = ''] = endpointIds
    for (const { trips, read } of await pages({ endpoint_id })) {
      expect([trips, read <= 10_000 + 2 * LIMIT + BESIDE_THE_PAGE]).toEqual([1, true])
    }
    for (const { read } of await pages({ endpoint_id, status: 'delivered' })) {
      expect(read).toBeLessThanOrEqual(2 * LIMIT + BESIDE_THE_PAGE)
    }
  })

  it('of an endpoint shows each once, new or not, newest first (I2)', async () => {
    const [, endpoint_id = ''] = endpointIds
    const ids: string[] = []
    let cursor = ''
    do {
      const path = `/v1/webhook_deliveries?endpoint_id=${endpoint_id}&limit=200${cursor}`
      const { body } = await world.call('GET', path)
      ids.push(...body.data.map(({ id }: { id: string }) => id))
      // Each shown once, and not again and again.
      expect(ids.length).toBeLessThanOrEqual(500 + 3333)
      cursor = body.has_more ? `&starting_after=${ids.at(-1)}` : ''
    } while (cursor !== '')
    expect(ids).toEqual(ids.toSorted().toReversed())
    expect(new Set(ids).size).toBe(500 + 3333)
  })
})

describe('a page of parked deliveries', () => {
  it('reads a row a delivery, and none of the endpoints that they wait for', async () => {
    const about = { orgId: world.orgId, endpointIds, callIds: CALLS }
    await seed(env.DB, { ...about, count: 200, status: `'pending'` })
    await env.DB.prepare('UPDATE deliveries SET sweep_at = NULL').run()
    const costs = await pages({})
    expect(costs.length).toBe(3)
    for (const { read } of costs) expect(read).toBeLessThanOrEqual(LIMIT + BESIDE_THE_PAGE)
  })
})

describe('a page of deliveries, with 2,000 ahead of it that tell of the service', () => {
  beforeEach(async () => {
    const about = { orgId: world.orgId, endpointIds, callIds: CALLS, status: `'delivered'` }
    await seed(env.DB, { ...about, count: 2000 + 2 * LIMIT })
    const newest = 'SELECT id FROM deliveries ORDER BY id DESC LIMIT 2000'
    await env.DB.exec(
      `UPDATE deliveries SET id = substr(id, 1, 32) || '4001' WHERE id IN (${newest})`,
    )
  })

  // No index leaves them out: what the map says of operational events.
  it('reads a row for each of them that it passes, and no more', async () => {
    const [first, second] = await pages({})
    expect(first?.read).toBeLessThanOrEqual(2000 + LIMIT + BESIDE_THE_PAGE)
    expect(second?.read).toBeLessThanOrEqual(LIMIT + BESIDE_THE_PAGE)
  })

  it('reads none of them of a call', async () => {
    const [call_id = ''] = CALLS
    for (const { read } of await pages({ call_id }))
      expect(read).toBeLessThanOrEqual(2.2 * LIMIT + BESIDE_THE_PAGE)
  })
})
