// What the deletion of a payload leaves in the database, and what it costs.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { LONG_CALL_BYTES, NO_CALL, packCall, unpackCall } from '../../../src/db/packed-call.ts'
import { World, type Json } from '../../world.ts'
import { meter } from '../counter.ts'

/** What a person would not have anybody read any more. */
const CANARY = 'Anneliese Kanarienvogel'

const HOOK = 'https://elsewhere.example/hook'

let world: World
beforeEach(async () => {
  world = await World.create()
})

/** Whether a stored value has the text, packed or not. */
function tells(value: unknown, callId: string): boolean {
  if (typeof value !== 'string') return false
  return value.includes(CANARY) || (unpackCall(value, callId) ?? '').includes(CANARY)
}

/** The columns, of every table that there is, in which the text stands. */
async function whereTold(callId: string): Promise<string[]> {
  const { results: tables } = await env.DB.prepare(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'`,
  ).all<{ name: string }>()
  const found = await Promise.all(
    tables.map(async ({ name }) => {
      const { results } = await env.DB.prepare(`SELECT * FROM "${name}"`).all()
      return results.flatMap((row) =>
        Object.entries(row).flatMap(([column, value]) =>
          tells(value, callId) ? [`${name}.${column}`] : [],
        ),
      )
    }),
  )
  return [...new Set(found.flat())]
}

async function forget(id: string): Promise<void> {
  const { status } = await world.call('DELETE', `/v1/events/${id}/payload`)
  expect(status).toBe(204)
}

function key(name: string) {
  return { headers: { 'Idempotency-Key': name } }
}

/** Everything that may be done with an event: by key and in a batch, sent, failed, again, elsewhere, listened to, tested. */
async function live(call: Json): Promise<Json> {
  const { body: endpoint } = await world.createEndpoint()
  await world.call('POST', '/v1/webhook_endpoints', { url: null, kind: 'listen' })
  world.receiver.answer = () => new Response('no', { status: 500 })
  const { body: sent } = await world.send(call, {}, key('a'))
  await world.drain()
  const [{ id }] = sent.deliveries
  const path = `/v1/webhook_deliveries/${id}/redeliver`
  await world.call('POST', path, { reason: 'again' }, key('b'))
  await world.drain()
  await world.call('POST', path, { url: HOOK }, key('c'))
  await world.drain()
  const filter = { endpoint_id: endpoint.id }
  await world.call('POST', '/v1/webhook_replays', { filter }, key('d'))
  await world.pass(60_000)
  return sent
}

describe('the text of a call', () => {
  it.each([
    ['packed', {}],
    ['long', { prompt: 'x'.repeat(LONG_CALL_BYTES + 1000) }],
    ['with a URL that was refused', { webhook_url: `ftp://${encodeURI(CANARY)}/` }],
  ])('stands nowhere any more, %s (P7)', async (_, more) => {
    const id = crypto.randomUUID()
    const call = { id, context: CANARY, webhook_url: `nonsense ${CANARY}`, ...more }
    const sent = await live(call)
    // It is found where it is.
    expect(await whereTold(id)).toContain('events.call')
    await forget(sent.id)
    expect(await whereTold(id)).toEqual([])
    await world.pass(10 * 60_000)
    expect(await whereTold(id)).toEqual([])
  })

  it('stands nowhere any more of a batch’s event, and the others of its call keep theirs', async () => {
    const id = crypto.randomUUID()
    await world.createEndpoint()
    const of = (context: string) => ({ type: 'call.completed', call: { id, context } })
    const events = [of(CANARY), of('another'), of('a third')]
    const headers = { 'Idempotency-Key': 'batch' }
    const { body } = await world.call('POST', '/v1/events/batch', { events }, { headers })
    await forget(body.data[0].id)
    expect(await whereTold(id)).toEqual([])
    await world.drain()
    const bodies = world.receiver.received.map(({ body: text }) => JSON.parse(text))
    expect(new Set(bodies.map(({ data }) => data.call.context))).toEqual(
      new Set(['another', 'a third']),
    )
    const again = await world.call('POST', '/v1/events/batch', { events }, { headers })
    expect(again.body).toEqual(body)
    expect(await whereTold(id)).toEqual([])
  })

  it('stands nowhere any more of a test that a person wrote', async () => {
    const id = crypto.randomUUID()
    const { body: endpoint } = await world.createEndpoint()
    const path = `/v1/webhook_endpoints/${endpoint.id}/test`
    const headers = { 'Idempotency-Key': 'test' }
    const { body } = await world.call('POST', path, { call: { id, context: CANARY } }, { headers })
    expect(await whereTold(id)).toContain('events.call')
    await forget(body.id)
    expect(await whereTold(id)).toEqual([])
  })

  it('leaves a text that no code reads as a call, whatever it knows of deletions', () => {
    expect(unpackCall(NO_CALL, 'any')).toBeNull()
    expect(packCall('{}', 'any')).not.toBe(NO_CALL)
  })

  it('takes a refused URL with it, and leaves the others that were skipped', async () => {
    const { body: endpoint } = await world.createEndpoint({ enabled_events: ['call.busy'] })
    const { body: sent } = await world.send({ webhook_url: `ftp://x.example/${CANARY}` })
    await forget(sent.id)
    const { body } = await world.call('GET', `/v1/events/${sent.id}`)
    expect(body.skipped).toEqual([
      { endpoint_id: endpoint.id, reason: 'not_subscribed' },
      { endpoint_id: null, reason: 'invalid_url', url: '', message: expect.any(String) },
    ])
  })
})

describe('what it costs', () => {
  it('is one round trip; a row for the event and one for its entry, one or two for each delivery', async () => {
    for (let n = 0; n < 10; n += 1) await world.createEndpoint()
    const { body: sent } = await world.send()
    await world.drain()
    await world.redeliver(sent.deliveries[0].id)
    const { db, cost } = meter(env.DB)
    world.db = db
    await forget(sent.id)
    // Authentication is within the same round trip; of ten deliveries one is pending, in two indexes.
    expect(cost.trips).toBeLessThanOrEqual(2)
    expect(cost.written).toBeLessThanOrEqual(2 + 9 + 3)
    cost.written = 0
    await forget(sent.id)
    expect(cost.written).toBe(0)
  })

  it('reads no more of a full database than of an empty one', async () => {
    await world.createEndpoint()
    const { body: sent } = await world.send()
    await world.drain()
    for (let n = 0; n < 50; n += 1) await world.send()
    const { db, cost } = meter(env.DB)
    world.db = db
    await forget(sent.id)
    expect(cost.read).toBeLessThanOrEqual(40)
  })
})
