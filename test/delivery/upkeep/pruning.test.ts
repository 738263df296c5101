// Pruning keeps up: whatever is past its time goes in one run, up to the run's bound, and nothing else.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { enforceRetention } from '../../../src/delivery/upkeep/retention.ts'
import { meter } from '../../db/counter.ts'
import { World } from '../../world.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Each kind: its table, and a row of it as SQL over its number `i`, its org `?1` and its instant `at`. */
const KINDS: Record<string, { table: string; keptMs: number; row: string }> = {
  deliveries: {
    table: 'deliveries',
    keptMs: 30 * DAY,
    row: `(org_id, stage, id, call_id, event_type, url, next_attempt_at, created_at, updated_at)
      SELECT ?1, iif(i % 2, 'delivered', 'exhausted'), ID, 'c', 'call.busy', 'https://a.example', at, at, at`,
  },
  lone_events: {
    table: 'events',
    keptMs: 30 * DAY,
    row: `(org_id, listed_under, id, type, call_id, created, api_version, skipped, accepted_at, call)
      SELECT ?1, '', ID, 'call.busy', 'c', 1, '2026-04', '{}', at, '{}'`,
  },
  idempotency_keys: {
    table: 'idempotency_keys',
    keptMs: DAY,
    row: `(org_id, key, request_hash, token, snapshot, created_at) SELECT ?1, ID, '', '', '', at`,
  },
  dead_letters: {
    table: 'dead_letters',
    keptMs: DAY,
    row: `(org_id, delivery_id, version, died_at) SELECT ?1, ID, 1, at`,
  },
  hourly_stats: {
    table: 'hourly_stats',
    keptMs: 30 * DAY,
    row: `(org_id, hour, endpoint_id, created, first_ok, timed, latency_ms, slowest_ms)
      SELECT ?1, at / 3600000, ID, 1, 1, 1, 1, 1`,
  },
  audit_log: {
    table: 'audit_log',
    keptMs: 365 * DAY,
    row: `(org_id, id, actor, action, target_type, target_id, ip, request_id, details, at)
      SELECT ?1, ID, 'admin', 'org.create', 'org', ?1, NULL, 'r', '{}', at`,
  },
}

let world: World
let started = 0
beforeEach(async () => {
  world = await World.create()
  await env.DB.exec('DELETE FROM audit_log')
  started = 0
})

/** Stores so many rows of a kind that were made at an instant. */
async function store(kind: string, size: number, at: number, orgId = world.orgId): Promise<void> {
  const { table, row } = KINDS[kind] ?? { table: '', row: '' }
  const id = `substr(printf('%012x', at), 1, 8) || '-' || substr(printf('%012x', at), 9) ||
    '-7000-8000-' || printf('%08x', i) || '0001'`
  const numbers = `WITH RECURSIVE n(i) AS (SELECT ${started} UNION ALL
    SELECT i + 1 FROM n WHERE i < ${started + size - 1}), made AS (SELECT i, ${at} AS at FROM n)`
  started += size
  await env.DB.prepare(`${numbers} INSERT INTO ${table} ${row.replace('ID', id)} FROM made`)
    .bind(orgId)
    .run()
}

async function count(kind: string): Promise<number | null> {
  const table = KINDS[kind]?.table
  return env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>('n')
}

async function prune(bounds?: { roundSize: number; rounds: number }): Promise<void> {
  await enforceRetention(await world.visited(), bounds)
}

describe.each(Object.keys(KINDS))('pruning %s', (kind) => {
  const keptMs = KINDS[kind]?.keptMs ?? 0
  const old = () => world.clock - keptMs - HOUR
  const young = () => world.clock - keptMs + 2 * HOUR

  it('takes all that is due in one run, many rounds of it, and leaves the rest', async () => {
    await store(kind, 12_000, old())
    await store(kind, 30, young())
    await prune()
    expect(await count(kind)).toBe(30)
  })

  it('stops at the bound of a run, and goes on with the next', async () => {
    await store(kind, 1000, old())
    await prune({ roundSize: 100, rounds: 3 })
    expect(await count(kind)).toBe(700)
    await prune({ roundSize: 100, rounds: 10 })
    expect(await count(kind)).toBe(0)
  })

  it('reads in proportion to what it takes, beside much that is kept', async () => {
    await store(kind, 5000, young())
    await store(kind, 100, old())
    const { db, cost } = meter(env.DB)
    world.db = db
    await prune()
    world.db = env.DB
    expect(await count(kind)).toBe(5000)
    expect(cost.read).toBeLessThanOrEqual(100 * 15 + 100)
  })

  it('fails alone', async () => {
    const others = Object.keys(KINDS).filter((one) => one !== kind)
    for (const one of Object.keys(KINDS)) await store(one, 5, world.clock - 400 * DAY)
    const table = KINDS[kind]?.table
    await env.DB.exec(
      `CREATE TRIGGER refuse BEFORE DELETE ON ${table} BEGIN SELECT RAISE(ABORT, 'no'); END`,
    )
    await expect(prune()).rejects.toThrow(kind)
    await env.DB.exec('DROP TRIGGER refuse')
    expect(await Promise.all(others.map(count))).toEqual(others.map(() => 0))
    expect(world.logs).toContainEqual(expect.objectContaining({ event: 'prune_failed', kind }))
  })
})

describe.each(['deliveries', 'lone_events', 'hourly_stats', 'audit_log'])(
  'pruning %s of several orgs',
  (kind) => {
    it('takes an equal part of each org’s', async () => {
      const other = await world.createOrg('Other')
      await env.DB.exec('DELETE FROM audit_log')
      const at = world.clock - 400 * DAY
      await store(kind, 2000, at)
      await store(kind, 30, at, other.orgId)
      await prune({ roundSize: 100, rounds: 1 })
      const table = KINDS[kind]?.table
      const left = `SELECT count(*) AS n FROM ${table} WHERE org_id = '${other.orgId}'`
      expect(await env.DB.prepare(left).first('n')).toBe(0)
      expect(await count(kind)).toBe(1950)
    })
  },
)

describe('a table', () => {
  it.each([
    ['idempotency_keys', 3500],
    ['deliveries', 700],
  ])('of %s grows no further while %i a second are stored and pruned', async (kind, rate) => {
    // A run has the rounds for five minutes of it; here, for one.
    const bounds = { roundSize: 25_000, rounds: Math.ceil(42 / 5) }
    const { keptMs = 0 } = KINDS[kind] ?? {}
    for (const minute of [3, 2]) {
      await store(kind, rate * 60, world.clock - keptMs - minute * MINUTE)
      await prune(bounds)
      expect(await count(kind)).toBe(0)
    }
  })
})
