// What a person is told of deliveries that wait for their endpoint: held and paced are two things.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { textOf, Visitor } from './visitor.ts'

let world: World
let visitor: Visitor
let endpointId: string
let id: string
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  endpointId = (await world.createEndpoint()).body.id
  id = await world.deliver()
})

async function hold(): Promise<void> {
  await world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { status: 'disabled' })
  await world.drain()
}

/** Parks it as a recovery does, whose pace another one has. */
async function pace(): Promise<void> {
  await env.DB.batch([
    env.DB.prepare('UPDATE endpoints SET pace = 1'),
    env.DB.prepare(`UPDATE deliveries SET stage = 'pending', sweep_at = NULL`),
  ])
}

/** The cells of the row that say how it stands, without tags. */
async function lineOf(path: string): Promise<string> {
  const { text } = await visitor.get(path)
  const shown = /<tbody>.*<\/tbody>/s.exec(text)?.[0] ?? text
  return textOf(shown.replaceAll(/<[^>]*>/g, ' ')).replaceAll(/\s+/g, ' ')
}

describe('a delivery that is held', () => {
  beforeEach(hold)

  it('is so called in the list and in what keeps the list up to date', async () => {
    for (const path of ['/deliveries', `/deliveries/live?ids=${id}`]) {
      const line = await lineOf(path)
      expect(line).toContain('Held')
      expect(line).toContain('0 of 8 · endpoint disabled')
      expect(line).not.toContain('Paced')
    }
  })

  it('says on its own page and on its endpoint’s what it waits for', async () => {
    const { text } = await visitor.get(`/deliveries/${id}`)
    expect(text).toContain('Held while the endpoint is disabled')
    expect((await visitor.get(`/endpoints/${endpointId}`)).text).toContain('>Held<')
  })

  it('is so called among what a replay has sent in vain', async () => {
    world.clock += 1000
    const { body } = await world.call('POST', '/v1/webhook_replays', { filter: {} })
    await env.DB.batch([
      env.DB.prepare('UPDATE replay_parts SET failed = 1'),
      env.DB.prepare(`UPDATE deliveries SET last_error = 'HTTP 500', last_response_status = 500,
        redelivered_by = 'replay:' || ?`).bind(body.id),
    ])
    const { text } = await visitor.get(`/replays/${body.id}`)
    expect(text).toContain('<span class="badge wait">Held</span>')
    expect(text).not.toContain('Retrying')
  })

  it('is counted as held', async () => {
    const { text } = await visitor.get('')
    expect(text).toContain('>1 held<')
    expect(text).not.toContain('paced')
  })
})

describe('a delivery that is paced', () => {
  beforeEach(pace)

  it('is so called in the list and in what keeps the list up to date', async () => {
    for (const path of ['/deliveries', `/deliveries/live?ids=${id}`]) {
      const line = await lineOf(path)
      expect(line).toContain('Paced')
      expect(line).toContain('0 of 8 · waits its turn')
      expect(line).not.toContain('Held')
    }
  })

  it('says on its own page and on its endpoint’s what it waits for', async () => {
    const { text } = await visitor.get(`/deliveries/${id}`)
    expect(text).toContain('Paced: it waits its turn')
    expect(text).not.toContain('Held')
    expect((await visitor.get(`/endpoints/${endpointId}`)).text).toContain('>Paced<')
  })

  it('says when it is sent again although the last attempt failed', async () => {
    await env.DB.prepare(`UPDATE deliveries SET attempt_count = 1, last_error = 'HTTP 500',
      attempts = '[["019000000000000000000000",1,null,null,null,
      {"error":{"kind":"http_status","message":"HTTP 500"}}]]'`).run()
    const { text } = await visitor.get(`/deliveries/${id}`)
    expect(text).toContain('It is sent again when its turn comes.')
    expect(text).not.toContain('The next one is due')
  })

  it('is counted as paced', async () => {
    const { text } = await visitor.get('')
    expect(text).toContain('>1 paced<')
    expect(text).not.toContain('held')
  })
})
