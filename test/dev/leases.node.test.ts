// A start on a state that an earlier one left behind: what that had leased is due, unless it still runs.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freeLeases } from '../../src/dev/leases.ts'
import { isAlone } from '../../src/dev/presence.ts'

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

describe('leases that an earlier start left', () => {
  const HOUR_MS = 3_600_000
  const now = Date.now()

  it('end, and nothing else that waits is sent sooner or later', async () => {
    const database = await openDatabase('first.sqlite')
    for (const file of readdirSync(MIGRATIONS)) {
      if (file.endsWith('.sql')) database.exec(readFileSync(join(MIGRATIONS, file), 'utf8'))
    }
    const insert = database.prepare(`INSERT INTO deliveries
      (org_id, status, id, event_type, url, next_attempt_at, sweep_at, created_at, updated_at)
      VALUES ('org', ?, ?, 'call.completed', '', ?, ?, 0, 0)`)
    insert.run('pending', 'leased', now, now + HOUR_MS)
    insert.run('pending', 'queued for later', now + 30_000, now + HOUR_MS)
    insert.run('pending', 'waiting', now + HOUR_MS, now + HOUR_MS)
    insert.run('pending', 'parked', now, null)
    insert.run('delivered', 'over', now, now + HOUR_MS)
    freeLeases(state)
    const rows = database.prepare(
      'SELECT id, sweep_at, situation, lapses FROM deliveries ORDER BY id',
    )
    expect(JSON.parse(JSON.stringify(rows.all()))).toEqual([
      { id: 'leased', sweep_at: now, situation: 'waiting', lapses: 0 },
      { id: 'over', sweep_at: now + HOUR_MS, situation: 'over', lapses: 0 },
      { id: 'parked', sweep_at: null, situation: 'parked', lapses: 0 },
      { id: 'queued for later', sweep_at: now + 30_000, situation: 'waiting', lapses: 0 },
      { id: 'waiting', sweep_at: now + HOUR_MS, situation: 'waiting', lapses: 0 },
    ])
    database.close()
  })

  it('of a recovery end, too: the sweep goes on with it', async () => {
    const database = await openDatabase('first.sqlite')
    database.exec(`CREATE TABLE deliveries (status, sweep_at, next_attempt_at);
      CREATE TABLE endpoints (id, pace, sweep_at);
      INSERT INTO endpoints VALUES ('recovering', 4, ${now + HOUR_MS}), ('well', NULL, NULL)`)
    freeLeases(state)
    const [recovering, well] = database.prepare('SELECT sweep_at FROM endpoints').all()
    expect(Math.abs(Number(recovering?.['sweep_at']) - now)).toBeLessThan(60_000)
    expect(well?.['sweep_at']).toBeNull()
    database.close()
  })

  it('are looked for where there are tables: a new state and a new database have none', async () => {
    expect(() => freeLeases(state)).not.toThrow()
    const database = await openDatabase('new.sqlite')
    expect(() => freeLeases(state)).not.toThrow()
    database.close()
  })
})

describe('a start', () => {
  it('is alone with a state that others have ended on', async () => {
    expect(await isAlone(state)).toBe(true)
    const other = await runOn(state)
    expect(await isAlone(state)).toBe(false)
    await other.kill()
    expect(await isAlone(state)).toBe(true)
  })

  it('is alone although another program has got the pid of one that ended', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    await isAlone(state)
    await writeFile(join(state, 'running', `${other.pid}`), '')
    expect(await isAlone(state)).toBe(true)
    other.kill()
  })
})

/** Another process that looks as `npm run dev` does, and is on the state. */
async function runOn(folder: string): Promise<{ kill: () => Promise<void> }> {
  const module = new URL('../../src/dev/presence.ts', import.meta.url)
  const script = `import { isAlone } from '${module.href}'
    await isAlone(process.argv.at(-1))
    console.log('ready')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    script,
    'src/dev/main.ts',
    folder,
  ])
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve)
    child.stderr.once('data', (text) => reject(new Error(String(text))))
  })
  return {
    kill: async () => {
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await exited
    },
  }
}
