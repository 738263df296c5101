// Discarding what is pending: what it ends, what it leaves, and what comes of what was in flight.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { expectProblem, issuePaths } from '../api/http/shapes.ts'
import { World, type Answered, type Json } from '../world.ts'

const PATH = '/v1/webhook_deliveries/discard'
const DAY = 24 * 3600 * 1000

let world: World
let endpoint: Json
beforeEach(async () => {
  world = await World.create()
  endpoint = (await world.createEndpoint()).body
})

function ask(body: Json, headers: Record<string, string> = {}): Promise<Answered> {
  return world.call('POST', PATH, body, { headers })
}

async function statuses(ids: string[]): Promise<string[]> {
  const found = await Promise.all(ids.map((id) => world.delivery(id)))
  return found.map(({ status }) => status)
}

async function entries(): Promise<Json[]> {
  const { body } = await world.call('GET', '/v1/audit_log')
  return body.data.filter(({ action }: Json) => action === 'org.discard_deliveries')
}

/** One that is delivered, one that waits for its next attempt, one that is new, and one that is held. */
async function oneOfEach(): Promise<Record<'delivered' | 'waiting' | 'fresh' | 'held', string>> {
  const delivered = await world.deliver()
  await world.drain()
  const { body: other } = await world.createEndpoint({ url: 'https://other.example/' })
  const path = `/v1/webhook_endpoints/${other.id}`
  const { body: event } = await world.send()
  const of = (id: string) => event.deliveries.find((one: Json) => one.endpoint_id === id).id
  await world.call('PATCH', path, { status: 'disabled' })
  world.receiver.respond(500)
  await world.drain()
  const fresh = await world.deliver()
  world.clock += 1000
  return { delivered, waiting: of(endpoint.id), held: of(other.id), fresh }
}

describe(`POST ${PATH}`, () => {
  it('ends what is pending, held ones too, and leaves all else as it was (S7)', async () => {
    const { delivered, ...pending } = await oneOfEach()
    const before = await world.delivery(delivered)
    const { status, body } = await ask({ filter: {} })
    expect([status, body]).toEqual([200, { dry_run: false, discarded: 3, has_more: false }])
    expect(await world.delivery(delivered)).toEqual(before)
    for (const id of Object.values(pending)) {
      expect(await world.delivery(id)).toMatchObject({
        status: 'exhausted',
        last_error: 'discarded',
        last_error_at: '2026-11-23T12:00:01Z',
        delivered_at: null,
        updated_at: '2026-11-23T12:00:01Z',
      })
    }
    expect(world.transitions.filter((one) => one.cause === 'discard')).toHaveLength(3)
  })

  it('sends none of them any more, and counts none against its endpoint (C1)', async () => {
    await oneOfEach()
    await ask({ filter: {} })
    const { consecutive_failures: before } = await world.endpoint(endpoint.id)
    world.receiver.received.splice(0)
    await world.pass(3 * DAY)
    expect(world.receiver.received).toEqual([])
    expect(await world.endpoint(endpoint.id)).toMatchObject({
      status: 'enabled',
      consecutive_failures: before,
    })
  })

  it('lets a redelivery send one of them all the same, on its schedule’s terms', async () => {
    const id = await world.deliver()
    world.clock += 1
    await ask({ filter: {} })
    world.receiver.respond(200)
    await world.redeliver(id)
    await world.drain()
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', manual_retry_count: 1 })
  })

  it('ends exactly what its filter says', async () => {
    const { body: other } = await world.createEndpoint({ url: 'https://other.example/' })
    const callId = crypto.randomUUID()
    const sent: Json[] = []
    for (const [type, id] of [
      ['call.failed', callId],
      ['call.busy', callId],
      ['call.busy', crypto.randomUUID()],
    ]) {
      world.clock += 1000
      const { body } = await world.send({ id }, { type })
      for (const one of body.deliveries) sent.push({ ...one, type, call: id, at: world.clock })
    }
    const cases: [filter: Json, isMeant: (one: Json) => boolean][] = [
      [{ endpoint_id: crypto.randomUUID() }, () => false],
      [{ call_id: crypto.randomUUID() }, () => false],
      [{ created_before: '2026-11-23T12:00:01Z' }, () => false],
      [
        { event_type: 'call.failed', endpoint_id: other.id },
        (one) => one.type === 'call.failed' && one.endpoint_id === other.id,
      ],
      [
        { call_id: callId, event_type: ['call.busy', 'call.queued'] },
        (one) => one.call === callId && one.type === 'call.busy',
      ],
      [
        {
          created_after: new Date(world.clock).toISOString(),
          endpoint_id: endpoint.id,
          status: ['pending'],
        },
        (one) => one.at === world.clock && one.endpoint_id === endpoint.id,
      ],
      [{ status: 'pending' }, () => true],
    ]
    const ended = new Set<string>()
    for (const [filter, isMeant] of cases) {
      const meant = sent.filter((one) => isMeant(one) && !ended.has(one.id))
      for (const { id } of meant) ended.add(id)
      expect({ filter, ...(await ask({ filter })).body }).toMatchObject({ discarded: meant.length })
      const all = await statuses(sent.map(({ id }) => id))
      expect(all).toEqual(sent.map(({ id }) => (ended.has(id) ? 'exhausted' : 'pending')))
    }
  })

  it('leaves another org’s alone, whatever it names (X1)', async () => {
    const id = await world.deliver()
    world.clock += 1
    const { key } = await world.createOrg('Other')
    for (const filter of [{}, { endpoint_id: endpoint.id }]) {
      const { body } = await world.call('POST', PATH, { filter }, { key })
      expect(body).toEqual({ dry_run: false, discarded: 0, has_more: false })
    }
    expect(await statuses([id])).toEqual(['pending'])
  })

  it.each([
    [undefined, ['']],
    [{}, ['filter']],
    [{ filter: null }, ['filter']],
    [{ filter: { status: 'exhausted' } }, ['filter.status']],
    [{ filter: { status: ['pending', 'delivered'] } }, ['filter.status']],
    [{ filter: { state: 'pending' } }, ['filter.state']],
    [{ filter: {}, rate_per_second: 5 }, ['rate_per_second']],
    [{ filter: {}, dry_run: 'yes' }, ['dry_run']],
    [{ filter: {}, reason: 'x'.repeat(501) }, ['reason']],
    [{ filter: { endpoint_id: '' } }, ['filter.endpoint_id']],
    [
      { filter: { created_after: '2026-11-23T12:00:01Z', created_before: '2026-11-23T12:00:00Z' } },
      ['filter.created_before'],
    ],
  ])('is a 400 for %j, and ends nothing', async (body, paths) => {
    const id = await world.deliver()
    world.clock += 1
    const refused = await ask(body)
    expectProblem(refused, 'invalid_request')
    expect(issuePaths(refused)).toEqual(paths)
    expect(await statuses([id])).toEqual(['pending'])
  })
})

describe('an attempt in flight when its delivery is discarded', () => {
  it.each([200, 500])('is logged as superseded, and changes nothing: %i', async (answer) => {
    const id = await world.deliver()
    world.receiver.answer = async () => {
      world.clock += 1
      await ask({ filter: {} })
      return new Response('late', { status: answer })
    }
    await world.drain()
    const delivery = await world.delivery(id)
    expect(delivery).toMatchObject({
      status: 'exhausted',
      last_error: 'discarded',
      last_response_status: answer,
      attempt_count: 0,
      delivered_at: null,
    })
    expect(delivery.attempts).toMatchObject([
      { superseded: 'discard', response: { status: answer, body: 'late' } },
    ])
    expect(await world.endpoint(endpoint.id)).toMatchObject({ consecutive_failures: 0 })
  })
})

describe('a dry run', () => {
  it('plans what it would end, and stores nothing', async () => {
    await oneOfEach()
    const before = await env.DB.prepare('SELECT * FROM deliveries').all()
    const { status, body } = await ask({ filter: {}, dry_run: true }, { 'Idempotency-Key': 'k' })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      dry_run: true,
      total: 3,
      total_is_exact: true,
      by_status: { pending: 3, delivered: 0, exhausted: 0 },
      warnings: [],
      seconds: 0,
    })
    const after = await env.DB.prepare('SELECT * FROM deliveries').all()
    expect(after.results).toEqual(before.results)
    expect(await entries()).toEqual([])
  })
})

describe('the audit log', () => {
  it('has one entry a request that ended something, with its filter, reason and count', async () => {
    await world.deliver()
    world.clock += 1
    const filter = { event_type: 'call.completed', created_before: '2027-01-01T01:00:00+01:00' }
    await ask({ filter, reason: ' The backlog is stale. ' })
    await ask({ filter })
    expect(await entries()).toMatchObject([
      {
        actor: world.key.slice(8, 16),
        target_type: 'org',
        target_id: world.orgId,
        details: {
          filter: { event_type: ['call.completed'], created_before: '2027-01-01T00:00:00.000Z' },
          reason: 'The backlog is stale.',
          discarded: 1,
        },
      },
    ])
  })
})
