// Cursors of the lists: any id is a place in the order, from which a walk goes on both ways.
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../../world.ts'
import { expectProblem, issuePaths } from './shapes.ts'

const LISTS = ['/v1/webhook_deliveries', '/v1/audit_log']
const SECOND = 1000

let world: World
beforeEach(async () => {
  world = await World.create()
})

function list(path: string, query: Record<string, string>, key = world.key): Promise<Answered> {
  const search = new URLSearchParams(query).toString()
  return world.call('GET', `${path}?${search}`, undefined, { key })
}

async function idsOf(path: string, query: Record<string, string>): Promise<string[]> {
  const { status, body } = await list(path, query)
  expect(status).toBe(200)
  return body.data.map(({ id }: Json) => id)
}

/** Every page from a cursor on, in the order in which they were answered. */
async function walk(
  path: string,
  query: Record<string, string>,
  direction: 'starting_after' | 'ending_before',
  between = async () => {},
): Promise<string[][]> {
  const pages: string[][] = []
  let cursor = {}
  for (let hasMore = true; hasMore;) {
    const { body } = await list(path, { ...query, ...cursor })
    const ids: string[] = body.data.map(({ id }: Json) => id)
    pages.push(ids)
    hasMore = body.has_more
    cursor = { [direction]: ids.at(direction === 'ending_before' ? 0 : -1) }
    await between()
  }
  return pages
}

/** Makes seven deliveries and as many entries, a second apart. */
async function fill(): Promise<void> {
  const { body: endpoint } = await world.createEndpoint()
  for (let made = 0; made < 7; made += 1) {
    world.clock += SECOND
    const id = await world.deliver({ id: CALL_ID })
    await world.redeliver(id)
  }
  endpointId = endpoint.id
}

const CALL_ID = '7f9c2ba4-e88f-4271-a64b-3ac0f6a1e5d3'
let endpointId = ''

describe.each(LISTS)('a cursor of %s', (path) => {
  beforeEach(fill)

  it('walks back to the newest row, each page newest first, each row once (I2)', async () => {
    const all = await idsOf(path, { limit: '200' })
    for (const limit of ['1', '2', '3', '200']) {
      const query = { limit, ending_before: '00000000-0000-0000-0000-000000000000' }
      const pages = await walk(path, query, 'ending_before')
      expect(pages.toReversed().flat()).toEqual(all)
    }
  })

  it('walks both ways over the same pages (I2)', async () => {
    const all = await idsOf(path, { limit: '200' })
    for (const [place, id] of all.entries()) {
      expect(await idsOf(path, { starting_after: id, limit: '2' })).toEqual(
        all.slice(place + 1, place + 3),
      )
      expect(await idsOf(path, { ending_before: id, limit: '2' })).toEqual(
        all.slice(Math.max(0, place - 2), place),
      )
    }
  })

  it('says whether there is more in its own direction', async () => {
    const all = await idsOf(path, { limit: '200' })
    const [newest = '', second = '', third = ''] = all
    const hasMore = async (query: Record<string, string>) => (await list(path, query)).body.has_more
    expect(await hasMore({ ending_before: newest, limit: '1' })).toBe(false)
    expect(await hasMore({ ending_before: second, limit: '1' })).toBe(false)
    expect(await hasMore({ ending_before: third, limit: '1' })).toBe(true)
    expect(await hasMore({ starting_after: all.at(-1) ?? '', limit: '1' })).toBe(false)
    expect(await hasMore({ starting_after: all.at(-3) ?? '', limit: '1' })).toBe(true)
  })

  it('follows new rows as they arrive, and shows each once (I2)', async () => {
    const [newest = ''] = await idsOf(path, { limit: '1' })
    let arrivals = 5
    const pages = await walk(path, { ending_before: newest, limit: '1' }, 'ending_before')
    expect(pages).toEqual([[]])
    const arrive = async () => {
      if (arrivals <= 0) return
      arrivals -= 1
      world.clock += SECOND
      await world.redeliver(await world.deliver())
    }
    await arrive()
    await arrive()
    const seen = await walk(path, { ending_before: newest, limit: '1' }, 'ending_before', arrive)
    const all = await idsOf(path, { limit: '200' })
    expect(seen.toReversed().flat()).toEqual(all.slice(0, all.indexOf(newest)))
  })

  it('goes on where its row has been pruned, or never was', async () => {
    const all = await idsOf(path, { limit: '200' })
    const [, , third = ''] = all
    const table = path === '/v1/audit_log' ? 'audit_log' : 'deliveries'
    await world.db.prepare(`DELETE FROM ${table} WHERE id = ?`).bind(third).run()
    const rest = [all.slice(0, 2), all.slice(3)]
    const between = third.slice(0, -4) + (third.endsWith('ffff') ? 'fffe' : 'ffff')
    for (const cursor of [third, third.toUpperCase(), between]) {
      expect(await idsOf(path, { ending_before: cursor })).toEqual(rest[0])
      expect(await idsOf(path, { starting_after: cursor })).toEqual(rest[1])
    }
  })

  it.each([
    ['ffffffff-ffff-ffff-ffff-ffffffffffff', 'everything'],
    ['00000000-0000-0000-0000-000000000000', 'nothing'],
    ['f47ac10b-58cc-4372-a567-0e02b2c3d479', 'everything'],
  ])('takes %s, of whatever version, as a place with %s older than it', async (id, older) => {
    const all = await idsOf(path, { limit: '200' })
    const isAll = older === 'everything'
    expect(await idsOf(path, { starting_after: id, limit: '200' })).toEqual(isAll ? all : [])
    expect(await idsOf(path, { ending_before: id, limit: '200' })).toEqual(isAll ? [] : all)
  })

  it('answers another org’s id like one that is nobody’s, beside it in the order (X7)', async () => {
    const other = await world.createOrg('Other')
    const foreign = (await list(path, {}, world.key)).body.data[3].id
    const nobodys = `${foreign.slice(0, -4)}${foreign.endsWith('fffe') ? 'fffd' : 'fffe'}`
    await world.createEndpoint({}, { key: other.key })
    await world.send({}, {}, { key: other.key })
    for (const name of ['starting_after', 'ending_before']) {
      const [theirs, missing] = [
        await list(path, { [name]: foreign }, other.key),
        await list(path, { [name]: nobodys }, other.key),
      ]
      expect(theirs.status).toBe(200)
      expect(theirs.body).toEqual(missing.body)
    }
  })

  it('is one: two together are a 400', async () => {
    const [id = ''] = await idsOf(path, { limit: '1' })
    const answer = await list(path, { starting_after: id, ending_before: id })
    expectProblem(answer, 'invalid_request')
    expect(issuePaths(answer)).toEqual(['ending_before'])
  })

  it.each(['', 'nope', '123', 'null', '%00'])('is no text like "%s"', async (id) => {
    for (const name of ['starting_after', 'ending_before']) {
      expect(issuePaths(await list(path, { [name]: id }))).toEqual([name])
    }
  })
})

describe('a walk of deliveries under a filter', () => {
  beforeEach(fill)

  it('goes both ways, whatever the filter (I2)', async () => {
    world.fresh.splice(0, 3)
    await world.drain()
    const filters: Record<string, string>[] = [
      {},
      { endpoint_id: endpointId },
      { call_id: CALL_ID },
      { status: 'delivered' },
      { endpoint_id: endpointId, status: 'delivered' },
      { call_id: CALL_ID, status: 'delivered', endpoint_id: endpointId },
    ]
    const [path = ''] = LISTS
    for (const filter of filters) {
      const all = await idsOf(path, { ...filter, limit: '200' })
      expect(all.length).toBeGreaterThan(3)
      const down = await walk(path, { ...filter, limit: '2' }, 'starting_after')
      expect(down.flat()).toEqual(all)
      const up = await walk(
        path,
        { ...filter, limit: '2', ending_before: '00000000-0000-0000-0000-000000000000' },
        'ending_before',
      )
      expect(up.toReversed().flat()).toEqual(all)
    }
  })
})
