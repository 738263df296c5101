// From an event to verified deliveries: at once, after retries, to several destinations, or never.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { isSignedWith, verify } from './verify.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** The waits before attempts 2 to 8, as the contract publishes them. */
const SCHEDULE = [MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, DAY]

let world: World
beforeEach(async () => {
  world = await World.create()
})

/** Time between one attempt and the next, in ms. */
function waits(): number[] {
  const times = world.receiver.received.map(({ at }) => at)
  return times.slice(1).map((at, place) => at - (times[place] ?? Number.NaN))
}

describe('an event for one endpoint', () => {
  it('is delivered, and both families of libraries verify it (P4)', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const call = { id: crypto.randomUUID(), status: 'completed' }
    const { body: event } = await world.send(call, { created: 1_776_263_450 })
    await world.drain()
    const [received] = world.receiver.received
    expect(received && (await verify(received, endpoint.signing_secret))).toEqual({
      id: event.deliveries[0].id,
      type: 'call.completed',
      created: 1_776_263_450,
      api_version: '2026-04',
      data: { call },
    })
  })

  it('carries the published headers, the standard trio and the number of the attempt', async () => {
    await world.createEndpoint()
    const callId = crypto.randomUUID()
    const id = await world.deliver({ id: callId })
    world.clock += 1234
    await world.drain()
    const timestamp = Math.floor(world.clock / 1000)
    const headers = Object.fromEntries(world.receiver.received[0]?.headers ?? [])
    expect(headers).toEqual({
      'content-type': 'application/json',
      accept: '*/*',
      'user-agent': 'CallingBox-Webhooks/1.0',
      'callingbox-signature': expect.stringMatching(`^t=${timestamp},v1=[0-9a-f]{64}$`),
      'callingbox-event-id': id,
      'callingbox-event-type': 'call.completed',
      'x-callingbox-event': 'call.completed',
      'x-callingbox-call-id': callId,
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': expect.stringMatching(/^v1,[\w+/]{43}=$/),
      'callingbox-attempt': '1',
    })
  })

  it('is not verified under another endpoint’s secret (P4)', async () => {
    await world.createEndpoint()
    const { body: other } = await world.createEndpoint({ enabled_events: ['call.busy'] })
    await world.deliver()
    await world.drain()
    const [received] = world.receiver.received
    expect(received && (await isSignedWith(received, other.signing_secret))).toBe(false)
  })

  it('is not sent again once it is delivered (A8)', async () => {
    await world.createEndpoint()
    await world.deliver()
    await world.pass(3 * DAY)
    expect(world.receiver.received).toHaveLength(1)
  })

  it('is delivered though its message was lost (D5)', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    world.fresh.splice(0)
    await world.pass(4 * MINUTE)
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', attempt_count: 1 })
  })
})

describe('an event whose receiver fails', () => {
  it('is retried on schedule until it is delivered', async () => {
    await world.createEndpoint()
    world.receiver.respond(500)
    const id = await world.deliver()
    await world.pass(2 * MINUTE)
    expect(await world.delivery(id)).toMatchObject({
      status: 'pending',
      attempt_count: 2,
      last_error: 'HTTP 500',
      last_error_at: '2026-11-23T12:01:00Z',
      last_response_status: 500,
      delivered_at: null,
    })
    world.receiver.respond(204)
    await world.pass(10 * MINUTE)
    expect(await world.delivery(id)).toMatchObject({
      status: 'delivered',
      attempt_count: 3,
      last_response_status: 204,
      delivered_at: '2026-11-23T12:06:00Z',
    })
    expect(waits()).toEqual([MINUTE, 5 * MINUTE])
  })

  it('is exhausted after eight attempts on the published schedule (A1)', async () => {
    const { body: endpoint } = await world.createEndpoint()
    world.receiver.respond(500)
    const id = await world.deliver()
    await world.pass(5 * DAY)
    expect(waits()).toEqual(SCHEDULE)
    const delivery = await world.delivery(id)
    expect(delivery).toMatchObject({ status: 'exhausted', attempt_count: 8 })
    expect(delivery.attempts.map(({ number }: { number: number }) => number)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ])
    expect(await world.endpoint(endpoint.id)).toMatchObject({ consecutive_failures: 1 })
  })

  it.each([
    { random: 0, share: 0.8 },
    { random: 0.999_999, share: 1.2 },
  ])('waits $share of each wait at the edge of the jitter', async ({ random, share }) => {
    await world.createEndpoint()
    world.receiver.respond(500)
    world.random = random
    // The first retry is then due after the next sweep, which sends it to the second.
    world.clock += 30 * SECOND
    await world.deliver()
    await world.pass(5 * DAY)
    for (const [place, wait] of waits().entries()) {
      const expected = (SCHEDULE[place] ?? 0) * share
      // The queue counts in whole seconds, and the sweep never sends early.
      expect(Math.abs(wait - expected)).toBeLessThanOrEqual(SECOND)
    }
    expect(waits()).toHaveLength(7)
  })

  it('signs each attempt anew over the same bytes (P2, P5)', async () => {
    const { body: endpoint } = await world.createEndpoint()
    world.receiver.respond(500)
    await world.deliver()
    await world.pass(HOUR)
    const { received } = world.receiver
    expect(new Set(received.map(({ body }) => body)).size).toBe(1)
    expect(received.map(({ headers }) => headers.get('CallingBox-Attempt'))).toEqual([
      '1',
      '2',
      '3',
      '4',
    ])
    for (const one of received) await verify(one, endpoint.signing_secret)
    const signatures = received.map(({ headers }) => headers.get('CallingBox-Signature'))
    expect(new Set(signatures).size).toBe(4)
  })

  it('never follows a redirect (A7)', async () => {
    await world.createEndpoint()
    world.receiver.respond(307, { Location: 'https://elsewhere.example/' })
    const id = await world.deliver()
    await world.drain()
    expect(world.receiver.received).toHaveLength(1)
    expect(await world.delivery(id)).toMatchObject({
      status: 'pending',
      last_error: 'HTTP 307: redirects are not followed',
      last_response_status: 307,
    })
  })
})

describe('Retry-After', () => {
  it.each([
    { status: 429, value: '600', wait: 10 * MINUTE },
    { status: 503, value: 'Mon, 23 Nov 2026 12:10:00 GMT', wait: 10 * MINUTE },
    { status: 503, value: '999999999', wait: DAY },
    { status: 429, value: '5', wait: MINUTE },
    { status: 503, value: 'soon', wait: MINUTE },
    { status: 429, value: '3600.5', wait: MINUTE },
    { status: 503, value: '2050-01-01', wait: MINUTE },
    { status: 500, value: '600', wait: MINUTE },
  ])('"$value" with $status makes the next attempt $wait ms later', async (row) => {
    await world.createEndpoint()
    world.receiver.respond(row.status, { 'Retry-After': row.value })
    await world.deliver()
    await world.pass(DAY + HOUR)
    expect(waits()[0]).toBe(row.wait)
  })
})

describe('an event for several destinations', () => {
  it('makes one delivery for each of three endpoints and one for the call’s URL (D7)', async () => {
    const urls = ['https://a.example/', 'https://b.example/', 'https://c.example/']
    for (const url of urls) await world.createEndpoint({ url })
    await world.createEndpoint({ url: 'https://no.example/', enabled_events: ['call.busy'] })
    const { body: event } = await world.send({ webhook_url: 'https://inline.example/' })
    await world.drain()
    expect(event.deliveries).toHaveLength(4)
    const ids = event.deliveries.map(({ id }: { id: string }) => id)
    expect(new Set(ids).size).toBe(4)
    expect(world.receiver.received.map(({ url }) => url).toSorted()).toEqual([
      ...urls,
      'https://inline.example/',
    ])
    for (const { body, headers } of world.receiver.received) {
      expect(JSON.parse(body).id).toBe(headers.get('CallingBox-Event-Id'))
      expect(ids).toContain(JSON.parse(body).id)
    }
  })

  it('signs the call’s URL with the org’s default secret', async () => {
    const path = `/admin/orgs/${world.orgId}/default_secret`
    const { body } = await world.call('GET', path, undefined, { key: env.ADMIN_TOKEN })
    const { body: event } = await world.send({ webhook_url: 'https://inline.example/hook' })
    await world.drain()
    const [received] = world.receiver.received
    expect(received && (await isSignedWith(received, body.signing_secret))).toBe(true)
    expect(await world.delivery(event.deliveries[0].id)).toMatchObject({
      endpoint_id: null,
      status: 'delivered',
      url: 'https://inline.example/hook',
    })
  })

  it('delivers to the healthy though another one fails', async () => {
    const { body: good } = await world.createEndpoint({ url: 'https://good.example/' })
    await world.createEndpoint({ url: 'https://bad.example/' })
    world.receiver.answer = ({ url }) => {
      if (url.includes('bad')) throw new Error('Network connection lost.')
      return new Response()
    }
    const { body: event } = await world.send()
    await world.drain()
    for (const { id, endpoint_id } of event.deliveries) {
      const status = endpoint_id === good.id ? 'delivered' : 'pending'
      expect(await world.delivery(id)).toMatchObject({ status, attempt_count: 1 })
    }
  })
})
