// The list of deliveries: what it shows, filters, pages, and lets be selected.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { FRAGMENT, listed, textOf, Visitor } from './visitor.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

async function show(query: string): Promise<string[]> {
  return listed((await visitor.get(`/deliveries?${query}`)).text)
}

describe('the list of deliveries', () => {
  it('says how to get a first one', async () => {
    const { text } = await visitor.get('/deliveries')
    expect(text).toContain('No deliveries yet')
    expect(textOf(text)).toContain("curl 'https://api.callingbox.example/v1/events'")
  })

  it('shows them newest first, with what became of each', async () => {
    await world.createEndpoint({ description: 'Billing' })
    const first = await world.deliver()
    await world.drain()
    world.clock += MINUTE
    world.receiver.respond(503)
    const second = await world.deliver()
    await world.drain()
    const { text } = await visitor.get('/deliveries')
    expect(listed(text)).toEqual([second, first])
    expect(text).toContain('HTTP 503')
    expect(text).toContain('Retrying')
    expect(text).toContain('Delivered')
    expect(text).toContain('Billing')
  })

  it('filters by status, endpoint, event type, call and time, all in the URL', async () => {
    const { body: endpoint } = await world.createEndpoint({ enabled_events: ['call.busy'] })
    await world.createEndpoint({ enabled_events: ['call.completed'] })
    const callId = crypto.randomUUID()
    const { body: busy } = await world.send({ id: callId }, { type: 'call.busy' })
    await world.drain()
    world.clock += 2 * HOUR
    const { body: completed } = await world.send()
    const [old, recent] = [busy.deliveries[0].id, completed.deliveries[0].id]
    expect(await show('status=pending')).toEqual([recent])
    expect(await show('status=delivered')).toEqual([old])
    expect(await show(`endpoint=${endpoint.id}`)).toEqual([old])
    expect(await show('type=call.busy')).toEqual([old])
    expect(await show(`call=${callId.toUpperCase()}`)).toEqual([old])
    expect(await show('range=1h')).toEqual([recent])
    expect(await show('from=2026-11-23T13:00')).toEqual([recent])
    expect(await show('to=2026-11-23T13:00')).toEqual([old])
    expect(await show('status=delivered&type=call.completed')).toEqual([])
  })

  it('leads from a delivery’s id in the search field to its page', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    expect((await visitor.get(`/deliveries?q=${id}`)).path).toBe(`/deliveries/${id}`)
  })

  it.each(['', '&type=call.completed'])('pages through every row once%s (I2)', async (filter) => {
    await world.createEndpoint()
    const ids: string[] = []
    for (let count = 0; count < 5; count += 1) {
      world.clock += 1
      ids.unshift(await world.deliver())
    }
    const seen: string[] = []
    let path = `/deliveries?limit=2${filter}`
    while (path) {
      const { text } = await visitor.get(path)
      seen.push(...listed(text))
      const next = /class="next-page" href="\/dashboard([^"]+)"/.exec(text)?.[1] ?? ''
      path = next.replaceAll('&amp;', '&')
    }
    expect(seen).toEqual(ids)
  })

  it('offers new rows without moving the ones that are there', async () => {
    await world.createEndpoint()
    world.receiver.respond(500)
    const first = await world.deliver()
    const { text } = await visitor.get('/deliveries')
    const live = /hx-get="\/dashboard(\/deliveries\/live[^"]+)"/.exec(text)?.[1] ?? ''
    await world.drain()
    world.clock += 1000
    await world.deliver()
    const update = await visitor.get(live.replaceAll('&amp;', '&'), FRAGMENT)
    expect(update.text).toContain('1 new')
    expect(update.text).toContain(`hx-target="#s-${first}"`)
    expect(update.text).toContain('Retrying')
    expect(update.text).not.toContain('<tr')
  })
})
