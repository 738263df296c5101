// A check of an endpoint's receiver: what is sent, what that shows, and that nothing is left of it.
import { env } from 'cloudflare:workers'
import { Stripe } from 'stripe'
import { Webhook } from 'standardwebhooks'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Received } from '../receiver.ts'
import { allRows } from '../security/orgs/rows.ts'
import { World, type Json } from '../world.ts'

const URL_OF = 'https://receiver.example/hooks'
const cryptoProvider = Stripe.createSubtleCryptoProvider()

let world: World
let id: string
let secret: string
beforeEach(async () => {
  world = await World.create()
  const { body } = await world.createEndpoint()
  id = body.id
  secret = body.signing_secret
})

async function check(name = id): Promise<Json> {
  const { status, body } = await world.call('POST', `/v1/webhook_endpoints/${name}/check`)
  expect(status).toBe(200)
  return body
}

/** The codes, each with whether it is as it should be. */
function told({ findings }: Json): Record<string, boolean> {
  return Object.fromEntries(findings.map(({ code, ok }: Json) => [code, ok]))
}

function saidOf({ findings }: Json, code: string): string {
  return findings.find((one: Json) => one.code === code)?.message ?? ''
}

/** Whether a careful receiver takes it, `toleranceS` seconds late at most. */
async function isGood(received: Received, toleranceS = 300): Promise<boolean> {
  const { body, headers, at } = received
  const signature = headers.get('CallingBox-Signature') ?? ''
  return Stripe.webhooks
    .constructEventAsync(body, signature, secret, toleranceS, cryptoProvider, at)
    .then(() => true)
    .catch(() => false)
}

function answering(isTaken: (received: Received) => Promise<boolean> | boolean, refusal = 401) {
  world.receiver.answer = async (received) =>
    new Response(null, { status: (await isTaken(received)) ? 204 : refusal })
}

describe('a check', () => {
  it('finds nothing to mend of a careful receiver, and says what was sent', async () => {
    answering((received) => isGood(received))
    const found = await check()
    expect(found.ok).toBe(true)
    expect(told(found)).toEqual({
      reached: true,
      status: true,
      time: true,
      wrong_signature: true,
      old_timestamp: true,
    })
    expect(found.requests).toEqual([
      { sent: 'genuine', status: 204, duration_ms: 0, error: null },
      { sent: 'wrong_signature', status: 401, duration_ms: 0, error: 'HTTP 401' },
      { sent: 'old_timestamp', status: 401, duration_ms: 0, error: 'HTTP 401' },
    ])
  })

  it.each([302, 408, 429, 500, 503])('does not take a %i for a refusal', async (status) => {
    answering((received) => isGood(received), status)
    const found = await check()
    expect(told(found)).toMatchObject({ wrong_signature: false, old_timestamp: false })
    expect(saidOf(found, 'wrong_signature')).toContain('does not say that it refuses it')
  })

  it('sends a good one, one that no secret signs, and an old one that is signed well: marked tests, each its own', async () => {
    await check()
    const { received } = world.receiver
    expect(received).toHaveLength(3)
    expect(new Set(received.map(({ url }) => url))).toEqual(new Set([URL_OF]))
    for (const { headers, body } of received) {
      expect(headers.get('CallingBox-Test')).toBe('true')
      expect(headers.get('CallingBox-Attempt')).toBe('1')
      const event = JSON.parse(body)
      expect(event).toMatchObject({ id: headers.get('webhook-id'), type: 'call.completed' })
      expect(event.created).toBe(world.clock / 1000)
    }
    expect(new Set(received.map(({ headers }) => headers.get('webhook-id'))).size).toBe(3)
    const year = 365 * 86_400
    const good = await Promise.all(received.map((one) => isGood(one)))
    const signed = await Promise.all(received.map((one) => isGood(one, year)))
    expect([good.filter(Boolean), signed.filter(Boolean)]).toEqual([[true], [true, true]])
    const times = received.map(({ headers }) => Number(headers.get('webhook-timestamp')))
    const ages = times.map((time) => world.clock / 1000 - time)
    expect(ages.toSorted((a, b) => a - b)).toEqual([0, 0, 600])
  })

  it('signs them alike by both schemes', async () => {
    await check()
    vi.useFakeTimers({ toFake: ['Date'], now: world.clock })
    const fits = world.receiver.received.map(({ body, headers }) => {
      try {
        return Boolean(new Webhook(secret).verify(body, Object.fromEntries(headers)))
      } catch {
        return false
      }
    })
    vi.useRealTimers()
    expect(fits.filter(Boolean)).toHaveLength(1)
  })

  it('says that a receiver takes what anybody writes, and what is old', async () => {
    const found = await check()
    expect(found.ok).toBe(false)
    expect(told(found)).toMatchObject({ wrong_signature: false, old_timestamp: false })
    expect(saidOf(found, 'wrong_signature')).toMatch(/200 to a webhook with a wrong signature/)
    answering((received) => isGood(received, 365 * 86_400))
    expect(told(await check())).toMatchObject({ wrong_signature: true, old_timestamp: false })
  })

  it('says of what is only to be refused that no answer came', async () => {
    world.receiver.answer = async (received) => {
      if (await isGood(received)) return new Response()
      throw new Error('Network connection lost.')
    }
    const found = await check()
    expect(told(found)).toMatchObject({ wrong_signature: false, old_timestamp: false })
    expect(saidOf(found, 'old_timestamp')).toMatch(/no answer/)
  })

  it.each<[number, RegExp]>([
    [400, /Answer with a 2xx/],
    [401, /secret of this endpoint/],
    [404, /nothing at this path/],
    [405, /take POST/],
    [500, /look into its log/],
  ])('tells what to do about a %i, and sends nothing more', async (status, said) => {
    world.receiver.respond(status)
    const found = await check()
    expect(told(found)).toEqual({ reached: true, status: false, time: true })
    expect(saidOf(found, 'status')).toMatch(said)
    expect(world.receiver.received).toHaveLength(1)
  })

  it('follows no redirect, and says where it leads', async () => {
    world.receiver.respond(308, { Location: 'https://www.receiver.example/hooks' })
    const found = await check()
    expect(told(found)).toEqual({ reached: true, redirect: false, time: true })
    expect(saidOf(found, 'redirect')).toContain('https://www.receiver.example/hooks')
    expect(world.receiver.received).toHaveLength(1)
  })

  it.each([
    ['internal error; DNS lookup failed', 'dns'],
    ['TLS handshake failed', 'tls'],
    ['Network connection lost.', 'connection'],
  ])('tells kinds of failure apart: %s', async (thrown, code) => {
    world.receiver.answer = () => Promise.reject(new Error(thrown))
    const found = await check()
    expect(told(found)).toEqual({ [code]: false })
    expect(found.requests).toMatchObject([{ sent: 'genuine', status: null }])
  })

  it('says that it is slow', async () => {
    answering(async (received) => {
      world.clock += 1500
      return isGood({ ...received, at: world.clock })
    })
    const found = await check()
    expect(told(found)).toMatchObject({ status: true, time: false })
    expect(saidOf(found, 'time')).toContain('1500 ms')
  })
})

describe('what is checked', () => {
  it('is a disabled endpoint as well, by its external id, with headers of its own', async () => {
    const changes = {
      status: 'disabled',
      external_id: 'billing',
      headers: { 'X-Key': 'let me in' },
    }
    await world.call('PATCH', `/v1/webhook_endpoints/${id}`, changes)
    await check('billing')
    const keys = world.receiver.received.map(({ headers }) => headers.get('X-Key'))
    expect(keys).toEqual(['let me in', 'let me in', 'let me in'])
    expect((await world.endpoint(id)).status).toBe('disabled')
  })

  it('gets a type that it takes', async () => {
    const path = `/v1/webhook_endpoints/${id}`
    await world.call('PATCH', path, { enabled_events: ['call.busy'] })
    await check()
    await world.call('PATCH', path, { enabled_events: ['endpoint.disabled'] })
    await check()
    const types = world.receiver.received.map(({ body }) => JSON.parse(body).type)
    expect(types).toEqual([...Array(3).fill('call.busy'), ...Array(3).fill('endpoint.disabled')])
    for (const { headers } of world.receiver.received)
      expect(headers.get('CallingBox-Test')).toBe('true')
  })

  it('is told nothing of the values of its headers, where the receiver echoes them', async () => {
    const headers = { Authorization: 'Bearer canary-of-a-check' }
    await world.call('PATCH', `/v1/webhook_endpoints/${id}`, { headers })
    world.receiver.answer = ({ headers: sent }) =>
      new Response(null, {
        status: 302,
        headers: { Location: `https://a.example/?${sent.get('Authorization')}` },
      })
    expect(JSON.stringify(await check())).not.toContain('canary-of-a-check')
  })

  it('is nothing where its host leads nowhere public, or is the service’s own (X5)', async () => {
    world.vars['DOH_URL'] = 'https://dns.example/dns-query'
    world.dns = async () => Response.json({ Status: 0, Answer: [{ type: 1, data: '10.0.0.7' }] })
    const found = await check()
    expect(told(found)).toEqual({ address: false })
    expect(JSON.stringify(found)).not.toContain('10.0.0.7')
    world.vars['DOH_URL'] = undefined
    await env.DB.prepare(`UPDATE endpoints SET url = 'https://api.callingbox.example/'`).run()
    expect(told(await check())).toEqual({ address: false })
    expect(world.receiver.received).toEqual([])
  })

  it('is nothing where the operator has stopped it (C9)', async () => {
    const admin = { key: env.ADMIN_TOKEN }
    await world.call('PUT', '/admin/stops/receiver.example', { reason: 'x' }, admin)
    expect(told(await check())).toEqual({ stopped: false })
    await world.call('DELETE', '/admin/stops/receiver.example', undefined, admin)
    await world.call('PATCH', `/admin/orgs/${world.orgId}`, { sending: 'paused' }, admin)
    expect(told(await check())).toEqual({ stopped: false })
    expect(world.receiver.received).toEqual([])
  })

  it('is nothing where the host has no turn (X8)', async () => {
    world.limiter = async (counted) => counted !== 'unproven_host'
    expect(told(await check())).toEqual({ no_turn: false })
    expect(world.receiver.received).toEqual([])
  })

  it('is nothing where its secret does not open, which is said', async () => {
    await env.DB.prepare(`UPDATE signing_secrets SET sealed = 'k1.AAAA' WHERE owner_id = ?`)
      .bind(id)
      .run()
    const { status, body } = await world.call('POST', `/v1/webhook_endpoints/${id}/check`)
    expect([status, body.code]).toEqual([503, 'unavailable'])
    expect(body.error).toContain('cannot be decrypted')
    expect(world.receiver.received).toEqual([])
  })

  it('is nothing where it is listened to', async () => {
    const { body } = await world.call('POST', '/v1/webhook_endpoints', { kind: 'listen' })
    expect(told(await check(body.id))).toEqual({ address: false })
  })

  it('is nothing of another org, or of nobody (X1)', async () => {
    const other = await world.createOrg('Other')
    const theirs = await world.createEndpoint({}, { key: other.key })
    const counted = vi.fn<NonNullable<World['limiter']>>(async () => true)
    world.limiter = counted
    for (const name of [theirs.body.id, crypto.randomUUID(), 'nobody']) {
      const { status } = await world.call('POST', `/v1/webhook_endpoints/${name}/check`)
      expect(status).toBe(404)
    }
    expect(world.receiver.received).toEqual([])
    expect(counted).not.toHaveBeenCalledWith('redeliver', expect.anything())
  })

  it('is asked for ten times a minute, and no more', async () => {
    const counted: string[] = []
    world.limiter = async (policy, key) => {
      if (policy === 'redeliver') counted.push(key)
      return counted.length <= 1
    }
    await check()
    const { status, body } = await world.call('POST', `/v1/webhook_endpoints/${id}/check`)
    expect([status, body.code]).toEqual([429, 'rate_limited'])
    expect(counted).toEqual(Array(2).fill(`check ${world.orgId} ${id}`))
  })
})

it('leaves nothing behind, whatever came of it', async () => {
  await world.call('GET', '/v1/webhook_endpoints')
  const before = await allRows()
  await check()
  world.receiver.respond(500)
  await check()
  await world.drain()
  expect(await allRows()).toEqual(before)
  expect([world.fresh, world.bulk, world.retry]).toEqual([[], [], []])
})
