// Changes asked for by other sites, and forms as no browser sends them.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { Visitor } from './visitor.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
})

describe('a change', () => {
  it.each([
    { from: 'another site', headers: { Origin: 'https://evil.example' } },
    { from: 'a sandboxed frame', headers: { Origin: 'null' } },
    { from: 'a sibling site', headers: { Origin: '', 'Sec-Fetch-Site': 'same-site' } },
    { from: 'nowhere', headers: { Origin: '' } },
  ])('is refused from $from', async ({ headers }) => {
    await world.createEndpoint()
    const id = await world.deliver()
    const visitor = await Visitor.signedIn(world)
    const response = await visitor.send(`/deliveries/${id}/redeliver`, {}, headers)
    expect(response.status).toBe(403)
    expect((await world.delivery(id)).manual_retry_count).toBe(0)
  })

  it('is refused from another site without a content type, too', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const visitor = await Visitor.signedIn(world)
    const headers = { Origin: 'https://evil.example' }
    const response = await visitor.request(`/deliveries/${id}/redeliver`, {
      method: 'POST',
      headers,
    })
    expect(response.status).toBe(403)
  })

  it('is never made by a link', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const visitor = await Visitor.signedIn(world)
    expect((await visitor.get(`/deliveries/${id}/redeliver`)).status).toBe(404)
    expect((await world.delivery(id)).manual_retry_count).toBe(0)
  })
})
