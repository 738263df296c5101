// Idempotency-Key: the same key and request act once and answer the same, on every route that acts.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../../world.ts'
import { expectProblem, issuePaths } from './shapes.ts'

const DAY = 24 * 3600 * 1000
const CALL_ID = '7f9c2ba4-e88f-4271-a64b-3ac0f6a1e5d3'
const EVENT = { type: 'call.completed', call: { id: CALL_ID } }
const MANY_OVERLAPS_APART = 60

let world: World
let endpointId: string
let deliveryId: string
let keyId: string
beforeEach(async () => {
  world = await World.create()
  endpointId = (await world.createEndpoint({ url: 'https://first.example/' })).body.id
  deliveryId = await world.deliver()
  await world.drain()
  // Another one is pending.
  await world.deliver()
  world.receiver.received.splice(0)
  const { body } = await asOperator(`/admin/orgs/${world.orgId}/api_keys`, { name: 'old' })
  keyId = body.id
})

function withKey(key: string): { headers: Record<string, string> } {
  return { headers: { 'Idempotency-Key': key } }
}

function asOperator(path: string, body?: unknown, options = {}): Promise<Answered> {
  return world.call('POST', path, body, { key: env.ADMIN_TOKEN, ...options })
}

/** All that the routes may write. */
const TABLES = [
  'orgs',
  'api_keys',
  'events',
  'deliveries',
  'endpoints',
  'signing_secrets',
  'audit_log',
  'idempotency_keys',
  'replays',
  'replay_parts',
  'portal_links',
]

/** Everything that is stored but when keys were last used. */
async function stored(): Promise<string> {
  await world.db.exec('UPDATE api_keys SET last_used_at = NULL')
  const tables = TABLES.map((name) => world.db.prepare(`SELECT * FROM ${name}`).all())
  return JSON.stringify((await Promise.all(tables)).map(({ results }) => results))
}

/** D1 that loses the answers of so many batches that act; those that only read are shorter. */
function losing(times: number): D1Database {
  let lost = 0
  return new Proxy(env.DB, {
    get(target, name) {
      // Whatever else is asked of it comes from the real binding, bound to it.
      const member = Reflect.get(target, name) as unknown
      if (name !== 'batch') return typeof member === 'function' ? member.bind(target) : member
      return async (statements: D1PreparedStatement[]) => {
        const answer = await target.batch(statements)
        if (statements.length > 3) lost += 1
        if (statements.length > 3 && lost <= times) throw new Error('Network connection lost.')
        return answer
      }
    },
  })
}

type Call = (key: string, variant?: number) => Promise<Answered>

/** Each route that takes the header. Another variant is another request. */
const ROUTES: Record<string, Call> = {
  'POST /v1/events': (key, variant = 0) =>
    world.call('POST', '/v1/events', { ...EVENT, created: variant }, withKey(key)),
  'POST /v1/events/batch': (key, variant = 0) => {
    const events = [{ type: 'call.exploded' }, EVENT, null, { ...EVENT, created: variant }]
    return world.call('POST', '/v1/events/batch', { events }, withKey(key))
  },
  'POST /v1/webhook_endpoints': (key, variant = 0) =>
    world.createEndpoint({ description: String(variant) }, withKey(key)),
  'POST /v1/webhook_endpoints/{id}/rotate_secret': (key, variant = 0) => {
    const path = `/v1/webhook_endpoints/${endpointId}/rotate_secret`
    return world.call('POST', path, { overlap_seconds: variant }, withKey(key))
  },
  'POST /v1/webhook_endpoints/{id}/test': (key, variant = 0) => {
    const type = variant === 0 ? 'call.busy' : 'call.failed'
    return world.call('POST', `/v1/webhook_endpoints/${endpointId}/test`, { type }, withKey(key))
  },
  'POST /v1/webhook_deliveries/{id}/redeliver': (key, variant = 0) => {
    const path = `/v1/webhook_deliveries/${deliveryId}/redeliver`
    return world.call('POST', path, variant === 0 ? undefined : {}, withKey(key))
  },
  'POST /v1/webhook_deliveries/discard': (key, variant = 0) => {
    const body = { filter: {}, reason: String(variant) }
    return world.call('POST', '/v1/webhook_deliveries/discard', body, withKey(key))
  },
  'POST /v1/portal_links': (key, variant = 0) =>
    world.call('POST', '/v1/portal_links', { session_seconds: 60 + variant }, withKey(key)),
  'POST /v1/webhook_replays': (key, variant = 0) => {
    const body = { filter: {}, reason: String(variant) }
    return world.call('POST', '/v1/webhook_replays', body, withKey(key))
  },
  'POST /admin/orgs': (key, variant = 0) =>
    asOperator('/admin/orgs', { name: `Org ${variant}` }, withKey(key)),
  'POST /v1/api_keys': (key, variant = 0) =>
    world.call('POST', '/v1/api_keys', { name: `Key ${variant}` }, withKey(key)),
  'POST /admin/orgs/{id}/api_keys': (key, variant = 0) =>
    asOperator(`/admin/orgs/${world.orgId}/api_keys`, { name: `Key ${variant}` }, withKey(key)),
  'POST /admin/orgs/{id}/api_keys/{key_id}/revoke': (key, variant = 0) => {
    const path = `/admin/orgs/${world.orgId}/api_keys/${keyId}/revoke`
    return asOperator(path, variant === 0 ? undefined : {}, withKey(key))
  },
  'POST /admin/orgs/{id}/rotate_default_secret': (key, variant = 0) => {
    const path = `/admin/orgs/${world.orgId}/rotate_default_secret`
    return asOperator(path, { overlap_seconds: variant }, withKey(key))
  },
}

describe('the routes with an Idempotency-Key', () => {
  it('are all that act', async () => {
    const { body: document } = await world.call('GET', '/openapi.json')
    // What came of a webhook is recorded once by its token: test/listen has that. A trial of a filter, or a check, does nothing.
    const posts = Object.entries<Json>(document.paths).filter(
      ([path, { post }]) => post && !/\/(?:answers|check|filter\/try)$/.test(path),
    )
    // test/move has the key of a move, for which there must be two databases.
    // test/replay has those of a replay, which are refused where it is as asked already.
    const controls = ['pause', 'resume', 'cancel'].map(
      (verb) => `POST /v1/webhook_replays/{id}/${verb}`,
    )
    const routes = [...Object.keys(ROUTES), ...controls, 'POST /admin/orgs/{id}/move']
    expect(posts.map(([path]) => `POST ${path}`).toSorted()).toEqual(routes.toSorted())
    for (const [, { post }] of posts) {
      expect(post?.parameters).toContainEqual(expect.objectContaining({ name: 'Idempotency-Key' }))
      expect(JSON.stringify(post?.responses)).toContain('Idempotent-Replayed')
    }
  })
})

describe.each(Object.entries(ROUTES))('%s with an Idempotency-Key', (name, call) => {
  it('acts once and answers the same, and says that it was so (I1)', async () => {
    const first = await call('key-1')
    const before = await stored()
    const queued = world.fresh.length + world.retry.length
    world.clock += 1000
    const second = await call('key-1')
    expect(second).toMatchObject({ status: first.status, body: first.body })
    expect(JSON.stringify(second.body)).toBe(JSON.stringify(first.body))
    expect(first.headers.get('Idempotent-Replayed')).toBeNull()
    expect(second.headers.get('Idempotent-Replayed')).toBe('true')
    expect(await stored()).toBe(before)
    expect(world.fresh.length + world.retry.length).toBe(queued)
  })

  it('acts once when both requests come at the same time (I1)', async () => {
    const [first, second] = await Promise.all([call('key-1'), call('key-1')])
    expect(second?.body).toEqual(first?.body)
    const replayed = [first, second].filter((one) => one?.headers.has('Idempotent-Replayed'))
    expect(replayed).toHaveLength(1)
    const before = await stored()
    await call('key-1')
    expect(await stored()).toBe(before)
  })

  it('answers the same though all of it has changed since (I1)', async () => {
    const first = await call('key-1')
    const path = `/v1/webhook_endpoints/${endpointId}`
    await world.call('PATCH', path, { url: 'https://other.example/', description: 'new' })
    world.receiver.respond(500)
    await world.drain()
    await asOperator(`/admin/orgs/${world.orgId}/rotate_default_secret`)
    await world.call('POST', `${path}/rotate_secret`)
    await world.redeliver(deliveryId)
    await world.drain()
    for (const { id } of (await world.call('GET', '/v1/webhook_endpoints')).body.data) {
      await world.call('DELETE', `/v1/webhook_endpoints/${id}`)
    }
    const again = await call('key-1')
    expect(again.status).toBe(first.status)
    expect(JSON.stringify(again.body)).toBe(JSON.stringify(first.body))
  })

  it('is answered though the answer of D1 was lost, as if it had not been (D6)', async () => {
    world.db = losing(1)
    const first = await call('key-1')
    expect(first.status).toBeLessThan(300)
    expect(first.headers.has('Idempotent-Replayed')).toBe(false)
    expect(JSON.stringify((await call('key-1')).body)).toBe(JSON.stringify(first.body))
  })

  it('finds what was done when all answers of D1 were lost (D6)', async () => {
    world.db = losing(3)
    expect((await call('key-1')).status).toBe(503)
    world.db = env.DB
    const before = await stored()
    const second = await call('key-1')
    expect(second.status).toBeLessThan(300)
    expect(second.headers.get('Idempotent-Replayed')).toBe('true')
    expect(await stored()).toBe(before)
    expect(JSON.stringify((await call('key-1')).body)).toBe(JSON.stringify(second.body))
  })

  it('refuses the key for another request, and changes nothing', async () => {
    await call('key-1')
    const before = await stored()
    const answer = await call('key-1', MANY_OVERLAPS_APART)
    expect(answer.status).toBe(409)
    expectProblem(answer, 'idempotency_key_reused')
    expect(await stored()).toBe(before)
  })

  it('is a new request under another key, and a day later under the same one', async () => {
    const replayed: boolean[] = []
    for (const [key, waitMs] of [
      ['key-1', 0],
      ['key-2', 0],
      ['key-1', DAY - 1],
      ['key-1', 1],
    ] as const) {
      world.clock += waitMs
      const { status, headers } = await call(key)
      expect(status).toBeLessThan(300)
      replayed.push(headers.has('Idempotent-Replayed'))
    }
    expect(replayed).toEqual([false, false, true, false])
  })

  it.each(['', 'a b', 'k'.repeat(256), 'a\tb'])('refuses the key "%s"', async (key) => {
    const before = await stored()
    expect(issuePaths(await call(key))).toEqual(['Idempotency-Key'])
    expect(await stored()).toBe(before)
  })

  it('refuses the key of every other route of the same caller', async () => {
    await call('key-1')
    const before = await stored()
    const isOfOperator = name.includes('/admin/')
    const others = Object.entries(ROUTES).filter(([other]) => other !== name)
    for (const [, other] of others.filter(([one]) => one.includes('/admin/') === isOfOperator)) {
      const answer = await other('key-1')
      expect(answer.status).toBe(409)
      expectProblem(answer, 'idempotency_key_reused')
    }
    expect(await stored()).toBe(before)
  })

  it('keeps no secret in plain text (X3)', async () => {
    const { body } = await call('key-1')
    const dump = await stored()
    for (const secret of [body.signing_secret, body.key].filter(Boolean)) {
      expect(dump).not.toContain(secret)
    }
  })
})

describe('an event without deliveries', () => {
  it.each([undefined, 'key-1'])(
    'is stored once when its answer was lost: key %s (D6)',
    async (key) => {
      await world.call('DELETE', `/v1/webhook_endpoints/${endpointId}`)
      world.db = losing(1)
      const options = key === undefined ? {} : withKey(key)
      const { status, body } = await world.call('POST', '/v1/events', EVENT, options)
      world.db = env.DB
      expect(status).toBe(202)
      expect(body).toMatchObject({ deliveries: [], skipped: [] })
      const { body: found } = await world.call('GET', `/v1/events/${body.id}`)
      expect(found).toEqual(body)
      const count = `SELECT count(*) AS n FROM events WHERE id = '${body.id}'`
      expect(await env.DB.prepare(count).first('n')).toBe(1)
    },
  )
})
