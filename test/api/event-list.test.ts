// The list of events: what an element has, the filters, and paging through what lies apart.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { meter } from '../db/counter.ts'
import { seed } from '../db/seed.ts'
import { World, type Answered, type Json } from '../world.ts'
import { issuePaths } from './http/shapes.ts'

const NIL = '00000000-0000-0000-0000-000000000000'
const TYPES = ['call.completed', 'call.failed']

/** Of an endpoint and a call that nobody looks for. */
const UNKNOWN = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d00ff'

/** More than any walk here takes. */
const MAX_PAGES = 100

let world: World
beforeEach(async () => {
  world = await World.create()
})

function list(query: Record<string, string> = {}): Promise<Answered> {
  return world.call('GET', `/v1/events?${new URLSearchParams(query).toString()}`)
}

/** Every page, by following the cursor that each names; the pages in the order in which they were answered. */
async function walk(
  query: Record<string, string>,
  direction: 'starting_after' | 'ending_before',
): Promise<Json[][]> {
  const pages: Json[][] = []
  let cursor: string | null = direction === 'ending_before' ? NIL : null
  do {
    const { body } = await list({ ...query, ...(cursor && { [direction]: cursor }) })
    pages.push(body.data)
    cursor = body[`next_${direction}`]
    expect(body.has_more).toBe(cursor !== null)
    // A cursor that leads back would lead there forever.
    expect(pages.length).toBeLessThan(MAX_PAGES)
  } while (cursor !== null)
  return pages
}

async function walkBothWays(query: Record<string, string>): Promise<Json[]> {
  const older = (await walk(query, 'starting_after')).flat()
  const newer = (await walk(query, 'ending_before')).toReversed().flat()
  expect(newer).toEqual(older)
  return older
}

describe('GET /v1/events', () => {
  it('answers nothing before the first event', async () => {
    expect((await list()).body).toEqual({
      data: [],
      has_more: false,
      next_starting_after: null,
      next_ending_before: null,
    })
  })

  it('answers each as it is answered by itself, newest first, with or without deliveries', async () => {
    const accepted: Json[] = []
    const send = async (call = {}) => {
      world.clock += 1
      accepted.unshift((await world.send(call)).body)
    }
    await send()
    const { body: endpoint } = await world.createEndpoint()
    await world.createEndpoint({ url: 'https://other.example/' })
    await send()
    await send({ webhook_url: 'https://inline.example/' })
    world.receiver.respond(500)
    await world.drain()
    await send({ webhook_url: 'ftp://inline.example/' })
    for (const { id } of (await world.call('GET', '/v1/webhook_endpoints')).body.data) {
      await world.call('PATCH', `/v1/webhook_endpoints/${id}`, { status: 'disabled' })
    }
    await send()
    const { body } = await list()
    expect(body.data).toEqual(accepted)
    for (const event of body.data) {
      expect((await world.call('GET', `/v1/events/${event.id}`)).body).toEqual(event)
    }
    expect(endpoint.id).toBeDefined()
  })

  it('has each once whatever has become of its deliveries', async () => {
    await world.createEndpoint()
    await world.createEndpoint({ url: 'https://other.example/' })
    await world.createEndpoint({ url: 'https://third.example/' })
    const { body: event } = await world.send()
    const stages = ['new', 'pending', 'delivered', 'exhausted']
    for (const one of stages) {
      for (const other of stages) {
        const [first, second] = event.deliveries
        const set = `UPDATE deliveries SET stage = ? WHERE id = ?`
        await env.DB.batch([
          env.DB.prepare(set).bind(one, first.id),
          env.DB.prepare(set).bind(other, second.id),
        ])
        expect((await list()).body.data).toEqual([event])
      }
    }
  })

  it('is refused what makes no sense', async () => {
    const cases: Record<string, string>[] = [
      { type: 'call.exploded' },
      { call_id: 'x' },
      { created_after: 'yesterday' },
      { without_deliveries: 'yes' },
      { limit: '201' },
      { event_type: 'call.busy' },
    ]
    for (const query of cases) {
      expect(issuePaths(await list(query))).toEqual(Object.keys(query))
    }
    const reversed = {
      created_after: '2026-11-23T12:00:01Z',
      created_before: '2026-11-23T12:00:00Z',
    }
    expect(issuePaths(await list(reversed))).toEqual(['created_before'])
    expect(issuePaths(await list({ starting_after: NIL, ending_before: NIL }))).toHaveLength(1)
  })

  it('shows nothing of another org (X1)', async () => {
    await world.createEndpoint()
    await world.send()
    const { key } = await world.createOrg('Other')
    expect((await world.call('GET', '/v1/events', undefined, { key })).body.data).toEqual([])
  })
})

function at(seconds: number): string {
  return new Date(Date.parse('2026-11-23T12:00:00Z') + seconds * 1000).toISOString()
}

describe('GET /v1/events with filters', () => {
  const calls = [crypto.randomUUID(), crypto.randomUUID()]
  let all: Json[]

  // Batches: what is in one ties in time. Every second one finds no endpoint.
  beforeEach(async () => {
    const made = [await world.createEndpoint(), await world.createEndpoint()]
    for (let batch = 0; batch < 6; batch += 1) {
      const status = batch % 2 === 0 ? 'enabled' : 'disabled'
      for (const { body } of made) {
        await world.call('PATCH', `/v1/webhook_endpoints/${body.id}`, { status })
      }
      const events = TYPES.flatMap((type) => calls.map((id) => ({ type, call: { id } })))
      await world.call('POST', '/v1/events/batch', { events })
      world.receiver.respond(batch === 2 ? 500 : 200)
      await world.drain()
      world.clock += 1000
    }
    all = (await list({ limit: '200' })).body.data
  })

  it('has exactly those, in every combination', async () => {
    expect(all).toHaveLength(24)
    for (const type of [undefined, ...TYPES, 'call.busy']) {
      for (const call_id of [undefined, calls[0]?.toUpperCase(), crypto.randomUUID()]) {
        for (const without_deliveries of [undefined, 'true', 'false']) {
          const given = Object.entries({ type, call_id, without_deliveries }).flatMap(
            ([name, value]) => (value === undefined ? [] : [[name, value] as const]),
          )
          const query = Object.fromEntries(given)
          const expected = all.filter(
            (one) =>
              (type === undefined || one.type === type) &&
              (call_id === undefined || one.call_id === call_id.toLowerCase()) &&
              (without_deliveries !== 'true' || one.deliveries.length === 0),
          )
          const { body } = await list({ ...query, limit: '200' })
          expect({ query, data: body.data }).toEqual({ query, data: expected })
        }
      }
    }
  })

  it('has its first instant and not its last', async () => {
    const { body } = await list({ created_after: at(1), created_before: at(3), limit: '200' })
    expect(body.data).toEqual(all.slice(12, 20))
  })

  it('visits each once, both ways, whatever the page and the filter (I2)', async () => {
    const [call_id = ''] = calls
    for (const query of [
      {},
      { type: 'call.failed' },
      { call_id },
      { without_deliveries: 'true' },
    ]) {
      const expected = (await list({ ...query, limit: '200' })).body.data
      for (const limit of ['1', '3', '5', String(expected.length)]) {
        expect(await walkBothWays({ ...query, limit })).toEqual(expected)
      }
    }
  })

  it('goes on from any id: an event’s, a delivery’s, or one that never was (X7)', async () => {
    const ids = all.map(({ id }) => id)
    for (const [place, event] of all.entries()) {
      const { body: after } = await list({ starting_after: event.id, limit: '2' })
      expect(after.data.map(({ id }: Json) => id)).toEqual(ids.slice(place + 1, place + 3))
      const { body: before } = await list({ ending_before: event.id, limit: '2' })
      expect(before.data.map(({ id }: Json) => id)).toEqual(
        ids.slice(Math.max(0, place - 2), place),
      )
      // A delivery's id comes just behind its event's.
      const inside = `${event.id.slice(0, -4)}0001`
      const { body: older } = await list({ starting_after: inside, limit: '2' })
      expect(older.data.map(({ id }: Json) => id)).toEqual(ids.slice(place, place + 2))
      const { body: newer } = await list({ ending_before: inside, limit: '2' })
      expect(newer.data.map(({ id }: Json) => id)).toEqual(ids.slice(Math.max(0, place - 2), place))
    }
  })
})

async function cost(query: Record<string, string>) {
  const metered = meter(env.DB)
  world.db = metered.db
  const { body } = await list(query)
  return { ...metered.cost, body }
}

describe('a page of events', () => {
  const COUNT = 4000
  const FAN_OUT = 100

  beforeEach(async () => {
    // The key's first use is noted, once an hour.
    await world.call('GET', '/v1/webhook_endpoints')
    const about = { orgId: world.orgId, endpointIds: [UNKNOWN], callIds: [UNKNOWN] }
    const status = `CASE i % 3 WHEN 0 THEN 'pending' WHEN 1 THEN 'delivered' ELSE 'exhausted' END`
    await seed(env.DB, { ...about, count: COUNT, status })
  })

  it('reads seven rows an event that has one delivery, in one round trip', async () => {
    for (const query of [{}, { ending_before: NIL }]) {
      const { trips, written, read, body } = await cost(query)
      expect([trips, written, body.data.length]).toEqual([1, 0, 50])
      expect(read).toBeLessThanOrEqual(7 * 51 + 10)
    }
  })

  it('reads a thousand rows at most where no index knows the filter, whatever matches', async () => {
    const [row] = (await list({ limit: '1' })).body.data
    const queries: Record<string, string>[] = [
      { type: 'call.failed' },
      { type: 'call.busy' },
      { type: 'call.busy', limit: '200' },
      { without_deliveries: 'true' },
      { call_id: row.call_id },
      { call_id: crypto.randomUUID() },
      { type: 'call.busy', ending_before: NIL },
    ]
    for (const query of queries) {
      const { trips, read } = await cost(query)
      expect({ query, trips, isWithin: read <= 1000 + 10 }).toEqual({
        query,
        trips: 1,
        isWithin: true,
      })
    }
  })

  it('is short where each has a hundred deliveries, and shows all of each, and each once (I2)', async () => {
    await env.DB.exec("DELETE FROM deliveries WHERE substr(id, 25, 8) >= '00000014'")
    await env.DB.exec("DELETE FROM events WHERE substr(id, 25, 8) >= '00000014'")
    await env.DB.prepare(
      `INSERT INTO deliveries (org_id, stage, id, endpoint_id, call_id, event_type, url, next_attempt_at, created_at, updated_at)
      SELECT d.org_id, CASE n.value % 4 WHEN 0 THEN 'new' WHEN 1 THEN 'pending' WHEN 2 THEN 'delivered' ELSE 'exhausted' END,
        substr(d.id, 1, 32) || printf('%04x', n.value), d.endpoint_id, d.call_id, d.event_type, d.url, 1, 1, 1
      FROM deliveries d, json_each(?) n`,
    )
      .bind(JSON.stringify(Array.from({ length: FAN_OUT - 1 }, (_, place) => place + 2)))
      .run()
    const { body, read } = await cost({})
    expect(read).toBeLessThanOrEqual(1000 + FAN_OUT + 10)
    expect(body.data.length).toBeLessThan(20)
    expect(body.has_more).toBe(true)
    const events = await walkBothWays({})
    expect(events).toHaveLength(20)
    for (const { deliveries } of events) expect(deliveries).toHaveLength(FAN_OUT)
    expect(await walkBothWays({ type: 'call.busy', limit: '3' })).toEqual(events)
    expect(await walkBothWays({ type: 'call.failed' })).toEqual([])
  })
})
