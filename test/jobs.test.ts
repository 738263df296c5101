// The cron's jobs: each runs at its time, fails alone, and tells when it last ran.
import { createExecutionContext, createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../src/index.ts'
import { JOBS, runJobs } from '../src/jobs.ts'
import { meter } from './db/counter.ts'
import { World, type Json } from './world.ts'

const MINUTE = 60_000

let world: World
beforeEach(async () => {
  world = await World.create()
})

afterEach(async () => {
  vi.restoreAllMocks()
  await env.DB.exec('DROP TRIGGER IF EXISTS refuse')
})

const fail = () => Promise.reject(new Error('D1_ERROR: no such table'))

async function tick(scheduledAt = world.clock, jobs = JOBS): Promise<void> {
  await runJobs(await world.engine(), scheduledAt, jobs)
}

/** What the operator is told of the jobs. */
async function lastRuns(): Promise<Json> {
  const { body } = await world.call('GET', '/healthz', undefined, { key: env.ADMIN_TOKEN })
  return body.last_runs
}

const names = JOBS.map(({ name }) => name)

/** Names of jobs with the same instant each. */
function at(instant: string, jobs = names): Record<string, string> {
  return Object.fromEntries(jobs.map((name) => [name, instant]))
}

describe('runJobs', () => {
  it('has no two jobs of one name', () => {
    expect(new Set(names).size).toBe(names.length)
  })

  it('runs every job each hour, with a line in the log, and /healthz tells when', async () => {
    expect(await lastRuns()).toEqual({})
    await tick()
    expect(await lastRuns()).toEqual(at('2026-11-23T12:00:00Z'))
    expect(world.logs.filter(({ event }) => event === 'job_done')).toEqual(
      names.map((job) => ({ event: 'job_done', job, database: 'DB', duration_ms: 0 })),
    )
    world.clock += 60 * MINUTE
    await tick()
    expect(await lastRuns()).toEqual(at('2026-11-23T13:00:00Z'))
  })

  it('runs a job when its period is over, whatever second the cron comes at', async () => {
    const runs: Record<string, number> = {}
    const counting = JOBS.map((job) => ({
      ...job,
      run: async () => (runs[job.name] = (runs[job.name] ?? 0) + 1),
    }))
    for (let minute = 0; minute < 60; minute += 1) {
      await tick(world.clock + minute * MINUTE + ((minute * 997) % MINUTE), counting)
    }
    const expected = JOBS.map(({ name, periodMin }) => [name, 60 / periodMin])
    expect(runs).toEqual(Object.fromEntries(expected))
  })

  it.each(names)('goes on with the others when %s fails', async (failing) => {
    const jobs = JOBS.map((job) => (job.name === failing ? { ...job, run: fail } : job))
    await tick(world.clock, jobs)
    const others = names.filter((name) => name !== failing)
    expect(await lastRuns()).toEqual(at('2026-11-23T12:00:00Z', others))
    const error = 'Error: D1_ERROR: no such table'
    expect(world.logs.filter(({ event }) => event === 'job_failed')).toEqual([
      { event: 'job_failed', job: failing, database: 'DB', duration_ms: 0, error },
    ])
    world.clock += 5 * MINUTE
    await tick()
    expect(await lastRuns()).toEqual(at('2026-11-23T12:05:00Z'))
  })

  it('calls pruning failed as long as one kind of rows cannot be pruned', async () => {
    await tick()
    await env.DB.exec(
      `CREATE TRIGGER refuse BEFORE DELETE ON dead_letters BEGIN SELECT RAISE(ABORT, 'no'); END;
       INSERT INTO dead_letters VALUES ('org', 'delivery', 1, 0)`.replaceAll(/\n\s*/g, ' '),
    )
    world.clock += 5 * MINUTE
    await tick()
    expect(await lastRuns()).toMatchObject({
      retention: '2026-11-23T12:00:00Z',
      roll_up: '2026-11-23T12:05:00Z',
    })
  })

  it('writes nothing and takes two round trips in a minute with nothing to do', async () => {
    await tick()
    world.clock += MINUTE
    const { db, cost } = meter(env.DB)
    world.db = db
    await tick()
    expect([cost.trips, cost.written]).toEqual([2, 0])
  })

  it('writes a row a job at most when there is nothing to do', async () => {
    await tick()
    world.clock += 60 * MINUTE
    await tick()
    world.clock += 5 * MINUTE
    const { db, cost } = meter(env.DB)
    world.db = db
    await tick()
    // The roll-up notes how far it has counted, too.
    expect(cost.written).toBeLessThanOrEqual(JOBS.length + 1)
  })
})

describe('the cron', () => {
  it('goes on with its other jobs when the sweep fails', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await env.DB.exec(
      `CREATE TRIGGER refuse BEFORE INSERT ON heartbeats WHEN new.name = 'sweep' BEGIN SELECT RAISE(ABORT, 'no'); END`,
    )
    const controller = createScheduledController({ scheduledTime: new Date(world.clock) })
    await worker.scheduled(controller, env, createExecutionContext())
    expect(Object.keys(await lastRuns()).toSorted()).toEqual(
      names.filter((name) => name !== 'sweep').toSorted(),
    )
    expect(log.mock.calls.map(([line]) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ event: 'job_failed', job: 'sweep' }),
    )
  })
})
