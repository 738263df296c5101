// From the list's filters to a plan, and from the plan to one replay.
import { beforeEach, describe, expect, it } from 'vitest'
import { createEndpoints, store } from '../../replay/range.ts'
import { World, type Json } from '../../world.ts'
import { textOf, Visitor } from '../visitor.ts'
import { hrefOf, startFields, wordsOf } from './forms.ts'

const HOUR = 3_600_000

let world: World
let visitor: Visitor
let endpoints: string[]
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  endpoints = await createEndpoints(world, 2)
})

async function replays(): Promise<Json[]> {
  const { body } = await world.call('GET', '/v1/webhook_replays')
  return body.data
}

function planOf(query: string) {
  return visitor.get(`/replays/new?${query}`)
}

describe('the list of deliveries', () => {
  it('leads to a plan of all that its filters match, not only of what is on the page', async () => {
    await store(world, endpoints, 120)
    const list = await visitor.get(`/deliveries?status=exhausted&endpoint=${endpoints[0]}`)
    const plan = await visitor.get(hrefOf(list.text, 'Replay all'))
    expect(wordsOf(plan.text)).toContain('Replay all 60 deliveries that match')
    expect(plan.text).toContain('value="exhausted" checked')
    expect(plan.text).toContain(`value="${endpoints[0]}" selected`)
  })

  it('says how many they are where they are all on the page', async () => {
    await store(world, endpoints, 7)
    expect(wordsOf((await visitor.get('/deliveries?status=exhausted')).text)).toContain(
      'Replay all 7 that match…',
    )
    expect(wordsOf((await visitor.get('/deliveries?limit=3')).text)).toContain('Replay all…')
  })

  it('has nothing to replay where nothing is listed', async () => {
    expect((await visitor.get('/deliveries')).text).not.toContain('/replays/new')
  })
})

describe('a plan', () => {
  it('tells of which kinds they are, and how long they take', async () => {
    await store(world, [...endpoints, null], 90)
    await store(world, endpoints, 10, { status: `'delivered'`, from: 90 })
    const words = wordsOf((await planOf('rate=10')).text)
    expect(words).toMatch(/Deliveries 100 created 2026-/)
    expect(words).toContain('exhausted 90')
    expect(words).toContain('delivered 10')
    expect(words).toContain('receiver0.example/ 35')
    expect(words).toContain('inline 30')
    expect(words).toMatch(/Takes 10 s ?, longer/)
  })

  it('tells apart what an endpoint has missed, and starts a replay that makes it', async () => {
    const [one = ''] = endpoints
    const path = `/v1/webhook_endpoints/${one}`
    await world.call('PATCH', path, { status: 'disabled' })
    const page = await visitor.get(`/endpoints/${one}`)
    expect(hrefOf(page.text, 'Since it is disabled')).toContain('&missing=true')
    for (let sent = 0; sent < 3; sent += 1) await world.send()
    await world.drain()
    await world.call('PATCH', path, { status: 'enabled' })
    world.clock += 1000
    const query = `status=exhausted&endpoint=${one}&from=2026-11-23T11:00&missing=true`
    const { text } = await planOf(query)
    expect(wordsOf(text)).toContain('Exhausted · and what was missed · to')
    expect(wordsOf(text)).toContain('Replay all 3 deliveries that match')
    expect(wordsOf(text)).toContain('missed: no delivery yet 3')
    expect(text).toContain('name="missing" value="true" checked')
    expect(startFields(text)).toMatchObject({ missing: 'true', status: 'exhausted', endpoint: one })
    await visitor.post('/replays/new', startFields(text))
    expect(await replays()).toMatchObject([{ missing: true, total: 3 }])
    const [{ id }] = await replays()
    const shown = await visitor.get(`/replays/${id}`)
    expect(wordsOf(shown.text)).toContain('Exhausted · and what was missed · to')
  })

  it('is of what there is unless what was missed is asked for', async () => {
    await store(world, endpoints, 2)
    const { text } = await planOf('')
    expect(wordsOf(text)).toContain('Every delivery')
    expect(wordsOf(text)).not.toContain('missed:')
    expect(startFields(text)).not.toHaveProperty('missing')
    expect(wordsOf((await planOf('missing=maybe')).text)).toContain(
      'missing: “maybe” makes no sense',
    )
  })

  it('warns of an endpoint that is disabled, and of one that was deleted', async () => {
    await store(world, endpoints, 6)
    const path = '/v1/webhook_endpoints'
    await world.call('PATCH', `${path}/${endpoints[0]}`, { status: 'disabled' })
    await world.call('DELETE', `${path}/${endpoints[1]}`)
    const words = wordsOf((await planOf('')).text)
    expect(words).toContain('receiver0.example/ , 3 deliveries: The endpoint is disabled')
    expect(words).toMatch(/\(deleted\) ?, 3 deliveries: The endpoint was deleted/)
  })

  it('fixes where a range begins that counts back from now', async () => {
    const { path, text } = await planOf('range=24h&to=2020-01-01T00:00')
    expect(new URLSearchParams(path.split('?')[1]).get('from')).toBe('2026-11-22T12:00:00')
    expect(path).not.toContain('range=')
    expect(startFields(text)).toMatchObject({ from: '2026-11-22T12:00:00' })
    expect(startFields(text)).not.toHaveProperty('to')
  })

  it('says what it has left out of a URL', async () => {
    await store(world, endpoints, 4)
    const { text, status } = await planOf('status=lost&rate=501&endpoint=x&from=soon&call=1')
    expect(status).toBe(400)
    const words = wordsOf(text)
    for (const fault of ['status: “lost”', 'endpoint: “x”', 'from: “soon”', 'call: “1”']) {
      expect(words).toContain(`${fault} makes no sense`)
    }
    expect(words).toContain('rate: must be from 1 to 500 deliveries a second')
    expect(words).toContain('Replay all 4 deliveries')
  })

  it('asks where they go only if their endpoint has another URL by now', async () => {
    await store(world, endpoints, 10)
    expect((await planOf('')).text).not.toContain('name="recipient"')
    const url = 'https://mended.example/hooks'
    await world.call('PATCH', `/v1/webhook_endpoints/${endpoints[1]}`, { url })
    const { text } = await planOf('')
    expect(text.match(/<input type="radio" name="recipient"[^>]*required/g)).toHaveLength(2)
    expect(text).not.toMatch(/name="recipient"[^>]*checked/)
    expect(wordsOf(text)).toContain('5 were made for a URL that their endpoint no longer has')
    expect(wordsOf(text)).toContain(`now ${url}`)
  })

  it('has nothing to start where nothing matches', async () => {
    const { text } = await planOf('')
    expect(text).toMatch(/<button class="primary" disabled[^>]*>Nothing to replay/)
    expect(await replays()).toEqual([])
  })
})

describe('the start', () => {
  it('starts the replay that was planned, with its terms, and shows it', async () => {
    await store(world, endpoints, 20)
    const query = `status=exhausted&endpoint=${endpoints[0]}&type=call.completed&from=2026-01-01T00:00`
    const fields = startFields((await planOf(query)).text)
    const page = await visitor.post('/replays/new', { ...fields, rate: '7', reason: ' An outage ' })
    const [replay] = await replays()
    expect(page.path).toBe(`/replays/${replay.id}?done=started`)
    expect(page.status).toBe(200)
    expect(replay).toMatchObject({
      rate_per_second: 7,
      reason: 'An outage',
      to: 'original',
      filter: {
        status: ['exhausted'],
        endpoint_id: endpoints[0],
        event_type: ['call.completed'],
        created_after: '2026-01-01T00:00:00Z',
      },
      created_by: `dashboard:${world.key.slice(8, 16)}`,
    })
  })

  it('goes to the present URL where that was chosen', async () => {
    await store(world, endpoints, 4)
    const fields = startFields((await planOf('')).text)
    await visitor.post('/replays/new', { ...fields, recipient: 'current' })
    expect(await replays()).toMatchObject([{ to: 'current' }])
  })

  it('is made once by a form that is sent twice at a time (I1)', async () => {
    await store(world, endpoints, 4)
    const fields = startFields((await planOf('')).text)
    const both = await Promise.all([
      visitor.send('/replays/new', fields),
      visitor.send('/replays/new', fields),
    ])
    expect(await replays()).toHaveLength(1)
    const [first, second] = both.map(({ headers }) => headers.get('Location')?.split('?')[0])
    expect(second).toBe(first)
  })

  it('is made once though the plan is gone back to, and changed (I1)', async () => {
    await store(world, endpoints, 4)
    const { path, text } = await planOf('status=exhausted')
    await visitor.post('/replays/new', startFields(text))
    const again = startFields((await visitor.get(path)).text)
    const page = await visitor.post('/replays/new', { ...again, rate: '500', reason: 'Once more' })
    const [replay, ...others] = await replays()
    expect(others).toEqual([])
    expect(page.path).toBe(`/replays/${replay.id}?done=again`)
    expect(wordsOf(page.text)).toContain('no other was started')
  })

  it('is made anew by a new plan', async () => {
    await store(world, endpoints, 4)
    for (let plans = 0; plans < 2; plans += 1) {
      await visitor.post('/replays/new', startFields((await planOf('')).text))
    }
    expect(await replays()).toHaveLength(2)
  })

  it.each([
    { status: 'lost' },
    { endpoint: 'all' },
    { type: ['call.busy', 'call.lost'] },
    { call: '1' },
    { from: 'soon' },
    { from: '2026-02-01T00:00', to: '2026-01-01T00:00' },
    { rate: '0' },
    { rate: '501' },
    { rate: 'fast' },
    { recipient: 'elsewhere' },
  ])('starts nothing for %j, which would be less of a filter', async (fields) => {
    await store(world, endpoints, 4)
    const page = await visitor.post('/replays/new', { token: crypto.randomUUID(), ...fields })
    expect(page.status).toBe(400)
    expect(page.text).toContain('class="notice bad"')
    expect(await replays()).toEqual([])
  })

  it('starts nothing for a reason that is too long, which is still there', async () => {
    await store(world, endpoints, 4)
    const reason = 'x'.repeat(501)
    const page = await visitor.post('/replays/new', { token: crypto.randomUUID(), reason })
    expect(page.status).toBe(400)
    expect(wordsOf(page.text)).toContain('reason: must have at most 500 characters')
    expect(page.text).toContain(`value="${reason}"`)
    expect(await replays()).toEqual([])
  })

  it('is refused while ten run, with the plan still there', async () => {
    await store(world, endpoints, 4)
    for (let running = 0; running < 10; running += 1) {
      await world.call('POST', '/v1/webhook_replays', { filter: {} })
    }
    const fields = startFields((await planOf('status=exhausted')).text)
    const page = await visitor.post('/replays/new', { ...fields, reason: 'The eleventh' })
    expect(page.status).toBe(409)
    expect(textOf(page.text)).toContain('As many replays')
    expect(page.text).toContain('value="The eleventh"')
    expect(startFields(page.text)).toMatchObject({ status: 'exhausted', token: fields['token'] })
    expect(await replays()).toHaveLength(10)
  })
})

describe('an endpoint that was down', () => {
  it('is recovered in two clicks from its page, since it is unwell', async () => {
    world.receiver.respond(503)
    const { body: endpoint } = await world.createEndpoint({ url: 'https://down.example/' })
    world.clock += HOUR
    const failing = await world.send()
    await world.drain()
    world.clock += 1000
    const pages = [await visitor.get(`/endpoints/${endpoint.id}`)]
    pages.push(await visitor.get(hrefOf(pages[0]?.text ?? '', 'Since it is unwell')))
    const { text } = pages[1] ?? { text: '' }
    expect(startFields(text)).toMatchObject({
      status: ['pending', 'exhausted'],
      endpoint: endpoint.id,
      from: '2026-11-23T12:59:00',
    })
    const count = failing.body.deliveries.length
    expect(count).toBe(3)
    expect(wordsOf(text)).toContain('Replay the one delivery that matches')
    await visitor.post('/replays/new', startFields(text))
    expect(await replays()).toMatchObject([{ total: 1 }])
  })

  it('is recovered since its oldest exhausted delivery, or since it was disabled', async () => {
    await store(world, endpoints, 10)
    const path = `/v1/webhook_endpoints/${endpoints[0]}`
    const before = await visitor.get(`/endpoints/${endpoints[0]}`)
    expect(before.text).not.toContain('Since it is disabled')
    const plan = await visitor.get(hrefOf(before.text, 'Since its oldest exhausted delivery'))
    expect(wordsOf(plan.text)).toContain('Replay all 5 deliveries that match')
    await world.call('PATCH', path, { status: 'disabled' })
    const after = await visitor.get(`/endpoints/${endpoints[0]}`)
    const url = hrefOf(after.text, 'Since it is disabled')
    expect(new URLSearchParams(url.split('?')[1]).get('from')).toBe('2026-11-23T11:59:00')
  })

  it('has nothing to recover while it has missed nothing', async () => {
    expect((await visitor.get(`/endpoints/${endpoints[0]}`)).text).not.toContain('Recover this')
  })
})
