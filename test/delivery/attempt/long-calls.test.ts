// Calls that are too long to be read fifty at a time: each is read when its attempt comes.
import { beforeEach, describe, expect, it } from 'vitest'
import { loadCall, loadForAttempt } from '../../../src/db/lifecycle/consume.ts'
import type { DeliveryRef } from '../../../src/db/words.ts'
import { World } from '../../world.ts'

const LONG = 32_768

let world: World
beforeEach(async () => {
  world = await World.create()
  await world.createEndpoint()
})

function refs(): DeliveryRef[] {
  // Our own intake sent them.
  return world.fresh.map(({ body }) => body as DeliveryRef)
}

describe('a batch of long calls', () => {
  it('is read without them, whatever their characters take (R1)', async () => {
    for (const text of ['x'.repeat(LONG), '…'.repeat(LONG / 3), '😀'.repeat(LONG / 4), 'short']) {
      await world.send({ text })
    }
    const db = (await world.engine()).store.of(world.orgId)
    const rows = await loadForAttempt(db, refs(), world.clock)
    expect(rows.map(({ call }) => call === null)).toEqual([true, true, true, false])
  })

  it('is never more than a few megabytes, however many deliveries there are (R1)', async () => {
    for (let event = 0; event < 50; event += 1) await world.send({ text: 'x'.repeat(LONG - 200) })
    const db = (await world.engine()).store.of(world.orgId)
    const rows = await loadForAttempt(db, refs(), world.clock)
    expect(rows).toHaveLength(50)
    expect(JSON.stringify(rows).length).toBeLessThan(50 * (LONG + 2000))
  })

  it('sends them byte for byte all the same, on each attempt (P2, P3)', async () => {
    const id = 'ABCDEF00-0000-4000-8000-00000000ABCD'
    const call = `{"id":"${id}","big":9007199254740993,"text":"${'…\\u0041'.repeat(20_000)}"}`
    world.receiver.respond(500)
    await world.call('POST', '/v1/events', `{"type":"call.busy","call":${call}}`)
    await world.pass(120_000)
    const bodies = world.receiver.received.map(({ body }) => body)
    expect(bodies).toHaveLength(2)
    expect(bodies[0]).toContain(`"data":{"call":${call}}}`)
    expect(bodies[1]).toBe(bodies[0])
  })

  it('comes back when one cannot be read, and uses up no attempt (A4)', async () => {
    const id = await world.deliver({ text: 'x'.repeat(LONG) })
    const { db } = world
    world.db = new Proxy(db, {
      get: (target, name) =>
        name === 'prepare'
          ? (query: string) => {
              if (query.includes('SELECT call FROM events')) throw new Error('D1 is away')
              return target.prepare(query)
            }
          : Reflect.get(target, name),
    })
    await world.consume(world.fresh.splice(0), 'fresh')
    world.db = db
    expect(world.receiver.received).toHaveLength(0)
    expect(world.fresh).toHaveLength(1)
    expect(await world.delivery(id)).toMatchObject({ status: 'pending', attempt_count: 0 })
    await world.pass(10_000)
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', attempt_count: 1 })
  })

  it('does not read another org’s call (X2)', async () => {
    await world.send({ id: '11111111-1111-4111-8111-111111111111' })
    const [ref] = refs()
    const db = (await world.engine()).store.of(world.orgId)
    const other = { id: ref?.id ?? '', callId: '11111111-1111-4111-8111-111111111111' }
    expect(await loadCall(db, { ...other, orgId: world.orgId })).toContain('11111111')
    await expect(loadCall(db, { ...other, orgId: crypto.randomUUID() })).rejects.toThrow('gone')
  })
})
