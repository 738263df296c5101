// The deliveries that a replay has sent, and the attempts that name it.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { issuePaths } from '../api/http/shapes.ts'
import { meter } from '../db/counter.ts'
import { World, type Json } from '../world.ts'
import { createEndpoints, store } from './range.ts'

const PATH = '/v1/webhook_replays'
const MINUTE = 60_000

let world: World
let endpoints: string[]
beforeEach(async () => {
  world = await World.create()
  endpoints = await createEndpoints(world, 2)
})

/** Starts a replay, and lets it come to its end unless told otherwise. */
async function replay(filter: Json, ms = 2 * MINUTE): Promise<string> {
  const body = { filter, rate_per_second: 500 }
  const { body: started } = await world.call('POST', PATH, body)
  if (ms > 0) await world.pass(ms)
  return started.id
}

async function page(id: string, query: Record<string, string> = {}): Promise<Json> {
  const search = new URLSearchParams(query).toString()
  const { status, body } = await world.call('GET', `${PATH}/${id}/deliveries?${search}`)
  expect(status).toBe(200)
  return body
}

/** All pages, by their cursors; the second list is how many each had. */
async function walk(
  id: string,
  limit: number,
  direction: 'starting_after' | 'ending_before' = 'starting_after',
): Promise<{ ids: string[]; sizes: number[] }> {
  const ids: string[] = []
  const sizes: number[] = []
  const first = direction === 'ending_before' ? '00000000-0000-7000-8000-000000000000' : undefined
  for (let cursor = first; ;) {
    const query = { limit: String(limit), ...(cursor !== undefined && { [direction]: cursor }) }
    const { data, has_more: hasMore, [`next_${direction}`]: next } = await page(id, query)
    const found: string[] = data.map((one: Json) => one.id)
    ids.push(...(direction === 'ending_before' ? found.toReversed() : found))
    sizes.push(found.length)
    expect(next === null).toBe(!hasMore)
    if (!hasMore) return { ids, sizes }
    cursor = next
  }
}

async function idsOf(condition: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `SELECT id FROM deliveries WHERE ${condition} ORDER BY id DESC`,
  ).all<{ id: string }>()
  return results.map(({ id }) => id)
}

describe(`GET ${PATH}/{id}/deliveries`, () => {
  it('has what the replay has sent, as it is now, both ways and once each (I2)', async () => {
    await store(world, [...endpoints, null], 90)
    const id = await replay({ endpoint_id: endpoints[0], status: 'exhausted' })
    const sent = await idsOf(`endpoint_id = '${endpoints[0]}'`)
    expect(sent).toHaveLength(30)
    const { data, has_more: hasMore } = await page(id)
    expect(data.map((one: Json) => one.id)).toEqual(sent)
    expect(hasMore).toBe(false)
    expect(data[0]).toMatchObject({ status: 'delivered', manual_retry_count: 1 })
    expect(data[0].attempts).toBeUndefined()
    for (const limit of [1, 7, 30]) {
      expect((await walk(id, limit)).ids).toEqual(sent)
      expect((await walk(id, limit, 'ending_before')).ids).toEqual(sent.toReversed())
    }
  })

  it('has what it has sent so far, and nothing of another replay', async () => {
    await store(world, endpoints, 40)
    const one = await replay({ endpoint_id: endpoints[0] })
    const other = await replay({ status: 'exhausted' })
    expect((await walk(one, 50)).ids).toEqual(await idsOf(`endpoint_id = '${endpoints[0]}'`))
    expect((await walk(other, 50)).ids).toEqual(await idsOf(`endpoint_id = '${endpoints[1]}'`))
    const waiting = await replay({}, 0)
    expect(await page(waiting)).toMatchObject({ data: [], has_more: false })
  })

  it('keeps what was redelivered by hand since, and takes no receiver’s word for it', async () => {
    await store(world, endpoints, 4)
    const id = await replay({ endpoint_id: endpoints[0] })
    const sent = await idsOf(`endpoint_id = '${endpoints[0]}'`)
    const lie = JSON.stringify({ requested_by: `replay:${id}` })
    world.receiver.answer = () => new Response(lie, { headers: { 'x-lie': lie } })
    for (const one of await idsOf('true')) await world.redeliver(one)
    await world.drain()
    expect((await walk(id, 50)).ids).toEqual(sent)
  })

  it('reads a thousand rows a page at most, and says where to go on', async () => {
    await store(world, endpoints, 3000)
    await env.DB.exec(
      `UPDATE deliveries SET stage = 'delivered' WHERE id < '01a00000-0000-7000-8000-00000400'`,
    )
    const id = await replay({ status: 'exhausted', endpoint_id: endpoints[1] })
    const all = await replay({ status: 'exhausted' })
    for (const [name, count] of [
      [id, 988],
      [all, 988],
    ] as const) {
      const { db, cost } = meter(env.DB)
      world.db = db
      const { data } = await page(name, { limit: '200' })
      expect(data.length).toBeGreaterThan(0)
      // The key, the replay and its parts, and one ahead in each merged stage.
      expect(cost.read).toBeLessThanOrEqual(1000 + 20)
      expect(cost.written).toBe(0)
      world.db = env.DB
      const { ids, sizes } = await walk(name, 200)
      expect(ids).toHaveLength(count)
      expect(new Set(ids).size).toBe(count)
      expect(Math.min(...sizes)).toBeLessThan(200)
    }
  })

  it.each([
    [{ limit: '0' }, 'limit'],
    [{ status: 'pending' }, 'status'],
  ])('refuses %j', async (query, path) => {
    await store(world, endpoints, 1)
    const id = await replay({}, 0)
    const search = new URLSearchParams(query).toString()
    expect(issuePaths(await world.call('GET', `${PATH}/${id}/deliveries?${search}`))).toEqual([
      path,
    ])
  })
})

describe('an attempt', () => {
  it('names the replay that asked for it, and no other does', async () => {
    await world.deliver()
    await world.drain()
    world.clock += 1000
    const id = await replay({ status: 'delivered', endpoint_id: endpoints[0] })
    const [delivery] = await idsOf(`endpoint_id = '${endpoints[0]}'`)
    await world.redeliver(delivery ?? '')
    await world.drain()
    const { attempts } = await world.delivery(delivery ?? '')
    expect(attempts).toMatchObject([
      { trigger: 'automatic', requested_by: null, replay_id: null },
      { trigger: 'manual', requested_by: `replay:${id}`, replay_id: id },
      { trigger: 'manual', requested_by: expect.stringMatching(/^\w+$/), replay_id: null },
    ])
  })
})
