// The trace that an event is sent in goes on with each webhook that comes of it.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { meter } from '../db/counter.ts'
import { Visitor } from '../dashboard/visitor.ts'
import { World, type Json } from '../world.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const SENT = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'vendor=t61rcWkgMzE' }

let world: World
beforeEach(async () => {
  world = await World.create()
  await world.createEndpoint()
})

const sendTraced = async (headers: Record<string, string> = SENT): Promise<Json> =>
  (await world.send({}, {}, { headers })).body

/** What receivers were sent of traces, request by request. */
function received(): (string | null)[][] {
  return world.receiver.received.map(({ headers }) => [
    headers.get('traceparent'),
    headers.get('tracestate'),
  ])
}

describe('an event that is sent in a trace', () => {
  it.each([
    ['behind its request', 10],
    ['by the queue', 0],
  ])('goes on in it when it is delivered %s', async (_, room) => {
    world.room = room
    await sendTraced()
    await world.drain()
    expect(received()).toEqual([
      [expect.stringMatching(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`)), SENT.tracestate],
    ])
    expect(received()[0]?.[0]).not.toContain(PARENT)
  })

  it('has a span of its own for each attempt, retries and redeliveries, which the log shows', async () => {
    const id = (await sendTraced()).deliveries[0].id
    world.receiver.respond(500)
    await world.drain()
    world.receiver.respond(200)
    await world.pass(90_000)
    await world.redeliver(id)
    await world.drain()
    const parents = received().map(([traceparent]) => traceparent)
    expect(new Set(parents).size).toBe(3)
    for (const one of parents) expect(one).toContain(TRACE)
    const { attempts } = await world.delivery(id)
    expect(attempts.map((one: Json) => one.request.headers['traceparent'])).toEqual(parents)
    expect(attempts[0].request.headers['tracestate']).toBe(SENT.tracestate)
    const bodies = new Set(world.receiver.received.map(({ body }) => body))
    expect(bodies.size).toBe(1)
  })

  it('is in it with all events of a batch', async () => {
    const ids = [crypto.randomUUID(), crypto.randomUUID()]
    const body = { events: ids.map((id) => ({ type: 'call.busy', call: { id } })) }
    await world.call('POST', '/v1/events/batch', body, { headers: SENT })
    await world.drain()
    expect(received()).toHaveLength(2)
    for (const [traceparent] of received()) expect(traceparent).toContain(TRACE)
  })

  it('names it in the line of an attempt that failed', async () => {
    world.receiver.respond(500)
    await sendTraced()
    await world.drain()
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'attempt', trace_id: TRACE }),
    )
  })

  it('shows it on its page of the dashboard', async () => {
    const { id } = await sendTraced()
    const other = await world.send()
    const visitor = await Visitor.signedIn(world)
    expect((await visitor.get(`/events/${id}`)).text).toContain(TRACE)
    expect((await visitor.get(`/events/${other.body.id}`)).text).not.toContain('Trace')
  })

  it('writes no row more', async () => {
    const { db, cost } = meter(env.DB)
    world.db = db
    await world.send()
    const without = { ...cost }
    await sendTraced()
    expect(cost.written - without.written).toBe(without.written)
  })
})

describe('an event that is sent in none', () => {
  it.each([
    ['without the headers', {}],
    ['with a traceparent that is not valid', { ...SENT, traceparent: `00-${TRACE}-${PARENT}` }],
    ['with a tracestate alone', { tracestate: SENT.tracestate }],
  ])('has no header of it, %s', async (_, headers) => {
    const event = await sendTraced(headers)
    await world.drain()
    expect(received()).toEqual([[null, null]])
    const { attempts } = await world.delivery(event.deliveries[0].id)
    expect(attempts[0].request.headers).not.toHaveProperty('traceparent')
    const row = await env.DB.prepare('SELECT trace FROM events').first('trace')
    expect(row).toBeNull()
  })
})
