// Each signal of the runbook, brought about, seen, and ended by what the runbook says to do.
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { MAX_LAPSES } from '../../src/delivery/lease.ts'
import { buryDeadLetters } from '../../src/delivery/upkeep/dead-letters.ts'
import { enforceRetention } from '../../src/delivery/upkeep/retention.ts'
import { createWorldMaker } from '../../src/wiring.ts'
import { down, sized } from '../databases/two.ts'
import { World } from '../world.ts'
import { countersOf, gaugeOf, healthOf, MINUTE, runCron } from './watch.ts'

/** By its heading in the runbook. */
export const PROVOKED: Record<string, () => Promise<void>> = {
  'oldest due': async () => {
    const world = await withDelivery()
    // The queue loses all that it has, and no cron comes.
    world.fresh.length = 0
    world.clock += 10 * MINUTE
    expect(await gaugeOf(world, 'oldest_due_age_seconds')).toBe(480)
    await runCron(world)
    await world.drain()
    expect(await gaugeOf(world, 'oldest_due_age_seconds')).toBe(0)
  },

  'sweep late': async () => {
    const world = await withDelivery()
    await runCron(world)
    world.clock += 6 * MINUTE
    expect(await healthOf(world)).toBe('sweep_late')
    expect(await gaugeOf(world, 'sweep_age_seconds')).toBe(360)
    await runCron(world)
    expect(await healthOf(world)).toBe('ok')
  },

  'a job failed': async () => {
    const world = await withDelivery()
    await env.DB.exec(
      `CREATE TRIGGER refuse BEFORE INSERT ON heartbeats WHEN NEW.name = 'job:rewrap' BEGIN SELECT RAISE(ABORT, 'no'); END`,
    )
    await runCron(world)
    await env.DB.exec('DROP TRIGGER refuse')
    expect(await countersOf(world, 'jobs_failed_total')).toEqual({ rewrap: 1 })
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'job_failed', job: 'rewrap' }),
    )
    await runCron(world)
    expect(await gaugeOf(world, 'job_last_run_timestamp_seconds', 'rewrap')).toBe(
      world.clock / 1000,
    )
  },

  'queue depth': async () => {
    const world = await withDelivery()
    const engine = await world.engine()
    engine.isolate.meters.depth('fresh', 20_000)
    expect(await gaugeOf(world, 'queue_depth', 'fresh')).toBe(20_000)
    await world.drain()
    world.clock += 2 * MINUTE
    await world.send()
    expect(await gaugeOf(world, 'queue_depth', 'fresh')).toBe(0)
  },

  'dead letters': async () => {
    const world = await withDelivery()
    const messages = world.fresh.splice(0).map(({ body }) => ({ body, ack() {}, retry() {} }))
    await buryDeadLetters(await world.engine(), messages)
    expect(await gaugeOf(world, 'dead_letters')).toBe(1)
    world.clock += 3 * MINUTE
    await runCron(world)
    await world.drain()
    expect(world.receiver.received).toHaveLength(1)
  },

  'a secret does not open': async () => {
    const world = await withDelivery()
    const kept = world.secretsKeys
    world.secretsKeys = `other:${btoa('o'.repeat(32))}`
    await runCron(world)
    await world.drain()
    expect(await healthOf(world)).toBe('undecryptable_secret')
    expect(await gaugeOf(world, 'undecryptable_secret_timestamp_seconds')).toBe(world.clock / 1000)
    world.secretsKeys = `other:${btoa('o'.repeat(32))},${kept}`
    await world.pass(20 * MINUTE)
    expect(world.receiver.received).toHaveLength(1)
    await runCron(world)
    expect(await healthOf(world)).toBe('ok')
  },

  'a certificate is not bound': async () => {
    const world = await withDelivery()
    const admin = { key: env.ADMIN_TOKEN }
    world.receiver.certificates.set('acme', async () => new Response())
    const body = { client_certificate: 'acme' }
    await world.call('PATCH', `/admin/orgs/${world.orgId}`, body, admin)
    const kept = world.receiver.certificates
    world.receiver.certificates = new Map()
    await world.drain()
    const fault = world.logs.find(({ event }) => event === 'attempt_faulted')
    expect(String(fault?.['error'])).toContain('the client certificate acme is not bound')
    world.receiver.certificates = kept
    await world.pass(20 * MINUTE)
    expect(world.transitions.at(-1)).toMatchObject({ to: 'delivered' })
    expect(world.receiver.received).toEqual([])
  },

  'the database fails': async () => {
    const world = await withDelivery()
    world.db = down(env.DB)
    const { status, headers } = await world.send()
    expect([status, headers.get('Retry-After')]).toEqual([503, '2'])
    world.db = env.DB
    expect(Object.keys(await countersOf(world, 'd1_failures_total')).length).toBeGreaterThan(0)
    expect((await world.send()).status).toBe(202)
  },

  'a database is out of reach': async () => {
    const world = await withDelivery()
    world.db = down(env.DB)
    expect(await gaugeOf(world, 'database_up')).toBe(0)
    expect(await healthOf(world)).toBe('database_unreachable')
    world.db = env.DB
    expect(await gaugeOf(world, 'database_up')).toBe(1)
  },

  'an endpoint was disabled': async () => {
    const world = await withDelivery({ RETRY_SCHEDULE_SECONDS: '1', DISABLE_AFTER_EXHAUSTED: 1 })
    await exhaust(world)
    expect(await countersOf(world, 'endpoint_transitions_total')).toMatchObject({
      'enabled disabled too_many_failures': 1,
    })
    const { body } = await world.call('GET', '/v1/webhook_endpoints')
    const [{ id, disabled_reason: reason }] = body.data
    expect(reason).toBe('too_many_failures')
    await world.call('PATCH', `/v1/webhook_endpoints/${id}`, { status: 'enabled' })
    await world.send()
    await world.drain()
    expect((await world.endpoint(id)).consecutive_failures).toBe(0)
  },

  'a host is limited': async () => {
    const world = await withDelivery()
    world.limiter = async (counted) => counted !== 'unproven_host'
    await world.drain()
    expect(world.logs).toContainEqual({
      event: 'host_limited',
      count: 1,
      hosts: 'receiver.example',
      orgs: world.orgId,
    })
    const stop = '/admin/stops/receiver.example'
    await world.call('PUT', stop, undefined, { key: env.ADMIN_TOKEN })
    world.limiter = undefined
    await world.pass(10 * MINUTE)
    expect(world.receiver.received).toEqual([])
    await world.call('DELETE', stop, undefined, { key: env.ADMIN_TOKEN })
    await world.pass(5 * MINUTE)
    expect(world.receiver.received).toHaveLength(1)
  },

  'deliveries are exhausted': async () => {
    const world = await withDelivery({ RETRY_SCHEDULE_SECONDS: '1' })
    await exhaust(world)
    const counters = await countersOf(world, 'delivery_transitions_total')
    expect(counters['pending exhausted attempt']).toBe(1)
    const { body } = await world.call('GET', '/v1/webhook_deliveries?status=exhausted')
    await world.redeliver(body.data[0].id)
    await world.drain()
    expect((await world.delivery(body.data[0].id)).status).toBe('delivered')
  },

  'a delivery was given up': async () => {
    const world = await withDelivery()
    world.fresh.length = 0
    await env.DB.prepare('UPDATE deliveries SET lapses = ?').bind(MAX_LAPSES).run()
    world.clock += 20 * MINUTE
    await runCron(world)
    const counters = await countersOf(world, 'delivery_transitions_total')
    expect(counters['pending exhausted given_up']).toBe(1)
    const line = world.logs.find(({ event }) => event === 'delivery_given_up')
    await world.redeliver(String(line?.['delivery_id']))
    await world.drain()
    expect(world.receiver.received).toHaveLength(1)
  },

  misconfigured: async () => {
    const context = { waitUntil: () => {} }
    const bad = { ...env, RETRY_JITTER: '2' }
    await expect(createWorldMaker()(bad, context)).rejects.toMatchObject({
      code: 'misconfigured',
      cause: { message: expect.stringContaining('RETRY_JITTER') },
    })
    await createWorldMaker()({ ...env }, context)
  },

  'a database is nearly full': async () => {
    const world = await withDelivery()
    world.db = sized(env.DB, 9_500_000_000)
    expect(await gaugeOf(world, 'database_bytes')).toBe(9_500_000_000)
  },

  'retention is behind': async () => {
    const world = await withDelivery()
    await world.send()
    await world.drain()
    world.clock += 40 * 24 * 60 * MINUTE
    await enforceRetention(await world.visited(), { roundSize: 1, rounds: 1 })
    expect(await countersOf(world, 'retention_bounds_reached_total')).toMatchObject({
      deliveries: 1,
    })
    await runCron(world)
    const left = await env.DB.prepare('SELECT count(*) AS n FROM deliveries').first('n')
    expect(left).toBe(0)
  },

  'quota used up': async () => {
    const world = await withDelivery()
    const set = (quotas: object) =>
      world.call('PATCH', `/admin/orgs/${world.orgId}`, { quotas }, { key: env.ADMIN_TOKEN })
    await set({ events_per_day: 1 })
    world.clock += 5 * MINUTE
    await runCron(world)
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'quota_exceeded', quota: 'events_per_day', used: 1 }),
    )
    expect((await world.send()).body.code).toBe('quota_exceeded')
    await set({ events_per_day: 10 })
    expect((await world.send()).status).toBe(202)
  },
}

/** A service with an endpoint and a delivery to it on its way. */
async function withDelivery(vars: Record<string, unknown> = {}): Promise<World> {
  const world = await World.create(vars)
  await world.createEndpoint()
  await world.send()
  return world
}

/** The receiver is down until nothing is tried any more, and up again. */
async function exhaust(world: World): Promise<void> {
  world.receiver.respond(500)
  await world.pass(3 * MINUTE)
  world.receiver.respond(200)
}
