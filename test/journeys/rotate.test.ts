// Which secrets sign after a rotation, at once and during an overlap.
import { beforeEach, describe, expect, it } from 'vitest'
import type { Received } from '../receiver.ts'
import { World, type Json } from '../world.ts'
import { isSignedWith } from './verify.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

let world: World
let endpoint: Json
beforeEach(async () => {
  world = await World.create()
  endpoint = (await world.createEndpoint()).body
})

async function rotate(body?: Json): Promise<string> {
  const path = `/v1/webhook_endpoints/${endpoint.id}/rotate_secret`
  const answer = await world.call('POST', path, body)
  return answer.body.signing_secret
}

async function nextReceived(): Promise<Received> {
  await world.deliver()
  await world.drain()
  const received = world.receiver.received.at(-1)
  if (!received) throw new Error('nothing was received')
  return received
}

describe('rotate_secret', () => {
  it('lets the old secret sign nothing from then on', async () => {
    const fresh = await rotate()
    const received = await nextReceived()
    expect(await isSignedWith(received, fresh)).toBe(true)
    expect(await isSignedWith(received, endpoint.signing_secret)).toBe(false)
  })

  it('signs with both, the new one first, until the overlap ends (P4)', async () => {
    const fresh = await rotate({ overlap_seconds: 3600 })
    const during = await nextReceived()
    expect(await isSignedWith(during, fresh)).toBe(true)
    expect(await isSignedWith(during, endpoint.signing_secret)).toBe(true)
    const header = during.headers.get('CallingBox-Signature')
    expect(header).toMatch(/^t=\d+,v1=[0-9a-f]{64},v1=[0-9a-f]{64}$/)
    world.clock += HOUR
    const after = await nextReceived()
    expect(await isSignedWith(after, fresh)).toBe(true)
    expect(await isSignedWith(after, endpoint.signing_secret)).toBe(false)
  })

  it('applies to attempts of deliveries that were accepted before it', async () => {
    world.receiver.respond(500)
    await world.deliver()
    await world.drain()
    const fresh = await rotate()
    await world.pass(2 * MINUTE)
    const [first, second] = world.receiver.received
    expect(first && (await isSignedWith(first, endpoint.signing_secret))).toBe(true)
    expect(second && (await isSignedWith(second, fresh))).toBe(true)
  })
})
