// Operational events that are told as they happen: each once, to who names it, and none makes another.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { hearOf } from '../../src/delivery/announce.ts'
import { World } from '../world.ts'
import { listenFor, makeFailing, OPERATOR_URL, tell, told, typesTold } from './operational.ts'

const MINUTE = 60_000

let world: World
let failingId: string

beforeEach(async () => {
  world = await World.create({ DISABLE_AFTER_EXHAUSTED: 2, RETRY_SCHEDULE_SECONDS: '1' })
  failingId = await makeFailing(world)
})

/** So many deliveries to the bad endpoint are exhausted. */
async function exhaust(count: number): Promise<void> {
  for (let made = 0; made < count; made += 1) await world.deliver()
  await world.drain()
  world.clock += 2000
  await world.sweep()
  await world.drain()
}

describe('endpoint.disabled', () => {
  it('tells once that an endpoint was disabled, and how it is', async () => {
    await listenFor(world, 'endpoint.disabled')
    await exhaust(2)
    await tell(world)
    const [event, ...others] = told(world)
    expect(others).toEqual([])
    expect(event).toMatchObject({
      type: 'endpoint.disabled',
      data: {
        org_id: world.orgId,
        endpoint: {
          id: failingId,
          url: 'https://bad.example/',
          status: 'disabled',
          disabled_reason: 'too_many_failures',
          disabled_at: new Date(event.created * 1000).toISOString().replace('.000', ''),
          consecutive_failures: 2,
        },
      },
    })
    await tell(world)
    expect(told(world)).toEqual([])
  })

  it('is told as it happens, before the cron comes', async () => {
    await listenFor(world, 'endpoint.disabled')
    await exhaust(2)
    hearOf(await world.engine(), world.transitions)
    await world.settle()
    await world.drain()
    expect(typesTold(world)).toEqual(['endpoint.disabled'])
    await tell(world)
    expect(told(world)).toEqual([])
  })

  it('goes to nobody who takes all that is about calls', async () => {
    await listenFor(world, 'endpoint.disabled')
    const { body: other } = await world.createEndpoint({ url: 'https://all.example/' })
    await world.call('PATCH', `/v1/webhook_endpoints/${failingId}`, { status: 'disabled' })
    await tell(world)
    const { body } = await world.call('GET', '/v1/webhook_deliveries?kind=operational')
    expect(body.data).toHaveLength(1)
    expect(body.data[0].endpoint_id).not.toBe(other.id)
  })

  it('is told of what a person disables, each time', async () => {
    await listenFor(world, 'endpoint.disabled')
    const path = `/v1/webhook_endpoints/${failingId}`
    for (const status of ['disabled', 'disabled', 'enabled', 'disabled']) {
      world.clock += 1000
      await world.call('PATCH', path, { status })
    }
    await tell(world)
    expect(told(world).map(({ data }) => data.endpoint.disabled_reason)).toEqual([
      'disabled_by_customer',
      'disabled_by_customer',
    ])
  })

  it('is not told to the endpoint itself, once it is enabled', async () => {
    const id = await listenFor(world, 'endpoint.disabled')
    const path = `/v1/webhook_endpoints/${id}`
    await world.call('PATCH', path, { status: 'disabled' })
    await world.call('PATCH', path, { status: 'enabled' })
    await tell(world)
    expect(told(world)).toEqual([])
  })

  it('is made once, though the mark that it was told was lost', async () => {
    await listenFor(world, 'endpoint.disabled')
    await exhaust(2)
    await tell(world)
    await env.DB.prepare('UPDATE notices SET told_at = NULL').run()
    await tell(world)
    expect(typesTold(world)).toEqual(['endpoint.disabled'])
  })
})

describe('delivery.exhausted', () => {
  it('is one event each while they are few', async () => {
    await listenFor(world, 'delivery.exhausted')
    await exhaust(2)
    await tell(world)
    expect(told(world)).toEqual([])
    world.clock += MINUTE
    await tell(world)
    const events = told(world)
    expect(events.map(({ data }) => [data.count, data.deliveries.length])).toEqual([
      [1, 1],
      [1, 1],
    ])
    const [{ data }] = events
    expect(data).toEqual({
      org_id: world.orgId,
      endpoint_id: failingId,
      count: 1,
      deliveries: [
        expect.objectContaining({
          event_type: 'call.completed',
          url: 'https://bad.example/',
          attempt_count: 2,
          last_error: 'HTTP 500',
          last_response_status: 500,
        }),
      ],
    })
  })

  it('sums up what is more than ten in a minute', async () => {
    world.vars['DISABLE_AFTER_EXHAUSTED'] = 100
    await listenFor(world, 'delivery.exhausted')
    await exhaust(12)
    world.clock += MINUTE
    await tell(world)
    const events = told(world)
    expect(events.map(({ data }) => [data.count, data.deliveries.length])).toEqual([[12, 10]])
  })

  it('is not told of what a person ends', async () => {
    await listenFor(world, 'delivery.exhausted')
    await world.deliver()
    await world.call('POST', '/v1/webhook_deliveries/discard', { filter: {} })
    world.clock += 2 * MINUTE
    await tell(world)
    expect(told(world)).toEqual([])
  })

  it('is told to nobody of an operational delivery', async () => {
    await listenFor(world, 'delivery.exhausted')
    const failing = { url: 'https://bad.example/ops', enabled_events: ['endpoint.disabled'] }
    const { body } = await world.createEndpoint(failing)
    await world.call('PATCH', `/v1/webhook_endpoints/${failingId}`, { status: 'disabled' })
    await tell(world)
    world.clock += 2000
    await world.sweep()
    await world.drain()
    const path = `/v1/webhook_deliveries?kind=operational&endpoint_id=${body.id}&status=exhausted`
    expect((await world.call('GET', path)).body.data).toHaveLength(1)
    world.clock += 2 * MINUTE
    await tell(world)
    expect(told(world)).toEqual([])
  })
})

describe('the operator', () => {
  it('is told of every org, under its id, and nobody else is', async () => {
    const other = await world.createOrg('Other')
    world.vars['OPERATOR_ORG_ID'] = other.orgId
    const mine = { url: OPERATOR_URL, enabled_events: ['endpoint.disabled'] }
    await world.call('POST', '/v1/webhook_endpoints', mine, { key: other.key })
    await tell(world)
    await exhaust(2)
    await tell(world)
    const events = told(world)
    expect(events.map(({ data }) => data.org_id)).toEqual([world.orgId])
    const { body } = await world.call('GET', '/v1/events?kind=operational')
    expect(body.data).toEqual([])
  })
})

describe('where nobody is told', () => {
  it('notes nothing', async () => {
    await exhaust(2)
    await tell(world)
    const { results } = await env.DB.prepare('SELECT * FROM notices').all()
    expect(results).toEqual([])
  })
})
