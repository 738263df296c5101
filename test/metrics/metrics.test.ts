// GET /admin/metrics: what flows and what it costs, in a text that Prometheus reads.
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addUpCounts, noteCounts } from '../../src/db/upkeep/counts.ts'
import { newId } from '../../src/db/ids.ts'
import { writeCounts } from '../../src/delivery/upkeep/counts.ts'
import { runJobs } from '../../src/jobs.ts'
import { COUNTERS } from '../../src/metrics.ts'
import { down, createTwo } from '../databases/two.ts'
import { meter } from '../db/counter.ts'
import { World } from '../world.ts'
import { readExposition, type ReadFamily } from './read-exposition.ts'

const MINUTE = 60_000

let world: World
beforeEach(async () => {
  world = await World.create()
})

afterEach(async () => {
  await env.DB.exec('DROP TRIGGER IF EXISTS refuse')
})

/** What an isolate writes down when its time has come. */
async function write(of = world): Promise<void> {
  of.clock += MINUTE
  await writeCounts(await of.engine())
}

async function ask(of = world): Promise<Map<string, ReadFamily>> {
  const { status, headers, body } = await of.call('GET', '/admin/metrics', undefined, {
    key: env.ADMIN_TOKEN,
  })
  expect(status).toBe(200)
  expect(headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return readExposition(body)
}

/** The values of a metric by its labels. */
function valuesOf(families: Map<string, ReadFamily>, name: string): Record<string, number> {
  const { samples = [] } = families.get(`callingbox_${name}`) ?? {}
  return Object.fromEntries(
    samples.map(({ labels, value }) => [Object.values(labels).join(' '), value]),
  )
}

/** Those that are not 0. */
async function counted(name: string): Promise<Record<string, number>> {
  const all = Object.entries(valuesOf(await ask(), name))
  return Object.fromEntries(all.filter(([, value]) => value > 0))
}

describe('GET /admin/metrics', () => {
  it('is for the operator only', async () => {
    for (const key of ['', world.key, 'a-guess']) {
      const { status } = await world.call('GET', '/admin/metrics', undefined, { key })
      expect(status).toBe(401)
    }
  })

  it('has a help and a type of each metric before anything was counted', async () => {
    const families = await ask()
    const names = Object.keys(COUNTERS).map((name) => `callingbox_${name}`)
    expect([...families.keys()]).toEqual(expect.arrayContaining(names))
    expect(valuesOf(families, 'events_accepted_total')).toEqual({ '': 0 })
    expect(valuesOf(families, 'attempts_total')).toMatchObject({ success: 0, timeout: 0 })
  })

  it('counts what was accepted, attempted, delivered and exhausted, and how long it took', async () => {
    world = await World.create({ RETRY_SCHEDULE_SECONDS: '60' })
    await world.createEndpoint()
    await world.send({ webhook_url: 'https://inline.example/' })
    await world.drain()
    world.receiver.respond(500)
    await world.send()
    await world.drain()
    world.clock += 2 * MINUTE
    await runJobs(await world.engine(), world.clock)
    await world.drain()
    await write()
    expect(await counted('events_accepted_total')).toEqual({ '': 2 })
    expect(await counted('deliveries_accepted_total')).toEqual({ '': 3 })
    expect(await counted('attempts_total')).toEqual({ success: 2, http_status: 2 })
    expect(await counted('delivery_transitions_total')).toEqual({
      'pending delivered attempt': 2,
      'pending exhausted attempt': 1,
    })
    expect(await counted('endpoint_transitions_total')).toEqual({ 'well unwell attempt': 1 })
    const { samples = [] } = (await ask()).get('callingbox_attempt_duration_seconds') ?? {}
    expect(samples.at(-1)).toMatchObject({ name: 'callingbox_attempt_duration_seconds_count' })
    expect(samples.at(-1)?.value).toBe(4)
  })

  it('counts an event once that is asked for again by its Idempotency-Key', async () => {
    const headers = { 'Idempotency-Key': 'once' }
    const body = { type: 'call.busy', call: { id: crypto.randomUUID() } }
    await world.call('POST', '/v1/events', body, { headers })
    await world.call('POST', '/v1/events', body, { headers })
    await write()
    expect(await counted('events_accepted_total')).toEqual({ '': 1 })
  })

  it('counts an attempt that a redelivery has overtaken', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    world.receiver.answer = async () => {
      await world.redeliver(id)
      return new Response(null, { status: 500 })
    }
    const [first] = world.fresh.splice(0)
    await world.consume(first ? [first] : [], 'fresh')
    await write()
    expect(await counted('attempts_superseded_total')).toEqual({ '': 1 })
  })

  it('tells what the database costs, by what was asked of it', async () => {
    await world.createEndpoint()
    await world.send()
    await write()
    const families = await ask()
    expect(valuesOf(families, 'd1_rows_written_total')).toMatchObject({
      'insert deliveries': 1,
      'insert events': 1,
    })
    const trips = valuesOf(families, 'd1_round_trips_total')
    expect(trips['insert deliveries']).toBe(1)
    for (const operation of Object.keys(trips)) {
      expect(operation).toMatch(/^(select|insert|update|delete) [a-z_]+$/)
    }
  })

  it('tells of a database that fails, and of a job that did', async () => {
    await env.DB.exec(
      `CREATE TRIGGER refuse BEFORE INSERT ON heartbeats BEGIN SELECT RAISE(ABORT, 'no'); END`,
    )
    await runJobs(await world.engine(), world.clock)
    await env.DB.exec('DROP TRIGGER refuse')
    await write()
    expect(Object.keys(await counted('jobs_failed_total'))).toContain('retention')
    expect(await counted('d1_failures_total')).toMatchObject({
      'insert heartbeats': expect.any(Number),
    })
  })

  it('tells how each database is, when its jobs ran, and what waits in it', async () => {
    await world.createEndpoint()
    await world.deliver()
    await runJobs(await world.engine(), world.clock)
    world.clock += 10 * MINUTE
    const families = await ask()
    expect(valuesOf(families, 'database_up')).toEqual({ DB: 1 })
    expect(valuesOf(families, 'database_bytes')['DB']).toBeGreaterThan(4096)
    expect(valuesOf(families, 'sweep_age_seconds')).toEqual({ DB: 600 })
    expect(valuesOf(families, 'due_deliveries')).toEqual({ DB: 1 })
    expect(valuesOf(families, 'oldest_due_age_seconds')).toEqual({ DB: 480 })
    expect(valuesOf(families, 'job_last_run_timestamp_seconds')['DB retention']).toBe(
      world.clock / 1000 - 600,
    )
  })

  it('tells how deep a queue is for as long as that is recent, and then says that it does not know', async () => {
    await world.createEndpoint()
    await world.send()
    await write()
    expect(valuesOf(await ask(), 'queue_depth')).toEqual({ fresh: 0 })
    world.clock += 11 * MINUTE
    expect(valuesOf(await ask(), 'queue_depth')).toEqual({})
    const { body } = await world.call('GET', '/admin/metrics', undefined, { key: env.ADMIN_TOKEN })
    expect(body).toContain('# The fresh queue has not said lately how many messages wait in it.\n')
    expect(body).not.toContain('bulk queue has not said')
  })
})

async function catalog() {
  return (await world.engine()).store.catalog
}

function countRows(): Promise<unknown> {
  return env.DB.prepare('SELECT count(*) AS n FROM counts').first('n')
}

/** What an isolate has written down. */
async function note(events: number): Promise<void> {
  const counts = { events_accepted_total: events }
  await noteCounts(await catalog(), newId(world.clock), { counts, depths: {} })
}

describe('what isolates have counted', () => {
  it('is written once in half a minute, and only when there is something', async () => {
    await write()
    expect(await countRows()).toBe(0)
    await world.send()
    await write()
    await world.send()
    await writeCounts(await world.engine())
    expect(await countRows()).toBe(1)
    await write()
    expect(await countRows()).toBe(2)
  })

  it('is added up when it has settled, and no count falls by that', async () => {
    for (const count of [1, 2, 3]) await note(count)
    expect(await counted('events_accepted_total')).toEqual({ '': 6 })
    const { db, cost } = meter(env.DB)
    world.db = db
    await addUpCounts(await catalog(), world.clock)
    expect(cost).toMatchObject({ trips: 1, written: 0 })
    world.clock += 6 * MINUTE
    await addUpCounts(await catalog(), world.clock)
    await addUpCounts(await catalog(), world.clock)
    await note(4)
    expect(await counted('events_accepted_total')).toEqual({ '': 10 })
    const { results } = await env.DB.prepare('SELECT id FROM counts ORDER BY id').all()
    expect(results).toHaveLength(2)
  })

  it('passes over a row that does not read', async () => {
    await env.DB.exec(`INSERT INTO counts (id, counts, depths) VALUES ('a', 'no', 'no')`)
    await note(5)
    expect(await counted('events_accepted_total')).toEqual({ '': 5 })
  })

  it('costs three round trips to read, however many deliveries there are', async () => {
    const { db, cost } = meter(env.DB)
    world.db = db
    await ask()
    expect(cost.trips).toBe(3)
    expect(cost.written).toBe(0)
  })
})

describe('with two databases', () => {
  it('tells of one that is down, and goes on with the other', async () => {
    const two = await createTwo()
    two.world.db2 = down(env.DB2)
    const families = await ask(two.world)
    expect(valuesOf(families, 'database_up')).toEqual({ DB: 1, DB2: 0 })
    expect(valuesOf(families, 'due_deliveries')).toEqual({ DB: 0 })
  })

  it('says that nothing counted is known while the first is down', async () => {
    const two = await createTwo()
    two.world.db = down(env.DB)
    const families = await ask(two.world)
    expect(valuesOf(families, 'database_up')).toEqual({ DB: 0, DB2: 1 })
    expect(families.has('callingbox_events_accepted_total')).toBe(false)
  })
})
