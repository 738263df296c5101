// A backup of an account's databases, and its restoration into one that has none, or has others.
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backUp } from '../../../src/dev/backup/backup.ts'
import type { RunWrangler } from '../../../src/dev/provider/run-wrangler.ts'
import { restore } from '../../../src/dev/backup/restore.ts'
import { Deployer, WORKER } from '../deploy/deployer.ts'
import { fakeWrangler } from '../deploy/fake-wrangler.ts'

const PRODUCTION = { env: '', isLocal: false }
const STAGING = { env: 'staging', isLocal: false }
const LOCAL = { env: '', isLocal: true }
const NO_CREDENTIALS = 'No credentials: run npx wrangler login, or set CLOUDFLARE_API_TOKEN.'

/** As wrangler says it where nobody is logged in. */
const knowsNobody: RunWrangler = () =>
  Promise.resolve({
    out: '',
    fault: `In a non-interactive environment, it's necessary to set a CLOUDFLARE_API_TOKEN environment variable for wrangler to work.`,
  })

let deployer: Deployer
let folder: string

beforeEach(async () => {
  deployer = new Deployer()
  await deployer.run()
  addOrg(WORKER, 'x'.repeat(300_000))
  folder = await backUpFrom(PRODUCTION)
  deployer.provider.takeWrites()
  deployer.said = []
})
afterEach(() => rmSync(folder, { recursive: true }))

function addOrg(database: string, name: string): void {
  const { sql } = deployer.provider.findDatabase(database)
  sql
    .prepare('INSERT INTO orgs (id, name, created_at) VALUES (?, ?, 2)')
    .run(crypto.randomUUID(), name)
}

function say(line: string): void {
  deployer.said.push(line)
}

function backUpFrom(
  place: typeof PRODUCTION,
  at = '2026-11-27T12:34:56Z',
  run = fakeWrangler(deployer.provider),
): Promise<string> {
  return backUp(run, say, { ...place, at: new Date(at) })
}

function restoreTo(place: typeof PRODUCTION, from = folder): Promise<void> {
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

  it.each([
    ['', PRODUCTION],
    ['--env staging ', STAGING],
    ['--local ', LOCAL],
    ['--local --env staging ', { env: 'staging', isLocal: true }],
  ])('says how it is restored to where it is of: %s', async (flags, place) => {
    await deployer.run({ env: 'staging' })
    const written = await backUpFrom(place, '2026-11-27T12:34:57Z')
    expect(deployer.text.endsWith(` npm run restore -- ${flags}--from ${written}`)).toBe(true)
    rmSync(written, { recursive: true })
  })

  it('that failed leaves nothing that looks like one', async () => {
    const at = '2026-11-27T12:34:58Z'
    deployer.provider.cut({ at: 1, when: 'before' })
    await expect(backUpFrom(PRODUCTION, at)).rejects.toThrow(/cannot be exported: fetch failed/)
    const left = readdirSync('backups').filter((name) => name.includes('T123458'))
    expect(left).toEqual([])
    expect(existsSync(folder)).toBe(true)
  })
})

describe('without credentials', () => {
  it('a backup and a restoration say what a deployment says', async () => {
    await expect(backUpFrom(PRODUCTION, undefined, knowsNobody)).rejects.toThrow(NO_CREDENTIALS)
    const restored = restore({ run: knowsNobody, say }, PRODUCTION, folder)
    await expect(restored).rejects.toThrow(NO_CREDENTIALS)
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
    expect(deployer.said.at(-1)).toMatch(
      /^Nothing was restored: all of it is there\. npm run deploy/,
    )
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

  it.each([
    [
      'of this machine: no command deletes anything',
      LOCAL,
      'The database callingbox-webhooks is not empty, and nothing was restored. A backup goes into a new database. Stop npm run dev, move the local databases away (mv .wrangler/state/v3 .wrangler/state/v3-before), restore again, and then npm run dev.',
    ],
    [
      'of the account: with a warning, and its own name',
      STAGING,
      `Only when nothing in ${WORKER}-staging, the database of staging, is wanted any more: this deletes it for good, npx wrangler d1 delete ${WORKER}-staging --env staging. Restore again after that, and then npm run deploy -- --env staging.`,
    ],
  ])('says how to clear a database %s', async (_title, place, words) => {
    await deployer.run({ env: 'staging' })
    addOrg(WORKER, 'another')
    await expect(restoreTo(place)).rejects.toThrow(words)
  })

  it.each([
    ['npm run deploy -- --env staging brings it up to date and runs on it.', STAGING],
    ['npm run dev -- --env staging runs on it.', { env: 'staging', isLocal: true }],
  ])('ends with what to run then: %s', async (words, place) => {
    if (place.isLocal) deployer.provider.createDatabase(`${WORKER}-staging`)
    await restoreTo(place)
    expect(deployer.said.at(-1)).toBe(`Restored. ${words}`)
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
