// Changing the key that seals signing secrets, and what happens when a secret does not open.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { rewrapSecrets } from '../../../src/delivery/upkeep/rewrap.ts'
import { isSignedWith } from '../../journeys/verify.ts'
import { visit, World, type Json } from '../../world.ts'

const MINUTE = 60_000
const NEW_KEY = `new:${btoa('n'.repeat(32))}`
const OTHER_KEY = `test:${btoa('o'.repeat(32))}`

let world: World
beforeEach(async () => {
  world = await World.create()
})

function useKeys(...keys: string[]): void {
  world.secretsKeys = keys.join(',')
}

async function keyIds(): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `SELECT substr(sealed, 1, instr(sealed, '.') - 1) AS id FROM signing_secrets ORDER BY 1`,
  ).all<{ id: string }>()
  return results.map(({ id }) => id)
}

async function health(): Promise<Json> {
  const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` }
  const response = await world.fetch('/healthz', { headers })
  return { http: response.status, ...(await response.json<Json>()) }
}

async function rewrap(): Promise<number> {
  const rewrapped = await rewrapSecrets(await world.visited())
  await world.settle()
  return rewrapped
}

function defaultSecret(): Promise<Json> {
  const path = `/admin/orgs/${world.orgId}/default_secret`
  return world.call('GET', path, undefined, { key: env.ADMIN_TOKEN })
}

describe('rewrapSecrets', () => {
  it('seals every secret anew under the first key, and /healthz counts down', async () => {
    const { body: endpoint } = await world.createEndpoint()
    useKeys(NEW_KEY, env.SECRETS_KEYS)
    expect(await health()).toMatchObject({ status: 'ok', secrets_to_rewrap: 2 })
    expect(await rewrap()).toBe(2)
    expect(await keyIds()).toEqual(['new', 'new'])
    useKeys(NEW_KEY)
    expect(await health()).toMatchObject({ status: 'ok', secrets_to_rewrap: 0 })
    await world.deliver()
    await world.drain()
    const [received] = world.receiver.received
    expect(received && (await isSignedWith(received, endpoint.signing_secret))).toBe(true)
  })

  it('asks the database nothing while there is one key', async () => {
    world.db = new Proxy(env.DB, {
      get: (_, name) => {
        throw new Error(`asked for ${String(name)}`)
      },
    })
    expect(await rewrap()).toBe(0)
  })

  it('reaches every one of more secrets than a round has', async () => {
    useKeys(NEW_KEY, env.SECRETS_KEYS)
    const engine = await world.engine()
    const keys = { orgId: world.orgId, ownerId: world.orgId }
    const old = await (await World.create()).engine()
    const rows = await Promise.all(
      Array.from({ length: 250 }, async (_, count) => {
        const secretId = `s${count}`
        return { ...keys, secretId, sealed: await old.vault.seal('whsec_x', { ...keys, secretId }) }
      }),
    )
    await env.DB.prepare(
      `INSERT INTO signing_secrets (org_id, owner_id, id, sealed, created_at)
       SELECT value->>'orgId', value->>'ownerId', value->>'secretId', value->>'sealed', 0
       FROM json_each(?)`,
    )
      .bind(JSON.stringify(rows))
      .run()
    await rewrapSecrets(visit(engine))
    expect(new Set(await keyIds())).toEqual(new Set(['new']))
  })

  it('is one entry in the log of each organization, however many secrets and rounds it takes', async () => {
    const other = await world.createOrg('Other')
    await world.createEndpoint()
    useKeys(NEW_KEY, env.SECRETS_KEYS)
    // Of one organization, under the key that is old by now: a second round has the last of them.
    await env.DB.exec(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120) INSERT INTO signing_secrets SELECT org_id, owner_id, id || i, sealed, created_at, 1 FROM signing_secrets, n WHERE owner_id = '${other.orgId}'`,
    )
    const engine = await world.visited()
    const whole = { ...engine.vault, unseal: async () => 'whsec_any' }
    const count = await rewrapSecrets({ ...engine, vault: whole })
    expect(count).toBe(123)
    const entries = async (key: string) => {
      const { body } = await world.call('GET', '/v1/audit_log', undefined, { key })
      return body.data.filter(({ action }: Json) => action === 'org.rewrap_secrets')
    }
    expect(await entries(world.key)).toMatchObject([
      { actor: 'system', target_id: world.orgId, details: { secrets: 2 } },
    ])
    expect(await entries(other.key)).toMatchObject([{ details: { secrets: 121 } }])
    await rewrap()
    expect(await entries(other.key)).toHaveLength(1)
  })

  it('passes over a secret that does not open, and says so', async () => {
    await world.createEndpoint()
    await env.DB.exec(
      `UPDATE signing_secrets SET sealed = sealed || 'A' WHERE owner_id = '${world.orgId}'`,
    )
    useKeys(NEW_KEY, env.SECRETS_KEYS)
    expect(await rewrap()).toBe(1)
    expect(await health()).toMatchObject({ status: 'undecryptable_secret', secrets_to_rewrap: 1 })
    expect(world.logs).toContainEqual({
      event: 'secret_undecryptable',
      org_id: world.orgId,
      owner_id: world.orgId,
      secret_id: expect.any(String),
      error: 'The secret does not open under key "test".',
    })
  })

  it('leaves a secret alone that was replaced meanwhile', async () => {
    useKeys(NEW_KEY, env.SECRETS_KEYS)
    const engine = await world.engine()
    const seal = engine.vault.seal
    engine.vault.seal = async (...args) => {
      await env.DB.exec(`UPDATE signing_secrets SET sealed = 'test.replaced'`)
      return seal(...args)
    }
    await rewrapSecrets(visit(engine))
    expect(await keyIds()).toEqual(['test'])
  })
})

describe('a secret that is looked at', () => {
  it('is sealed anew under the first key', async () => {
    const { body: before } = await defaultSecret()
    useKeys(NEW_KEY, env.SECRETS_KEYS)
    expect((await defaultSecret()).body).toEqual(before)
    expect(await keyIds()).toEqual(['new'])
    useKeys(NEW_KEY)
    expect((await defaultSecret()).body).toEqual(before)
  })

  it('stays as it is under the first key', async () => {
    const { results } = await env.DB.prepare('SELECT sealed FROM signing_secrets').all()
    await defaultSecret()
    const after = await env.DB.prepare('SELECT sealed FROM signing_secrets').all()
    expect(after.results).toEqual(results)
  })
})

describe('a delivery whose secret does not open', () => {
  it.each([
    { name: 'a missing key', keys: NEW_KEY },
    { name: 'another key under the same id', keys: OTHER_KEY },
  ])('is not sent and uses up no attempt, with $name (A4)', async ({ keys }) => {
    await world.createEndpoint()
    const id = await world.deliver()
    useKeys(keys)
    await world.consume(world.fresh.splice(0))
    expect(world.receiver.received).toEqual([])
    expect(await world.delivery(id)).toMatchObject({ status: 'pending', attempt_count: 0 })
    expect(await health()).toMatchObject({
      http: 503,
      status: 'undecryptable_secret',
      undecryptable_secret_at: '2026-11-23T12:00:00Z',
    })
  })

  it('is sent once the key is back, and /healthz recovers', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    useKeys(NEW_KEY)
    await world.consume(world.fresh.splice(0))
    useKeys(NEW_KEY, env.SECRETS_KEYS)
    await world.pass(MINUTE)
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', attempt_count: 1 })
    world.clock += 20 * MINUTE
    await world.sweep()
    expect(await health()).toMatchObject({ http: 200, status: 'ok' })
  })

  it('is noted once a minute at most', async () => {
    await world.createEndpoint()
    await world.deliver()
    useKeys(NEW_KEY)
    const [message] = world.fresh.splice(0)
    if (!message) throw new Error('intake sends a message')
    await world.consume([message])
    world.clock += MINUTE - 1
    await world.consume([message])
    expect((await health()).undecryptable_secret_at).toBe('2026-11-23T12:00:00Z')
    world.clock += 1
    await world.consume([message])
    expect((await health()).undecryptable_secret_at).toBe('2026-11-23T12:01:00Z')
  })

  it('is not sent unsigned when it has no secret at all', async () => {
    const { body: endpoint } = await world.createEndpoint()
    await world.deliver()
    await env.DB.exec(`DELETE FROM signing_secrets WHERE owner_id = '${endpoint.id}'`)
    await world.consume(world.fresh.splice(0))
    expect(world.receiver.received).toEqual([])
  })
})

describe('GET /healthz', () => {
  it('reads no more rows however many secrets there are', async () => {
    const few = await rowsRead()
    await insertMany()
    expect(await rowsRead()).toBe(few)
  })
})

async function rowsRead(): Promise<number> {
  let total = 0
  world.db = new Proxy(env.DB, {
    get: (db, name) =>
      name === 'prepare'
        ? (query: string) => counted(db.prepare(query), (rows) => (total += rows))
        : Reflect.get(db, name).bind(db),
  })
  await health()
  return total
}

async function insertMany(): Promise<void> {
  const ids = JSON.stringify(Array.from({ length: 1000 }, (_, count) => `s${count}`))
  await env.DB.prepare(
    `INSERT INTO signing_secrets (org_id, owner_id, id, sealed, created_at)
     SELECT 'o', 'o', value, 'test.' || value, 0 FROM json_each(?)`,
  )
    .bind(ids)
    .run()
}

/** A statement that tells how many rows each run of it read. */
function counted(statement: D1PreparedStatement, count: (rows: number) => void): Json {
  return {
    bind: (...values: unknown[]) => counted(statement.bind(...values), count),
    all: async () => {
      const result = await statement.all()
      count(result.meta.rows_read)
      return result
    },
  }
}
