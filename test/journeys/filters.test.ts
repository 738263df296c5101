// Filters: which events an endpoint gets, judged when they are accepted by what its filter is at that moment.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { expectProblem } from '../api/http/shapes.ts'
import { costOf, type Cost } from '../db/counter.ts'
import { World, type Answered, type Json } from '../world.ts'

const SPRING = { path: 'metadata.campaign', equals: 'spring' }
const AUTUMN = { path: 'metadata.campaign', equals: 'autumn' }

let world: World
beforeEach(async () => {
  world = await World.create()
})

async function endpointWith(filter: unknown): Promise<string> {
  const { status, body } = await world.createEndpoint({ filter })
  expect(status).toBe(201)
  return body.id
}

function setFilter(id: string, filter: unknown): Promise<Answered> {
  return world.call('PATCH', `/v1/webhook_endpoints/${id}`, { filter })
}

function inOrder(...ids: string[]): string[] {
  return ids.toSorted((a, b) => (a < b ? -1 : 1))
}

/** Sends an event of a campaign; which endpoints get it, and which do not and why. */
async function send(campaign: string, event: Json = {}) {
  const { status, body } = await world.send({ metadata: { campaign } }, event)
  expect(status).toBe(202)
  const found = await world.call('GET', `/v1/events/${body.id}`)
  expect(found.body.skipped).toEqual(body.skipped)
  const to = inOrder(...body.deliveries.map((one: Json) => one.endpoint_id))
  return { to, skipped: body.skipped, id: body.id }
}

/** What an event costs. */
function costOfEvent(): Promise<Cost> {
  return costOf(world, async () => {
    expect((await world.send({ metadata: { campaign: 'spring' } })).status).toBe(202)
  })
}

describe('a filter', () => {
  it('lets through what it says, and says what it keeps back (D7)', async () => {
    const spring = await endpointWith({ all: [{ path: 'id', exists: true }, SPRING] })
    const all = (await world.createEndpoint()).body.id
    expect(await send('spring')).toMatchObject({ to: inOrder(spring, all), skipped: [] })
    const message = 'all.1: metadata.campaign equals "spring"'
    const skipped = [{ endpoint_id: spring, reason: 'filtered', message }]
    expect(await send('autumn')).toMatchObject({ to: [all], skipped })
  })

  it('holds from the moment it is changed on, whatever the isolate remembers (D7)', async () => {
    const id = await endpointWith(SPRING)
    expect((await send('spring')).to).toEqual([id])
    await setFilter(id, AUTUMN)
    expect((await send('spring')).to).toEqual([])
    expect((await send('autumn')).to).toEqual([id])
    await setFilter(id, null)
    expect(await send('spring')).toMatchObject({ to: [id], skipped: [] })
    await setFilter(id, SPRING)
    expect((await send('autumn')).to).toEqual([])
  })

  it('is judged for each event of a batch by itself, and for every way of storing one', async () => {
    const id = await endpointWith({ any: [SPRING, { path: 'metadata.order', gte: 10 }] })
    const calls = [{ campaign: 'spring' }, { order: 9.99 }, { order: 10.0 }, {}]
    const events = calls.map((metadata) => ({
      type: 'call.completed',
      call: { id: crypto.randomUUID(), metadata },
    }))
    const headers = { 'Idempotency-Key': 'once' }
    const first = await world.call('POST', '/v1/events/batch', { events }, { headers })
    const to = first.body.data.map(({ deliveries }: Json) => deliveries.length)
    expect(to).toEqual([1, 0, 1, 0])
    await setFilter(id, null)
    const again = await world.call('POST', '/v1/events/batch', { events }, { headers })
    expect(again.body).toEqual(first.body)
  })

  it('counts for neither tests nor what an endpoint that is closed or not subscribed gets none of', async () => {
    const id = await endpointWith(SPRING)
    const test = await world.call('POST', `/v1/webhook_endpoints/${id}/test`, {})
    expect(test.status).toBe(201)
    const closed = await endpointWith(SPRING)
    await world.call('PATCH', `/v1/webhook_endpoints/${closed}`, { status: 'disabled' })
    const other = (await world.createEndpoint({ filter: SPRING, enabled_events: ['call.failed'] }))
      .body.id
    const { skipped } = await send('autumn')
    const reasons = skipped.map((one: Json) => [one.endpoint_id, one.reason])
    expect(Object.fromEntries(reasons)).toEqual({
      [id]: 'filtered',
      [closed]: 'disabled',
      [other]: 'not_subscribed',
    })
  })

  it('that does not read, as of a newer version, keeps nothing back', async () => {
    const id = await endpointWith(SPRING)
    await env.DB.prepare(`UPDATE endpoints SET filter = '{"soundslike":1}'`).run()
    expect((await send('autumn')).to).toEqual([id])
  })

  it('is answered with the digits that it was sent with, and may be sent back', async () => {
    const filter = '{"path":"n","equals":9007199254740993.10}'
    const created = await world.call(
      'POST',
      '/v1/webhook_endpoints',
      `{"url":"https://receiver.example/hooks","filter": ${filter.replace(',', ' ,  ')}}`,
    )
    expect(created.status).toBe(201)
    const answer = await world.fetch(`/v1/webhook_endpoints/${created.body.id}`, {
      headers: { Authorization: `Bearer ${world.key}` },
    })
    const text = await answer.text()
    expect(text).toContain(`"filter":${filter}`)
    const back = await world.call('PATCH', `/v1/webhook_endpoints/${created.body.id}`, text)
    expect(back.status).toBe(200)
    expect(back.body.updated_at).toBe(created.body.updated_at)
    const { body } = await world.call(
      'POST',
      '/v1/events',
      `{"type":"call.busy","call":{"id":"${crypto.randomUUID()}","n":9007199254740992.10}}`,
    )
    expect(body.skipped).toHaveLength(1)
  })

  it.each<[unknown, string]>([
    [{ path: 'a', like: 1 }, 'filter.like'],
    [{ all: [{ path: 'direction.x', equals: 1 }] }, 'filter.all.0.path'],
    [[], 'filter'],
    ['spring', 'filter'],
    [{ path: 'a', in: Array(99).fill('x'.repeat(100)) }, 'filter'],
  ])('%j is refused with its place, and nothing changes', async (filter, place) => {
    const refused = await world.createEndpoint({ filter })
    expectProblem(refused, 'invalid_request')
    expect(refused.body.issues[0].path).toBe(place)
    const id = await endpointWith(SPRING)
    expectProblem(await setFilter(id, filter), 'invalid_request')
    const { body } = await world.call('GET', `/v1/webhook_endpoints/${id}`)
    expect(body.filter).toEqual(SPRING)
  })

  it('may change while an event is stored: it is judged anew, by what it has become (D7)', async () => {
    const id = await endpointWith(SPRING)
    await send('spring')
    const d1 = env.DB
    let isChanged = false
    const batch = async <Row>(statements: D1PreparedStatement[]) => {
      if (!isChanged) {
        isChanged = true
        const text = JSON.stringify(AUTUMN)
        await d1.prepare('UPDATE endpoints SET filter = ?').bind(text).run()
      }
      return d1.batch<Row>(statements)
    }
    world.db = Object.assign(Object.create(d1), { batch, prepare: d1.prepare.bind(d1) })
    expect((await send('spring')).to).toEqual([])
    expect((await send('autumn')).to).toEqual([id])
  })
})

describe('what a filter costs', () => {
  it('is nothing where there is none, and no round trip more once an isolate knows it', async () => {
    const id = (await world.createEndpoint()).body.id
    // Later ones stand behind it in each index, of which one row more is read then.
    world.clock += 1
    const other = await world.createOrg('Other')
    await costOfEvent()
    const without = await costOfEvent()
    expect(without).toMatchObject({ trips: 1, written: 2 })
    await world.createEndpoint({ filter: SPRING }, other)
    await costOfEvent()
    const beside = { ...without, read: without.read + 3 }
    expect(await costOfEvent()).toEqual(beside)
    await setFilter(id, SPRING)
    await costOfEvent()
    expect(await costOfEvent()).toEqual({ ...beside, read: beside.read + 6 })
  })
})
