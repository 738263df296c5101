// A failed request leaves the same line in the log, whichever door it came to.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { Visitor } from '../dashboard/visitor.ts'
import { World } from '../world.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
})

/** From now on nothing that names this table can be asked. */
function breakTable(name: string): void {
  world.db = new Proxy(env.DB, {
    get(target, method) {
      if (method !== 'prepare') return Reflect.get(target, method).bind(target)
      return (query: string) => {
        if (query.includes(name)) throw new Error('D1_ERROR: disk I/O error')
        return target.prepare(query)
      }
    },
  })
  world.logs.splice(0)
}

describe('a failure of ours', () => {
  it('is told of an API request and of a page alike, but for the route', async () => {
    const visitor = await Visitor.signedIn(world)
    breakTable('deliveries')
    await world.call('GET', '/v1/webhook_deliveries')
    await visitor.get('/deliveries?q=pasted')
    const lines = world.logs.filter(({ event }) => event === 'request_failed')
    const line = {
      event: 'request_failed',
      level: 'error',
      status: 500,
      code: 'internal_error',
      request_id: expect.stringMatching(/^[\da-f-]{36}$/),
      method: 'GET',
      org_id: world.orgId,
      key_id: world.key.slice(8, 16),
      cause: expect.stringContaining('disk I/O error'),
    }
    expect(lines).toEqual([
      { ...line, route: '/v1/webhook_deliveries' },
      { ...line, route: '/dashboard/deliveries' },
    ])
  })

  it('names nobody where it is not known yet who asks', async () => {
    const visitor = await Visitor.signedIn(world)
    breakTable('sessions')
    await visitor.get('/deliveries')
    expect(world.logs).toEqual([
      expect.objectContaining({ event: 'request_failed', org_id: undefined, key_id: undefined }),
    ])
  })
})
