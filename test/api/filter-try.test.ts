// POST /v1/webhook_endpoints/{id}/filter/try: a draft is judged by the newest events, and nothing comes of it.
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../world.ts'
import { expectProblem } from './http/shapes.ts'

let world: World
let id: string
beforeEach(async () => {
  world = await World.create()
  id = (await world.createEndpoint({ enabled_events: ['call.completed'] })).body.id
})

function tryFilter(filter: unknown, of = id): Promise<Answered> {
  return world.call('POST', `/v1/webhook_endpoints/${of}/filter/try`, { filter })
}

async function send(order: number, event: Json = {}): Promise<string> {
  world.clock += 1000
  return (await world.send({ metadata: { order } }, event)).body.id
}

describe('a trial of a filter', () => {
  it('says of each of the newest events what would have become of it, newest first', async () => {
    const small = await send(1)
    const large = await send(10)
    const other = await send(10, { type: 'call.failed' })
    const gone = await send(10)
    await world.call('DELETE', `/v1/events/${gone}/payload`)
    const { status, body } = await tryFilter({ all: [{ path: 'metadata.order', gt: 9 }] })
    expect(status).toBe(200)
    expect(body.matched).toBe(1)
    const rows = body.data.map((one: Json) => [one.event_id, one.matches, one.reason, one.message])
    expect(rows).toEqual([
      [gone, false, 'not_read', undefined],
      [other, false, 'not_subscribed', undefined],
      [large, true, null, undefined],
      [small, false, 'filtered', 'all.0: metadata.order gt 9'],
    ])
    expect((await world.call('GET', `/v1/webhook_endpoints/${id}`)).body.filter).toBeNull()
  })

  it('looks at the newest hundred, and at none that is not about a call', async () => {
    for (let sent = 0; sent < 101; sent += 1) await send(sent)
    const { body } = await tryFilter(null)
    expect(body).toMatchObject({ matched: 100 })
    expect(body.data).toHaveLength(100)
  })

  it('reads payloads of some megabytes, and says which it did not', async () => {
    for (let sent = 0; sent < 20; sent += 1) await world.send({ prompt: 'x'.repeat(250_000) })
    const { body } = await tryFilter({ path: 'prompt', exists: true })
    expect(body.matched).toBeGreaterThanOrEqual(15)
    expect(body.data.at(-1)).toMatchObject({ matches: false, reason: 'not_read' })
  })

  it.each([
    [{ filter: { path: 'a', like: 1 } }, 'filter.like'],
    [{}, 'filter'],
    [{ filter: null, more: 1 }, 'more'],
  ])('%j is refused at %s', async (body, place) => {
    const refused = await world.call('POST', `/v1/webhook_endpoints/${id}/filter/try`, body)
    expectProblem(refused, 'invalid_request')
    expect(refused.body.issues[0].path).toBe(place)
  })

  it('finds no endpoint of another org', async () => {
    const other = await World.create()
    const { body } = await other.createEndpoint()
    const { status } = await tryFilter(null, body.id)
    expect(status).toBe(404)
  })
})
