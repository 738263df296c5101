// What is asked for too often is answered 429, by the address, the key or the delivery.
import { env, exports } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { addressGroup, countInBlocks, POLICIES } from '../../src/limits.ts'
import { World, type Answered, type Json } from '../world.ts'

/** By key, and by org. */
const OF_ORG =
  '"api_key";q=60000;w=60, "events_per_minute";q=60000;w=60, "events_per_day";q=86400000;w=86400'

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

/** So many requests with the org's key; answers the last. */
async function callOften(count: number): Promise<Answered> {
  for (let made = 1; made < count; made += 1) await world.call('GET', '/v1/nothing')
  return world.call('GET', '/v1/webhook_endpoints')
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
  const { block } = POLICIES.api_key

  it('are limited by the key’s public id, whichever route they take', async () => {
    allow(1)
    const ok = await callOften(block)
    expect(ok.status).toBe(200)
    expect(ok.headers.get('RateLimit-Policy')).toBe(OF_ORG)
    expect(ok.headers.get('RateLimit')).toBeNull()
    expect(counted).toEqual([['api_key', world.key.slice(8, 16)]])
    expectLimited(await callOften(block), 'api_key')
    expectLimited(await world.send(), 'api_key')
  })

  it('are let through again when the limit says so', async () => {
    world.limiter = async () => false
    expectLimited(await callOften(block), 'api_key')
    world.limiter = async () => true
    expect((await world.send()).status).toBe(202)
  })

  it('announce their policy on errors too', async () => {
    const { headers } = await world.call('GET', '/v1/nothing')
    expect(headers.get('RateLimit-Policy')).toBe(OF_ORG)
  })
})

describe('an isolate’s own count', () => {
  const { block, quota } = POLICIES.api_key

  it('lets the quota through in blocks, and not one more', async () => {
    allow(quota / block)
    const enforce = countInBlocks('api_key')
    const part = { isWithinLimit: world.limiter }
    for (let made = 0; made < quota + block - 1; made += 1) await enforce(part, 'key')
    for (let made = 0; made < 3; made += 1) {
      await expect(enforce(part, 'key')).rejects.toMatchObject({ code: 'rate_limited' })
    }
    expect(counted).toHaveLength(quota / block + 3)
  })

  it('asks once a block though requests come at once, and for each key by itself', async () => {
    allow(quota)
    const enforce = countInBlocks('api_key')
    const part = { isWithinLimit: world.limiter }
    const keys = Array.from({ length: 4 * block }, (_, place) => (place % 2 ? 'a' : 'b'))
    await Promise.all(keys.map((key) => enforce(part, key)))
    expect(counted.map(([, key]) => key).toSorted()).toEqual(['a', 'a', 'b', 'b'])
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

describe('plans and starts of replays', () => {
  it('are counted together, by the org, and refused before anything is looked at', async () => {
    await world.createEndpoint()
    await world.deliver()
    world.clock += 1000
    allow(10)
    const ask = (body: object) => world.call('POST', '/v1/webhook_replays', { filter: {}, ...body })
    await ask({ dry_run: true })
    expect(counted).toContainEqual(['plan_replay', world.orgId])
    world.limiter = async (policy) => policy !== 'plan_replay'
    for (const body of [{}, { dry_run: true }]) expectLimited(await ask(body), 'plan_replay')
    expect((await world.call('GET', '/v1/webhook_replays')).body.data).toEqual([])
  })
})

/** More than so many requests of wrong credentials take. */
const LONGEST_MS = 10_000

describe('the bindings of the Worker', () => {
  it('count wrong credentials', async () => {
    vi.spyOn(console, 'log').mockReturnValue()
    const headers = { 'CF-Connecting-IP': '198.51.100.9' }
    const statuses: number[] = []
    const { quota, windowS } = POLICIES.auth_failures
    // The real one begins anew with each window of the clock, also in the middle of this.
    const leftMs = windowS * 1000 - (Date.now() % (windowS * 1000))
    if (leftMs < LONGEST_MS) await scheduler.wait(leftMs)
    for (let count = 0; count < quota + 1; count += 1) {
      statuses.push((await fetchWorker({ headers })).status)
    }
    expect(new Set(statuses.slice(0, quota))).toEqual(new Set([401]))
    expect(statuses.at(-1)).toBe(429)
  })

  it('are all there', async () => {
    for (const limit of [
      env.AUTH_FAILURES_LIMIT,
      env.API_KEY_LIMIT,
      env.REDELIVER_LIMIT,
      env.PLAN_REPLAY_LIMIT,
      env.ORG_EVENTS_LIMIT,
      env.UNPROVEN_HOST_LIMIT,
    ]) {
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
