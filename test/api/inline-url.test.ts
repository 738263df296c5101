// The call's own webhook_url: a bad one costs the event's other destinations nothing.
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../world.ts'
import { uuid } from './http/shapes.ts'

const CALL_ID = '7f9c2ba4-e88f-4271-a64b-3ac0f6a1e5d3'
const MAX_URL = 2048

let world: World
let endpointId: string
beforeEach(async () => {
  world = await World.create()
  endpointId = (await world.createEndpoint()).body.id
})

/** Sends an event whose call has this text as its webhook_url. */
function sendText(url: string): Promise<Answered> {
  const call = `{"id":"${CALL_ID}","webhook_url":${url}}`
  return world.call('POST', '/v1/events', `{"type":"call.busy","call":${call}}`)
}

function sendUrl(url: unknown): Promise<Answered> {
  return sendText(JSON.stringify(url))
}

/** What is refused by its form, and what is no string at all: as JSON text, and as it is told. */
const REFUSED: [text: string, url: string][] = [
  ...[
    'ftp://x',
    'http://a.example/',
    'https://a.example/#part',
    'https://a.example:25/',
    'https://10.0.0.1/',
    'https://[::1]/',
    'https://user:word@a.example/',
    'https://localhost/',
    'https://a.internal/',
    'https://api.callingbox.example/v1/events',
    'not a url',
    ' ',
    'https://a.example/ x',
    `https://a.example/${'é'.repeat(MAX_URL)}`,
  ].map((url): [string, string] => [JSON.stringify(url), url.slice(0, MAX_URL)]),
  [String.raw`"https://a.example/\u0000"`, 'https://a.example/\0'],
  [String.raw`"https://a.example/\ud83d"`, 'https://a.example/\ud83d'],
  ['7', '7'],
  ['1.0', '1.0'],
  ['0', '0'],
  ['false', 'false'],
  ['true', 'true'],
  ['[ ]', '[]'],
  ['{ "a" : "b  c" }', '{"a":"b  c"}'],
  ['["https://a.example/"]', '["https://a.example/"]'],
]

describe('a webhook_url that is refused', () => {
  it.each(REFUSED)('stands among the skipped, and the event is accepted: %s', async (text, url) => {
    const { status, body } = await sendText(text)
    expect(status).toBe(202)
    expect(body.deliveries).toMatchObject([{ endpoint_id: endpointId }])
    const message = expect.stringMatching(/^The URL\b.*\.$/)
    expect(body.skipped).toEqual([{ endpoint_id: null, reason: 'invalid_url', url, message }])
    expect((await world.call('GET', `/v1/events/${body.id}`)).body).toEqual(body)
  })

  it('is passed on in the call as it was sent (P3)', async () => {
    const text = String.raw`{ "a" : "\ud83d\u0000" }`
    await sendText(text)
    await world.drain()
    const [{ body } = { body: '' }] = world.receiver.received
    expect(body).toContain(String.raw`"webhook_url":{"a":"\ud83d\u0000"}`)
    expect(world.receiver.received).toHaveLength(1)
  })

  it('costs the others of a batch nothing, and is told of in its place', async () => {
    const urls = ['ftp://x', 'https://inline.example/', 7, null]
    const events = urls.map((webhook_url) => ({
      type: 'call.busy',
      call: { id: CALL_ID, webhook_url },
    }))
    const { body } = await world.call('POST', '/v1/events/batch', { events })
    const told = body.data.map(({ skipped, deliveries }: Json) => [
      skipped.map(({ url }: Json) => url),
      deliveries.length,
    ])
    expect(told).toEqual([
      [['ftp://x'], 1],
      [[], 2],
      [['7'], 1],
      [[], 1],
    ])
    for (const { result, ...one } of body.data) {
      expect(result).toBe('accepted')
      expect((await world.call('GET', `/v1/events/${one.id}`)).body).toEqual(one)
    }
  })

  it('is told of beside the endpoints that were skipped', async () => {
    await world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { status: 'disabled' })
    const { body } = await sendUrl('ftp://x')
    expect(body).toMatchObject({
      deliveries: [],
      skipped: [
        { endpoint_id: endpointId, reason: 'disabled' },
        { endpoint_id: null, reason: 'invalid_url', url: 'ftp://x' },
      ],
    })
  })

  it.each([MAX_URL - 2, MAX_URL - 1, MAX_URL, MAX_URL + 1])(
    'is cut at 2,048 characters, not within one: an emoji after %i',
    async (length) => {
      const url = `${'x'.repeat(length)}😀${'x'.repeat(9)}`
      const { body } = await sendUrl(url)
      const [{ url: told }] = body.skipped
      expect(told.isWellFormed()).toBe(true)
      expect(url.startsWith(told)).toBe(true)
      expect(told.length).toBe(length === MAX_URL - 1 ? MAX_URL - 1 : MAX_URL)
    },
  )

  it('is stored however much of it is escapes, in 85 events of a batch (R5)', async () => {
    const call = `{"id":"${CALL_ID}","webhook_url":"${String.raw`\u0001`.repeat(MAX_URL)}"}`
    const events = Array.from({ length: 84 }, () => `{"type":"call.busy","call":${call}}`)
    const { status, body } = await world.call(
      'POST',
      '/v1/events/batch',
      `{"events":[${events.join()}]}`,
    )
    expect(status).toBe(202)
    expect(body.data.every(({ skipped }: Json) => skipped[0].url.length === MAX_URL)).toBe(true)
  })
})

describe('a webhook_url that only DNS can judge', () => {
  const DOH = { DOH_URL: 'https://dns.example/dns-query' }

  it('becomes a delivery, and the intake asks no resolver', async () => {
    const local = await World.create(DOH)
    let asked = 0
    local.dns = () => {
      asked += 1
      return Promise.reject(new Error('nobody answers'))
    }
    const { status, body } = await local.send({ webhook_url: 'https://inline.example/' })
    expect(status).toBe(202)
    expect(body.deliveries).toEqual([
      { id: uuid, endpoint_id: null, url: 'https://inline.example/' },
    ])
    expect(body.skipped).toEqual([])
    expect(asked).toBe(0)
  })

  it('is judged at each attempt (X5)', async () => {
    const local = await World.create(DOH)
    const [{ id }] = (await local.send({ webhook_url: 'https://inline.example/' })).body.deliveries
    await local.drain()
    const { attempts, status } = await local.delivery(id)
    expect(status).toBe('pending')
    expect(attempts).toMatchObject([{ error: { kind: 'refused_target' } }])
    expect(local.receiver.received).toEqual([])
  })
})
