// The order within calls among what is parked, or offered: it keeps to it as long as there is hope, and never stands still.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { Ear, makeListened } from '../listen/ear.ts'
import { World, type Json } from '../world.ts'

const CALL = '0b9c4b1e-0000-4000-8000-000000000001'
const OTHER = '0b9c4b1e-0000-4000-8000-000000000002'

let world: World
beforeEach(async () => {
  world = await World.create()
})

/** So many events of a call in one request, each a number of its own; their deliveries' ids. */
async function send(call: string, first: number, count = 1): Promise<string[]> {
  const events = Array.from({ length: count }, (_, place) => ({
    type: 'call.completed',
    call: { id: call, number: first + place },
  }))
  const { body } = await world.call('POST', '/v1/events/batch', { events })
  return body.data.map((one: Json) => one.deliveries[0].id)
}

function got(): number[] {
  return world.receiver.received.map(({ body }) => JSON.parse(body).data.call.number)
}

/** Another call was delivered just now. */
async function passWell(ms: number): Promise<void> {
  await world.pass(ms)
  await env.DB.exec('UPDATE endpoints SET unwell_since = NULL')
}

/** A line of one call that is longer than what a recovery looks at, its second made by a clock that is ahead; parked. */
async function parkLine(): Promise<string> {
  const asked = { ordering: 'call', ordering_max_wait_seconds: 110 }
  const { id } = (await world.createEndpoint(asked)).body
  world.receiver.respond(500)
  await send(CALL, 1)
  world.clock += 1005
  await send(CALL, 2)
  world.clock -= 1000
  await send(CALL, 3, 100)
  world.clock += 10
  await send(CALL, 103, 100)
  world.clock += 1500
  await send(OTHER, 900)
  await passWell(30_000)
  await passWell(28_000)
  // The sweep takes the line a minute ahead; then nothing of it is sent.
  await world.pass(28_000)
  await world.call('PATCH', `/v1/webhook_endpoints/${id}`, { status: 'disabled' })
  await world.pass(60_000)
  return id
}

describe('a long line of a call that is parked', () => {
  it('goes on though what is looked at of it is all behind another, and so do other calls (O2, O3)', async () => {
    const id = await parkLine()
    world.receiver.respond(200)
    const before = got().length
    await world.call('PATCH', `/v1/webhook_endpoints/${id}`, { status: 'enabled' })
    await world.pass(1_200_000)
    expect(new Set(got().slice(before)).size).toBe(203)
  })
})

describe('an endpoint that is listened to', () => {
  it('is offered what has waited for long enough behind what no listener answers (O2)', async () => {
    const asked = { ordering: 'call', ordering_max_wait_seconds: 60 }
    const { id } = await makeListened(world, asked)
    const { sleep } = world
    const [, second] = await send(CALL, 1, 2)
    await world.drain()
    const heard = new Set<string>()
    for (let turn = 0; turn < 4; turn += 1) {
      const ear = await Ear.open(world, id)
      for (let one = await ear.next(); one && one.event !== 'end'; one = await ear.next()) {
        if (one.event === 'webhook') heard.add(one.data.delivery_id)
      }
      world.sleep = sleep
      await world.pass(180_000)
    }
    expect(heard).toContain(second)
  })
})
