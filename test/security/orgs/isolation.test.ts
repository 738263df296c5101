// No org sees, changes or even recognizes what is another's: every route, every kind of key.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../../../src/api/app.ts'
import { World, type Json } from '../../world.ts'
import { hear } from '../../listen/ear.ts'
import {
  BODIES,
  bytesOf,
  call,
  customerRoutes,
  furnish,
  MISSING,
  operatorRoutes,
  routes,
  send,
  withId,
  withIds,
  type Org,
} from './matrix.ts'
import { allRows } from './rows.ts'

const HOUR = 3600 * 1000

let world: World
let own: Org
let other: Org
beforeEach(async () => {
  world = await World.create()
  own = await furnish(world, world.orgId, world.key)
  const second = await world.createOrg('Other')
  other = await furnish(world, second.orgId, second.key)
  BODIES['POST /v1/webhook_endpoints/{id}/answers'] = await hear(world, own.ids.listened, own.key)
})

/** Keys that are refused from now on; of the used ones the service may remember something. */
async function refusedKeys(): Promise<Record<string, string | undefined>> {
  const soon = { expires_at: new Date(world.clock + 1000).toISOString() }
  const revoked = await makeKey()
  const expired = await makeKey(soon)
  const revokedAfterUse = await makeKey()
  const expiredAfterUse = await makeKey(soon)
  for (const { key } of [revokedAfterUse, expiredAfterUse]) {
    const used = await world.call('GET', '/v1/webhook_endpoints', undefined, { key })
    expect(used.status).toBe(200)
  }
  for (const { id } of [revoked, revokedAfterUse]) {
    const path = `/admin/orgs/${world.orgId}/api_keys/${id}/revoke`
    await world.call('POST', path, undefined, { key: env.ADMIN_TOKEN })
  }
  world.clock += 2 * HOUR
  return {
    revoked: revoked.key,
    expired: expired.key,
    'revoked after it was used': revokedAfterUse.key,
    'expired after it was used': expiredAfterUse.key,
    'of a changed letter': own.key.replace(/.$/, own.key.endsWith('A') ? 'B' : 'A'),
    malformed: 'sk_live_short',
    'the operator’s': env.ADMIN_TOKEN,
    empty: '',
    none: undefined,
  }
}

async function makeKey(more: Json = {}): Promise<{ id: string; key: string }> {
  const path = `/admin/orgs/${world.orgId}/api_keys`
  const { body } = await world.call('POST', path, { name: 'x', ...more }, { key: env.ADMIN_TOKEN })
  return body
}

describe('the matrix', () => {
  it('knows every route that the service has', () => {
    const app = createApp(() => world.engine())
    const served = app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    const described = routes.map(({ name }) => name)
    expect([...new Set(served)].toSorted()).toEqual(described.toSorted())
  })

  it('has a cell for every prefix: a customer’s, the operator’s, or open to all', () => {
    const rest = routes.filter((route) => !customerRoutes.includes(route))
    const open = rest.filter((route) => !operatorRoutes.includes(route))
    expect(open.map(({ name }) => name)).toEqual(['GET /healthz', 'GET /openapi.json'])
  })
})

describe.each(customerRoutes)('$name', (route) => {
  it('answers its own org', async () => {
    const { status } = await call(world, route, withId(route, own.ids), own.key)
    expect(status).toBeGreaterThanOrEqual(200)
    expect(status).toBeLessThan(300)
  })

  it('shows nothing of another org', async () => {
    const { body } = await call(world, route, withId(route, own.ids), own.key)
    for (const id of Object.values(other.ids)) expect(body).not.toContain(id)
  })

  it('refuses every key that is not live, all alike, and nothing changes (X4)', async () => {
    const keys = await refusedKeys()
    const before = await allRows()
    const answers = await Promise.all(
      Object.values(keys).map((key) => call(world, route, withId(route, own.ids), key)),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401))
    expect(new Set(answers.map(bytesOf)).size).toBe(1)
    expect(await allRows()).toBe(before)
  })
})

describe.each(customerRoutes.filter(({ path }) => path.includes('{id}')))('$name', (route) => {
  it('answers another org’s id like a missing one, and nothing changes (X1)', async () => {
    const before = await allRows()
    const theirs = await call(world, route, withId(route, other.ids), own.key)
    const missing = await call(world, route, route.path.replace('{id}', MISSING), own.key)
    expect(theirs.status).toBe(404)
    expect(bytesOf(theirs)).toBe(bytesOf(missing))
    expect(await allRows()).toBe(before)
  })
})

describe.each(customerRoutes.filter(({ query }) => query.length > 0))('$name', (route) => {
  it('answers another org’s id in its query like a missing one beside it (X1, X7)', async () => {
    for (const name of route.query) {
      for (const id of Object.values(other.ids)) {
        // A cursor is a place in the order of ids: the missing one stands at the same place.
        const nearby = `${id.slice(0, -2)}fe`
        const theirs = await call(world, route, `${route.path}?${name}=${id}`, own.key)
        const missing = await call(world, route, `${route.path}?${name}=${nearby}`, own.key)
        expect(bytesOf(theirs)).toBe(bytesOf(missing))
      }
    }
  })
})

describe.each(operatorRoutes)('$name', (route) => {
  it('answers the operator', async () => {
    const { status } = await call(world, route, withIds(route, own.ids), env.ADMIN_TOKEN)
    expect(status).toBeGreaterThanOrEqual(200)
    expect(status).toBeLessThan(300)
  })

  it('refuses everyone else, all alike, and nothing changes', async () => {
    const before = await allRows()
    const keys = [
      own.key,
      other.key,
      `${env.ADMIN_TOKEN}x`,
      env.ADMIN_TOKEN.slice(1),
      '',
      undefined,
    ]
    const answers = await Promise.all(
      keys.map((key) => call(world, route, withIds(route, own.ids), key)),
    )
    expect(answers.map(({ status }) => status)).toEqual(keys.map(() => 401))
    expect(new Set(answers.map(bytesOf)).size).toBe(1)
    expect(await allRows()).toBe(before)
  })

  it('is not there without an ADMIN_TOKEN', async () => {
    world.vars['ADMIN_TOKEN'] = ''
    const answers = await Promise.all(
      [own.key, env.ADMIN_TOKEN, '', undefined].map((key) =>
        call(world, route, withIds(route, own.ids), key),
      ),
    )
    for (const answer of answers) expect(answer.status).toBe(404)
    const nowhere = await send(world, 'GET', '/nowhere', undefined, {})
    expect(new Set([...answers, nowhere].map(({ body }) => body)).size).toBe(1)
  })
})

describe.each(operatorRoutes.filter(({ path }) => path.includes('{key_id}')))('$name', (route) => {
  it('answers another org’s key like a missing one, and nothing changes (X1)', async () => {
    const before = await allRows()
    const [theirs, missing] = await Promise.all(
      [other.ids.apiKey, MISSING].map((apiKey) =>
        call(world, route, withIds(route, { org: own.ids.org, apiKey }), env.ADMIN_TOKEN),
      ),
    )
    expect(theirs?.status).toBe(404)
    expect(theirs && bytesOf(theirs)).toBe(missing && bytesOf(missing))
    expect(await allRows()).toBe(before)
  })
})
