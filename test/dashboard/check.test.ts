// The check of a receiver on its endpoint's page.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { textOf, Visitor } from './visitor.ts'

let world: World
let visitor: Visitor
let id: string
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  id = (await world.createEndpoint()).body.id
})

describe('the button that checks a receiver', () => {
  it('shows on the page what was found, and delivers nothing', async () => {
    expect(textOf((await visitor.get(`/endpoints/${id}`)).text)).toContain('Check the receiver')
    const { status, text } = await visitor.post(`/endpoints/${id}/check`, {})
    expect(status).toBe(200)
    expect(textOf(text)).toContain('What the check found')
    expect(textOf(text)).toContain('200 to a webhook with a wrong signature')
    expect(textOf(text)).toContain('2 to mend')
    expect((await world.call('GET', '/v1/webhook_deliveries')).body.data).toEqual([])
  })

  it('is there for a disabled endpoint, too', async () => {
    await world.call('PATCH', `/v1/webhook_endpoints/${id}`, { status: 'disabled' })
    world.receiver.respond(401)
    const { text } = await visitor.post(`/endpoints/${id}/check`, {})
    expect(textOf(text)).toContain('It answers 401')
    expect(textOf(text)).toContain('1 request, no delivery')
  })

  it('leads from its address to the page of the endpoint', async () => {
    expect((await visitor.get(`/endpoints/${id}/check`)).path).toBe(`/endpoints/${id}`)
    expect(world.receiver.received).toEqual([])
  })
})
