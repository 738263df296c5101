// A replay's page: how far it is, what failed and why, and what a person can do to it.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createEndpoints, store } from '../../replay/range.ts'
import { World, type Json } from '../../world.ts'
import { FRAGMENT, textOf, Visitor } from '../visitor.ts'
import { hrefOf, wordsOf } from './forms.ts'

const SECOND = 1000
const MINUTE = 60_000

let world: World
let visitor: Visitor
let endpoints: string[]
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  endpoints = await createEndpoints(world, 2)
})

/** Starts a replay of all that there is; its id. */
async function start(request: Json = {}): Promise<string> {
  const { body } = await world.call('POST', '/v1/webhook_replays', { filter: {}, ...request })
  return body.id
}

async function replay(id: string): Promise<Json> {
  const { body } = await world.call('GET', `/v1/webhook_replays/${id}`)
  return body
}

/** What an open page asks for next; undefined when it asks no more. */
function nextLook(html: string): string | undefined {
  const url = /hx-get="\/dashboard(\/replays\/[^"]+)"/.exec(html)?.[1]
  return url && textOf(url)
}

describe('a replay', () => {
  it('shows how far it is, how fast, and when it is through', async () => {
    await store(world, endpoints, 300)
    const id = await start({ rate_per_second: 5, reason: 'The outage' })
    await world.pass(30 * SECOND)
    const { text } = await visitor.get(`/replays/${id}`)
    const { replayed, delivered } = await replay(id)
    expect(replayed).toBeGreaterThan(100)
    expect(text).toMatch(new RegExp(`<progress[^>]*max="300"[^>]*value="${replayed}"`))
    const words = wordsOf(text)
    const percent = Math.floor(replayed / 3)
    expect(words).toContain(`${replayed} of 300 sent or skipped, ${percent} %`)
    expect(words).toContain(`Sent ${replayed}`)
    expect(words).toContain(`Delivered ${delivered}`)
    expect(words).toContain(`Remaining ${300 - replayed} done in`)
    expect(words).toContain('of 5 at most')
    expect(words).toContain('The outage')
  })

  it('tells each tenth to who listens, not each percent', async () => {
    await store(world, endpoints, 1000)
    const id = await start({ rate_per_second: 5 })
    const told: (string | undefined)[] = []
    for (let looks = 0; looks < 3; looks += 1) {
      await world.pass(10 * SECOND)
      const { text } = await visitor.get(`/replays/${id}`)
      told.push(/role="status">([^<]*)</.exec(text)?.[1])
    }
    expect(new Set(told).size).toBeLessThanOrEqual(2)
  })

  it('works out how many it sends a second from two looks of an open page', async () => {
    await store(world, endpoints, 600)
    const id = await start({ rate_per_second: 20 })
    // Nothing came of its first step for a while.
    world.clock += 3 * MINUTE
    await world.pass(5 * SECOND)
    let { text } = await visitor.get(`/replays/${id}`)
    expect(wordsOf(text)).toMatch(/Sends a second [01]\./)
    await world.pass(20 * SECOND)
    text = (await visitor.get(nextLook(text) ?? '')).text
    expect(wordsOf(text)).toMatch(/Sends a second (1[5-9]|2\d) /)
  })

  it('sends nothing to an open page that has no news, and lets it rest when all is over', async () => {
    await store(world, endpoints, 20)
    const id = await start()
    await world.call('POST', `/v1/webhook_replays/${id}/pause`)
    await world.drain()
    const paused = await visitor.get(`/replays/${id}`)
    const url = nextLook(paused.text) ?? ''
    expect((await visitor.get(url, FRAGMENT)).status).toBe(204)
    await world.call('POST', `/v1/webhook_replays/${id}/resume`)
    expect((await visitor.get(url)).status).toBe(200)
    await world.pass(MINUTE)
    const over = await visitor.get(`/replays/${id}`)
    expect(wordsOf(over.text)).toContain('Completed')
    expect(wordsOf(over.text)).toContain('20 of 20 sent or skipped, 100 %')
    expect(nextLook(over.text)).toBeUndefined()
  })

  it('says what was skipped, and why', async () => {
    await store(world, endpoints, 10)
    const path = `/v1/webhook_endpoints/${endpoints[0]}`
    const id = await start()
    await world.call('PATCH', path, { status: 'disabled' })
    await world.pass(MINUTE)
    expect(wordsOf((await visitor.get(`/replays/${id}`)).text)).toContain(
      'Skipped 5 because their endpoint is disabled',
    )
  })

  it('lists what failed and why, each with a link to its page', async () => {
    world.receiver.respond(418)
    await store(world, endpoints, 4)
    const id = await start()
    await world.pass(MINUTE)
    const { text } = await visitor.get(`/replays/${id}`)
    const links = [...text.matchAll(/href="\/dashboard\/deliveries\/([0-9a-f-]{36})"/g)]
    expect(links).toHaveLength(4)
    expect(wordsOf(text)).toContain('Exhausted call.busy HTTP 418')
    const delivery = await visitor.get(`/deliveries/${links[0]?.[1]}`)
    expect(hrefOf(delivery.text, 'by a replay')).toBe(`/replays/${id}`)
  })

  it('lists none that was delivered since', async () => {
    world.receiver.respond(503)
    await store(world, endpoints, 2)
    const id = await start()
    await world.pass(MINUTE)
    world.receiver.respond(200)
    await env.DB.exec('UPDATE endpoints SET unwell_since = NULL')
    const { body } = await world.call('GET', '/v1/webhook_deliveries')
    for (const one of body.data) await world.redeliver(one.id)
    await world.drain()
    const words = wordsOf((await visitor.get(`/replays/${id}`)).text)
    expect(words).toContain('What had failed was delivered or redelivered since.')
  })

  it('pages through what failed', async () => {
    world.receiver.respond(503)
    await store(world, endpoints, 60)
    const id = await start({ rate_per_second: 500 })
    await env.DB.exec('UPDATE replay_parts SET is_proven = 1')
    await world.pass(MINUTE)
    const seen: string[] = []
    for (let path = `/replays/${id}`; path !== '';) {
      const { text } = await visitor.get(path)
      seen.push(
        ...Array.from(text.matchAll(/\/deliveries\/([0-9a-f-]{36})"/g), ([, one = '']) => one),
      )
      path = text.includes('More →') ? hrefOf(text, 'More →') : ''
    }
    const { failed } = await replay(id)
    expect(failed).toBeGreaterThan(20)
    expect(seen).toHaveLength(failed)
    expect(new Set(seen).size).toBe(failed)
  })
})

describe('a replay on its way', () => {
  it('is paused, resumed, given another pace and canceled', async () => {
    await store(world, endpoints, 300)
    const id = await start({ rate_per_second: 1 })
    world.clock += SECOND
    await visitor.post(`/replays/${id}/pause`)
    expect(await replay(id)).toMatchObject({ status: 'paused' })
    world.clock += SECOND
    await visitor.post(`/replays/${id}/rate`, { rate: '50' })
    expect(await replay(id)).toMatchObject({ status: 'paused', rate_per_second: 50 })
    world.clock += SECOND
    const resumed = await visitor.post(`/replays/${id}/resume`)
    expect(wordsOf(resumed.text)).toContain('Running')
    world.clock += SECOND
    const canceled = await visitor.post(`/replays/${id}/cancel`)
    expect(await replay(id)).toMatchObject({ status: 'canceled' })
    expect(wordsOf(canceled.text)).toContain('Canceled. What was sent is sent')
    const { body } = await world.call('GET', '/v1/audit_log')
    const actions = body.data.map((one: Json) => one.action).slice(0, 4)
    expect(actions).toEqual([
      'replay.cancel',
      'replay.resume',
      'replay.change_rate',
      'replay.pause',
    ])
  })

  it('asks once more before it is canceled, without a script', async () => {
    await store(world, endpoints, 100)
    const id = await start()
    expect((await visitor.get(`/replays/${id}`)).text).toContain(`/replays/${id}/cancel"`)
    const question = await visitor.get(`/replays/${id}/cancel`)
    expect(wordsOf(question.text)).toContain('this replay cannot be resumed')
    expect(await replay(id)).toMatchObject({ status: 'running' })
  })

  it.each(['pause', 'resume', 'cancel'])(
    'takes a second click on %s for the first',
    async (verb) => {
      await store(world, endpoints, 100)
      const id = await start()
      if (verb === 'resume') await world.call('POST', `/v1/webhook_replays/${id}/pause`)
      const first = await visitor.post(`/replays/${id}/${verb}`)
      const second = await visitor.post(`/replays/${id}/${verb}`)
      expect([first.status, second.status]).toEqual([200, 200])
      expect(second.path).toBe(first.path)
    },
  )

  it('says why it cannot be done when it is over', async () => {
    await store(world, endpoints, 2)
    const id = await start()
    await world.pass(MINUTE)
    for (const verb of ['pause', 'resume', 'cancel', 'rate']) {
      const page = await visitor.post(`/replays/${id}/${verb}`, { rate: '9' })
      expect(page.status).toBe(409)
      expect(wordsOf(page.text)).toContain('The replay is completed.')
    }
    expect(await replay(id)).toMatchObject({ status: 'completed', rate_per_second: 20 })
  })

  it.each(['0', '501', '', 'fast', '1.5'])('has no pace of %j a second', async (rate) => {
    await store(world, endpoints, 100)
    const id = await start()
    const page = await visitor.post(`/replays/${id}/rate`, { rate })
    expect(page.status).toBe(400)
    expect(wordsOf(page.text)).toContain('rate: must be')
    expect(await replay(id)).toMatchObject({ rate_per_second: 20 })
  })

  it('says which endpoints it holds, and that Resume tries again', async () => {
    world.receiver.respond(503)
    await store(world, endpoints, 60)
    const id = await start()
    await world.pass(2 * MINUTE)
    const held = await visitor.get(`/replays/${id}`)
    expect(wordsOf(held.text)).toContain('Paused')
    expect(wordsOf(held.text)).toContain('Resume tries again')
    for (const endpoint of endpoints) expect(held.text).toContain(`/endpoints/${endpoint}"`)
    world.receiver.respond(200)
    await visitor.post(`/replays/${id}/resume`)
    await world.pass(10 * MINUTE)
    expect(wordsOf((await visitor.get(`/replays/${id}`)).text)).not.toContain('Held')
    expect(await replay(id)).toMatchObject({ status: 'completed' })
  })
})

describe('the list of replays', () => {
  it('says how to get a first one', async () => {
    const { text } = await visitor.get('/replays')
    expect(text).toContain('No replays yet')
  })

  it('pages through all of them, newest first (I2)', async () => {
    const ids: string[] = []
    for (let made = 0; made < 60; made += 1) {
      world.clock += SECOND
      ids.unshift(await start())
    }
    const first = await visitor.get('/replays')
    const second = await visitor.get(hrefOf(first.text, 'Older →'))
    const seen = [first, second].flatMap(({ text }) =>
      Array.from(text.matchAll(/href="\/dashboard\/replays\/([0-9a-f-]{36})"/g), ([, id]) => id),
    )
    expect(seen).toEqual(ids)
  })

  it('says of each what it was about, how far it came and who asked', async () => {
    await store(world, endpoints, 10)
    await start({ filter: { status: 'exhausted', endpoint_id: endpoints[0] }, reason: 'Tuesday' })
    await world.pass(MINUTE)
    const words = wordsOf((await visitor.get('/replays')).text)
    expect(words).toContain('Completed 5 deliveries Exhausted · to receiver0.example/ “Tuesday”')
    expect(words).toContain(`5 of 5 0 Key ${world.key.slice(8, 16)}`)
  })
})
