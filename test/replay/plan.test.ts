// The plan of a replay: what a dry run says, what it reads, and that it stores nothing.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { meter } from '../db/counter.ts'
import { seed } from '../db/seed.ts'
import { World, type Answered, type Json } from '../world.ts'

const PATH = '/v1/webhook_replays'
const SECOND = 1000

let world: World
let endpointId: string
beforeEach(async () => {
  world = await World.create()
  endpointId = (await world.createEndpoint()).body.id
  world.clock += SECOND
})

function ask(filter: Json, body: Json = {}, options = {}): Promise<Answered> {
  return world.call('POST', PATH, { filter, dry_run: true, ...body }, options)
}

async function plan(filter: Json = {}, body: Json = {}): Promise<Json> {
  const answer = await ask(filter, body)
  expect(answer.status).toBe(200)
  return answer.body
}

const at = (ms: number) => new Date(ms).toISOString()

/** Everything that is stored but when keys were last used. */
async function stored(): Promise<string> {
  await env.DB.exec('UPDATE api_keys SET last_used_at = NULL')
  const tables = [
    'deliveries',
    'replays',
    'replay_parts',
    'audit_log',
    'idempotency_keys',
    'endpoints',
  ]
  const rows = tables.map((name) => env.DB.prepare(`SELECT * FROM ${name}`).all())
  return JSON.stringify((await Promise.all(rows)).map(({ results }) => results))
}

describe('a dry run', () => {
  it('tells apart what matches, and how long it would take', async () => {
    const { body: other } = await world.createEndpoint({ url: 'https://other.example/' })
    await world.send({ webhook_url: 'https://inline.example/' }, { type: 'call.failed' })
    world.clock += SECOND
    await world.send()
    await world.drain()
    world.clock += 2 * SECOND
    await world.send({}, { type: 'call.busy' })
    const last = world.clock
    world.clock += SECOND
    expect(await plan({}, { rate_per_second: 2 })).toEqual({
      dry_run: true,
      total: 7,
      total_is_exact: true,
      itemized: 7,
      missing: 0,
      by_status: { pending: 2, delivered: 5, exhausted: 0 },
      by_endpoint: expect.toSatisfy((all: Json[]) => {
        const counts = new Map(all.map(({ endpoint_id: id, count }) => [id, count]))
        return counts.get(endpointId) === 3 && counts.get(other.id) === 3 && counts.get(null) === 1
      }),
      by_event_type: [
        { event_type: 'call.failed', count: 3 },
        { event_type: 'call.completed', count: 2 },
        { event_type: 'call.busy', count: 2 },
      ],
      already_delivered: 5,
      warnings: [],
      oldest_at: '2026-11-23T12:00:01Z',
      newest_at: `${new Date(last).toISOString().slice(0, 19)}Z`,
      bytes: expect.any(Number),
      bytes_are_exact: true,
      seconds: 4,
    })
  })

  it('says how many bytes are sent, to the byte, whatever the calls say', async () => {
    await world.send({ prompt: 'ü'.repeat(40), metadata: { list: [1, 2, 3] } })
    await world.send({ prompt: 'x'.repeat(40_000) })
    world.clock += SECOND
    const { bytes, bytes_are_exact: areExact } = await plan()
    await world.drain()
    const sent = world.receiver.received.map(({ body }) => new TextEncoder().encode(body).length)
    expect(sent).toHaveLength(2)
    expect({ bytes, areExact }).toEqual({ bytes: (sent[0] ?? 0) + (sent[1] ?? 0), areExact: true })
  })

  it('estimates the bytes of many from a sample', async () => {
    await seedMany(1000)
    const { bytes, bytes_are_exact: areExact } = await plan()
    const body = `{"id":"${'x'.repeat(36)}","type":"call.busy","created":1,"api_version":"2026-04","data":{"call":{}}}`
    expect({ bytes, areExact }).toEqual({ bytes: 1000 * body.length, areExact: false })
  })

  it('stores nothing, and no Idempotency-Key', async () => {
    await world.deliver()
    world.clock += SECOND
    const before = await stored()
    const key = { headers: { 'Idempotency-Key': 'key-1' } }
    await ask({}, { reason: 'to see' }, key)
    expect(await stored()).toBe(before)
    expect(world.retry).toEqual([])
    expect((await world.call('POST', PATH, { filter: {} }, key)).status).toBe(201)
  })

  it('says so when nothing matches', async () => {
    await world.deliver()
    world.clock += SECOND
    expect(await plan({ status: 'exhausted' })).toMatchObject({
      total: 0,
      total_is_exact: true,
      by_status: { pending: 0, delivered: 0, exhausted: 0 },
      by_endpoint: [],
      by_event_type: [],
      oldest_at: null,
      newest_at: null,
      bytes: 0,
      bytes_are_exact: true,
      seconds: 0,
      warnings: [],
    })
  })

  it('counts as many as a start then has, whatever the filter', async () => {
    const { body: other } = await world.createEndpoint()
    const callId = crypto.randomUUID()
    const from = world.clock
    for (const type of ['call.busy', 'call.failed', 'call.busy']) {
      await world.send({ id: callId, webhook_url: 'https://inline.example/' }, { type })
      await world.drain()
      world.clock += SECOND
      await world.send({}, { type })
    }
    world.clock += SECOND
    const filters: [Json, number][] = [
      [{}, 15],
      [{ endpoint_id: other.id }, 6],
      [{ endpoint_id: crypto.randomUUID() }, 0],
      [{ status: 'pending' }, 2],
      [{ status: ['pending', 'delivered'] }, 15],
      [{ status: 'delivered', endpoint_id: other.id }, 5],
      [{ event_type: 'call.failed' }, 5],
      [{ event_type: ['call.failed', 'call.busy'], status: 'delivered' }, 13],
      [{ event_type: 'call.queued' }, 0],
      [{ call_id: callId.toUpperCase() }, 9],
      [{ call_id: callId, endpoint_id: other.id }, 3],
      [{ call_id: callId, event_type: 'call.failed' }, 3],
      [{ call_id: callId, status: 'exhausted' }, 0],
      [{ created_after: at(from + SECOND) }, 12],
      [{ created_before: at(from + SECOND) }, 3],
      [{ created_after: at(from + SECOND), created_before: at(from + 2 * SECOND) }, 5],
      [{ created_after: at(from), created_before: at(from) }, 0],
    ]
    for (const [filter, total] of filters) {
      const planned = await plan(filter)
      expect([filter, planned.total, planned.itemized]).toEqual([filter, total, total])
      const { body: started } = await world.call('POST', PATH, { filter })
      expect([filter, started.total]).toEqual([filter, total])
      await env.DB.exec('DELETE FROM replays')
    }
  })

  it('has nothing of another org', async () => {
    const other = await world.createOrg('Other')
    const { body: theirs } = await world.createEndpoint({}, { key: other.key })
    await world.send({}, {}, { key: other.key })
    await world.deliver()
    world.clock += SECOND
    expect(await plan()).toMatchObject({ total: 1 })
    expect(await plan({ endpoint_id: theirs.id })).toMatchObject({ total: 0 })
  })
})

describe('the warnings of a plan', () => {
  it('are of endpoints that are disabled, deleted or failing, each with its deliveries', async () => {
    const { body: disabled } = await world.createEndpoint()
    const { body: deleted } = await world.createEndpoint()
    world.receiver.answer = () => new Response(null, { status: 500 })
    await world.send()
    await world.drain()
    const path = '/v1/webhook_endpoints'
    await world.call('PATCH', `${path}/${disabled.id}`, { status: 'disabled' })
    await world.call('DELETE', `${path}/${deleted.id}`)
    world.clock += SECOND
    const { warnings } = await plan()
    const codes = warnings.map(({ code, endpoint_id: id, count }: Json) => [code, id, count])
    expect(new Set(codes.map(String))).toEqual(
      new Set([
        `endpoint_failing,${endpointId},1`,
        `endpoint_disabled,${disabled.id},1`,
        `endpoint_deleted,${deleted.id},1`,
      ]),
    )
    expect((await plan({ endpoint_id: disabled.id })).warnings).toHaveLength(1)
  })

  it('are of a URL that has changed since, unless they go to the present one', async () => {
    await world.deliver()
    const url = 'https://mended.example/'
    await world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { url })
    await world.deliver()
    world.clock += SECOND
    expect((await plan()).warnings).toEqual([
      { code: 'url_changed', endpoint_id: endpointId, count: 1, message: expect.any(String) },
    ])
    expect((await plan({}, { to: 'current' })).warnings).toEqual([])
  })
})

/** Stores so many exhausted deliveries of long ago. */
async function seedMany(count: number, status = `'exhausted'`): Promise<void> {
  const callIds = Array.from({ length: 50 }, () => crypto.randomUUID())
  const { orgId } = world
  await seed(env.DB, { orgId, endpointIds: [endpointId], callIds, count, status })
}

describe('a plan of more than 100,000', () => {
  it('has a total that is a lower bound and says so, from bounded work', async () => {
    const COUNT = 100_300
    await seedMany(COUNT, `iif(i % 3 = 0, 'delivered', 'exhausted')`)
    await env.DB.exec(
      `UPDATE deliveries SET event_type = 'call.failed' WHERE id > '01a00000-0000-7000-8000-00018700'`,
    )
    const newest = world.clock
    await world.deliver()
    world.clock += SECOND
    for (const filter of [{}, { endpoint_id: endpointId }]) {
      const { db, cost } = meter(env.DB)
      world.db = db
      const found = await plan(filter)
      world.db = env.DB
      expect(found).toMatchObject({
        total: 100_000,
        total_is_exact: false,
        itemized: 10_000,
        by_status: { pending: 0, delivered: 3334, exhausted: 6666 },
        by_event_type: [{ event_type: 'call.busy', count: 10_000 }],
        newest_at: `${new Date(newest).toISOString().slice(0, 19)}Z`,
        bytes_are_exact: false,
        seconds: 5000,
      })
      expect(cost).toMatchObject({ trips: 4, written: 0 })
      expect(cost.read).toBeLessThan(150_000)
    }
    // What there may be of it lies beyond what is counted.
    const rare = { event_type: 'call.failed' }
    expect(await plan(rare)).toMatchObject({ total: 0, total_is_exact: false })
    const { status, body } = await world.call('POST', PATH, { filter: rare })
    expect(status).toBe(201)
    expect(body).toMatchObject({ status: 'running', total: 0, total_is_exact: false })
  })
})
