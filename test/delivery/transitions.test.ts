// What happens to deliveries and endpoints is told as it happens, and an operator reads of some of it.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Transition } from '../../src/db/transitions.ts'
import { MAX_LAPSES } from '../../src/delivery/lease.ts'
import { World } from '../world.ts'

const MINUTE = 60_000

/** Lines that tell of transitions. */
const LINES = new Set([
  'delivery_given_up',
  'endpoint_disabled',
  'endpoint_enabled',
  'endpoint_recovered',
])

let world: World
let endpointId: string
beforeEach(async () => {
  world = await World.create({ DISABLE_AFTER_EXHAUSTED: 2 })
  endpointId = (await world.createEndpoint()).body.id
})

/** What was told since it was asked last, in short. */
function told(): string[] {
  return world.transitions.splice(0).map(describeOne)
}

function describeOne(one: Transition): string {
  const name = 'deliveryId' in one ? one.deliveryId : one.endpointId
  return `${name}: ${one.from} → ${one.to}, ${one.cause}`
}

/** What was logged of it since it was asked last. */
function logged(): unknown[] {
  return world.logs.splice(0).filter(({ event }) => LINES.has(event))
}

function setStatus(status: 'enabled' | 'disabled'): Promise<unknown> {
  return world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { status })
}

/** Deliveries that the receiver has answered with a failure, in the order of the store. */
async function fail(count: number): Promise<string[]> {
  world.receiver.respond(500)
  const ids: string[] = []
  for (let made = 0; made < count; made += 1) ids.push(await world.deliver())
  await world.drain()
  return ids.toSorted()
}

async function wearOut(): Promise<void> {
  await env.DB.prepare('UPDATE deliveries SET attempt_count = 7').run()
}

describe('a delivery', () => {
  it('is told to be delivered, once', async () => {
    const id = await world.deliver()
    await world.drain()
    expect(told()).toEqual([`${id}: pending → delivered, attempt`])
    expect(logged()).toEqual([])
  })

  it('is not told of while it is only scheduled anew', async () => {
    await fail(1)
    expect(told()).toEqual([`${endpointId}: well → unwell, attempt`])
    await world.pass(MINUTE)
    expect(told()).toEqual([])
  })

  it('is told to be exhausted by its last attempt, whose own line says so', async () => {
    world.receiver.respond(500)
    const id = await world.deliver()
    await wearOut()
    await world.drain()
    expect(told()).toEqual([
      `${endpointId}: well → unwell, attempt`,
      `${id}: pending → exhausted, attempt`,
    ])
    expect(logged()).toEqual([])
  })

  it('is told to be given up, and logged', async () => {
    const id = await world.deliver()
    await env.DB.prepare('UPDATE deliveries SET lapses = ?').bind(MAX_LAPSES).run()
    world.clock += 5 * MINUTE
    await world.sweep()
    expect(told()).toEqual([`${id}: pending → exhausted, given_up`])
    expect(logged()).toEqual([{ event: 'delivery_given_up', delivery_id: id, org_id: world.orgId }])
  })

  it('is told to be redelivered, once for each click', async () => {
    const id = await world.deliver()
    await world.drain()
    told()
    await world.redeliver(id)
    expect(told()).toEqual([`${id}: any → pending, redelivery`])
    await setStatus('disabled')
    told()
    await world.redeliver(id)
    expect(told()).toEqual([])
  })

  it('is told to be parked by the consumer when its endpoint is disabled, once', async () => {
    const id = await world.deliver()
    const messages = world.fresh.splice(0)
    await setStatus('disabled')
    told()
    await world.consume(messages)
    expect(told()).toEqual([`${id}: pending → parked, not_sent_to`])
    await world.consume(messages)
    expect(told()).toEqual([])
  })

  it('is told to be parked by the sweep, and let go by it', async () => {
    const [id = ''] = await fail(1)
    await setStatus('disabled')
    told()
    await world.pass(3 * MINUTE)
    expect(told()).toEqual([`${id}: pending → parked, sweep`])
    await setStatus('enabled')
    told()
    await world.sweep()
    expect(told()).toEqual([`${id}: parked → pending, sweep`])
  })

  it('is told to be let go by the outcome of one before it', async () => {
    const [first = '', second = ''] = await fail(2)
    await setStatus('disabled')
    await world.pass(3 * MINUTE)
    await setStatus('enabled')
    await world.sweep()
    told()
    world.receiver.respond(200)
    await world.consume(world.retry.splice(0))
    expect(told()).toEqual([
      `${second}: parked → pending, attempt`,
      `${first}: pending → delivered, attempt`,
    ])
  })
})

describe('an endpoint', () => {
  it('is told to be disabled by failures, and enabled again by a person, and logged', async () => {
    world.receiver.respond(500)
    const ids = [await world.deliver(), await world.deliver(), await world.deliver()]
    await wearOut()
    await world.drain()
    expect(told()).toEqual([
      `${endpointId}: well → unwell, attempt`,
      `${endpointId}: enabled → disabled, too_many_failures`,
      ...ids.toSorted().map((id) => `${id}: pending → exhausted, attempt`),
    ])
    await setStatus('enabled')
    expect(told()).toEqual([`${endpointId}: disabled → enabled, request`])
    const about = { endpoint_id: endpointId, org_id: world.orgId }
    expect(logged()).toEqual([
      { event: 'endpoint_disabled', ...about, cause: 'too_many_failures' },
      { event: 'endpoint_enabled', ...about },
    ])
  })

  it('is told to be disabled by a person, once, and not of another change', async () => {
    await setStatus('disabled')
    expect(told()).toEqual([`${endpointId}: enabled → disabled, request`])
    await setStatus('disabled')
    await world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { description: 'other' })
    expect(told()).toEqual([])
    const about = { endpoint_id: endpointId, org_id: world.orgId }
    expect(logged()).toEqual([{ event: 'endpoint_disabled', ...about, cause: 'request' }])
  })

  it('is told to be well again by a success before a minute is over', async () => {
    await fail(1)
    told()
    world.receiver.respond(200)
    const id = await world.deliver()
    await world.drain()
    expect(told()).toEqual([
      `${endpointId}: unwell → well, attempt`,
      `${id}: pending → delivered, attempt`,
    ])
    expect(logged()).toEqual([])
  })

  it('is told to recover by a success after it, and to have recovered, which is logged', async () => {
    await fail(1)
    world.clock += 2 * MINUTE
    world.receiver.respond(200)
    const id = await world.deliver()
    told()
    await world.drain()
    expect(told()).toEqual([
      `${endpointId}: unwell → recovering, attempt`,
      `${id}: pending → delivered, attempt`,
    ])
    await world.pass(5 * MINUTE)
    const ofEndpoint = told().filter((text) => text.startsWith(endpointId))
    expect(ofEndpoint).toEqual([`${endpointId}: recovering → well, sweep`])
    const about = { endpoint_id: endpointId, org_id: world.orgId }
    expect(logged()).toEqual([{ event: 'endpoint_recovered', ...about }])
  })

  it('is told to recover by the sweep that parks a crowd for it', async () => {
    const ids = await fail(12)
    told()
    world.clock += 3 * MINUTE
    await world.sweep()
    const [first = '', second = ''] = ids.slice(10)
    expect(told()).toEqual([
      `${first}: pending → parked, sweep`,
      `${second}: pending → parked, sweep`,
      `${endpointId}: unwell → recovering, sweep`,
      `${first}: parked → pending, sweep`,
    ])
  })

  it('is told to be deleted, with the deliveries that end by it', async () => {
    const id = await world.deliver()
    await world.call('DELETE', `/v1/webhook_endpoints/${endpointId}`)
    expect(told()).toEqual([
      `${endpointId}: enabled → deleted, request`,
      `${id}: pending → exhausted, deletion`,
    ])
    expect(logged()).toEqual([])
    await world.call('DELETE', `/v1/webhook_endpoints/${endpointId}`)
    expect(told()).toEqual([])
  })
})
