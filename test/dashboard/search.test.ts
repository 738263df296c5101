// What is searched for, and what of an address makes no sense.
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'
import { wordsOf } from './replays/forms.ts'
import { listed, Visitor } from './visitor.ts'

const CALL = '4f6a1c2e-9d1b-4c55-8a0e-2b7f6d3e9a10'

let world: World
let visitor: Visitor
let ids: string[] = []
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  await world.createEndpoint({
    url: 'https://billing.example:8443/hooks/desk.example?x=other.example',
  })
  ids = [await world.deliver({ id: CALL })]
  world.clock += 600_000
  ids.unshift(await world.deliver())
})

function search(q: string, more = '') {
  return visitor.get(`/deliveries?q=${encodeURIComponent(q)}${more}`)
}

describe('a search', () => {
  it.each<[string, (id: string) => string]>([
    ['its first 13 characters', (id) => id.slice(0, 13)],
    ['the same in capitals', (id) => id.slice(0, 13).toUpperCase()],
    ['the same without the hyphen', (id) => id.slice(0, 13).replace('-', '')],
    ['the same with one behind', (id) => id.slice(0, 14)],
    ['its first eight', (id) => id.slice(0, 8)],
    ['all but its last character', (id) => id.slice(0, -1)],
  ])('finds a delivery by %s', async (_by, part) => {
    expect(listed((await search(part(ids[1] ?? ''))).text)).toEqual([ids[1]])
  })

  it('leads from a whole delivery’s id to its page, and from a call’s to its list', async () => {
    expect((await search(ids[1] ?? '')).path).toBe(`/deliveries/${ids[1]}`)
    expect((await search(CALL)).path).toBe(`/deliveries?call=${CALL}`)
    expect((await search(CALL.slice(0, 8), '&status=pending')).path).toBe(
      `/deliveries?status=pending&call=${CALL}`,
    )
  })

  it('leads from an event’s id to its page, be there deliveries of it or not', async () => {
    const event = `${ids[1]?.slice(0, -4)}0000`
    expect((await search(event.toUpperCase())).path).toBe(`/events/${event}`)
    const { key } = await world.createOrg('Nobody listens')
    const { body } = await world.send({}, {}, { key })
    const other = await Visitor.signedIn(world, key)
    expect((await other.get(`/deliveries?q=${body.id}`)).path).toBe(`/events/${body.id}`)
  })

  it('leads from a call’s id to its events where nobody got any, its own organization alone (X1)', async () => {
    const { key } = await world.createOrg('Nobody listens')
    const callId = '7d0e4b11-2c3d-4e5f-8a6b-9c0d1e2f3a4b'
    const { body } = await world.send({ id: callId }, {}, { key })
    const other = await Visitor.signedIn(world, key)
    const found = await other.get(`/deliveries?q=${callId}`)
    expect([found.path, found.text.includes(body.id)]).toEqual([`/events?call=${callId}`, true])
    expect((await search(callId)).text).toContain('Nothing matches')
  })

  it('leads on from a call’s deliveries to its events', async () => {
    expect((await search(CALL)).text).toContain(`href="/dashboard/events?call=${CALL}"`)
    expect((await visitor.get('/deliveries')).text).not.toContain('/dashboard/events?call=')
  })

  it('offers the calls that begin alike', async () => {
    const other = `${CALL.slice(0, 9)}0000-4c55-8a0e-2b7f6d3e9a10`
    await world.deliver({ id: other })
    const { text } = await search(CALL.slice(0, 8))
    for (const id of [CALL, other])
      expect(text).toContain(`href="/dashboard/deliveries?call=${id}"`)
  })

  it.each([
    'billing.example',
    'billing',
    'BILLING.example:8443',
    'https://billing.example:8443/hooks',
  ])('finds deliveries by their host: %s', async (host) => {
    expect(listed((await search(host)).text)).toEqual(ids)
  })

  it.each([
    'desk.example',
    'other.example',
    '4f6a1c2',
    '019a2f6e-0000',
    'no such thing',
    '%',
    "' OR 1=1 --",
  ])('says that nothing matches, and keeps what was typed: %s', async (typed) => {
    const { text } = await search(typed)
    expect(listed(text)).toEqual([])
    expect(wordsOf(text)).toContain(`Nothing matches “${typed}”`)
    expect(wordsOf(text)).toContain('the first 8 characters')
    expect(text).not.toContain('Redeliver selected')
    const field = /type="search" name="q" value="([^"]*)"/.exec(text)?.[1]
    expect(wordsOf(`<main>${field}`)).toBe(typed)
  })

  it('finds nothing of another organization (X1)', async () => {
    const { key } = await world.createOrg('Other')
    const stranger = await Visitor.signedIn(world, key)
    for (const q of [
      ids[1] ?? '',
      `${ids[1]?.slice(0, -4)}0000`,
      CALL,
      CALL.slice(0, 8),
      'billing.example',
    ]) {
      const { text } = await stranger.get(`/deliveries?q=${q}`)
      expect(listed(text)).toEqual([])
      expect(wordsOf(text)).toContain('Nothing matches')
    }
  })

  it('offers no replay, which has no such filter', async () => {
    expect((await search('billing')).text).not.toContain('Replay all')
  })
})

describe('an address that makes no sense', () => {
  it.each([
    ['status=lost', 'status “lost”'],
    ['stauts=pending', '“stauts” is not known here'],
    ['endpoint=x', 'endpoint “x” is no id'],
    ['type=%00', 'type “'],
    ['call=1', 'call “1” is no id'],
    ['range=ever', 'range “ever”'],
    ['from=soon', 'from “soon”'],
    ['limit=-1', 'limit “-1”'],
    ['limit=1e1', 'limit “1e1”'],
    ['after=z', 'after “z”'],
    ['status=pending&status=delivered', 'status is given 2 times'],
    ['__proto__=1', '“__proto__” is not known here'],
  ])('is told, and shows nothing to redeliver: %s', async (query, words) => {
    const page = await visitor.get(
      `/deliveries?${query}&type=call.completed`.replace(
        'type=%00&type=call.completed',
        'type=%00',
      ),
    )
    expect(page.status).toBe(400)
    expect(wordsOf(page.text)).toContain(words)
    expect(listed(page.text)).toEqual([])
    expect(page.text).toContain('Leave that out')
  })

  it.each(['status=lost', 'stauts=pending', 'endpoint=x', 'from=soon', 'call=1'])(
    'exports nothing, not everything: %s',
    async (query) => {
      const file = await visitor.request(`/deliveries/export?format=csv&${query}`)
      expect(file.status).toBe(400)
      expect(file.headers.get('Content-Disposition')).toBeNull()
    },
  )

  it.each(['status=lost', 'stauts=pending', 'endpoint=x', 'from=soon', 'call=1'])(
    'plans no replay of more than was asked for: %s',
    async (query) => {
      const page = await visitor.get(`/replays/new?${query}&token=${crypto.randomUUID()}`)
      expect(page.status).toBe(400)
      expect(wordsOf(page.text)).toContain('It cannot be started')
      expect(page.text).not.toMatch(/<form method="post" action="\/dashboard\/replays\/new"/)
      const started = await visitor.post(
        `/replays/new`,
        Object.fromEntries(new URLSearchParams(query)),
      )
      expect(started.status).toBe(400)
      const { body } = await world.call('GET', '/v1/webhook_replays')
      expect(body.data satisfies Json).toEqual([])
    },
  )
})
