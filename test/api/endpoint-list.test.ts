// GET /v1/webhook_endpoints: all by itself, narrowed down, page by page.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { meter } from '../db/counter.ts'
import { World, type Answered, type Json } from '../world.ts'
import { issuePaths } from './http/shapes.ts'

const PATH = '/v1/webhook_endpoints'

let world: World
beforeEach(async () => {
  world = await World.create()
})

async function create(more: Json = {}): Promise<string> {
  world.clock += 1000
  return (await world.createEndpoint(more)).body.id
}

async function createSome(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let made = 0; made < count; made += 1) ids.push(await create())
  return ids
}

function list(query: Record<string, string> = {}): Promise<Answered> {
  return world.call('GET', `${PATH}?${new URLSearchParams(query).toString()}`)
}

async function idsOf(query: Record<string, string>): Promise<string[]> {
  const { status, body } = await list(query)
  expect(status).toBe(200)
  return body.data.map(({ id }: Json) => id)
}

describe(`GET ${PATH}`, () => {
  it('answers all of a hundred, oldest first, where nothing is asked', async () => {
    const ids = await createSome(100)
    const { body } = await world.call('GET', PATH)
    expect(body.data.map(({ id }: Json) => id)).toEqual(ids)
    expect(body.has_more).toBe(false)
  })

  it('narrows down by status, URL and external id, all of which hold', async () => {
    const url = 'https://b.example/a?b=c&d'
    const [one, two, three] = [
      await create(),
      await create({ url, external_id: 'two' }),
      await create({ url, external_id: 'three' }),
    ]
    await world.call('PATCH', `${PATH}/${two}`, { status: 'disabled' })
    expect(await idsOf({ status: 'enabled' })).toEqual([one, three])
    expect(await idsOf({ status: 'disabled' })).toEqual([two])
    expect(await idsOf({ url })).toEqual([two, three])
    expect(await idsOf({ url: `${url}e` })).toEqual([])
    expect(await idsOf({ external_id: 'two' })).toEqual([two])
    expect(await idsOf({ external_id: 'Two' })).toEqual([])
    expect(await idsOf({ url, status: 'enabled' })).toEqual([three])
    expect(await idsOf({ external_id: 'two', status: 'enabled' })).toEqual([])
  })

  it('shows nothing of another org (X1)', async () => {
    const other = await world.createOrg('Other')
    const theirs = await world.createEndpoint({ external_id: 'x' }, { key: other.key })
    const own = await create({ external_id: 'x' })
    expect(await idsOf({ external_id: 'x' })).toEqual([own])
    expect(await idsOf({ starting_after: theirs.body.id })).toEqual(
      await idsOf({ starting_after: theirs.body.id.replace(/.$/, '0') }),
    )
  })

  it.each<[Record<string, string>, string]>([
    [{ status: 'well' }, 'status'],
    [{ status: '' }, 'status'],
    [{ url: 'nowhere' }, 'url'],
    [{ url: '' }, 'url'],
    [{ url: `https://a.example/${'a'.repeat(2048)}` }, 'url'],
    [{ external_id: '' }, 'external_id'],
    [{ external_id: 'we_1' }, 'external_id'],
    [{ external_id: 'a b' }, 'external_id'],
    [{ limit: '0' }, 'limit'],
    [{ limit: '201' }, 'limit'],
    [{ limit: 'ten' }, 'limit'],
    [{ starting_after: 'billing' }, 'starting_after'],
    [{ ending_before: '1' }, 'ending_before'],
    [{ kind: 'listen' }, 'kind'],
  ])('refuses %j', async (query, path) => {
    const answer = await list(query)
    expect(answer.status).toBe(400)
    expect(issuePaths(answer)).toEqual([path])
  })

  it('refuses two cursors', async () => {
    const id = await create()
    const answer = await list({ starting_after: id, ending_before: id })
    expect([answer.status, issuePaths(answer)]).toEqual([400, ['ending_before']])
  })
})

describe('pages of endpoints', () => {
  it('go forwards and back, and say whether there are more', async () => {
    const ids = await createSome(5)
    const page = async (query: Record<string, string>) => {
      const { body } = await list({ limit: '2', ...query })
      return [body.data.map(({ id }: Json) => ids.indexOf(id)), body.has_more]
    }
    const at = (place: number) => ids[place] ?? ''
    expect(await page({})).toEqual([[0, 1], true])
    expect(await page({ starting_after: at(1) })).toEqual([[2, 3], true])
    expect(await page({ starting_after: at(3) })).toEqual([[4], false])
    expect(await page({ starting_after: at(4) })).toEqual([[], false])
    expect(await page({ ending_before: at(4) })).toEqual([[2, 3], true])
    expect(await page({ ending_before: at(2) })).toEqual([[0, 1], false])
    expect(await page({ ending_before: at(0) })).toEqual([[], false])
  })

  it('have each endpoint once, also while others come and go (I2)', async () => {
    const ids = await createSome(7)
    const seen: string[] = []
    let after: string | undefined
    for (let pages = 0; pages < 20; pages += 1) {
      const cursor = after === undefined ? {} : { starting_after: after }
      const { body } = await list({ limit: '2', ...cursor })
      seen.push(...body.data.map(({ id }: Json) => id))
      if (!body.has_more) break
      after = seen.at(-1)
      if (pages === 0) ids.push(await create())
      // The cursor itself is gone: it is a place all the same.
      if (pages === 1) await world.call('DELETE', `${PATH}/${after}`)
    }
    expect(seen).toEqual(ids)
  })

  it('are one round trip; by an external id no more rows than are found', async () => {
    await createSome(50)
    await create({ external_id: 'one' })
    await world.call('GET', PATH)
    const metered = async (query: Record<string, string>) => {
      const { db, cost } = meter(env.DB)
      world.db = db
      await list(query)
      world.db = env.DB
      return cost
    }
    const base = await metered({ limit: '1' })
    expect(base.trips).toBeLessThanOrEqual(2)
    const found = await metered({ external_id: 'one' })
    expect([found.trips, found.read <= base.read + 1]).toEqual([base.trips, true])
    const all = await metered({ status: 'disabled' })
    expect(all.read).toBeLessThanOrEqual(base.read + 51)
  })
})
