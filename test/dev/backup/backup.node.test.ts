// A backup of an account's databases, and its restoration into one that has none, or has others.
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backUp } from '../../../src/dev/backup/backup.ts'
import { restore } from '../../../src/dev/backup/restore.ts'
import { Deployer, WORKER } from '../deploy/deployer.ts'
import { fakeWrangler } from '../deploy/fake-wrangler.ts'

const PRODUCTION = { env: '', isLocal: false }
const STAGING = { env: 'staging', isLocal: false }

let deployer: Deployer
let folder: string

beforeEach(async () => {
  deployer = new Deployer()
  await deployer.run()
  addOrg(WORKER, 'x'.repeat(300_000))
  const at = new Date('2026-11-27T12:34:56Z')
  folder = await backUp(fakeWrangler(deployer.provider), () => undefined, { ...PRODUCTION, at })
  deployer.provider.takeWrites()
})
afterEach(() => rmSync(folder, { recursive: true }))

function addOrg(database: string, name: string): void {
  const { sql } = deployer.provider.findDatabase(database)
  sql
    .prepare('INSERT INTO orgs (id, name, created_at) VALUES (?, ?, 2)')
    .run(crypto.randomUUID(), name)
}

function restoreTo(place: typeof PRODUCTION, from = folder): Promise<void> {
  const say = (line: string) => void deployer.said.push(line)
  return restore({ run: fakeWrangler(deployer.provider), say }, place, from)
}

function contentOf(database: string): unknown {
  return deployer.provider.exportSql(database)
}

describe('a backup', () => {
  it('is a file for each database, which only its owner reads', () => {
    expect(folder).toBe(`backups/${WORKER}-2026-11-27T123456`)
    const file = join(folder, 'DB.sql')
    expect(readFileSync(file, 'utf8')).toBe(contentOf(WORKER))
    expect(statSync(file).mode & 0o077).toBe(0)
    expect(statSync(folder).mode & 0o077).toBe(0)
  })
})

describe('a restoration', () => {
  it('makes the database that is missing, with the same rows, though one is longer than a statement may be', async () => {
    await restoreTo(STAGING)
    expect(contentOf(`${WORKER}-staging`)).toBe(contentOf(WORKER))
  })

  it('is followed by a deployment, which finds the migrations applied and the key there', async () => {
    await restoreTo(STAGING)
    deployer.provider.takeWrites()
    await deployer.run({ env: 'staging' })
    const writes = deployer.provider.takeWrites()
    expect(writes.filter((call) => /^query|^POST/.test(call))).toEqual([])
  })

  it('leaves alone what has this backup already', async () => {
    await restoreTo(STAGING)
    deployer.provider.takeWrites()
    await restoreTo(STAGING)
    expect(deployer.text).toContain('has this backup already')
    expect(deployer.provider.takeWrites()).toEqual([])
  })

  it.each([
    ['that was deployed to', () => deployer.run({ env: 'staging' })],
    [
      'that has gone on since',
      async () => {
        await restoreTo(STAGING)
        addOrg(`${WORKER}-staging`, 'another')
      },
    ],
  ])('refuses a database %s, and writes nothing', async (_title, make) => {
    await make()
    const before = contentOf(`${WORKER}-staging`)
    deployer.provider.takeWrites()
    await expect(restoreTo(STAGING)).rejects.toThrow(/is not empty, and nothing was restored/)
    expect(deployer.provider.takeWrites()).toEqual([])
    expect(contentOf(`${WORKER}-staging`)).toBe(before)
  })

  it('is repeated after a cut at any call, and ends the same', async () => {
    deployer.provider.calls = []
    await restoreTo(STAGING)
    const calls = deployer.provider.calls.length
    for (let at = 1; at <= calls; at += 1) {
      for (const when of ['before', 'after'] as const) {
        deployer.provider.databases.delete(`${WORKER}-staging`)
        deployer.provider.cut({ at, when })
        await restoreTo(STAGING).catch(() => undefined)
        deployer.provider.cut(undefined)
        await restoreTo(STAGING)
        expect(contentOf(`${WORKER}-staging`)).toBe(contentOf(WORKER))
      }
    }
  })

  it('refuses a folder that is no backup, before it makes anything', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'no-backup-'))
    await expect(restoreTo(STAGING, empty)).rejects.toThrow(
      /There is no .*DB.sql: is .* a backup\?/,
    )
    rmSync(empty, { recursive: true })
    expect(deployer.provider.takeWrites()).toEqual([])
  })

  it('tells when the rows are not those of the file', async () => {
    const file = join(folder, 'DB.sql')
    chmodSync(file, 0o600)
    writeFileSync(file, `${readFileSync(file, 'utf8')}\nDELETE FROM orgs;`)
    await expect(restoreTo(STAGING)).rejects.toThrow(/has other rows than/)
  })
})
