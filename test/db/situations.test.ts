// The state that a row is in has a name, whatever its instants say.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'

let world: World
let endpointId: string
beforeEach(async () => {
  world = await World.create()
  endpointId = (await world.createEndpoint()).body.id
})

function situationOf(id: string): Promise<string | null> {
  return env.DB.prepare('SELECT situation FROM deliveries WHERE id = ?')
    .bind(id)
    .first<string>('situation')
}

async function healthWith(columns: string): Promise<string | null> {
  await env.DB.prepare(`UPDATE endpoints SET ${columns}`).run()
  return env.DB.prepare('SELECT health FROM endpoints').first<string>('health')
}

describe('the situation of a delivery', () => {
  it('is leased while it is queued, waiting before a retry, over once it is delivered', async () => {
    const id = await world.deliver()
    expect(await situationOf(id)).toBe('leased')
    world.receiver.respond(500)
    await world.drain()
    expect(await situationOf(id)).toBe('waiting')
    world.receiver.respond(200)
    await world.redeliver(id)
    expect(await situationOf(id)).toBe('leased')
    await world.drain()
    expect(await situationOf(id)).toBe('over')
  })

  it('is parked when its turn comes while its endpoint is disabled', async () => {
    const id = await world.deliver()
    await world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { status: 'disabled' })
    await world.drain()
    expect(await situationOf(id)).toBe('parked')
  })
})

describe('the health of an endpoint', () => {
  it('is unwell while its attempts fail, though it has a pace', async () => {
    expect(await healthWith('pace = NULL, unwell_since = NULL')).toBe('well')
    expect(await healthWith('pace = NULL, unwell_since = 1')).toBe('unwell')
    expect(await healthWith('pace = 1, unwell_since = 1')).toBe('unwell')
    expect(await healthWith('pace = 1, unwell_since = NULL')).toBe('recovering')
  })
})
