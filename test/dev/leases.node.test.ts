// A start on a state that an earlier one left behind: what that had leased is due.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freeLeases } from '../../src/dev/leases.ts'

const MIGRATIONS = fileURLToPath(new URL('../../migrations/', import.meta.url).href)

let state: string
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'callingbox-state-'))
})
afterEach(() => rmSync(state, { recursive: true }))

async function openDatabase(name: string): Promise<DatabaseSync> {
  const folder = join(state, 'v3/d1/miniflare-D1DatabaseObject')
  await mkdir(folder, { recursive: true })
  return new DatabaseSync(join(folder, name))
}

async function openMigrated(): Promise<DatabaseSync> {
  const database = await openDatabase('first.sqlite')
  for (const file of readdirSync(MIGRATIONS).toSorted()) {
    if (file.endsWith('.sql')) database.exec(readFileSync(join(MIGRATIONS, file), 'utf8'))
  }
  return database
}

/** So late is a step of which the cron believes that its message was lost: OVERDUE_MS of src/db. */
const OVERDUE_MS = 60_000

describe('leases that an earlier start left', () => {
  const HOUR_MS = 3_600_000
  const now = Date.now()

  it('end, and nothing else that waits is sent sooner or later', async () => {
    const database = await openMigrated()
    const insert = database.prepare(`INSERT INTO deliveries
      (org_id, stage, id, event_type, url, next_attempt_at, sweep_at, created_at, updated_at)
      VALUES ('org', ?, ?, 'call.completed', '', ?, ?, 0, 0)`)
    insert.run('pending', 'leased', now, now + HOUR_MS)
    insert.run('pending', 'queued for later', now + 30_000, now + HOUR_MS)
    insert.run('pending', 'waiting', now + HOUR_MS, now + HOUR_MS)
    insert.run('pending', 'parked', now, null)
    insert.run('delivered', 'over', now, now + HOUR_MS)
    insert.run('new', 'accepted', now, null)
    freeLeases(state)
    const rows = database.prepare(
      'SELECT id, sweep_at, situation, lapses FROM deliveries ORDER BY id',
    )
    expect(JSON.parse(JSON.stringify(rows.all()))).toEqual([
      { id: 'accepted', sweep_at: now, situation: 'waiting', lapses: 0 },
      { id: 'leased', sweep_at: now, situation: 'waiting', lapses: 0 },
      { id: 'over', sweep_at: now + HOUR_MS, situation: 'over', lapses: 0 },
      { id: 'parked', sweep_at: null, situation: 'parked', lapses: 0 },
      { id: 'queued for later', sweep_at: now + 30_000, situation: 'waiting', lapses: 0 },
      { id: 'waiting', sweep_at: now + HOUR_MS, situation: 'waiting', lapses: 0 },
    ])
    database.close()
  })

  it('of a recovery end, too: the sweep goes on with it', async () => {
    const database = await openMigrated()
    const insert = database.prepare(`INSERT INTO endpoints
      (org_id, id, url, enabled_events, status, pace, sweep_at, created_at, updated_at)
      VALUES ('org', ?, '', '["*"]', 'enabled', ?, ?, 0, 0)`)
    insert.run('recovering', 4, now + HOUR_MS)
    insert.run('well', null, null)
    freeLeases(state)
    const [recovering, well] = database.prepare('SELECT sweep_at FROM endpoints').all()
    expect(Math.abs(Number(recovering?.['sweep_at']) - now)).toBeLessThan(60_000)
    expect(well?.['sweep_at']).toBeNull()
    database.close()
  })

  it('of copies end, and replays that run are overdue: the cron goes on with both', async () => {
    const database = await openMigrated()
    const replay = database.prepare(`INSERT INTO replays
      (org_id, id, status, filter, has_missing, recipient, rate_per_second, created_by, total, total_is_exact,
        next_step_at, created_at, updated_at)
      VALUES ('org', ?, ?, '{}', 0, 'original', 20, '', 1, 1, ?, 0, 0)`)
    replay.run('a', 'running', now + 5000)
    replay.run('b', 'paused', null)
    database.exec(`INSERT INTO replay_copies
      (org_id, replay_id, delivery_id, endpoint_id, status, sweep_at, updated_at)
      VALUES ('org', 'a', 'open', '', 'pending', ${now + HOUR_MS}, 0), ('org', 'a', 'over', '', 'delivered', NULL, 0)`)
    freeLeases(state)
    const [running, paused] = database.prepare('SELECT next_step_at FROM replays').all()
    expect(Number(running?.['next_step_at'])).toBeLessThanOrEqual(Date.now() - OVERDUE_MS)
    expect(paused?.['next_step_at']).toBeNull()
    const [open, over] = database.prepare('SELECT sweep_at FROM replay_copies').all()
    expect(Number(open?.['sweep_at'])).toBeLessThanOrEqual(Date.now())
    expect(over?.['sweep_at']).toBeNull()
    database.close()
  })

  it('are looked for where there are tables: a new state and a new database have none', async () => {
    expect(() => freeLeases(state)).not.toThrow()
    const database = await openDatabase('new.sqlite')
    expect(() => freeLeases(state)).not.toThrow()
    database.close()
  })
})
