// A search through deliveries: what a page has, where the next one begins, and the edges of a time.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { listDeliveries, listShown } from '../../../src/db/views/deliveries.ts'
import { instantOf } from '../../../src/db/ids.ts'
import type { Page } from '../../../src/db/page.ts'
import { World } from '../../world.ts'
import { seed } from '../seed.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
})

/** So many delivered ones, newest first; those at the places are of the type that is looked for. */
async function fill(count: number, places: number[]): Promise<string[]> {
  const about = { orgId: world.orgId, endpointIds: [''], callIds: [crypto.randomUUID()] }
  await seed(env.DB, { ...about, count, status: `'delivered'` })
  const all = await env.DB.prepare('SELECT id FROM deliveries ORDER BY id DESC').all<{
    id: string
  }>()
  const ids = all.results.map(({ id }) => id)
  const wanted = JSON.stringify(places.map((place) => ids[place]))
  await env.DB.prepare(
    `UPDATE deliveries SET event_type = 'call.failed' WHERE id IN (SELECT value FROM json_each(?))`,
  )
    .bind(wanted)
    .run()
  return ids
}

async function search(limit: number, cursor: Omit<Page, 'limit'> = {}) {
  const db = (await world.engine()).store.of(world.orgId)
  const page = { limit, ...cursor }
  const found = await listShown(db, world.orgId, { eventType: 'call.failed' }, page)
  return { ...found, rows: found.rows.map(({ id }) => id) }
}

describe('a search for an event type', () => {
  it('has a next page while there is one more, however far behind', async () => {
    const ids = await fill(450, [0, 1, 449])
    expect(await search(2)).toEqual({
      rows: [ids[0], ids[1]],
      hasMore: true,
      next: ids[1],
      searchedTo: undefined,
    })
    const last = { rows: [ids[449]], hasMore: false, next: undefined, searchedTo: undefined }
    expect(await search(2, { startingAfter: ids[1] })).toEqual(last)
  })

  it('says how far it came, having read a thousand rows, and goes on there', async () => {
    const ids = await fill(1002, [1001])
    const searchedTo = instantOf(ids[993] ?? '')
    expect(await search(2)).toEqual({ rows: [], hasMore: true, next: ids[993], searchedTo })
    expect((await search(2, { startingAfter: ids[993] })).rows).toEqual([ids[1001]])
  })

  it('does the same on its way to what is newer', async () => {
    const ids = await fill(1002, [0, 1, 1001])
    const found = await search(2, { endingBefore: '00000000-0000-0000-0000-000000000000' })
    expect(found).toMatchObject({ rows: [ids[1001]], hasMore: true, next: ids[8] })
    const rest = await search(2, { endingBefore: ids[8] })
    expect(rest).toMatchObject({ rows: [ids[0], ids[1]], hasMore: false, next: undefined })
  })

  it('goes on behind a full page where it read farther than that', async () => {
    const ids = await fill(1002, [0, 1, 2])
    expect(await search(2)).toMatchObject({ rows: [ids[0], ids[1]], hasMore: true, next: ids[1] })
    expect((await search(2, { startingAfter: ids[1] })).rows).toEqual([ids[2]])
  })

  it('finds the last row that it may read, and goes on behind it', async () => {
    const ids = await fill(1000, [995, 996])
    expect(await search(1)).toMatchObject({ rows: [ids[995]], hasMore: true, next: ids[995] })
    expect((await search(1, { startingAfter: ids[995] })).rows).toEqual([ids[996]])
  })
})

describe('a list of a time', () => {
  it('has its first instant, and not its last', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const db = (await world.engine()).store.of(world.orgId)
    const at = world.clock
    const list = async (createdFrom: number, createdBefore: number) => {
      const filter = { createdFrom, createdBefore }
      const { rows } = await listDeliveries(db, world.orgId, filter, { limit: 10 })
      return rows.map((row) => row.id)
    }
    expect(await list(at, at + 1)).toEqual([id])
    expect(await list(at - 1, at)).toEqual([])
    expect(await list(at + 1, at + 2)).toEqual([])
  })
})
