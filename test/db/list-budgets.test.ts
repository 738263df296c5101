// What each list of deliveries may cost, counted with 20,000 deliveries in adversarial distributions.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { meter, type Cost } from './counter.ts'
import { seed } from './seed.ts'

const COUNT = 20_000
const LIMIT = 50

/** The key's own row, the cursor's, one row ahead of the page, and one ahead of each merged status. */
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
    cursor =
      page === 0 ? { starting_after: body.data.at(-1).id } : { ending_before: body.data.at(0).id }
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
      { query: { call_id }, rowsPerResult: 2 },
      { query: { call_id, endpoint_id }, rowsPerResult: 2 },
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
