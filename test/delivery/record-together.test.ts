// What came of attempts of several invocations of an isolate is written together.
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newAttemptId } from '../../src/db/ids.ts'
import type { AttemptRecord } from '../../src/db/lifecycle/record.ts'
import { recordOutcomes } from '../../src/delivery/record.ts'
import { meter } from '../db/counter.ts'
import { World } from '../world.ts'

let world: World
let endpointId: string
beforeEach(async () => {
  world = await World.create()
  const { body } = await world.createEndpoint()
  endpointId = body.id
})

afterEach(() => env.DB.exec('DROP TRIGGER IF EXISTS refuse'))

/** An attempt that succeeded, at a delivery that was just accepted; but for what is told. */
function attemptAt(id: string, told: Partial<AttemptRecord> = {}): AttemptRecord {
  const attemptId = newAttemptId(world.clock)
  return {
    orgId: world.orgId,
    id,
    version: 1,
    endpointId,
    attemptId,
    entry: JSON.stringify([attemptId, 1, null, null, null]),
    isManual: false,
    manualRetryCount: 0,
    status: 'delivered',
    nextAttemptAt: world.clock,
    countsAsFailure: false,
    durationMs: 1,
    endedAt: world.clock,
    isWell: true,
    error: null,
    responseStatus: 200,
    ...told,
  }
}

/** Has each recorded by an invocation of its own, all at once; answers what was lost to each. */
async function recordAtOnce(attempts: AttemptRecord[]): Promise<string[][]> {
  const engines = await Promise.all(
    attempts.map(async (one) => ({ one, ...(await world.engine()) })),
  )
  const lost = await Promise.all(
    engines.map(({ one, ...engine }) =>
      recordOutcomes(engine, { attempts: [one], held: [], slow: [] }),
    ),
  )
  await world.settle()
  return lost
}

async function deliverMany(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let made = 0; made < count; made += 1) ids.push(await world.deliver())
  return ids
}

async function statuses(): Promise<unknown[]> {
  const { results } = await env.DB.prepare('SELECT status FROM deliveries ORDER BY id').all()
  return results.map(({ status }) => status)
}

describe('what comes of attempts at the same time', () => {
  it('is written by two transactions', async () => {
    const attempts = (await deliverMany(20)).map((id) => attemptAt(id))
    const { db, cost } = meter(env.DB)
    world.db = db
    expect((await recordAtOnce(attempts)).flat()).toEqual([])
    expect(cost.trips).toBe(2)
    expect(new Set(await statuses())).toEqual(new Set(['delivered']))
  })

  it('counts in the order in which it ended, whoever asked first', async () => {
    const [first = '', second = '', third = ''] = await deliverMany(3)
    const failed = { status: 'exhausted', countsAsFailure: true, isWell: false } as const
    await recordAtOnce([
      attemptAt(first),
      attemptAt(second, { endedAt: world.clock + 2 }),
      attemptAt(third, { endedAt: world.clock + 1, ...failed }),
    ])
    expect((await world.endpoint(endpointId)).consecutive_failures).toBe(0)
    expect(await statuses()).toEqual(expect.arrayContaining(['delivered', 'exhausted']))
  })

  it('is logged for each, though two were at one delivery', async () => {
    const [first = '', second = ''] = await deliverMany(2)
    const twice = [attemptAt(second), attemptAt(second)]
    await recordAtOnce([attemptAt(first), ...twice])
    const { attempts } = await world.delivery(second)
    expect(attempts.map(({ superseded }: { superseded?: string }) => superseded)).toEqual([
      undefined,
      'attempt',
    ])
  })

  it('is written but for what the database refuses, which its own invocation is told (R5)', async () => {
    const [first = '', refused = '', other = ''] = await deliverMany(3)
    await env.DB.prepare(
      `CREATE TRIGGER refuse BEFORE UPDATE ON deliveries WHEN new.id = '${refused}'
        BEGIN SELECT RAISE(ABORT, 'string or blob too big: SQLITE_TOOBIG'); END`,
    ).run()
    const attempts = [attemptAt(first), attemptAt(refused), attemptAt(other)]
    const lost = await recordAtOnce(attempts)
    expect(lost[1]).toEqual([attempts[1]?.attemptId])
    expect(lost[2]).not.toContain(attempts[2]?.attemptId)
    const stored = [first, refused, other].map((id) => world.delivery(id))
    expect((await Promise.all(stored)).map(({ status }) => status)).toEqual([
      'delivered',
      'pending',
      'delivered',
    ])
  })
})

describe('whoever is led to record', () => {
  it('takes its attempts for lost after two seconds: its leader may have been cut off', async () => {
    const [first = '', second = '', third = ''] = await deliverMany(3)
    const stuck = { ...(await world.engine()), sleep: () => new Promise<void>(() => {}) }
    const dead = { ...stuck, store: { ...stuck.store, spread: () => new Promise<never>(() => {}) } }
    const led = { ...(await world.engine()), sleep: async () => {} }
    void recordOutcomes(dead, { attempts: [attemptAt(first)], held: [], slow: [] })
    void recordOutcomes(dead, { attempts: [attemptAt(second)], held: [], slow: [] })
    const attempt = attemptAt(third)
    const lost = await recordOutcomes(led, { attempts: [attempt], held: [], slow: [] })
    expect(lost).toEqual([attempt.attemptId])
    expect(world.logs.map(({ event }) => event)).toContain('record_failed')
  })
})
