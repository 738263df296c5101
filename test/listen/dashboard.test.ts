// What the dashboard shows of an endpoint that is listened to: words where others have a URL.
import { beforeEach, describe, expect, it } from 'vitest'
import { textOf, Visitor } from '../dashboard/visitor.ts'
import { World } from '../world.ts'
import { makeListened } from './ear.ts'

const WORDS = 'listens on the command line'

let world: World
let visitor: Visitor
let endpointId: string
let id: string
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  endpointId = (await makeListened(world)).id
  id = await world.deliver()
  await world.drain()
})

describe('an endpoint that is listened to', () => {
  it('is so called wherever another’s URL is shown', async () => {
    const pages = ['/endpoints', `/endpoints/${endpointId}`, `/endpoints/${endpointId}/test`]
    for (const path of [...pages, '/deliveries', `/deliveries/${id}`]) {
      const { status, text } = await visitor.get(path)
      expect([path, status]).toEqual([path, 200])
      expect(textOf(text)).toContain(WORDS)
      expect(textOf(text).replaceAll(/="[^"]*"/g, '')).not.toContain('listen:')
    }
  })

  it('has deliveries that are offered, and nothing to copy that sends them nowhere', async () => {
    const { text } = await visitor.get(`/deliveries/${id}`)
    expect(text).toContain('Offered to whoever listens')
    expect(text).not.toContain('As curl')
    expect((await visitor.get('/deliveries')).text).toContain('>Offered<')
  })

  it('may be changed, its URL as it was, and not to another', async () => {
    const fields = { url: 'listen:', description: 'Mine', which: 'all' }
    await visitor.post(`/endpoints/${endpointId}`, fields)
    expect(await world.endpoint(endpointId)).toMatchObject({ description: 'Mine' })
    const elsewhere = { ...fields, url: 'https://receiver.example/' }
    const { text } = await visitor.post(`/endpoints/${endpointId}/change`, elsewhere)
    expect(textOf(text)).toContain('cannot be changed')
    expect(await world.endpoint(endpointId)).toMatchObject({ url: 'listen:' })
  })
})
