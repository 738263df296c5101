// What a deployment asks of the Worker that it has just made.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { makeFirstKey, waitUntilWell } from '../../src/dev/deploy/first-key.ts'
import { World } from '../world.ts'

const URL_OF_IT = 'https://webhooks.example'

let world: World
beforeEach(async () => {
  world = await World.create()
  await env.DB.batch(['api_keys', 'orgs'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
})

function service() {
  return {
    url: URL_OF_IT,
    wait: () => Promise.resolve(),
    fetch: (asked: RequestInfo | URL, init?: RequestInit) => {
      const { pathname } = new URL(asked instanceof Request ? asked.url : asked)
      return world.fetch(pathname, init)
    },
  }
}

function count(table: 'api_keys' | 'orgs'): Promise<number | null> {
  return env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>('n')
}

describe('a deployment to a new database', () => {
  it('finds the Worker well before its cron has ever ticked', async () => {
    await expect(waitUntilWell(service())).resolves.toBeUndefined()
  })

  it('makes one organization and one key that opens the API, however often it is repeated', async () => {
    const key = await makeFirstKey(service(), env.ADMIN_TOKEN)
    expect(await makeFirstKey(service(), env.ADMIN_TOKEN)).toBe(key)
    expect([await count('orgs'), await count('api_keys')]).toEqual([1, 1])
    const { status } = await world.call('GET', '/v1/webhook_endpoints', undefined, { key })
    expect(status).toBe(200)
  })

  it('says so when the token is another one', async () => {
    const another = makeFirstKey(service(), 'x'.repeat(43))
    await expect(another).rejects.toThrow('does not know this ADMIN_TOKEN')
    expect(await count('orgs')).toBe(0)
  })
})
