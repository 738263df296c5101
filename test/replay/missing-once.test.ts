// What was missed is made once, whatever comes between: double and late steps, crashes, clocks, a move, pruning.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createDatabase } from '../../src/db/client.ts'
import { walkAll } from '../../src/db/replays/missed.ts'
import { enforceRetention } from '../../src/delivery/upkeep/retention.ts'
import { carryOnMoves } from '../../src/move/move.ts'
import { createNear } from '../databases/two.ts'
import type { World } from '../world.ts'
import { faulty, isStepWrite } from './faulty.ts'
import { idsOf, send } from './range.ts'
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
const DAY = 24 * 60 * MINUTE

let world: World
beforeEach(async () => {
  world = await createNear()
})

/** An endpoint that has missed so many events, and those. */
async function missing(count: number): Promise<{ one: string; events: string[] }> {
  const one = await createAt(world, 'one')
  await turn(world, one, 'disabled')
  const events = await sendEvents(world, count)
  await turn(world, one, 'enabled')
  return { one, events }
}

/** Expects that each was made, and sent, once. */
async function expectEach(events: string[], one: string): Promise<void> {
  expect(await made()).toEqual(each(events, [one]))
  const ids = idsOf(world.receiver.received)
  expect(ids.toSorted()).toEqual([...new Set(ids)].toSorted())
  expect(ids).toHaveLength(events.length)
}

describe('what was missed is made once', () => {
  it('though the step’s message comes twice, at once and late (Y1)', async () => {
    const { one, events } = await missing(60)
    const { id } = await replayMissing(world, {}, { rate_per_second: 10 })
    const [message] = world.retry.splice(0)
    await Promise.all([0, 1].map(() => world.consume(message ? [message] : [])))
    await world.pass(SECOND)
    send(world, id)
    await world.pass(MINUTE)
    expect(await made()).toHaveLength(60)
    await expectEach(events, one)
  })

  it('and not what another endpoint was tested with meanwhile', async () => {
    const { one, events } = await missing(3)
    const two = await createAt(world, 'two')
    expect(await test(world, await shown(world, two))).toBe(1)
    expect(await replayMissing(world)).toMatchObject({ status: 'running', total: 6 })
    await world.pass(MINUTE)
    expect(await made()).toEqual(each(events, [one, two]))
  })

  it('though the answer to the write is lost, each time (Y1)', async () => {
    const { one, events } = await missing(30)
    let lost = 0
    world.db = faulty(env.DB, (text) => {
      if (!isStepWrite(text)) return undefined
      lost += 1
      return lost % 2 === 1 ? 'answer' : undefined
    })
    const replay = await replayMissing(world, {}, { rate_per_second: 10 })
    await world.pass(5 * MINUTE)
    expect(lost).toBeGreaterThan(2)
    await expectEach(events, one)
    expect(await found(world, replay)).toMatchObject({ status: 'completed', replayed: 30 })
  })

  it('though who makes the next step has a clock that is behind (Y1)', async () => {
    const { one, events } = await missing(8)
    await createAt(world, 'two')
    await replayMissing(world, { endpoint_id: one }, { rate_per_second: 1 })
    world.clock -= 5 * MINUTE
    await world.pass(10 * MINUTE)
    expect(await made()).toHaveLength(8)
    await expectEach(events, one)
  })

  it('though two replays make it at the same time (Y1)', async () => {
    const { one, events } = await missing(30)
    const both = [
      await replayMissing(world, {}, { rate_per_second: 3 }),
      await replayMissing(world, {}, { rate_per_second: 2 }),
    ]
    await world.pass(2 * MINUTE)
    await expectEach(events, one)
    const counts = await Promise.all(both.map((replay) => found(world, replay)))
    expect(counts.reduce((sum, { replayed }) => sum + replayed, 0)).toBe(30)
    for (const { replayed, skipped } of counts) expect(replayed + (skipped.changed ?? 0)).toBe(30)
  })

  it('though its org is moved to another database meanwhile (Y1, M1)', async () => {
    const { one, events } = await missing(60)
    const replay = await replayMissing(world, {}, { rate_per_second: 2 })
    await world.pass(5 * SECOND)
    const path = `/admin/orgs/${world.orgId}/move`
    await world.call('POST', path, { to: 'DB2' }, { key: env.ADMIN_TOKEN })
    for (let second = 0; second < 300; second += 1) {
      await world.pass(SECOND)
      if (second % 5 === 0) await carryOnMoves(await world.engine())
      await world.settle()
    }
    expect(await found(world, replay)).toMatchObject({ status: 'completed', delivered: 60 })
    expect(await made(env.DB2)).toEqual(each(events, [one]))
    const ids = idsOf(world.receiver.received)
    expect([new Set(ids).size, ids.length]).toEqual([60, 60])
    const events2 = `SELECT count(*) AS n, sum(listed_under = '') AS lone FROM events`
    expect(await env.DB2.prepare(events2).first()).toEqual({ n: 60, lone: 0 })
    const undelivered = `SELECT count(*) AS n FROM deliveries WHERE stage <> 'delivered'`
    expect(await env.DB2.prepare(undelivered).first('n')).toBe(0)
  })
})

describe('what was pruned', () => {
  it('goes with its event, however it was made', async () => {
    await missing(3)
    await replayMissing(world)
    await world.pass(MINUTE)
    world.clock += 31 * DAY
    await enforceRetention(await world.visited())
    const left = 'SELECT (SELECT count(*) FROM deliveries) + (SELECT count(*) FROM events) AS n'
    expect(await env.DB.prepare(left).first('n')).toBe(0)
  })

  it('is not missed by the endpoint that once had it', async () => {
    const one = await createAt(world, 'one')
    world.clock += SECOND
    await createAt(world, 'two')
    world.receiver.answer = ({ url }) =>
      new Response(null, { status: url.includes('one') ? 500 : 200 })
    const [event = ''] = await sendEvents(world, 1)
    await world.drain()
    await turn(world, one, 'disabled')
    world.clock += 31 * DAY
    await enforceRetention(await world.visited())
    expect(await world.delivery(`${event.slice(0, -4)}0002`)).toMatchObject({ code: 'not_found' })
    const replay = await replayMissing(world)
    expect(replay).toMatchObject({ status: 'completed', total: 0 })
  })
})

describe('a walk that looks for what was missed', () => {
  it('finds all, each once, however few rows it reads at a time', async () => {
    const endpoints = [await createAt(world, 'one'), await createAt(world, 'two', ['call.busy'])]
    const late: string[] = []
    const wanted: string[] = []
    for (const place of Array.from({ length: 12 }).keys()) {
      const isOff = place % 3 === 0
      for (const id of endpoints) await turn(world, id, isOff ? 'disabled' : 'enabled')
      const type = place % 2 === 0 ? 'call.busy' : 'call.failed'
      wanted.push(...(await sendEvents(world, 1, { type })))
      if (place % 5 === 0) await world.drain()
    }
    for (const id of endpoints) await turn(world, id, 'enabled')
    late.push(await createAt(world, 'late', ['call.busy', 'call.failed']))
    const db = createDatabase(env.DB, { random: () => 0.5, sleep: async () => {} })
    for (const most of [1, 2, 3, 5, 100]) {
      const ids: string[] = []
      let after = ''
      for (let isOver = false; !isOver;) {
        const filter = { endpointId: late[0] ?? '' }
        const walk = { orgId: world.orgId, filter, after, most, missedSince: 0 }
        const [walked] = await walkAll(db, [walk])
        ids.push(...(walked?.missed ?? []).map(({ id }) => id).toSorted())
        isOver = walked?.isOver ?? true
        after = walked?.furthest ?? after
      }
      expect(ids).toEqual(wanted)
    }
  })
})
