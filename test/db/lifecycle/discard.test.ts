// What discarding costs, many at a time, and what it comes to when an answer is lost.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { discard, findPending } from '../../../src/db/lifecycle/discard.ts'
import { World, type Answered, type Json } from '../../world.ts'
import { meter } from '../counter.ts'
import { seed } from '../seed.ts'

let world: World
let endpoint: Json
beforeEach(async () => {
  world = await World.create()
  endpoint = (await world.createEndpoint()).body
})

function ask(filter: Json): Promise<Answered> {
  return world.call('POST', '/v1/webhook_deliveries/discard', { filter })
}

async function statuses(ids: string[]): Promise<string[]> {
  const found = await Promise.all(ids.map((id) => world.delivery(id)))
  return found.map(({ status }) => status)
}

async function counts(): Promise<Json[]> {
  const { body } = await world.call('GET', '/v1/audit_log')
  const own = body.data.filter(({ action }: Json) => action === 'org.discard_deliveries')
  return own.map(({ details }: Json) => details.discarded)
}

async function pendingCount(): Promise<number | null> {
  const sql = `SELECT count(*) AS n FROM deliveries WHERE stage IN ('new', 'pending')`
  return env.DB.prepare(sql).first<number>('n')
}

describe('many', () => {
  const COUNT = 11_200

  async function fill(status: string): Promise<void> {
    const about = { orgId: world.orgId, endpointIds: [endpoint.id], callIds: [crypto.randomUUID()] }
    await seed(env.DB, { ...about, count: COUNT, status })
  }

  it('end ten thousand a request, the oldest first, in steps of five hundred', async () => {
    await fill(`CASE i % 2 WHEN 0 THEN 'pending' ELSE 'new' END`)
    const { db, cost } = meter(env.DB)
    world.db = db
    const { body } = await ask({})
    expect(body).toEqual({ dry_run: false, discarded: 10_000, has_more: true })
    // Two reads and twenty steps; two rows a delivery, and the entry of each step.
    expect(cost.trips).toBe(22)
    expect(cost.written).toBeLessThanOrEqual(2 * 10_000 + 20)
    expect(await pendingCount()).toBe(1200)
    const oldest = `SELECT min(substr(id, 25, 8)) AS id FROM deliveries WHERE stage IN ('new', 'pending')`
    expect(await env.DB.prepare(oldest).first('id')).toBe((10_000).toString(16).padStart(8, '0'))
    expect((await ask({})).body).toEqual({
      dry_run: false,
      discarded: 1200,
      has_more: false,
    })
    expect((await counts()).toSorted((one, other) => other - one)).toEqual([10_000, 1200])
  })

  it('are found behind any number that do not match', async () => {
    await fill(`'pending'`)
    await env.DB.exec(
      `UPDATE deliveries SET event_type = 'call.failed' WHERE substr(id, 25, 8) > '00002bb0'`,
    )
    const { body } = await ask({ event_type: 'call.failed' })
    expect(body).toEqual({ dry_run: false, discarded: COUNT - 0x2bb1, has_more: false })
  })
})

describe('a step whose answer was lost', () => {
  it('ends nothing again when it is repeated, however late, and counts what it had ended (S7)', async () => {
    const ids = [await world.deliver(), await world.deliver(), await world.deliver()]
    const db = (await world.engine()).store.of(world.orgId)
    const filter = { statuses: ['pending'] as const }
    const about = { orgId: world.orgId, filter, after: '', most: 10 }
    const { matches } = await findPending(db, about)
    const actor = { orgId: world.orgId, name: 'admin', ip: null, requestId: 'r' }
    const entryId = crypto.randomUUID()
    const step = { matches, expected: 3, isLast: true, entryId, details: {}, now: world.clock }
    const [changed = '', ...others] = ids
    await world.redeliver(changed)
    const first = await discard(db, actor, { ...step, idempotency: undefined })
    expect(first.answer).toEqual({ discarded: 2, hasMore: true })
    const [again = ''] = others
    await world.redeliver(again)
    const second = await discard(db, actor, { ...step, idempotency: undefined })
    expect(second).toMatchObject({ answer: { discarded: 2, hasMore: true }, transitions: [] })
    expect(await statuses(ids)).toEqual(['pending', 'pending', 'exhausted'])
    expect(await counts()).toEqual([2])
  })
})
