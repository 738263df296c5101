// The keys that a page lists, which are those that its script listens to: where, and to whom.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { guest } from './portal/guest.ts'
import { Visitor } from './visitor.ts'

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

function keysIn(html: string): string[] {
  return [...html.matchAll(/data-key="([^"]+)"/g)].map(([, key = '']) => key)
}

describe('the keys of a page', () => {
  const ALL = ['/', '?', 'j', 'k', 'Enter', 'x', 'r']

  it.each(['', '/deliveries', '/replays', '/endpoints', '/settings', '/deliveries/nothing'])(
    'are listed behind a button, and can be switched off: %s',
    async (path) => {
      const { text } = await visitor.get(path)
      expect(keysIn(text)).toEqual(ALL)
      expect(text.match(/data-show-shortcuts/g)).toHaveLength(1)
      expect(text.match(/data-shortcuts-switch/g)).toHaveLength(1)
    },
  )

  it('have none that redelivers for who may only look', async () => {
    const { text } = await (await guest(world, ['read'])).get('/deliveries')
    expect(keysIn(text)).toEqual(ALL.slice(0, 5))
    const operator = await guest(world, ['read', 'operate'])
    expect(keysIn((await operator.get('/deliveries')).text)).toEqual(ALL)
  })

  it('are none where nobody has signed in', async () => {
    const { text } = await new Visitor(world).get('/sign-in')
    expect(text).not.toMatch(/data-key|data-show-shortcuts|<dialog/)
  })

  it('lead to a search that is there, however little the list has', async () => {
    const [, path = '', id] =
      /data-search="\/dashboard([^"#]*)#([^"]+)"/.exec((await visitor.get('/settings')).text) ?? []
    expect((await visitor.get(path)).text).toMatch(new RegExp(`<input id="${id}" type="search"`))
  })

  it('ask about a row on the page that its own button asks on, where there are two URLs', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const id = await world.deliver()
    const asks = new RegExp(`href="/dashboard/deliveries/${id}" data-asks-where`)
    expect((await visitor.get('/deliveries')).text).not.toMatch(asks)
    const path = `/v1/webhook_endpoints/${endpoint.id}`
    await world.call('PATCH', path, { url: 'https://elsewhere.example/' })
    expect((await visitor.get('/deliveries')).text).toMatch(asks)
  })
})
