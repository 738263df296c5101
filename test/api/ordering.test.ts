// An endpoint's order: how it is asked for, refused and shown, and what its deliveries say of it.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { changeEndpoint } from '../../src/account/endpoints.ts'
import { presentEndpoint, toChanges } from '../../src/api/endpoint-shape.ts'
import { findEndpoint } from '../../src/db/account/endpoints.ts'
import { World, type Answered, type Json } from '../world.ts'

const CALL = '0b9c4b1e-0000-4000-8000-000000000001'

const SECONDS = 'must be a whole number of seconds from 1 to 86400'
const ALONE = 'goes with ordering "call" alone: give that, too, or leave this out'

let world: World
beforeEach(async () => {
  world = await World.create()
})

function patch(id: string, body: Json): Promise<Answered> {
  return world.call('PATCH', `/v1/webhook_endpoints/${id}`, body)
}

/** Whom the deliveries of the call wait for, newest first. */
async function waiting(): Promise<(string | null)[]> {
  const { body } = await world.call('GET', `/v1/webhook_deliveries?call_id=${CALL}`)
  return body.data.map((one: Json) => one.waiting_for)
}

/** An event of the call; of those of one instant lists know no order. */
async function deliver(): Promise<string> {
  world.clock += 10
  return world.deliver({ id: CALL })
}

/** Two events of the call, the first of which fails. */
async function deliverTwo(): Promise<[first: string, second: string]> {
  world.receiver.respond(500)
  const first = await deliver()
  const second = await deliver()
  await world.drain()
  return [first, second]
}

describe('the order of an endpoint', () => {
  it('is none by itself, and waits for ten minutes where nothing else is said', async () => {
    const { body: plain } = await world.createEndpoint()
    expect(plain).toMatchObject({ ordering: null, ordering_max_wait_seconds: null })
    const { body: made } = await world.createEndpoint({ ordering: 'call' })
    expect(made).toMatchObject({ ordering: 'call', ordering_max_wait_seconds: 600 })
    const asked = { ordering: 'call', ordering_max_wait_seconds: 86_400 }
    expect((await world.createEndpoint(asked)).body).toMatchObject(asked)
    const nulls = { ordering: null, ordering_max_wait_seconds: null }
    expect((await world.createEndpoint(nulls)).body).toMatchObject(nulls)
    const { body: list } = await world.call('GET', '/v1/webhook_endpoints')
    const waits = list.data.map((one: Json) => one.ordering_max_wait_seconds)
    // All are of one instant.
    expect(waits.toSorted()).toEqual([600, 86_400, null, null])
  })

  // What it has, what is asked, what it has then.
  it.each<[number | null, Json, number | null]>([
    [null, { ordering: 'call' }, 600],
    [null, { ordering: 'call', ordering_max_wait_seconds: 1 }, 1],
    [null, { ordering: 'call', ordering_max_wait_seconds: null }, 600],
    [null, { ordering_max_wait_seconds: null }, null],
    [null, { ordering: null }, null],
    [30, { ordering: 'call' }, 30],
    [30, { ordering_max_wait_seconds: 60 }, 60],
    [30, { ordering_max_wait_seconds: null }, 600],
    [30, { ordering: 'call', ordering_max_wait_seconds: null }, 600],
    [30, { ordering: null }, null],
    [30, { ordering: null, ordering_max_wait_seconds: null }, null],
    [30, { description: 'x' }, 30],
  ])('of %j seconds becomes with %j one of %j', async (before, asked, after) => {
    const order = { ordering: 'call', ordering_max_wait_seconds: before }
    const { body } = await world.createEndpoint(before === null ? {} : order)
    const { body: changed } = await patch(body.id, asked)
    expect(changed).toMatchObject({
      ordering: after === null ? null : 'call',
      ordering_max_wait_seconds: after,
    })
    expect(await world.endpoint(body.id)).toEqual(changed)
    expect((await patch(body.id, changed)).body).toEqual(changed)
  })

  it('is logged by the members that become others', async () => {
    const { id } = (await world.createEndpoint()).body
    const changes: Json[] = [
      { ordering: 'call' },
      { ordering: 'call' },
      { ordering_max_wait_seconds: 30 },
      { ordering: null },
    ]
    for (const change of changes) {
      world.clock += 1000
      await patch(id, change)
    }
    const { body } = await world.call('GET', '/v1/audit_log')
    const updates = body.data.filter(({ action }: Json) => action === 'endpoint.update')
    expect(updates.map(({ details }: Json) => details.changed)).toEqual([
      ['ordering', 'ordering_max_wait_seconds'],
      ['ordering_max_wait_seconds'],
      ['ordering', 'ordering_max_wait_seconds'],
    ])
  })

  it.each<[Json, Json]>([
    [{ ordering: 'fifo' }, { ordering: 'must be "call", or null for none' }],
    [{ ordering: true }, { ordering: 'must be "call", or null for none' }],
    ...[0, -1, 86_401, 1.5, '600', true].map((seconds): [Json, Json] => [
      { ordering: 'call', ordering_max_wait_seconds: seconds },
      { ordering_max_wait_seconds: SECONDS },
    ]),
    [{ ordering_max_wait_seconds: 30 }, { ordering_max_wait_seconds: ALONE }],
    [{ ordering: null, ordering_max_wait_seconds: 30 }, { ordering_max_wait_seconds: ALONE }],
  ])('%j is refused by name with what to do, and changes nothing', async (asked, issues) => {
    const { body: plain } = await world.createEndpoint()
    for (const answer of [
      await world.createEndpoint(asked),
      await patch(plain.id, { ...asked, description: 'x' }),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request'])
      const named = answer.body.issues.map(({ path, message }: Json) => [path, message])
      expect(Object.fromEntries(named)).toEqual(issues)
    }
    expect(await world.endpoint(plain.id)).toEqual({ ...plain, signing_secret: undefined })
    expect((await world.call('GET', '/v1/webhook_endpoints')).body.data).toHaveLength(1)
  })

  it.each<[Json, Json, Json]>([
    [{ ordering: 'call' }, { ordering_max_wait_seconds: 30 }, { ordering: null }],
    [{}, { ordering: 'call' }, { ordering: 'call', ordering_max_wait_seconds: 30 }],
  ])('of %j stays with %j as it was made meanwhile by %j', async (made, asked, meanwhile) => {
    const { id } = (await world.createEndpoint(made)).body
    const engine = await world.engine()
    const read = await findEndpoint(engine.store.of(world.orgId), world.orgId, id)
    if (!read) throw new Error('It is there.')
    const { body: present } = await patch(id, meanwhile)
    const changes = toChanges({ ...asked, description: 'x' }, undefined, read)
    const actor = { orgId: world.orgId, name: 'key', ip: null, requestId: 'id' }
    world.clock += 1000
    const changed = await changeEndpoint(engine, actor, read, { changes, host: 'localhost' })
    const { ordering, ordering_max_wait_seconds } = present
    expect(presentEndpoint(changed)).toMatchObject({
      ordering,
      ordering_max_wait_seconds,
      description: 'x',
    })
    const { body } = await world.call('GET', '/v1/audit_log?limit=1')
    expect(body.data[0].details.changed).toEqual(['description'])
  })
})

describe('a delivery of an ordered endpoint', () => {
  it('shows whom it waits for, and its attempt what it overtook', async () => {
    await world.createEndpoint({ ordering: 'call', ordering_max_wait_seconds: 120 })
    const [first, second] = await deliverTwo()
    expect(await world.delivery(first)).toMatchObject({ waiting_for: null })
    expect(await world.delivery(second)).toMatchObject({
      waiting_for: first,
      status: 'pending',
      attempt_count: 0,
      next_attempt_at: new Date(world.clock + 120_000).toISOString().replace(/\.\d+/, ''),
      attempts: [],
    })
    expect(await waiting()).toEqual([first, null])
    const { body: typed } = await world.call(
      'GET',
      '/v1/webhook_deliveries?event_type=call.completed&status=pending',
    )
    expect(typed.data.map((one: Json) => one.waiting_for)).toEqual([first, null])
    await world.pass(121_000)
    const { waiting_for: waitingFor, attempts } = await world.delivery(second)
    expect(waitingFor).toBeNull()
    expect(attempts).toMatchObject([{ number: 1, trigger: 'automatic', overtook: first }])
    for (const attempt of (await world.delivery(first)).attempts)
      expect(attempt).not.toHaveProperty('overtook')
  })

  it('goes as soon as the one in front is redelivered with success, and overtakes nothing', async () => {
    await world.createEndpoint({ ordering: 'call' })
    const [first, second] = await deliverTwo()
    world.receiver.respond(200)
    const { body: redelivered } = await world.redeliver(first)
    expect(redelivered.waiting_for).toBeNull()
    await world.drain()
    expect(await waiting()).toEqual([null, null])
    const { status, attempts } = await world.delivery(second)
    expect([status, attempts.length]).toEqual(['delivered', 1])
    expect(attempts[0]).not.toHaveProperty('overtook')
  })

  it('waits for nobody once it is redelivered itself', async () => {
    await world.createEndpoint({ ordering: 'call' })
    const [, second] = await deliverTwo()
    world.receiver.respond(200)
    expect((await world.redeliver(second)).body.waiting_for).toBeNull()
    await world.drain()
    const { status, attempts } = await world.delivery(second)
    expect(status).toBe('delivered')
    expect(attempts[0]).not.toHaveProperty('overtook')
  })

  it('waits as before when a copy of it goes elsewhere, which its answer says each time', async () => {
    await world.createEndpoint({ ordering: 'call' })
    const [first, second] = await deliverTwo()
    const elsewhere = { url: 'https://other.example/' }
    const options = { headers: { 'Idempotency-Key': 'copy' } }
    const path = `/v1/webhook_deliveries/${second}/redeliver`
    for (let asked = 0; asked < 2; asked += 1) {
      const { status, body } = await world.call('POST', path, elsewhere, options)
      expect([status, body.waiting_for]).toEqual([200, first])
    }
    expect(await waiting()).toEqual([first, null])
  })

  it('goes with the next sweep when its endpoint orders no more, and nothing is left of it (O2)', async () => {
    const { id } = (await world.createEndpoint({ ordering: 'call' })).body
    const [, second] = await deliverTwo()
    world.receiver.respond(200)
    await patch(id, { ordering: null })
    expect(await world.endpoint(id)).toMatchObject({ ordering: null })
    await world.pass(61_000)
    const { status, attempts } = await world.delivery(second)
    expect([status, attempts.length]).toEqual(['delivered', 1])
    const left = `SELECT (SELECT count(*) FROM call_ends) + (SELECT count(*) FROM call_waits) AS rows_left,
      (SELECT ordering_max_wait FROM endpoints) AS wait`
    expect(await env.DB.prepare(left).first()).toEqual({ rows_left: 0, wait: null })
  })

  it('waits only for what was accepted since its endpoint orders', async () => {
    const { id } = (await world.createEndpoint()).body
    world.receiver.respond(500)
    const before = await deliver()
    await patch(id, { ordering: 'call' })
    const first = await deliver()
    const second = await deliver()
    await world.drain()
    expect(await waiting()).toEqual([first, null, null])
    expect((await world.delivery(first)).attempts).toHaveLength(1)
    expect((await world.delivery(before)).attempts).toHaveLength(1)
    expect((await world.delivery(second)).attempts).toHaveLength(0)
  })

  it('waits for as long as its endpoint said when it was accepted, whatever that says since', async () => {
    const { id } = (await world.createEndpoint({ ordering: 'call' })).body
    const [first, second] = await deliverTwo()
    await patch(id, { ordering_max_wait_seconds: 30 })
    const third = await deliver()
    await world.pass(61_000)
    expect((await world.delivery(third)).attempts).toMatchObject([{ overtook: second }])
    expect(await world.delivery(second)).toMatchObject({ waiting_for: first, attempts: [] })
  })

  it('is nothing that the answer to its event says', async () => {
    await world.createEndpoint({ ordering: 'call' })
    await world.send({ id: CALL })
    const { body } = await world.send({ id: CALL })
    expect(JSON.stringify(body)).not.toMatch(/order|waiting|behind/)
  })
})
