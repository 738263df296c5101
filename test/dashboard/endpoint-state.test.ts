// What pages say of an endpoint's state is so, and stays so.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { Visitor } from './visitor.ts'

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

describe('an endpoint that is slow and has lost nothing', () => {
  it('is neither among the worst nor offered to be recovered', async () => {
    const { body } = await world.createEndpoint({ description: 'Ledger' })
    world.sleep = () => scheduler.wait(0)
    world.receiver.answer = async () => {
      world.clock += 1500
      await scheduler.wait(1)
      return new Response(null, { status: 200 })
    }
    await world.deliver()
    await world.drain()
    const { text } = await visitor.get(`/endpoints/${body.id}`)
    expect(text).toContain('>Slow<')
    expect(text).not.toContain('Since it is unwell')
    const overview = await visitor.get('')
    expect(overview.text).toContain('No endpoint has lost a delivery.')
    expect(overview.text).toContain('100 %')
  })
})

describe('an endpoint that was deleted', () => {
  it('stays named in the filters that lead to its deliveries, and none that is not', async () => {
    const { body } = await world.createEndpoint({ description: 'Ledger' })
    await world.deliver()
    await visitor.post(`/endpoints/${body.id}/delete`)
    for (const path of [`/deliveries?endpoint=${body.id}`, `/replays/new?endpoint=${body.id}`]) {
      const { text } = await visitor.get(path)
      const chosen = new RegExp(`<option value="${body.id}" selected="">([^<]*)<`).exec(text)
      expect([path, chosen?.[1]]).toEqual([path, `Endpoint …${body.id.slice(-12)} (deleted)`])
      expect((await visitor.get(path.split('?')[0] ?? '')).text).not.toContain('(deleted)')
    }
  })

  it('has a page that says so to its own organization alone (X1)', async () => {
    const { body } = await world.createEndpoint({ description: 'Ledger' })
    await visitor.post(`/endpoints/${body.id}/delete`)
    const { text, status } = await visitor.get(`/endpoints/${body.id}`)
    expect([status, text.includes('Ledger')]).toEqual([200, true])
    const other = await world.createOrg('Other')
    const stranger = await Visitor.signedIn(world, other.key)
    expect((await stranger.get(`/endpoints/${body.id}`)).status).toBe(404)
  })
})
