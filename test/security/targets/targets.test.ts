// Every spelling of a target that is refused, at every door where one can be set (X5).
import { beforeEach, describe, expect, it } from 'vitest'
import { PUBLIC_TARGETS, REFUSED_TARGETS } from '../../webhook/target-corpus.ts'
import { World } from '../../world.ts'
import { ADDRESS_SPELLINGS } from './spellings.ts'

/** The corpus calls itself this service; here, that is OWN_HOSTS. */
const OWN_HOSTS = 'webhooks.callingbox.example,backup.callingbox.example'

/** Hundreds of requests, on a machine that has other things to do. */
const MANY = { timeout: 60_000 }

const REFUSED = [...new Set([...Object.values(REFUSED_TARGETS).flat(), ...ADDRESS_SPELLINGS])]

let world: World
beforeEach(async () => {
  world = await World.create({ OWN_HOSTS })
})

describe('the corpus', () => {
  it('has at least 300 spellings, and 40 hosts that people send webhooks to', () => {
    expect(REFUSED.length).toBeGreaterThanOrEqual(300)
    expect(new Set(PUBLIC_TARGETS.map((url) => new URL(url).host)).size).toBeGreaterThanOrEqual(40)
  })
})

describe('a refused target', MANY, () => {
  it('is refused when an endpoint is created', async () => {
    const leaks: string[] = []
    for (const url of REFUSED) {
      const { status } = await world.createEndpoint({ url })
      if (status !== 400) leaks.push(`${status} ${url}`)
    }
    expect(leaks).toEqual([])
  })

  it('is refused when an endpoint is changed', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const leaks: string[] = []
    for (const url of REFUSED) {
      const path = `/v1/webhook_endpoints/${endpoint.id}`
      const { status } = await world.call('PATCH', path, { url })
      if (status !== 400) leaks.push(`${status} ${url}`)
    }
    expect(leaks).toEqual([])
    expect((await world.endpoint(endpoint.id)).url).toBe(endpoint.url)
  })

  it('is refused as a call’s webhook_url', async () => {
    const leaks: string[] = []
    // An empty URL is none, and makes no delivery.
    for (const url of REFUSED.filter(Boolean)) {
      const { body } = await world.send({ webhook_url: url })
      const [skipped] = body.skipped
      if (skipped?.reason !== 'invalid_url' || body.deliveries.length > 0) leaks.push(url)
    }
    expect(leaks).toEqual([])
  })

  it('is refused as the URL that copies go to', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const leaks: string[] = []
    for (const url of REFUSED) {
      const replay = await world.call('POST', '/v1/webhook_replays', { filter: {}, url })
      const path = `/v1/webhook_deliveries/${id}/redeliver`
      const one = await world.call('POST', path, { url })
      if (replay.status !== 400 || one.status !== 400) leaks.push(url)
    }
    expect(leaks).toEqual([])
  })

  it('gets no request, though it was stored before it was refused', async () => {
    const lax = await World.create({ OWN_HOSTS, ALLOW_HTTP_ENDPOINTS: 'true' })
    const stored: string[] = []
    for (const url of REFUSED.filter(Boolean)) {
      const { body } = await lax.send({ webhook_url: url })
      if (body.deliveries.length > 0) stored.push(url)
    }
    expect(stored.length).toBeGreaterThan(200)
    lax.vars['ALLOW_HTTP_ENDPOINTS'] = 'false'
    await lax.drain()
    expect(lax.receiver.received).toEqual([])
    const outcomes = lax.logs.filter(({ event }) => event === 'attempt')
    expect(outcomes).toHaveLength(stored.length)
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['refused_target']))
  })
})

describe('a target that people really use', MANY, () => {
  it('is accepted, and gets its webhook', async () => {
    for (const url of PUBLIC_TARGETS) {
      expect(await world.createEndpoint({ url })).toMatchObject({ status: 201 })
    }
    await world.send()
    await world.drain()
    expect(world.receiver.received.map(({ url }) => url).toSorted()).toEqual(
      PUBLIC_TARGETS.map((url) => new URL(url).href).toSorted(),
    )
  })
})
