// The order within a call: what an ordered endpoint is sent of one call comes one after the other.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { ISOLATE_ROOM } from '../../src/delivery/attempt/room.ts'
import { SLOW_MS } from '../../src/delivery/attempt/watch.ts'
import { sweep } from '../../src/delivery/sweep.ts'
import { LANES } from '../../src/world.ts'
import { visit, World, type Json } from '../world.ts'

const MAX_WAIT_MS = 600_000

let world: World
let endpointId: string
beforeEach(async () => {
  world = await World.create()
  endpointId = (await world.createEndpoint()).body.id
  await order(600)
})

async function order(seconds: number): Promise<void> {
  await env.DB.prepare('UPDATE endpoints SET ordering_max_wait = ?1 WHERE id = ?2')
    .bind(seconds, endpointId)
    .run()
}

const CALL = '0b9c4b1e-0000-4000-8000-000000000001'
const OTHER = '0b9c4b1e-0000-4000-8000-000000000002'

/** Sends events of a call in one request, each a number of its own; their deliveries' ids. */
async function send(call: string, ...numbers: number[]): Promise<string[]> {
  const events = numbers.map((number) => ({ type: 'call.completed', call: { id: call, number } }))
  const { body } = await world.call('POST', '/v1/events/batch', { events })
  return body.data.map((one: Json) => one.deliveries[0].id)
}

/** What the receiver got, in order: the events' numbers. */
function got(): number[] {
  return world.receiver.received.map(({ body }) => JSON.parse(body).data.call.number)
}

/** Answers 500 to the events of these numbers, and 200 to others. */
function fail(...numbers: number[]): void {
  world.receiver.answer = ({ body }) =>
    new Response(null, { status: numbers.includes(JSON.parse(body).data.call.number) ? 500 : 200 })
}

function rowOf(id = ''): Promise<Json> {
  return env.DB.prepare('SELECT * FROM deliveries WHERE id = ?1').bind(id).first()
}

async function countOf(table: string): Promise<unknown> {
  return env.DB.prepare(`SELECT count(*) FROM ${table}`).first('count(*)')
}

describe('an ordered endpoint', () => {
  it('gets the events of a call one after the other, and those of others meanwhile (O1, O3)', async () => {
    fail(1)
    await send(CALL, 1)
    await send(CALL, 2, 3)
    await send(OTHER, 11, 12)
    await world.drain()
    expect(got()).toEqual([1, 11, 12])
    fail()
    await world.pass(70_000)
    expect(got()).toEqual([1, 11, 12, 1, 2, 3])
    expect(await countOf('call_waits')).toBe(0)
  })

  it('knows a call by its id in any case, and the order of one request by its place', async () => {
    fail(1)
    await send(CALL.toUpperCase(), 1, 2)
    await send(CALL, 3)
    fail()
    await world.pass(70_000)
    expect(got()).toEqual([1, 2, 3])
  })

  it('is sent nothing that waits, behind its request or by a message', async () => {
    world.room = ISOLATE_ROOM
    fail(1)
    await send(CALL, 1, 2)
    await send(CALL, 3)
    await world.settle()
    expect(got()).toEqual([1])
    expect(LANES.flatMap((lane) => world[lane])).toEqual([])
  })

  it('goes on when the one before is exhausted (O1)', async () => {
    fail(1)
    const [first] = await send(CALL, 1, 2)
    await env.DB.prepare('UPDATE deliveries SET attempt_count = 7 WHERE id = ?1').bind(first).run()
    await world.drain()
    expect(got()).toEqual([1, 2])
    expect(await rowOf(first)).toMatchObject({ stage: 'exhausted' })
  })

  it('waits no longer than it may, which the attempt says (O1, O2)', async () => {
    fail(1)
    const [first, second] = await send(CALL, 1, 2, 3)
    await world.pass(MAX_WAIT_MS - 1000)
    expect(got()).toEqual([1, 1, 1])
    // Both have waited for long enough by then, and neither for the other.
    await world.pass(2000)
    expect(got().toSorted((x, y) => x - y)).toEqual([1, 1, 1, 2, 3])
    expect((await rowOf(second)).attempts).toContain(`"overtook":"${first}"`)
    expect((await rowOf(first)).attempts).not.toContain('overtook')
  })

  it('is sent what waits when the queue lost the one before it (O2)', async () => {
    await send(CALL, 1, 2)
    world.fresh.splice(0)
    await world.pass(10 * 60_000)
    expect(got()).toEqual([1, 2])
  })

  it('is sent what waits though nobody heard that it was let go (O2)', async () => {
    await send(CALL, 1, 2)
    const [message] = world.fresh.splice(0)
    if (message) await world.consume([message], 'fresh')
    expect(world.fresh.splice(0)).toHaveLength(1)
    await world.pass(240_000)
    expect(got()).toEqual([1, 2])
  })

  it('has what is redelivered wait for nobody and hold up nobody', async () => {
    fail(1)
    const [first, second, third] = await send(CALL, 1, 2, 3)
    await world.drain()
    await world.redeliver(second ?? '')
    await world.drain()
    expect(got()).toEqual([1, 2, 3])
    fail()
    await world.redeliver(first ?? '')
    await world.drain()
    fail(3)
    await world.redeliver(third ?? '')
    await world.drain()
    await send(CALL, 4)
    await world.drain()
    expect(got()).toEqual([1, 2, 3, 1, 3, 4])
  })

  it('goes on when the one in front is redelivered with success', async () => {
    fail(1)
    const [first] = await send(CALL, 1, 2, 3)
    await world.drain()
    await world.redeliver(first ?? '')
    await world.drain()
    expect(got()).toEqual([1, 1])
    fail()
    await world.redeliver(first ?? '')
    await world.drain()
    expect(got()).toEqual([1, 1, 1, 2, 3])
  })

  it('goes on with a redelivered one that failed by the schedule, not where it would have waited to', async () => {
    fail(1, 2)
    const [, second] = await send(CALL, 1, 2)
    await world.drain()
    await world.redeliver(second ?? '')
    await world.drain()
    expect((await rowOf(second)).next_attempt_at - world.clock).toBe(60_000)
  })

  it('does not wait for what was discarded, nor for what had its payload deleted', async () => {
    fail(1, 11)
    const [first] = await send(CALL, 1, 2)
    await send(OTHER, 11)
    await world.drain()
    const until = new Date(world.clock + 1000).toISOString()
    await world.pass(2000)
    await send(OTHER, 12)
    await world.call('DELETE', `/v1/events/${first?.slice(0, -4)}0000/payload`)
    const filter = { created_before: until, call_id: OTHER }
    const { body } = await world.call('POST', '/v1/webhook_deliveries/discard', { filter })
    expect(body.discarded).toBe(1)
    await world.pass(61_000)
    expect(got().toSorted((a, b) => a - b)).toEqual([1, 2, 11, 12])
  })

  it('does not wait for what was given up, because its lease lapsed too often', async () => {
    const [first] = await send(CALL, 1, 2)
    world.fresh.splice(0)
    await env.DB.prepare(
      `UPDATE deliveries SET stage = 'pending', lapses = 200, next_attempt_at = ?1 - 1, sweep_at = ?1 WHERE id = ?2`,
    )
      .bind(world.clock, first)
      .run()
    await world.pass(121_000)
    expect(await rowOf(first)).toMatchObject({ stage: 'exhausted', attempt_count: 0 })
    expect(got()).toEqual([2])
  })

  it('keeps to the order of the call after it was disabled for long', async () => {
    fail(1, 2, 3, 11, 12)
    await send(CALL, 1, 2, 3)
    await send(OTHER, 11, 12)
    await world.drain()
    await world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { status: 'disabled' })
    await world.pass(MAX_WAIT_MS + 120_000)
    fail()
    const before = got().length
    await world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { status: 'enabled' })
    await world.pass(600_000)
    const after = got().slice(before)
    expect(after.filter((number) => number < 10)).toEqual([1, 2, 3])
    expect(after.filter((number) => number > 10)).toEqual([11, 12])
  })

  it('is looked at the more seldom the longer its endpoint is disabled (R3)', async () => {
    fail(1)
    const [, second] = await send(CALL, 1, 2)
    await world.drain()
    await world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { status: 'disabled' })
    await world.pass(MAX_WAIT_MS + 60_000)
    const hoursAgo = async (hours: number) => {
      await env.DB.prepare('UPDATE deliveries SET created_at = ?1, sweep_at = ?2 WHERE id = ?3')
        .bind(world.clock - hours * 3_600_000, world.clock, second)
        .run()
      await sweep(visit(await world.engine()))
      const { next_attempt_at: dueAt, sweep_at: sweepAt } = await rowOf(second)
      return [dueAt - world.clock, sweepAt - dueAt]
    }
    expect(await hoursAgo(0)).toEqual([120_000, 0])
    expect(await hoursAgo(2)).toEqual([1_800_000, 0])
    expect(await hoursAgo(48)).toEqual([3_600_000, 0])
  })

  it('has no two of a call taken at once of what is parked (O1)', async () => {
    const [first, second] = await send(CALL, 1, 2)
    const [other] = await send(OTHER, 11)
    await env.DB.exec("UPDATE deliveries SET stage = 'pending', sweep_at = NULL")
    await env.DB.exec(`UPDATE endpoints SET pace = 5, sweep_at = ${world.clock}`)
    await sweep(visit(await world.engine()))
    const rows = await Promise.all([first, second, other].map(rowOf))
    expect(rows.map(({ situation }) => situation)).toEqual(['leased', 'parked', 'leased'])
  })

  it('lets other calls go on after it was disabled, however many of one wait behind its first (O3)', async () => {
    fail(1)
    for (let first = 1; first < 200; first += 100)
      await send(
        CALL,
        ...Array.from({ length: 100 }, (_, place) =>
          first > 1 || place > 0 ? 100 + first + place : 1,
        ),
      )
    await send(OTHER, 11, 12)
    await world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { status: 'disabled' })
    await world.pass(MAX_WAIT_MS + 120_000)
    await world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { status: 'enabled' })
    await world.pass(180_000)
    expect(got().filter((number) => number === 11 || number === 12)).toEqual([11, 12])
  })

  it('keeps to the order where it takes few requests a second, too (O2, R7)', async () => {
    await env.DB.exec('UPDATE endpoints SET max_per_second = 5')
    // A slot may lie two seconds ahead, and is waited for; no attempt takes the second that would be slow.
    world.sleep = (ms) => new Promise((end) => void (ms !== SLOW_MS && end()))
    fail(1)
    for (let call = 30; call < 60; call += 1) await send(crypto.randomUUID(), call)
    await send(CALL, 1, 2)
    await world.pass(30_000)
    await world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { status: 'disabled' })
    await world.pass(MAX_WAIT_MS + 120_000)
    fail()
    const before = got().length
    await world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { status: 'enabled' })
    await world.pass(600_000)
    expect(got().slice(before)).toEqual([1, 2])
  })

  it('is not ordered for tests, nor by events that are stored while it is not', async () => {
    fail(1)
    await send(CALL, 1)
    await order(0)
    await send(CALL, 2)
    await world.drain()
    expect(got()).toEqual([1, 2])
    await order(600)
    await world.call('POST', `/v1/webhook_endpoints/${endpointId}/test`, {})
    await world.drain()
    expect(got()).toHaveLength(3)
  })

  it('lets go what waits when it orders no more, within a minute', async () => {
    fail(1)
    await send(CALL, 1, 2, 3)
    await order(0)
    await world.pass(61_000)
    expect(got().toSorted((a, b) => a - b)).toEqual([1, 1, 2, 3])
    expect(await countOf('call_waits')).toBe(0)
    expect(await countOf('call_ends')).toBe(0)
    const max = 'SELECT ordering_max_wait FROM endpoints'
    expect(await env.DB.prepare(max).first('ordering_max_wait')).toBeNull()
  })
})
