// The list of deliveries by event type and time: what it has, and how a page that was cut short goes on.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { seed } from '../db/seed.ts'
import { World, type Answered, type Json } from '../world.ts'
import { issuePaths } from './http/shapes.ts'

const PATH = '/v1/webhook_deliveries'
const TYPES = ['call.completed', 'call.failed', 'call.busy']

/** Before the first id there can be. */
const NIL = '00000000-0000-0000-0000-000000000000'

/** Of an endpoint and a call that nobody looks for. */
const UNKNOWN = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d00ff'

let world: World
beforeEach(async () => {
  world = await World.create()
})

function list(query: Record<string, string>): Promise<Answered> {
  return world.call('GET', `${PATH}?${new URLSearchParams(query).toString()}`)
}

/** More than any walk here takes. */
const MAX_PAGES = 1000

async function listIds(query: Record<string, string>): Promise<string[]> {
  const { body } = await list(query)
  return body.data.map(({ id }: Json) => id)
}

/** Every page, by following the cursor that each names; the pages in the order in which they were answered. */
async function walk(
  query: Record<string, string>,
  direction: 'starting_after' | 'ending_before',
): Promise<string[][]> {
  const pages: string[][] = []
  let cursor: string | null = direction === 'ending_before' ? NIL : null
  do {
    const { body } = await list({ ...query, ...(cursor && { [direction]: cursor }) })
    pages.push(body.data.map(({ id }: Json) => id))
    cursor = body[`next_${direction}`]
    const other = direction === 'ending_before' ? 'next_starting_after' : 'next_ending_before'
    expect(body).toMatchObject({ has_more: cursor !== null, [other]: null })
    // A cursor that leads back would lead there forever.
    expect(pages.length).toBeLessThan(MAX_PAGES)
  } while (cursor !== null)
  return pages
}

describe('a list of an event type', () => {
  let rows: Json[]
  let endpointIds: string[]
  const calls = [crypto.randomUUID(), crypto.randomUUID()]

  // Batches: what is in one ties in time.
  beforeEach(async () => {
    const made = [await world.createEndpoint(), await world.createEndpoint()]
    endpointIds = made.map(({ body }) => body.id)
    for (let batch = 0; batch < 4; batch += 1) {
      const events = TYPES.flatMap((type) => calls.map((id) => ({ type, call: { id } })))
      await world.call('POST', '/v1/events/batch', { events })
      world.receiver.respond(batch % 2 === 0 ? 200 : 500)
      await world.drain()
      world.clock += 1000
    }
    rows = (await list({ limit: '200' })).body.data
  })

  it('has exactly those, with every other filter', async () => {
    expect(rows).toHaveLength(48)
    for (const event_type of [...TYPES, 'call.queued']) {
      for (const endpoint_id of [undefined, ...endpointIds]) {
        for (const call_id of [undefined, ...calls]) {
          for (const status of [undefined, 'pending', 'delivered']) {
            const filter = { event_type, endpoint_id, call_id, status }
            const given = Object.entries(filter).flatMap(([name, value]) =>
              value === undefined ? [] : [[name, value] as const],
            )
            const expected = rows
              .filter((row) => given.every(([name, value]) => row[name] === value))
              .map(({ id }) => id)
            const query = Object.fromEntries(given)
            expect({ query, listed: await listIds({ ...query, limit: '200' }) }).toEqual({
              query,
              listed: expected,
            })
          }
        }
      }
    }
  })

  it('visits each row once, both ways, though some tie in time (I2)', async () => {
    const [endpoint_id = ''] = endpointIds
    const [call_id = ''] = calls
    for (const about of [{}, { endpoint_id }, { call_id }, { status: 'delivered' }]) {
      const query = { ...about, event_type: 'call.failed' }
      const all = await listIds({ ...query, limit: '200' })
      expect(all.length).toBeGreaterThan(3)
      for (const limit of ['1', '3', String(all.length), '200']) {
        const older = await walk({ ...query, limit }, 'starting_after')
        expect(older.flat()).toEqual(all)
        const newer = await walk({ ...query, limit }, 'ending_before')
        expect(newer.toReversed().flat()).toEqual(all)
      }
    }
  })

  it('is refused for a type that there is not', async () => {
    for (const event_type of ['', 'call.exploded', 'call.failed,call.busy']) {
      expect(issuePaths(await list({ event_type }))).toEqual(['event_type'])
    }
  })
})

describe('a list of a rare event type', () => {
  it('is cut short after a thousand rows, and its cursors visit each row once, both ways (I2)', async () => {
    const about = { orgId: world.orgId, endpointIds: [UNKNOWN], callIds: [UNKNOWN] }
    const status = `CASE i % 3 WHEN 0 THEN 'pending' WHEN 1 THEN 'delivered' ELSE 'exhausted' END`
    await seed(env.DB, { ...about, count: 3500, status })
    // At the places where a page may be cut, and beside them.
    const places = [0, 1, 499, 993, 994, 995, 1987, 1988, 1989, 3498, 3499]
    const ids = places.map((place) => place.toString(16).padStart(8, '0'))
    await env.DB.prepare(
      `UPDATE deliveries SET event_type = 'call.failed'
      WHERE substr(id, 25, 8) IN (SELECT value FROM json_each(?))`,
    )
      .bind(JSON.stringify(ids))
      .run()
    const query = { event_type: 'call.failed', limit: '2' }
    const expected = await env.DB.prepare(
      `SELECT id FROM deliveries WHERE event_type = 'call.failed' ORDER BY id DESC`,
    ).all<{ id: string }>()
    const all = expected.results.map(({ id }) => id)
    expect(all).toHaveLength(11)
    const older = await walk(query, 'starting_after')
    expect(older.flat()).toEqual(all)
    expect(older.some((page) => page.length < 2)).toBe(true)
    const newer = await walk(query, 'ending_before')
    expect(newer.toReversed().flat()).toEqual(all)
  })
})

describe('a list of a time', () => {
  it('has its first instant and not its last, in any offset', async () => {
    await world.createEndpoint()
    const first = await world.deliver()
    world.clock += 1000
    const second = await world.deliver()
    expect(await listIds({ created_after: '2026-11-23T12:00:00Z' })).toEqual([second, first])
    expect(await listIds({ created_after: '2026-11-23T13:00:00.001+01:00' })).toEqual([second])
    expect(await listIds({ created_before: '2026-11-23T12:00:01Z' })).toEqual([first])
    expect(await listIds({ created_before: '2026-11-23T07:00:01.001-05:00' })).toEqual([
      second,
      first,
    ])
    const both = { created_after: '2026-11-23T12:00:00Z', created_before: '2026-11-23T12:00:00Z' }
    expect(await listIds(both)).toEqual([])
    expect(await listIds({ ...both, created_before: '9999-12-31T23:59:59Z' })).toEqual([
      second,
      first,
    ])
    expect(await listIds({ created_after: '0000-01-01T00:00:00Z', limit: '1' })).toEqual([second])
  })

  it('takes a plus that was not escaped', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const path = `${PATH}?created_after=2026-11-23T13:00:00+01:00`
    expect((await world.call('GET', path)).body.data[0].id).toBe(id)
  })

  it('is refused when it ends before it begins, or is none', async () => {
    const reversed = {
      created_after: '2026-11-23T12:00:00Z',
      created_before: '2026-11-23T12:59:59+01:00',
    }
    expect(issuePaths(await list(reversed))).toEqual(['created_before'])
    for (const text of ['', 'yesterday', '2026-11-23', '1795474222', '2026-02-30T00:00:00Z']) {
      expect(issuePaths(await list({ created_after: text }))).toEqual(['created_after'])
    }
  })
})
