// A delivery's page shows whatever call the intake accepts.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../../world.ts'
import { textOf, Visitor } from '../visitor.ts'

const CALL_ID = '7f9c2ba4-e88f-4271-a64b-3ac0f6a1e5d3'

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  await world.createEndpoint()
})

const nested = (depth: number, inside = '') => '['.repeat(depth) + inside + ']'.repeat(depth)

describe('the page of a delivery', () => {
  it.each([
    ['half a surrogate', String.raw`"\ud83d"`],
    ['an escaped U+0000', String.raw`"\u0000"`],
    ['a repeated member', '{"a":1,"a":2,"__proto__":3}'],
    ['markup', '"</pre><script>"'],
    ['500 levels', nested(499)],
    ['500 levels with much in them', nested(499, `${'0,'.repeat(25_000)}0`)],
    ['more than a page shows', nested(499, `${'0,'.repeat(100_000)}0`)],
  ])('shows a call with %s', async (_, value) => {
    const call = `{"id":"${CALL_ID}","x":${value}}`
    const { body } = await world.call('POST', '/v1/events', `{"type":"call.busy","call":${call}}`)
    world.receiver.respond(500)
    await world.drain()
    const [{ id }] = body.deliveries
    const page = await visitor.get(`/deliveries/${id}`)
    expect(page.status).toBe(200)
    expect(page.text.length).toBeLessThan(1_000_000)
    const raw = textOf(/<pre id="raw-body"[^>]*>(.*?)<\/pre>/s.exec(page.text)?.[1] ?? '')
    expect(call).toContain(raw.replace(/^.*?"data":\{"call":/, '').replace(/…$|\}\}$/, ''))
    const { status, text } = await visitor.get(`/deliveries/${id}/body`)
    expect(status).toBe(200)
    expect(text).toContain(call)
    expect((await visitor.get('/deliveries')).status).toBe(200)
  })

  it('shows a call whose id is in capitals', async () => {
    const id = await world.deliver({ id: CALL_ID.toUpperCase(), note: 'blue' })
    const { text } = await visitor.get(`/deliveries/${id}`)
    expect(textOf(text)).toContain('"note":"blue"')
  })
})
