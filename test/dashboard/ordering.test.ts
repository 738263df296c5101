// The order of an endpoint on its page, and what the pages of its deliveries say of it.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { FRAGMENT, textOf, Visitor } from './visitor.ts'

const CALL = '0b9c4b1e-0000-4000-8000-000000000001'

const FIELDS = { url: 'https://receiver.example/hooks', description: '', which: 'all' }

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

/** An ordered endpoint, and two deliveries of one call, the first of which has failed. */
async function deliverTwo(): Promise<[first: string, second: string]> {
  await world.createEndpoint({ ordering: 'call', ordering_max_wait_seconds: 120 })
  world.receiver.respond(500)
  const first = await world.deliver({ id: CALL })
  const second = await world.deliver({ id: CALL })
  await world.drain()
  return [first, second]
}

async function textAt(path: string): Promise<string> {
  return textOf((await visitor.get(path)).text)
}

describe('the order of an endpoint', () => {
  it('is ticked, saved, shown, left alone by a form without it, and taken away', async () => {
    const { id } = (await world.createEndpoint()).body
    const asked = { ...FIELDS, ordering: 'call', ordering_max_wait: '30' }
    const page = await visitor.post(`/endpoints/${id}`, asked)
    expect(page.path).toBe(`/endpoints/${id}?done=saved`)
    expect(page.text).toMatch(/name="ordering" value="call" checked/)
    expect(page.text).toMatch(/name="ordering_max_wait"[^>]* value="30"/)
    expect(textOf(page.text)).toContain('each waits for the one before it, at most 30 s')
    await visitor.post(`/endpoints/${id}`, FIELDS)
    expect(await world.endpoint(id)).toMatchObject({ ordering_max_wait_seconds: 30 })
    await visitor.post(`/endpoints/${id}`, { ...FIELDS, ordering: 'call', ordering_max_wait: '' })
    expect(await world.endpoint(id)).toMatchObject({ ordering_max_wait_seconds: 600 })
    const none = await visitor.post(`/endpoints/${id}`, { ...FIELDS, ordering_max_wait: '30' })
    expect(await world.endpoint(id)).toMatchObject({ ordering: null })
    expect(none.text).not.toMatch(/value="call" checked/)
    expect(textOf(none.text)).not.toContain('each waits for the one before it')
  })

  it('is asked for where an endpoint is made', async () => {
    const form = { ...FIELDS, ordering: 'call', ordering_max_wait: '86400', token: 'once' }
    await visitor.post('/endpoints/new', form)
    const { body } = await world.call('GET', '/v1/webhook_endpoints')
    expect(body.data).toMatchObject([{ ordering: 'call', ordering_max_wait_seconds: 86_400 }])
  })

  it('goes along when another URL is asked for', async () => {
    const { id } = (await world.createEndpoint()).body
    const url = 'https://other.example/'
    const moved = { ...FIELDS, url, ordering: 'call', ordering_max_wait: '7' }
    const page = await visitor.post(`/endpoints/${id}`, moved)
    expect(page.text).toMatch(/name="ordering_max_wait" value="7"/)
    await visitor.post(`/endpoints/${id}/change`, moved)
    expect(await world.endpoint(id)).toMatchObject({ url, ordering_max_wait_seconds: 7 })
  })

  it.each(['0', '86401', '1.5', 'ten'])('of %s seconds is refused', async (seconds) => {
    const { id } = (await world.createEndpoint()).body
    const asked = { ...FIELDS, ordering: 'call', ordering_max_wait: seconds }
    const page = await visitor.post(`/endpoints/${id}`, asked)
    expect([page.status, (await world.endpoint(id)).ordering]).toEqual([400, null])
    expect(textOf(page.text)).toContain('must be a whole number of seconds from 1 to 86400')
  })
})

describe('a delivery of an ordered endpoint', () => {
  it('says on its page for which one it waits, and until when', async () => {
    const [first, second] = await deliverTwo()
    const { text } = await visitor.get(`/deliveries/${second}`)
    expect(text).toContain(`<a href="/dashboard/deliveries/${first}">the one before it</a>`)
    expect(text).toContain('Its endpoint gets the events of a call in order, so this waits.')
    const until = new Date(world.clock + 120_000).toISOString()
    expect(text.split(`no later than <time datetime="${until}"`)).toHaveLength(2)
    expect(text).toContain('<span class="what">Waits for <a')
    expect(await textAt(`/deliveries/${first}`)).not.toContain('the one before it')
  })

  it('is told from others in lists, also as they go on', async () => {
    const [first, second] = await deliverTwo()
    const reason = 'for the one before it of its call'
    expect((await textAt('/deliveries')).split(reason)).toHaveLength(2)
    const path = `/deliveries/live?ids=${first},${second}&seen=x`
    const live = await visitor.request(path, { headers: FRAGMENT })
    expect((await live.text()).split(reason)).toHaveLength(2)
    await world.redeliver(second)
    expect(await textAt('/deliveries')).not.toContain(reason)
  })

  it('says of an attempt which one it overtook', async () => {
    const [first, second] = await deliverTwo()
    await world.pass(121_000)
    const { text } = await visitor.get(`/deliveries/${second}`)
    expect(text).toContain(
      `overtook <a href="/dashboard/deliveries/${first}">the one before it</a>`,
    )
    expect(await textAt(`/deliveries/${first}`)).not.toContain('overtook')
  })
})
