// The two sides of an org are two orgs to every route: neither sees, changes or recognizes what is the other's.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../../world.ts'
import { hear } from '../../listen/ear.ts'
import {
  BODIES,
  bytesOf,
  call,
  customerRoutes,
  furnish,
  MISSING,
  withId,
  type Org,
  type Route,
} from './matrix.ts'
import { allRows } from './rows.ts'

let world: World
let own: Org
let twin: Org
beforeEach(async () => {
  world = await World.create()
  own = await furnish(world, world.orgId, world.key)
  const asked = { name: 'test', mode: 'test' }
  const { body } = await world.call('POST', '/v1/api_keys', asked)
  twin = await furnish(world, body.org_id, body.key)
  BODIES['POST /v1/webhook_endpoints/{id}/answers'] = await hear(world, own.ids.listened, own.key)
})

/** A live key has made the test keys, and may do with them what it may with its own. */
function isForBothSides(route: Route, caller: Org): boolean {
  return caller === own && route.path.startsWith('/v1/api_keys')
}

/** All of the other side; but that a test key was made is in the live side's log, too. */
function hiddenFrom(route: Route, caller: Org, side: Org): string[] {
  const { apiKey, ...others } = side.ids
  const isNoted = caller === own && route.path === '/v1/audit_log'
  return isNoted ? Object.values(others) : [apiKey, ...Object.values(others)]
}

/** What BODIES has for it is what one side alone has heard. */
function isOfOneHearing(route: Route, caller: Org): boolean {
  return caller !== own && route.path.endsWith('/answers')
}

describe.each(customerRoutes)('$name', (route) => {
  it('shows a test key nothing of live data, nor a live key anything of test data (X9)', async () => {
    for (const [caller, side] of [
      [own, twin],
      [twin, own],
    ] as const) {
      if (isForBothSides(route, caller) || isOfOneHearing(route, caller)) continue
      const { status, body } = await call(world, route, withId(route, caller.ids), caller.key)
      expect(status).toBeLessThan(300)
      for (const id of hiddenFrom(route, caller, side)) expect(body).not.toContain(id)
    }
  })
})

describe.each(customerRoutes.filter(({ path }) => path.includes('{id}')))('$name', (route) => {
  it('answers an id of the other side like a missing one, and nothing changes (X9)', async () => {
    const before = await allRows()
    for (const [caller, side] of [
      [own, twin],
      [twin, own],
    ] as const) {
      if (isForBothSides(route, caller)) continue
      const theirs = await call(world, route, withId(route, side.ids), caller.key)
      const missing = await call(world, route, route.path.replace('{id}', MISSING), caller.key)
      expect(theirs.status).toBe(404)
      expect(bytesOf(theirs)).toBe(bytesOf(missing))
    }
    expect(await allRows()).toBe(before)
  })
})
