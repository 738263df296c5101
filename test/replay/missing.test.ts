// A replay that also makes the deliveries that its endpoints have missed: which ones, and each once.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { idsOf } from './range.ts'
import {
  createAt,
  each,
  found,
  made,
  replayMissing,
  sendEvents,
  shown,
  test,
  turn,
} from './missed.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

/** A call's id as a producer may write it. */
const A_CALL = 'AbCdEf01-2345-4678-9abc-DEF012345678'

let world: World
let one: string
beforeEach(async () => {
  world = await World.create()
  one = await createAt(world, 'one')
  world.clock += SECOND
})

describe('a replay of what was missed', () => {
  it('sends an endpoint what it missed while it was disabled, and nothing that it had', async () => {
    await sendEvents(world, 2)
    await world.drain()
    await turn(world, one, 'disabled')
    const missed = await sendEvents(world, 3, {}, { id: A_CALL, prompt: 'ü' })
    await turn(world, one, 'enabled')
    const had = world.receiver.received.length
    const replay = await replayMissing(world)
    expect(replay).toMatchObject({
      status: 'running',
      missing: true,
      total: 3,
      total_is_exact: true,
    })
    await world.pass(MINUTE)
    expect(await made()).toEqual(each(missed, [one]))
    const got = world.receiver.received.slice(had)
    expect(got.map(({ body }) => JSON.parse(body))).toMatchObject(
      Array.from({ length: 3 }, () => ({ data: { call: { id: A_CALL, prompt: 'ü' } } })),
    )
    expect(await found(world, replay)).toMatchObject({
      status: 'completed',
      total: 3,
      replayed: 3,
      delivered: 3,
      failed: 0,
      skipped: {},
    })
  })

  it('names the replay on what it makes, which is in the lists of its call and its endpoint', async () => {
    await turn(world, one, 'disabled')
    const [event = ''] = await sendEvents(world, 1, {}, { id: A_CALL })
    await turn(world, one, 'enabled')
    const { id } = await replayMissing(world)
    await world.pass(MINUTE)
    for (const filter of [
      `call_id=${A_CALL}`,
      `call_id=${A_CALL.toLowerCase()}`,
      `endpoint_id=${one}`,
    ]) {
      const { body } = await world.call('GET', `/v1/webhook_deliveries?${filter}`)
      expect(body.data).toMatchObject([
        {
          id: `${event.slice(0, -4)}0001`,
          endpoint_id: one,
          call_id: A_CALL,
          replay_id: id,
          status: 'delivered',
          attempt_count: 0,
          manual_retry_count: 1,
          created_at: '2026-11-23T12:00:01Z',
        },
      ])
    }
    const delivery = await world.delivery(`${event.slice(0, -4)}0001`)
    expect(delivery.attempts).toMatchObject([
      { number: 1, trigger: 'manual', requested_by: `replay:${id}` },
    ])
    const { body } = await world.call('GET', `/v1/events/${event}`)
    expect(body).toMatchObject({ call_id: A_CALL, deliveries: [{ endpoint_id: one }] })
  })

  it('leaves the name of no replay on what came with its event', async () => {
    expect(await world.delivery(await world.deliver())).toMatchObject({ replay_id: null })
  })

  it('makes what an endpoint has missed that others have, also one that was created later', async () => {
    const events = await sendEvents(world, 3)
    const later = await createAt(world, 'later')
    await world.drain()
    await replayMissing(world)
    await world.pass(MINUTE)
    expect(await made()).toEqual(each(events, [later]))
    expect(world.receiver.received.filter(({ url }) => url.includes('later'))).toHaveLength(3)
  })

  it('sends what matches beside it, and makes what is missing whatever the status that is asked for', async () => {
    const events = await sendEvents(world, 2)
    await world.drain()
    world.clock += SECOND
    const later = await createAt(world, 'later')
    await replayMissing(world, { status: 'delivered' })
    await world.pass(MINUTE)
    expect(await made()).toEqual(each(events, [later]))
    expect(world.receiver.received.filter(({ url }) => url.includes('one'))).toHaveLength(4)
  })

  it('makes nothing of types that the endpoint does not take now', async () => {
    await turn(world, one, 'disabled')
    await sendEvents(world, 2, { type: 'call.busy' })
    const failed = await sendEvents(world, 2, { type: 'call.failed' })
    const enabled = { status: 'enabled', enabled_events: ['call.failed'] }
    await world.call('PATCH', `/v1/webhook_endpoints/${one}`, enabled)
    await replayMissing(world)
    await world.pass(MINUTE)
    expect(await made()).toEqual(each(failed, [one]))
  })

  it.each<[string, (events: string[]) => object, number[]]>([
    ['a type', () => ({ event_type: ['call.busy'] }), [2, 3]],
    ['a call, in whatever case', () => ({ call_id: A_CALL.toUpperCase() }), [1, 3]],
    [
      'the time',
      () => ({ created_after: '2026-11-23T12:00:02Z', created_before: '2026-11-23T12:00:04Z' }),
      [1, 2],
    ],
  ])('makes what the filter is about: %s', async (_about, filter, wanted) => {
    await turn(world, one, 'disabled')
    const events = [
      ...(await sendEvents(world, 1)),
      ...(await sendEvents(world, 1, {}, { id: A_CALL })),
      ...(await sendEvents(world, 1, { type: 'call.busy' })),
      ...(await sendEvents(world, 1, { type: 'call.busy' }, { id: A_CALL })),
    ]
    await turn(world, one, 'enabled')
    const replay = await replayMissing(world, filter(events))
    expect(replay.total).toBe(wanted.length)
    await world.pass(MINUTE)
    expect(await made()).toEqual(
      each(
        wanted.map((place) => events[place] ?? ''),
        [one],
      ),
    )
  })

  it('makes nothing for another endpoint than the one that is asked for', async () => {
    const events = await sendEvents(world, 2)
    const two = await createAt(world, 'two')
    await createAt(world, 'three')
    const replay = await replayMissing(world, { endpoint_id: two })
    expect(replay.total).toBe(2)
    await world.pass(MINUTE)
    expect(await made()).toEqual(each(events, [two]))
  })

  it('makes nothing of what comes after its start', async () => {
    await turn(world, one, 'disabled')
    const events = await sendEvents(world, 30)
    await turn(world, one, 'enabled')
    await replayMissing(world, {}, { rate_per_second: 1 })
    await turn(world, one, 'disabled')
    await sendEvents(world, 1)
    await turn(world, one, 'enabled')
    await world.pass(2 * MINUTE)
    expect(await made()).toEqual(each(events, [one]))
  })

  it('makes nothing for an endpoint that is disabled, or that was deleted (Y3)', async () => {
    const [two, three] = [await createAt(world, 'two'), await createAt(world, 'three')]
    for (const id of [one, two, three]) await turn(world, id, 'disabled')
    const events = await sendEvents(world, 3)
    for (const id of [two, three]) await turn(world, id, 'enabled')
    await world.call('DELETE', `/v1/webhook_endpoints/${three}`)
    const replay = await replayMissing(world)
    expect(replay.total).toBe(3)
    await world.pass(MINUTE)
    expect(await made()).toEqual(each(events, [two]))
  })

  it('is no other endpoint’s loss what one was tested with', async () => {
    await createAt(world, 'two')
    const was = await shown(world, one)
    expect(await test(world, was)).toBe(1)
    await turn(world, one, 'disabled')
    expect(await test(world, was)).toBe(0)
    await turn(world, one, 'enabled')
    world.clock += SECOND
    expect(await replayMissing(world)).toMatchObject({ status: 'completed', total: 0 })
    const { filter } = await replayMissing(world, { status: 'delivered' })
    await world.pass(MINUTE)
    expect([filter.status, await made()]).toEqual([['delivered'], []])
  })

  it('is through at once, and makes nothing, where nothing was missed', async () => {
    await sendEvents(world, 3)
    await world.drain()
    const { status, total } = await replayMissing(world)
    expect([status, total]).toEqual(['completed', 0])
  })

  it('gives each its own id, however many miss the same event', async () => {
    const events = await sendEvents(world, 3)
    const endpoints: string[] = []
    for (let place = 0; place < 99; place += 1) endpoints.push(await createAt(world, `e${place}`))
    const replay = await replayMissing(world)
    expect(replay.total).toBe(297)
    await world.pass(5 * MINUTE)
    expect(await made()).toEqual(each(events, endpoints))
    expect(await found(world, replay)).toMatchObject({ status: 'completed', replayed: 297 })
    const ids = idsOf(world.receiver.received)
    expect(new Set(ids).size).toBe(300)
    expect(ids).toHaveLength(300)
  })

  it('keeps the pace, and tries a few first', async () => {
    await turn(world, one, 'disabled')
    await sendEvents(world, 40)
    await turn(world, one, 'enabled')
    world.receiver.respond(500)
    const replay = await replayMissing(world, {}, { rate_per_second: 2 })
    await world.pass(MINUTE)
    expect(await found(world, replay)).toMatchObject({
      status: 'paused',
      total: 40,
      replayed: 10,
      failed: 10,
      held_endpoints: [one],
    })
    world.receiver.respond(200)
    const since = world.receiver.received.length
    await world.call('POST', `/v1/webhook_replays/${replay.id}/resume`)
    await world.pass(10 * SECOND)
    expect(world.receiver.received.length - since).toBeLessThanOrEqual(22)
    await world.pass(2 * MINUTE)
    expect(await found(world, replay)).toMatchObject({ status: 'completed', replayed: 40 })
  })

  it('goes on with the schedule where a first attempt fails', async () => {
    await turn(world, one, 'disabled')
    const [event = ''] = await sendEvents(world, 1)
    await turn(world, one, 'enabled')
    world.receiver.respond(500)
    await replayMissing(world)
    await world.pass(20 * SECOND)
    const id = `${event.slice(0, -4)}0001`
    expect(await world.delivery(id)).toMatchObject({ status: 'pending', attempt_count: 0 })
    world.receiver.respond(200)
    await world.pass(3 * MINUTE)
    expect(await world.delivery(id)).toMatchObject({
      status: 'delivered',
      attempt_count: 1,
      attempts: [{ trigger: 'manual' }, { trigger: 'automatic' }],
    })
  })

  it('is brought on by a recovery that had nothing to go on with, though a later one waits for that', async () => {
    await turn(world, one, 'disabled')
    await sendEvents(world, 2)
    await turn(world, one, 'enabled')
    await sendEvents(world, 8)
    await world.drain()
    await world.pass(5 * MINUTE)
    await env.DB.exec(
      `UPDATE deliveries SET stage = 'exhausted';
      UPDATE endpoints SET pace = 2, sweep_at = ${world.clock + 10 * MINUTE}`.replaceAll('\n', ' '),
    )
    const had = world.receiver.received.length
    await replayMissing(world)
    await world.pass(20 * SECOND)
    expect(world.receiver.received.length - had).toBe(10)
  })

  it('is no loss any more once another replay has made it', async () => {
    const events = await sendEvents(world, 3)
    const later = await createAt(world, 'later')
    const replay = await replayMissing(world, {}, { rate_per_second: 1 })
    await replayMissing(world)
    await world.pass(MINUTE)
    expect(await made()).toEqual(each(events, [later]))
    const { replayed, skipped } = await found(world, replay)
    expect(replayed + (skipped.changed ?? 0)).toBe(3)
    expect(await replayMissing(world)).toMatchObject({ total: 0 })
    const stage = `SELECT count(*) AS n FROM events WHERE listed_under = ''`
    expect(await env.DB.prepare(stage).first('n')).toBe(0)
  })
})
