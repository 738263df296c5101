// Changing the key that seals, and headers of endpoints: they are sealed anew like secrets.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { rewrapSecrets } from '../../../src/delivery/upkeep/rewrap.ts'
import { visit, World, type Json } from '../../world.ts'

const NEW_KEY = `new:${btoa('n'.repeat(32))}`

let world: World
beforeEach(async () => {
  world = await World.create()
})

function useKeys(...keys: string[]): void {
  world.secretsKeys = keys.join(',')
}

async function health(): Promise<Json> {
  const response = await world.fetch('/healthz', {
    headers: { Authorization: `Bearer ${env.ADMIN_TOKEN}` },
  })
  return response.json()
}

async function rewrap(): Promise<number> {
  const rewrapped = await rewrapSecrets(await world.visited())
  await world.settle()
  return rewrapped
}

describe('rewrapSecrets', () => {
  it('seals headers anew, counts them, and they go along as before', async () => {
    const { body: endpoint } = await world.createEndpoint({ headers: { 'X-Key': 'abc' } })
    await world.createEndpoint()
    useKeys(NEW_KEY, env.SECRETS_KEYS)
    expect(await health()).toMatchObject({ secrets_to_rewrap: 4 })
    expect(await rewrap()).toBe(4)
    useKeys(NEW_KEY)
    expect(await health()).toMatchObject({ status: 'ok', secrets_to_rewrap: 0 })
    const { signing_secret: _secret, ...same } = endpoint
    expect(await world.endpoint(endpoint.id)).toEqual(same)
    await world.deliver()
    await world.drain()
    const got = world.receiver.received.map(({ headers }) => headers.get('X-Key'))
    expect(got.map(String).toSorted()).toEqual(['abc', 'null'])
    const { body } = await world.call('GET', '/v1/audit_log')
    const entry = body.data.find(({ action }: Json) => action === 'org.rewrap_secrets')
    expect(entry.details).toEqual({ secrets: 4 })
  })

  it('reaches every one of more endpoints than a round has', async () => {
    await world.createEndpoint({ headers: { 'X-Key': 'abc' } })
    await env.DB.exec(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250) INSERT INTO endpoints (org_id, id, url, enabled_events, status, created_at, updated_at, headers_sealed) SELECT org_id, id || i, url, '[]', status, 0, 0, headers_sealed FROM endpoints, n`,
    )
    useKeys(NEW_KEY, env.SECRETS_KEYS)
    const engine = await world.visited()
    await rewrapSecrets({ ...engine, vault: { ...engine.vault, unseal: async () => '[]' } })
    const { results } = await env.DB.prepare(
      `SELECT count(*) AS count FROM endpoints WHERE headers_sealed GLOB 'new.*'`,
    ).all()
    expect(results).toEqual([{ count: 251 }])
  })

  it('leaves alone what was replaced meanwhile', async () => {
    const { body } = await world.createEndpoint({ headers: { 'X-Key': 'abc' } })
    useKeys(NEW_KEY, env.SECRETS_KEYS)
    const engine = await world.engine()
    const seal = engine.vault.seal
    engine.vault.seal = async (...args) => {
      await env.DB.exec(`UPDATE endpoints SET headers_sealed = 'test.replaced'`)
      return seal(...args)
    }
    await rewrapSecrets(visit(engine))
    const { results } = await env.DB.prepare('SELECT id, headers_sealed FROM endpoints').all()
    expect(results).toEqual([{ id: body.id, headers_sealed: 'test.replaced' }])
  })
})
