// A replay of what was missed asks each endpoint's filter, as it is now.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { createAt, each, found, made, replayMissing, sendEvents, turn } from './missed.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const SPRING = { path: 'metadata.campaign', equals: 'spring' }

let world: World
let one: string
beforeEach(async () => {
  world = await World.create()
  one = await createAt(world, 'one')
  await turn(world, one, 'disabled')
})

function ofCampaign(campaign: string, count: number, more: object = {}): Promise<string[]> {
  return sendEvents(world, count, {}, { metadata: { campaign }, ...more })
}

/** Lets the endpoint in, with a filter. */
async function open(filter: object): Promise<void> {
  await turn(world, one, 'enabled')
  const { status } = await world.call('PATCH', `/v1/webhook_endpoints/${one}`, { filter })
  expect(status).toBe(200)
}

describe('a replay of what an endpoint with a filter has missed', () => {
  it('makes what the filter lets through, and counts what it does not (D7)', async () => {
    const spring = await ofCampaign('spring', 2)
    await ofCampaign('autumn', 3)
    const later = await ofCampaign('spring', 1)
    await open(SPRING)
    const replay = await replayMissing(world)
    await world.pass(MINUTE)
    expect(await made()).toEqual(each([...spring, ...later], [one]))
    expect(await found(world, replay)).toMatchObject({
      status: 'completed',
      replayed: 3,
      skipped: { filtered: 3 },
    })
  })

  it('comes through more than a step can read, and loses none', async () => {
    const long = { prompt: 'x'.repeat(250_000) }
    const first = await ofCampaign('spring', 9, long)
    await ofCampaign('autumn', 9, long)
    const last = await ofCampaign('spring', 3, long)
    await open(SPRING)
    const replay = await replayMissing(world)
    await world.pass(5 * MINUTE)
    expect(await made()).toEqual(each([...first, ...last], [one]))
    expect(await found(world, replay)).toMatchObject({
      status: 'completed',
      skipped: { filtered: 9 },
    })
  })

  it('passes by a payload that was deleted for that reason, and goes on', async () => {
    const [gone = ''] = await ofCampaign('spring', 1)
    const spring = await ofCampaign('spring', 1)
    await world.call('DELETE', `/v1/events/${gone}/payload`)
    await open(SPRING)
    const replay = await replayMissing(world)
    await world.pass(MINUTE)
    expect(await made()).toEqual(each(spring, [one]))
    expect(await found(world, replay)).toMatchObject({ skipped: { payload_deleted: 1 } })
  })
})
