// Operational events on the dashboard: boxes apart from those of calls, and lists apart from theirs.
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'
import { Visitor } from './visitor.ts'

let world: World
let visitor: Visitor
let endpoint: Json

beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  const enabled = ['*', 'endpoint.disabled']
  endpoint = (await world.createEndpoint({ enabled_events: enabled })).body
})

async function test(type: string): Promise<string> {
  const path = `/v1/webhook_endpoints/${endpoint.id}/test`
  const { body } = await world.call('POST', path, { type })
  await world.drain()
  return body.id
}

describe('the form of an endpoint', () => {
  it('has boxes for them, ticked as they are, whichever calls it takes', async () => {
    const { text } = await visitor.get(`/endpoints/${endpoint.id}`)
    const boxOf = (type: string) => new RegExp(`<input[^>]*value="${type}"[^>]*>`).exec(text)?.[0]
    expect(boxOf('endpoint.disabled')).toContain('checked')
    expect(boxOf('replay.paused')).not.toContain('checked')
  })

  it('keeps those that are ticked beside all events of calls', async () => {
    const path = `/endpoints/${endpoint.id}/change`
    const events = ['call.busy', 'key.expiring']
    await visitor.post(path, { url: endpoint.url, description: '', which: 'all', events })
    expect((await world.endpoint(endpoint.id)).enabled_events).toEqual(['*', 'key.expiring'])
  })
})

describe('the lists', () => {
  it('show them where they are asked for alone, and no call', async () => {
    const id = await test('endpoint.disabled')
    for (const path of ['/deliveries', '/events']) {
      expect((await visitor.get(path)).text).not.toContain('endpoint.disabled</a>')
      const { text } = await visitor.get(`${path}?kind=operational`)
      expect(text).toContain(id.slice(0, 32))
    }
    expect((await visitor.get('/deliveries?kind=operational')).text).not.toContain(
      'Call operational',
    )
  })

  it('say of one that it is about no call', async () => {
    const id = await test('endpoint.disabled')
    const sentence = 'None: it is about the service itself'
    const eventId = `${id.slice(0, 32)}0000`
    expect((await visitor.get(`/deliveries/${id}`)).text).toContain(sentence)
    expect((await visitor.get(`/events/${eventId}`)).text).toContain(sentence)
  })
})

describe('the page of a test', () => {
  it('sends one of them as it is made up', async () => {
    const { text } = await visitor.get(`/endpoints/${endpoint.id}/test?type=endpoint.disabled`)
    expect(text).toMatch(/<textarea[^>]*readonly/)
    expect(text).toContain('too_many_failures')
    const fields = { type: 'endpoint.disabled', payload: '{}', token: crypto.randomUUID() }
    const { status } = await visitor.send(`/endpoints/${endpoint.id}/test`, fields)
    expect(status).toBe(303)
    const { body } = await world.call('GET', '/v1/events?kind=operational')
    expect(body.data).toMatchObject([{ type: 'endpoint.disabled' }])
  })
})
