// What an organization may have at most: set and shown by the operator, refused once it is used up.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../world.ts'
import { expectProblem } from './http/shapes.ts'

const ADMIN = { key: env.ADMIN_TOKEN }
const DAY = 86_400_000

let world: World
beforeEach(async () => {
  world = await World.create()
})

function setQuotas(quotas: Json, orgId = world.orgId): Promise<Answered> {
  return world.call('PATCH', `/admin/orgs/${orgId}`, { quotas }, ADMIN)
}

async function quotasOf(orgId = world.orgId): Promise<Json> {
  const { body } = await world.call('GET', `/admin/orgs/${orgId}`, undefined, ADMIN)
  return body.quotas
}

function makeKey(): Promise<Answered> {
  return world.call('POST', '/v1/api_keys', { name: 'one more' })
}

describe('the quotas of an org', () => {
  it('are the usual ones until it is given its own, and again after null', async () => {
    expect(await quotasOf()).toMatchObject({ keys: { limit: 100, is_default: true, used: 1 } })
    const { body } = await setQuotas({ keys: 3 })
    expect(body.quotas).toMatchObject({
      keys: { limit: 3, is_default: false, used: 1 },
      endpoints_per_day: { limit: 1000, is_default: true, used: 0 },
    })
    await setQuotas({ endpoints_per_day: 7 })
    expect(await quotasOf()).toMatchObject({
      keys: { limit: 3 },
      endpoints_per_day: { limit: 7 },
    })
    await setQuotas({ keys: null })
    expect(await quotasOf()).toMatchObject({
      keys: { limit: 100, is_default: true },
      endpoints_per_day: { limit: 7 },
    })
  })

  it.each([
    ['zero', { keys: 0 }],
    ['less than nothing', { endpoints_per_day: -1 }],
    ['a fraction', { keys: 1.5 }],
    ['a text', { keys: '5' }],
    ['more than may be', { keys: 1001 }],
  ])('are not %s: it is told what to do, and nothing is changed', async (_what, quotas) => {
    const refused = await setQuotas({ keys: 50, ...quotas })
    expectProblem(refused, 'invalid_request')
    expect(refused.body.error).toMatch(
      /must be a whole number of (live API keys|endpoints made a day) from 1 to/,
    )
    expect(refused.body.error).toContain('"sending": "paused"')
    expect(await quotasOf()).toMatchObject({ keys: { is_default: true } })
  })

  it('are only those that there are', async () => {
    const refused = await setQuotas({ calls: 1 })
    expect([refused.status, refused.body.code]).toEqual([400, 'invalid_request'])
  })

  it('are another org’s business nowhere (X2)', async () => {
    const other = await world.createOrg('Globex')
    await setQuotas({ endpoints_per_day: 1 }, other.orgId)
    await world.createEndpoint({}, other)
    expectProblem(await world.createEndpoint({}, other), 'quota_exceeded')
    expect((await world.createEndpoint()).status).toBe(201)
    expect((await world.createEndpoint()).status).toBe(201)
  })

  it('are logged when they change, and not when they are so already (U1)', async () => {
    await setQuotas({ keys: 3 })
    await setQuotas({ keys: 3 })
    const log = await world.call('GET', `/admin/orgs/${world.orgId}/audit_log`, undefined, ADMIN)
    const changes = log.body.data.filter(({ action }: Json) => action === 'org.update')
    expect(changes).toMatchObject([{ actor: 'admin', details: { keys: 3 } }])
  })
})

describe('live keys', () => {
  it('are as many as the org may have, and one more once it may have more', async () => {
    await setQuotas({ keys: 2 })
    expect((await makeKey()).status).toBe(201)
    expectProblem(await makeKey(), 'api_key_limit_reached')
    await setQuotas({ keys: 3 })
    expect((await makeKey()).status).toBe(201)
    expectProblem(await makeKey(), 'api_key_limit_reached')
  })
})

describe('endpoints made a day', () => {
  beforeEach(() => setQuotas({ endpoints_per_day: 2 }))

  it('count with those that were deleted, until the day is over in UTC', async () => {
    world.clock = Math.ceil(world.clock / DAY) * DAY + DAY - 60_000
    const { body } = await world.createEndpoint()
    await world.call('DELETE', `/v1/webhook_endpoints/${body.id}`)
    await world.pass(5000)
    await world.createEndpoint()
    const refused = await world.createEndpoint()
    expectProblem(refused, 'quota_exceeded')
    expect(refused.body.error).toContain('"endpoints_per_day"')
    expect(refused.body.error).toContain('it may have 2 endpoints made a day and has come to 2')
    expect(refused.headers.get('Retry-After')).toBe('55')
    expect(refused.headers.get('RateLimit')).toBe('"endpoints_per_day";r=0;t=55')
    expect(refused.headers.get('RateLimit-Policy')).toContain('"endpoints_per_day";q=2;w=86400')
    expect(await quotasOf()).toMatchObject({ endpoints_per_day: { limit: 2, used: 2 } })
    world.clock += 56_000
    expect((await world.createEndpoint()).status).toBe(201)
    expect(await quotasOf()).toMatchObject({ endpoints_per_day: { limit: 2, used: 1 } })
  })

  it('answer a repetition as before, and leave nothing of what is refused', async () => {
    const once = { headers: { 'Idempotency-Key': 'one' } }
    const { body } = await world.createEndpoint({}, once)
    await world.createEndpoint()
    const again = await world.createEndpoint({}, once)
    expect([again.status, again.body.id]).toEqual([201, body.id])
    expectProblem(await world.createEndpoint(), 'quota_exceeded')
    const { results } = await env.DB.prepare(
      `SELECT (SELECT count(*) FROM endpoints) AS endpoints,
        (SELECT count(*) FROM signing_secrets WHERE owner_id <> org_id) AS secrets,
        (SELECT count(*) FROM audit_log WHERE action = 'endpoint.create') AS entries`,
    ).all()
    expect(results).toEqual([{ endpoints: 2, secrets: 2, entries: 2 }])
  })
})
