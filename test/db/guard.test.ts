// Authentication that rides with the request's first call to the database.
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { createDatabase, type Database } from '../../src/db/client.ts'
import { guardDatabase, type KnownKey } from '../../src/db/guard.ts'
import { apiKeys, orgs } from '../../src/db/schema.ts'
import { AppError, explainFault, toAppError } from '../../src/errors.ts'
import { limitD1 } from '../d1-limits.ts'

const NOW = 1_000_000
const KEY: KnownKey = { publicId: 'abcdefgh', keyHash: 'digest' }

let db: Database
beforeEach(async () => {
  db = createDatabase(limitD1(env.DB), { random: () => 0, sleep: async () => {} })
  const row = { ...KEY, id: 'key', orgId: 'org', name: 'k', createdAt: 0 }
  await db.insert(apiKeys).values(row)
})

function guarded(key: KnownKey = KEY) {
  return guardDatabase(db, key, NOW, () => new AppError('invalid_api_key'))
}

function isRefusal(error: unknown): boolean {
  return toAppError(error).code === 'invalid_api_key'
}

const org = { id: 'org', name: 'Acme', createdAt: 0 }

describe('a guarded database', () => {
  it('reads and writes for a key that is live', async () => {
    const { db: mine } = guarded()
    await mine.insert(orgs).values(org)
    expect(await mine.select().from(orgs)).toMatchObject([org])
  })

  it('maps rows of a first read as any other', async () => {
    await db.insert(orgs).values(org)
    expect(await guarded().db.select().from(orgs)).toMatchObject([org])
  })

  it('refuses a revoked key on its first call, and writes nothing (X4)', async () => {
    await db.update(apiKeys).set({ revokedAt: 1 }).where(eq(apiKeys.publicId, KEY.publicId))
    await expect(guarded().db.insert(orgs).values(org)).rejects.toSatisfy(isRefusal)
    expect(await db.select().from(orgs)).toEqual([])
  })

  it.each([
    ['an expired key', { expiresAt: NOW }],
    ['another digest', { keyHash: 'other' }],
  ])('refuses %s (X4)', async (_name, change) => {
    await db.update(apiKeys).set(change)
    await expect(guarded().db.select().from(orgs)).rejects.toSatisfy(isRefusal)
  })

  it('accepts a key that expires later', async () => {
    await db.update(apiKeys).set({ expiresAt: NOW + 1 })
    await expect(guarded().db.select().from(orgs)).resolves.toEqual([])
  })

  it('refuses a second call that did not wait for the first', async () => {
    await db.update(apiKeys).set({ revokedAt: 1 })
    const { db: mine } = guarded()
    const calls = [mine.select().from(orgs), mine.insert(orgs).values(org)]
    const results = await Promise.allSettled(calls)
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await db.select().from(orgs)).toEqual([])
  })

  it('asks by itself when nothing else was asked', async () => {
    await expect(guarded().verify()).resolves.toBeUndefined()
    await db.update(apiKeys).set({ revokedAt: 1 })
    await expect(guarded().verify()).rejects.toSatisfy(isRefusal)
  })

  it('lets every other error through', async () => {
    await db.insert(orgs).values(org)
    await expect(guarded().db.insert(orgs).values(org)).rejects.toSatisfy((error) =>
      explainFault(error).includes('UNIQUE'),
    )
  })
})
