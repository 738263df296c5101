// Every D1 error has a rule: repeated, answered as 503, or left as the bug that it is.
import { env } from 'cloudflare:workers'
import { inArray, sql } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { createDatabase, statement } from '../../src/db/client.ts'
import { events } from '../../src/db/schema.ts'
import { World } from '../world.ts'

const RETRYABLE = [
  'D1_ERROR: Network connection lost.',
  'D1_ERROR: Internal error in D1 DB storage caused object to be reset.',
  'D1_ERROR: D1 DB reset because its code was updated.',
  'D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node.',
]

let world: World
let calls = 0
beforeEach(async () => {
  world = await World.create()
  calls = 0
})

/** D1 whose batches fail so many times: before they are applied, or after, their answer lost. */
function failing(message: string, times: number, applied: 'before' | 'after'): D1Database {
  return new Proxy(env.DB, {
    get(target, name) {
      if (name !== 'batch') {
        // Whatever else is asked of it comes from the real binding, bound to it.
        const member = Reflect.get(target, name) as unknown
        return typeof member === 'function' ? member.bind(target) : member
      }
      return async (statements: D1PreparedStatement[]) => {
        calls += 1
        const answer = applied === 'after' ? await target.batch(statements) : undefined
        if (calls <= times) throw new Error(message)
        return answer ?? target.batch(statements)
      }
    },
  })
}

/** D1 that fails whatever it is asked. */
function broken(message: string): D1Database {
  const fail = () => Promise.reject(new Error(message))
  const prepared = { bind: () => prepared, all: fail, raw: fail, run: fail, first: fail }
  return Object.assign(Object.create(env.DB), { prepare: () => prepared, batch: fail })
}

async function stored(): Promise<(number | null)[]> {
  return [await count('events'), await count('deliveries')]
}

async function count(table: string): Promise<number | null> {
  return env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>('n')
}

describe('intake', () => {
  it.each(RETRYABLE)(
    'survives "%s" before the write, storing the event once (D6)',
    async (text) => {
      await world.createEndpoint()
      world.db = failing(text, 1, 'before')
      expect((await world.send()).status).toBe(202)
      expect(await stored()).toEqual([1, 1])
    },
  )

  it.each(RETRYABLE)('survives "%s" after the write, storing the event once (D6)', async (text) => {
    await world.createEndpoint()
    world.db = failing(text, 1, 'after')
    expect((await world.send()).status).toBe(202)
    expect(await stored()).toEqual([1, 1])
  })

  it('answers 503 with Retry-After when D1 is overloaded, with nothing half-done', async () => {
    await world.createEndpoint()
    world.db = failing('D1_ERROR: D1 DB is overloaded. Requests queued for too long.', 9, 'before')
    const { status, headers, body } = await world.send()
    expect([status, body.code, headers.get('Retry-After')]).toEqual([503, 'unavailable', '2'])
    expect(calls).toBe(1)
    expect(await stored()).toEqual([0, 0])
  })

  it('gives up after three tries, as a 503', async () => {
    world.db = failing('D1_ERROR: Network connection lost.', 9, 'before')
    expect((await world.send()).status).toBe(503)
    expect(calls).toBe(3)
  })

  it('does not repeat what is a bug of ours', async () => {
    world.db = failing('D1_ERROR: no such column: nonsense', 9, 'before')
    const { status, body } = await world.send()
    expect([status, body.code, calls]).toEqual([500, 'internal_error', 1])
    expect(body.error).not.toContain('nonsense')
  })
})

describe('a single statement', () => {
  it('is answered 503 when D1 is overloaded, though drizzle wraps the error', async () => {
    const { body } = await world.createEndpoint()
    world.db = broken('D1_ERROR: D1 DB is overloaded.')
    const { status } = await world.call('GET', `/v1/webhook_endpoints/${body.id}`)
    expect(status).toBe(503)
  })

  it('never logs the parameters of a query that failed (X3)', async () => {
    world.db = broken('D1_ERROR: no such table: api_keys')
    await world.call('GET', '/v1/webhook_endpoints')
    const publicId = world.key.slice('sk_live_'.length).slice(0, 8)
    const logged = JSON.stringify(world.logs)
    expect(logged).toContain('no such table')
    expect(logged).not.toContain(publicId)
  })
})

describe('the consumer', () => {
  it('uses up no attempt when its read fails, and gets the message back (A4)', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    world.db = broken('D1_ERROR: D1 DB is overloaded.')
    await world.consume(world.fresh.splice(0), 'fresh')
    world.db = env.DB
    expect(world.receiver.received).toHaveLength(0)
    expect(world.fresh).toHaveLength(1)
    await world.pass(10_000)
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', attempt_count: 1 })
  })

  it('logs an attempt once though the answer to its write was lost (S4)', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    world.db = failing('D1_ERROR: Network connection lost.', 1, 'after')
    await world.drain()
    world.db = env.DB
    const delivery = await world.delivery(id)
    expect(delivery).toMatchObject({ status: 'delivered', attempt_count: 1 })
    expect(delivery.attempts).toHaveLength(1)
  })
})

describe('redeliver', () => {
  it('counts once though the answer to its write was lost', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    await world.drain()
    world.db = failing('D1_ERROR: Network connection lost.', 1, 'after')
    expect((await world.redeliver(id)).body).toMatchObject({ manual_retry_count: 1 })
  })
})

describe('a statement of a transaction', () => {
  it.each([
    ['of text', sql`SELECT 1`],
    ['of values', sql`SELECT ${1}, ${'two'}, ${null}, ${true} WHERE ${"'?"} = ${-1.5}`],
    [
      'of queries in queries',
      sql`SELECT ${1}, (${sql`SELECT ${2} ${sql.raw('-- ?')}`}), ${sql.empty()} ${3}`,
    ],
    ['of what is left out', sql`SELECT 1 ${undefined} WHERE ${2}`],
    ['of lists', sql`SELECT 1 WHERE ${1} IN ${[1, 'two']}`],
    [
      'of tables and columns',
      sql`SELECT ${events.id}, ${1} FROM ${events} WHERE ${inArray(events.id, ['a', 'b'])}`,
    ],
    ['of values that are part of its text', sql`SELECT ${1}, ${sql`${2}`.inlineParams()}`],
  ])('is what drizzle makes of a query %s', (_, query) => {
    const db = createDatabase(env.DB, { random: () => 0, sleep: async () => {} })
    const { sql: text, params } = statement(db, query).getQuery()
    expect([text, params]).toEqual([db.all(query).getQuery().sql, db.all(query).getQuery().params])
  })
})
