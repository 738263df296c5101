// What is asked for too often is answered 429, by the address, the key or the delivery.
import { env, exports } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { addressGroup, POLICIES } from '../../src/limits.ts'
import { World, type Answered, type Json } from '../world.ts'

let world: World
let counted: [policy: string, key: string][]
beforeEach(async () => {
  world = await World.create()
  counted = []
})

/** Lets the first requests of each key through. */
function allow(quota: number): void {
  const used = new Map<string, number>()
  world.limiter = async (policy, key) => {
    counted.push([policy, key])
    const name = `${policy} ${key}`
    used.set(name, (used.get(name) ?? 0) + 1)
    return (used.get(name) ?? 0) <= quota
  }
}

function expectLimited({ status, headers, body }: Answered, policy: keyof typeof POLICIES): void {
  const { quota, windowS } = POLICIES[policy]
  expect({ status, code: body.code }).toEqual({ status: 429, code: 'rate_limited' })
  expect(Object.fromEntries(headers)).toMatchObject({
    'retry-after': String(windowS),
    'ratelimit-policy': `"${policy}";q=${quota};w=${windowS}`,
    ratelimit: `"${policy}";r=0;t=${windowS}`,
  })
}

function from(ip: string, key: string): Promise<Answered> {
  const headers = { 'CF-Connecting-IP': ip }
  return world.call('GET', '/v1/webhook_endpoints', undefined, { key, headers })
}

function fetchWorker(init: RequestInit): Promise<Response> {
  // The main module's default export is the Worker.
  const worker = exports as Json
  return worker.default.fetch('https://api.callingbox.example/v1/webhook_endpoints', init)
}

describe('wrong credentials', () => {
  it.each(['', 'junk', `sk_live_${'A'.repeat(57)}`])(
    'are 401, then 429 for their address, with the key "%s"',
    async (key) => {
      allow(2)
      expect((await from('192.0.2.1', key)).status).toBe(401)
      expect((await from('192.0.2.1', key)).status).toBe(401)
      expectLimited(await from('192.0.2.1', key), 'auth_failures')
      expect((await from('192.0.2.2', key)).status).toBe(401)
    },
  )

  it('are counted for /admin too', async () => {
    allow(1)
    const guess = { key: 'guess' }
    const first = await world.call('GET', '/admin/orgs', undefined, guess)
    expect(first.status).toBe(401)
    expectLimited(await world.call('GET', '/admin/orgs', undefined, guess), 'auth_failures')
  })

  it('do not shut out a right key at the same address', async () => {
    allow(1)
    await from('192.0.2.1', 'junk')
    await from('192.0.2.1', 'junk')
    expect((await from('192.0.2.1', world.key)).status).toBe(200)
  })

  it('do not use up the limit of the key whose public id they name', async () => {
    allow(10)
    await from('192.0.2.1', `${world.key.slice(0, 20)}${'A'.repeat(45)}`)
    expect(counted.map(([policy]) => policy)).toEqual(['auth_failures'])
  })
})

describe('requests with a key', () => {
  it('are limited by the key’s public id, whichever route they take', async () => {
    allow(2)
    const ok = await world.call('GET', '/v1/webhook_endpoints')
    expect(ok.headers.get('RateLimit-Policy')).toBe('"api_key";q=60000;w=60')
    expect(ok.headers.get('RateLimit')).toBeNull()
    await world.send()
    expectLimited(await world.call('GET', '/v1/webhook_deliveries'), 'api_key')
    expect(new Set(counted.map(([, key]) => key))).toEqual(new Set([world.key.slice(8, 16)]))
  })

  it('announce their policy on errors too', async () => {
    const { headers } = await world.call('GET', '/v1/nothing')
    expect(headers.get('RateLimit-Policy')).toBe('"api_key";q=60000;w=60')
  })
})

describe('redeliveries', () => {
  it('are limited by delivery, and what is refused changes nothing (S3)', async () => {
    await world.createEndpoint()
    const [one, other] = [await world.deliver(), await world.deliver()]
    await world.drain()
    world.limiter = async (policy, key) => policy !== 'redeliver' || !key.includes(one)
    const before = await world.delivery(one)
    expectLimited(await world.redeliver(one), 'redeliver')
    expect(await world.delivery(one)).toEqual(before)
    expect((await world.redeliver(other)).status).toBe(200)
  })

  it('of another org’s delivery count for the caller alone', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const { orgId, key } = await world.createOrg('Beta')
    allow(10)
    await world.redeliver(id, { key })
    expect(counted).toContainEqual(['redeliver', `${orgId} ${id}`])
  })
})

describe('the bindings of the Worker', () => {
  it('count wrong credentials', async () => {
    vi.spyOn(console, 'log').mockReturnValue()
    const headers = { 'CF-Connecting-IP': '198.51.100.9' }
    const statuses: number[] = []
    const { quota } = POLICIES.auth_failures
    for (let count = 0; count < quota + 1; count += 1) {
      statuses.push((await fetchWorker({ headers })).status)
    }
    expect(new Set(statuses.slice(0, quota))).toEqual(new Set([401]))
    expect(statuses.at(-1)).toBe(429)
  })

  it('are all there', async () => {
    for (const limit of [env.AUTH_FAILURES_LIMIT, env.API_KEY_LIMIT, env.REDELIVER_LIMIT]) {
      expect(await limit.limit({ key: 'anyone' })).toEqual({ success: true })
    }
  })
})

describe('addressGroup', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::1', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8::5:6:7:8', '2001:db8:0:0'],
    ['2001::4:5:6:7:8', '2001:0:0:4'],
    ['::1', '0:0:0:0'],
    ['2001:DB8:0001:2::', '2001:db8:1:2'],
    ['no:address:at:all', 'no:address:at:all'],
    [null, 'unknown'],
  ])('counts %s under %s', (ip, group) => {
    expect(addressGroup(ip)).toBe(group)
  })
})
