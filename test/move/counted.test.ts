// What an org has sent is counted once, whichever database has counted how far when it is moved.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { JOBS, runJobs } from '../../src/jobs.ts'
import { createNear } from '../databases/two.ts'
import type { Json, World } from '../world.ts'

const MINUTE = 60_000

let world: World
beforeEach(async () => {
  world = await createNear()
})

async function rollUp(): Promise<void> {
  world.clock += 5 * MINUTE
  const jobs = JOBS.filter(({ name }) => name === 'roll_up')
  await runJobs(await world.engine(), Math.floor(world.clock / (5 * MINUTE)) * 5 * MINUTE, jobs)
}

/** Says up to when a database has counted. */
async function setCounted(db: D1Database, at: number): Promise<void> {
  await db.prepare(`INSERT OR REPLACE INTO heartbeats VALUES ('stats', ?)`).bind(at).run()
}

/** What is counted of the org. */
async function counted(db: D1Database): Promise<Json> {
  const sums = `SELECT (SELECT sum(created) FROM hourly_stats) AS charted, sum(events) AS events,
    sum(deliveries) AS deliveries, sum(bytes) AS bytes FROM usage`
  return db.prepare(sums).first()
}

async function move(): Promise<void> {
  const admin = { key: env.ADMIN_TOKEN }
  const { body } = await world.call('POST', `/admin/orgs/${world.orgId}/move`, { to: 'DB2' }, admin)
  expect(body.phase).toBe('over')
}

describe('what an org has sent before a move', () => {
  /** One that is counted, and three that are not: two for an endpoint and one for nobody. */
  async function send(): Promise<void> {
    const { body: endpoint } = await world.createEndpoint()
    await world.send()
    await rollUp()
    await world.send()
    await world.send()
    await world.call('DELETE', `/v1/webhook_endpoints/${endpoint.id}`)
    await world.send()
    world.clock += MINUTE
  }

  it.each([
    ['the new database has counted farther', MINUTE],
    ['the old database has counted farther', -30 * MINUTE],
  ])('counts once for charts and quotas where %s (L3)', async (_what, ahead) => {
    await send()
    expect(await counted(env.DB)).toMatchObject({ charted: 1, events: 1, deliveries: 1 })
    await setCounted(env.DB2, world.clock + ahead)
    await move()
    world.clock += MINUTE
    await rollUp()
    const once = { charted: 3, events: 4, deliveries: 3 }
    const there = await counted(env.DB2)
    expect(there).toMatchObject(once)
    // An event without a delivery has 150 bytes beside its call.
    expect(there.bytes).toBeGreaterThan(4 * 150 + 3 * 600)
    await rollUp()
    expect(await counted(env.DB2)).toEqual(there)
  })
})
