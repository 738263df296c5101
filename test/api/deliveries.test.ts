// The routes of deliveries: shapes, filters and paging.
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../world.ts'
import { expectProblem, instant, issuePaths, uuid } from './http/shapes.ts'

const PATH = '/v1/webhook_deliveries'
const DAY = 24 * 3600 * 1000

let world: World
beforeEach(async () => {
  world = await World.create()
})

function list(query: Record<string, string> = {}, options = {}): Promise<Answered> {
  const search = new URLSearchParams(query).toString()
  return world.call('GET', `${PATH}?${search}`, undefined, options)
}

async function listIds(query: Record<string, string> = {}): Promise<string[]> {
  const { body } = await list(query)
  return body.data.map(({ id }: { id: string }) => id)
}

/** Every page, by following the last id, until `has_more` is false. */
async function walk(query: Record<string, string>, between = async () => {}): Promise<string[]> {
  const seen: string[] = []
  for (let cursor = {}; ;) {
    const { body } = await list({ ...query, ...cursor })
    const ids: string[] = body.data.map(({ id }: { id: string }) => id)
    seen.push(...ids)
    if (!body.has_more) return seen
    expect(ids).toHaveLength(Number(query['limit'] ?? 50))
    cursor = { starting_after: ids.at(-1) }
    await between()
  }
}

describe(`GET ${PATH}/{id}`, () => {
  it('answers every published field, and nothing internal, before the first attempt', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const callId = crypto.randomUUID()
    const id = await world.deliver({ id: callId })
    const { status, body } = await world.call('GET', `${PATH}/${id}`)
    expect(status).toBe(200)
    expect(body).toEqual({
      id,
      org_id: world.orgId,
      endpoint_id: endpoint.id,
      call_id: callId,
      event_type: 'call.completed',
      url: 'https://receiver.example/hooks',
      status: 'pending',
      attempt_count: 0,
      manual_retry_count: 0,
      next_attempt_at: '2026-11-23T12:00:00Z',
      last_error: null,
      last_error_at: null,
      last_response_status: null,
      delivered_at: null,
      created_at: '2026-11-23T12:00:00Z',
      updated_at: '2026-11-23T12:00:00Z',
      replay_id: null,
      waiting_for: null,
      attempts: [],
    })
  })

  it('shows an attempt with what was sent and what came back', async () => {
    await world.createEndpoint()
    world.receiver.answer = () => new Response('Gone fishing', { status: 500, headers: { a: 'b' } })
    const id = await world.deliver()
    await world.drain()
    const { attempts } = await world.delivery(id)
    expect(attempts).toMatchObject([
      {
        number: 1,
        id: uuid,
        trigger: 'automatic',
        started_at: expect.stringMatching(/^2026-11-23T12:00:00(\.000)?Z$/),
        duration_ms: 0,
        headers_ms: 0,
        error: { kind: 'http_status', message: 'HTTP 500' },
        request: { headers: { 'CallingBox-Event-Id': id } },
        response: {
          status: 500,
          headers: { a: 'b', 'content-type': 'text/plain;charset=UTF-8' },
          body: 'Gone fishing',
        },
      },
    ])
  })

  it('shortens the signatures in the log: nobody can replay from it (X3)', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const path = `/v1/webhook_endpoints/${endpoint.id}/rotate_secret`
    await world.call('POST', path, { overlap_seconds: 60 })
    const id = await world.deliver()
    await world.drain()
    const { headers } = (await world.delivery(id)).attempts[0].request
    expect(headers['CallingBox-Signature']).toMatch(/^t=\d+,v1=[0-9a-f]{8}…,v1=[0-9a-f]{8}…$/)
    expect(headers['webhook-signature']).toMatch(/^v1,[\w+/]{8}… v1,[\w+/]{8}…$/)
  })
})

describe(`GET ${PATH}`, () => {
  it('answers nothing before the first event', async () => {
    expect(await list()).toMatchObject({ status: 200, body: { data: [], has_more: false } })
  })

  it('answers deliveries without their attempts, newest first', async () => {
    await world.createEndpoint()
    const first = await world.deliver()
    world.clock += 1
    const second = await world.deliver()
    const { body } = await list()
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual([second, first])
    expect(body.data[0]).not.toHaveProperty('attempts')
    expect(body.data[0]).toMatchObject({ id: second, org_id: world.orgId, created_at: instant })
  })

  it('answers 50 unless told otherwise, and 200 at most', async () => {
    await world.createEndpoint()
    const events = Array.from({ length: 100 }, () => ({
      type: 'call.queued',
      call: { id: crypto.randomUUID() },
    }))
    for (let batch = 0; batch < 3; batch += 1) {
      await world.call('POST', '/v1/events/batch', { events })
    }
    expect((await list()).body).toMatchObject({ data: { length: 50 }, has_more: true })
    expect((await list({ limit: '200' })).body).toMatchObject({ data: { length: 200 } })
    expect((await list({ limit: '1' })).body).toMatchObject({ data: { length: 1 } })
  })

  it.each(['0', '201', '-1', '1.5', 'ten', '', '1e2', ' 5', '99999999999999999999'])(
    'refuses a limit of "%s"',
    async (limit) => {
      const answer = await list({ limit })
      expectProblem(answer, 'invalid_request')
      expect(issuePaths(answer)).toEqual(['limit'])
    },
  )

  it.each([
    { endpoint_id: 'nope' },
    { call_id: '' },
    { status: 'failed' },
    { starting_after: '123' },
  ])('refuses %o', async (query) => {
    expect(issuePaths(await list(query))).toEqual(Object.keys(query))
  })

  it('refuses a filter that is given twice', async () => {
    const answer = await world.call('GET', `${PATH}?limit=1&limit=2`)
    expect(issuePaths(answer)).toEqual(['limit'])
  })
})

describe(`GET ${PATH} with filters`, () => {
  const CALLS = [crypto.randomUUID(), crypto.randomUUID()]
  let endpointIds: string[]
  let rows: Json[]

  // Two calls, three destinations, every status: 24 deliveries.
  beforeEach(async () => {
    world = await World.create({ RETRY_SCHEDULE_SECONDS: '1' })
    const made = [await world.createEndpoint(), await world.createEndpoint()]
    endpointIds = made.map(({ body }) => body.id)
    for (const status of [200, 500, 503]) {
      world.receiver.respond(status, status === 503 ? { 'Retry-After': '86400' } : {})
      for (const id of CALLS) {
        world.clock += 1
        await world.send({ id, webhook_url: 'https://inline.example/' })
        await world.send({ id })
      }
      await world.pass(120_000)
    }
    rows = (await list({ limit: '200' })).body.data
  })

  it('knows every combination of endpoint, call and status', async () => {
    expect(rows).toHaveLength(3 * 2 * 5)
    for (const endpoint_id of [undefined, ...endpointIds, crypto.randomUUID()]) {
      for (const call_id of [undefined, ...CALLS, crypto.randomUUID()]) {
        for (const status of [undefined, 'pending', 'delivered', 'exhausted']) {
          const filter = { endpoint_id, call_id, status }
          const given = Object.entries(filter).flatMap(([name, value]) =>
            value === undefined ? [] : [[name, value] as const],
          )
          const wanted = rows.filter((row) => given.every(([name, value]) => row[name] === value))
          const query = Object.fromEntries(given)
          const expected = wanted.map(({ id }) => id)
          const listed = await listIds({ ...query, limit: '200' })
          expect({ query, listed }).toEqual({ query, listed: expected })
        }
      }
    }
  })

  it('visits every row once, whatever the filter and the page (I2)', async () => {
    const [endpoint_id = ''] = endpointIds
    const [call_id = ''] = CALLS
    const filters: Record<string, string>[] = [
      {},
      { endpoint_id },
      { call_id },
      { status: 'pending' },
      { endpoint_id, call_id },
      { endpoint_id, status: 'delivered' },
      { call_id, status: 'exhausted' },
    ]
    for (const filter of filters) {
      const all = await listIds({ ...filter, limit: '200' })
      expect(all.length).toBeGreaterThan(1)
      expect(await walk({ ...filter, limit: '1' })).toEqual(all)
      expect(await walk({ ...filter, limit: String(all.length) })).toEqual(all)
    }
  })

  it('visits each row once while new ones arrive and others change (I2)', async () => {
    const before = await listIds({ limit: '200' })
    const [last = ''] = before.slice(-1)
    const seen = await walk({ limit: '4' }, async () => {
      world.clock += 1000
      await world.send()
      await world.redeliver(last)
    })
    expect(seen).toEqual(before)
  })

  it('finds a call whatever the case of its id', async () => {
    const [call_id = ''] = CALLS
    expect(await listIds({ call_id: call_id.toUpperCase(), limit: '200' })).toHaveLength(15)
  })
})

describe('starting_after', () => {
  it('is a place in the order, under whatever filter it came from (X7)', async () => {
    const { body: first } = await world.createEndpoint()
    const { body: second } = await world.createEndpoint()
    const older = (await world.send()).body.deliveries
    world.clock += 1
    const { body: event } = await world.send()
    const own = event.deliveries.find((one: Json) => one.endpoint_id === first.id).id
    const expected = older.find((one: Json) => one.endpoint_id === second.id).id
    const query = { endpoint_id: second.id, limit: '200' }
    expect((await listIds({ ...query, starting_after: event.id })).at(-1)).toBe(expected)
    expect(await listIds({ ...query, starting_after: own })).toContain(expected)
    expect(await listIds({ starting_after: own, call_id: crypto.randomUUID() })).toEqual([])
  })

  it('works on when its delivery has changed status since', async () => {
    await world.createEndpoint()
    const older = await world.deliver()
    world.clock += 1
    const newer = await world.deliver()
    world.fresh.splice(0, 1)
    await world.drain()
    expect(await world.delivery(newer)).toMatchObject({ status: 'delivered' })
    expect(await listIds({ status: 'pending', starting_after: newer })).toEqual([older])
  })
})

describe(`POST ${PATH}/{id}/redeliver`, () => {
  it('needs no body', async () => {
    await world.createEndpoint()
    const answer = await world.redeliver(await world.deliver())
    expect(answer.status).toBe(200)
    expect(answer.body).not.toHaveProperty('attempts')
  })

  it('is a 409 after 1,000 redeliveries, and changes nothing (S3)', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    await world.db.prepare('UPDATE deliveries SET manual_retry_count = 999').run()
    expect((await world.redeliver(id)).status).toBe(200)
    const before = await world.delivery(id)
    world.clock += DAY
    const refused = await world.redeliver(id)
    expect(refused.status).toBe(409)
    expectProblem(refused, 'redeliver_limit_reached')
    expect(await world.delivery(id)).toEqual(before)
  })
})
