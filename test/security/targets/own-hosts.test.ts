// No webhook goes to the service itself, under whatever name it is called, with OWN_HOSTS unset (X5).
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../../../src/api/app.ts'
import { Visitor } from '../../dashboard/visitor.ts'
import { meter } from '../../db/counter.ts'
import { World } from '../../world.ts'

const HOUR = 3_600_000

let world: World
beforeEach(async () => {
  world = await World.create()
})

/** An isolate of the service's API; it remembers nothing of the others. */
function isolate() {
  const app = createApp(() => world.engine())
  return async (host: string, key: string, path = '/v1/webhook_endpoints'): Promise<number> => {
    const headers = { Authorization: `Bearer ${key}` }
    const url = `https://${host}${path}`
    const response = await app.request(url, { headers }, env, createExecutionContext())
    await world.settle()
    return response.status
  }
}

async function known(): Promise<string[]> {
  const { results } = await env.DB.prepare('SELECT host FROM own_hosts ORDER BY host').all<{
    host: string
  }>()
  return results.map(({ host }) => host)
}

/** Sends one event, and tells where events went so far, and how many attempts were refused. */
async function send(): Promise<{ received: string[]; refused: number }> {
  await world.send()
  await world.drain()
  return {
    received: world.receiver.received.map(({ url }) => url),
    refused: world.logs.filter(({ outcome }) => outcome === 'refused_target').length,
  }
}

describe('a host that the service is called by', () => {
  it.each([
    'https://hooks.example/',
    'https://hooks.example./v1/events',
    'https://HOOKS.Example:8443/',
    'https://below.hooks.example/',
    'https://h%6foks.example/',
    'https://\uff48ooks.example/',
  ])('is refused from then on, though %s was stored before', async (url) => {
    expect((await world.createEndpoint({ url })).status).toBe(201)
    expect(await send()).toMatchObject({ received: [expect.any(String)], refused: 0 })
    expect(await isolate()('hooks.example', world.key)).toBe(200)
    const { received, refused } = await send()
    expect(received).toHaveLength(1)
    expect(refused).toBe(1)
  })

  it('is refused to an endpoint that was enabled, a retry and a URL of a call as well', async () => {
    await isolate()('hooks.example', world.key)
    await world.send({ webhook_url: 'https://hooks.example/inline' })
    await world.pass(HOUR)
    expect(world.receiver.received).toEqual([])
  })

  it('is known by the operator’s calls and by signing in to the dashboard, too', async () => {
    await isolate()('operator.example', env.ADMIN_TOKEN, '/admin/orgs')
    expect(await known()).toEqual(['api.callingbox.example', 'operator.example'])
    await env.DB.exec('DELETE FROM own_hosts')
    await new Visitor(world).signIn(world.key)
    expect(await known()).toEqual(['api.callingbox.example'])
  })

  it('does not keep webhooks from other hosts', async () => {
    await isolate()('hooks.example', world.key)
    await world.createEndpoint({ url: 'https://nothooks.example/' })
    await world.createEndpoint({ url: 'https://example.com/' })
    const { received, refused } = await send()
    expect([received.length, refused]).toEqual([2, 0])
  })
})

describe('a host named by who has no valid key', () => {
  it('is not remembered, so that nobody’s webhooks are refused for it', async () => {
    const call = isolate()
    const revoked = (await world.createOrg('Other')).key
    await env.DB.prepare('UPDATE api_keys SET revoked_at = 1 WHERE public_id = ?')
      .bind(revoked.slice(8, 16))
      .run()
    for (const key of ['', 'junk', revoked, `${world.key.slice(0, -1)}x`]) {
      expect(await call('victim.example', key)).toBe(401)
      expect(await call('victim.example', key, '/admin/orgs')).toBe(401)
    }
    for (const path of ['/healthz', '/openapi.json', '/nothing', '/']) {
      await call('victim.example', '', path)
    }
    await new Visitor(world).signIn('junk')
    expect(await known()).toEqual(['api.callingbox.example'])
  })

  it('is not remembered for a key that an isolate has seen and that was revoked since (X4)', async () => {
    const call = isolate()
    await call('api.callingbox.example', world.key)
    await env.DB.exec('UPDATE api_keys SET revoked_at = 1')
    expect(await call('victim.example', world.key)).toBe(401)
    expect(await call('victim.example', world.key, '/v1/webhook_endpoints/x')).not.toBe(200)
    expect(await known()).toEqual(['api.callingbox.example'])
  })
})

describe('remembering', () => {
  it('writes once an hour for each host and isolate', async () => {
    const call = isolate()
    const { db, cost } = meter(env.DB)
    await call('hooks.example', world.key)
    world.db = db
    for (let count = 0; count < 5; count += 1) await call('hooks.example', world.key)
    expect(cost.written).toBe(0)
    world.clock += HOUR
    await call('hooks.example', world.key)
    // The key's last use, and the host.
    expect(cost.written).toBeLessThanOrEqual(2)
  })

  it('keeps the 32 that were seen last', async () => {
    const call = isolate()
    for (let count = 10; count < 50; count += 1) {
      world.clock += 1
      await call(`host${count}.example`, world.key)
    }
    const hosts = await known()
    expect(hosts).toHaveLength(32)
    expect(hosts).toContain('host49.example')
    expect(hosts).not.toContain('host10.example')
  })

  it('keeps one that is seen again, and lets go the next', async () => {
    const call = isolate()
    for (let count = 10; count < 42; count += 1) {
      world.clock += 1
      await call(`host${count}.example`, world.key)
    }
    world.clock += HOUR
    for (const name of ['host10', 'new']) {
      world.clock += 1
      await call(`${name}.example`, world.key)
    }
    const hosts = await known()
    expect(hosts).toContain('host10.example')
    expect(hosts).not.toContain('host11.example')
  })

  it('fails no request, and is tried again', async () => {
    const call = isolate()
    world.db = new Proxy(env.DB, {
      get: (db, name) => {
        const member = Reflect.get(db, name)
        if (name !== 'prepare') return member.bind(db)
        return (text: string) => {
          if (!/insert into "own_hosts"/i.test(text)) return db.prepare(text)
          throw new Error('D1_ERROR: disk I/O error')
        }
      },
    })
    expect(await call('hooks.example', world.key)).toBe(200)
    expect(world.logs.map(({ event }) => event)).toContain('own_host_not_kept')
    world.db = env.DB
    await call('hooks.example', world.key)
    expect(await known()).toContain('hooks.example')
  })
})
