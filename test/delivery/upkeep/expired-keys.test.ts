// That a key's life is over, in the audit log.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { tellWhatHappened } from '../../../src/delivery/upkeep/notices.ts'
import { World, type Json } from '../../world.ts'

const DAY = 24 * 3_600_000

let world: World
beforeEach(async () => {
  world = await World.create()
})

async function makeKey(name: string, days: number): Promise<string> {
  const expires_at = new Date(world.clock + days * DAY).toISOString()
  return (await world.call('POST', '/v1/api_keys', { name, expires_at })).body.id
}

/** The cron's job that logs it. */
async function run(): Promise<void> {
  await tellWhatHappened(await world.visited())
}

async function ended(): Promise<Json[]> {
  const { body } = await world.call('GET', '/v1/audit_log?limit=200')
  return body.data.filter(({ action }: Json) => action === 'api_key.expire')
}

describe('a key whose life is over', () => {
  it('is in the audit log once, as the service’s own act, and not before (U1)', async () => {
    const id = await makeKey('CI', 2)
    const expiresAt = new Date(world.clock + 2 * DAY).toISOString()
    for (let day = 0; day < 2; day += 1) {
      await run()
      expect(await ended()).toEqual([])
      world.clock += DAY
    }
    await Promise.all([run(), run()])
    world.clock += DAY
    await run()
    const details = { name: 'CI', expires_at: `${expiresAt.slice(0, 19)}Z` }
    expect(await ended()).toMatchObject([
      { target_id: id, target_type: 'api_key', actor: 'system', ip: null, details },
    ])
  })

  it('is not told of where it was revoked before', async () => {
    const id = await makeKey('CI', 2)
    await world.call('DELETE', `/v1/api_keys/${id}`)
    world.clock += 3 * DAY
    await run()
    expect(await ended()).toEqual([])
  })

  it('is left to where its org is moved to', async () => {
    await makeKey('CI', 2)
    world.clock += 3 * DAY
    const away = env.DB.prepare("INSERT INTO departures (org_id, state) VALUES (?, 'leaving')")
    await away.bind(world.orgId).run()
    await run()
    expect(await ended()).toEqual([])
    await env.DB.exec('DELETE FROM departures')
    await run()
    expect(await ended()).toHaveLength(1)
  })

  it('is logged a hundred a run, the first that ended first', async () => {
    await env.DB.exec(
      `INSERT INTO api_keys (public_id, id, org_id, name, key_hash, created_at, expires_at)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
        SELECT 'k' || i, printf('00000000-0000-7000-8000-%012d', i), '${world.orgId}', 'k', 'h', 0, i FROM n`.replaceAll(
        /\s+/g,
        ' ',
      ),
    )
    await run()
    expect(await ended()).toHaveLength(100)
    await run()
    expect(await ended()).toHaveLength(150)
  })
})
