// Filters that are kept: what the list's page gives for it, with scripts and without.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { ORIGIN, textOf, Visitor } from './visitor.ts'

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

describe('a filter of the list', () => {
  it('can be kept under its own address, wherever in the list one is', async () => {
    const id = crypto.randomUUID()
    const { text } = await visitor.get(`/deliveries?status=exhausted&range=24h&after=${id}`)
    const address = '/dashboard/deliveries?status=exhausted&range=24h'
    expect(textOf(text)).toContain(`data-query="?status=exhausted&range=24h"`)
    expect(textOf(text)).toContain(`data-text="${ORIGIN}${address}"`)
    expect(text).toContain('Keep this filter')
  })

  it('is said to be an address to bookmark where scripts do not run', async () => {
    const { text } = await visitor.get('/deliveries?status=exhausted')
    expect(text).toMatch(/class="[^"]*no-js[^"]*">To keep this filter, bookmark this page\./)
  })

  it('is not offered to be kept where nothing is filtered', async () => {
    expect((await visitor.get('/deliveries')).text).not.toContain('Keep this filter')
  })

  it('is kept apart for each organization', async () => {
    const other = await world.createOrg('Other')
    const stranger = await Visitor.signedIn(world, other.key)
    const places = [await visitor.get('/deliveries'), await stranger.get('/deliveries')].map(
      ({ text }) => /data-filters="([^"]*)"/.exec(text)?.[1],
    )
    expect(places).toEqual([
      `callingbox-filters-${world.orgId}`,
      `callingbox-filters-${other.orgId}`,
    ])
  })
})
