// What came of a batch is recorded whatever receivers answer, within D1's limits (R5).
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'

/** Answers whose text grows when it is escaped, or takes more bytes than characters. */
const HEAVY = [
  { name: 'control characters', body: '\u0001'.repeat(4096), header: '"'.repeat(4000) },
  { name: 'quotes', body: '"'.repeat(4096), header: '\\'.repeat(4000) },
  { name: 'emoji', body: '😀'.repeat(1024), header: '"'.repeat(4000) },
  { name: 'broken text', body: new Uint8Array(4096).fill(255), header: 'x'.repeat(4000) },
]

let world: World
beforeEach(async () => {
  world = await World.create()
  await world.createEndpoint()
})

afterEach(() => env.DB.exec('DROP TRIGGER IF EXISTS refuse'))

/** D1 refuses to write deliveries like that. */
function refuse(condition: string): Promise<unknown> {
  return env.DB.prepare(
    `CREATE TRIGGER refuse BEFORE UPDATE ON deliveries WHEN ${condition}
      BEGIN SELECT RAISE(ABORT, 'string or blob too big: SQLITE_TOOBIG'); END`,
  ).run()
}

async function deliverMany(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let made = 0; made < count; made += 1) ids.push(await world.deliver())
  return ids
}

function emojiEntry(length: number) {
  return { response: { status: 500, headers: {}, body: '😀'.repeat(length) } }
}

/** Has D1 store a log of so many bytes, in entries answered with emoji. */
async function fillLog(id: string, bytes: number): Promise<void> {
  const log: unknown[] = []
  const size = () => new TextEncoder().encode(JSON.stringify(log)).byteLength
  while (size() < bytes - 4200) log.push(emojiEntry(1000))
  log.push(emojiEntry(Math.floor((bytes - size() - 100) / 4)))
  await env.DB.prepare('UPDATE deliveries SET attempts = ? WHERE id = ?')
    .bind(JSON.stringify(log), id)
    .run()
}

async function logBytes(id: string): Promise<number> {
  const query = 'SELECT octet_length(attempts) AS bytes FROM deliveries WHERE id = ?'
  return (await env.DB.prepare(query).bind(id).first<number>('bytes')) ?? 0
}

describe('a batch of the hundred messages that a queue hands out at most', () => {
  it.each(HEAVY)('is recorded when all are answered with $name', async ({ body, header }) => {
    await deliverMany(100)
    const headers = { 'x-answer': header }
    world.receiver.answer = () => new Response(body, { status: 500, headers })
    await world.consume(world.fresh.splice(0), 'fresh')
    expect(world.logs.filter(({ event }) => event === 'record_failed')).toEqual([])
    expect(world.fresh).toEqual([])
    const { body: list } = await world.call('GET', '/v1/webhook_deliveries?limit=200')
    expect(list.data.filter((one: Json) => one.attempt_count === 1)).toHaveLength(100)
  })
})

describe('the log of a delivery', () => {
  it('counts in bytes what it keeps of answers', async () => {
    const [id = ''] = await deliverMany(1)
    await fillLog(id, 1_000_100)
    world.receiver.answer = () => new Response('😀'.repeat(1024), { status: 500 })
    await world.drain()
    const { attempts } = await world.delivery(id)
    expect(attempts.at(-1)).toMatchObject({ error: { message: 'HTTP 500' } })
    expect(attempts.at(-1)).not.toHaveProperty('response')
  })

  it('takes all the redeliveries there can be after it is full', async () => {
    const [id = ''] = await deliverMany(1)
    await fillLog(id, 999_900)
    world.receiver.answer = () => new Response('😀'.repeat(1024), { status: 500 })
    await world.drain()
    const grown: number[] = []
    for (let made = 0; made < 3; made += 1) {
      const before = await logBytes(id)
      await world.redeliver(id)
      await world.drain()
      grown.push((await logBytes(id)) - before)
    }
    expect(Math.min(...grown)).toBeGreaterThan(0)
    // A thousand by hand, and 21 automatic ones with the longest schedule.
    expect(1_400_000 + 1021 * Math.max(...grown)).toBeLessThan(1_980_000)
  })

  it('takes no more overtaken attempts when it is closed, but those that count', async () => {
    const [id = ''] = await deliverMany(1)
    await fillLog(id, 1_400_100)
    world.receiver.answer = async ({ headers }) => {
      if (!headers.has('CallingBox-Redelivery')) await world.redeliver(id)
      return new Response(null, { status: 500 })
    }
    const { length } = (await world.delivery(id)).attempts
    await world.drain()
    const { attempts } = await world.delivery(id)
    expect(world.receiver.received).toHaveLength(2)
    expect(attempts.slice(length)).toMatchObject([{ trigger: 'manual' }])
  })
})

describe('when one delivery’s record is refused', () => {
  it('the others are recorded whole, and that one without what was sent and answered', async () => {
    const ids = await deliverMany(10)
    await refuse(`instr(NEW.attempts, 'poison')`)
    let place = 0
    world.receiver.answer = () => new Response((place += 1) === 4 ? 'poison' : 'fine')
    await world.drain()
    expect(world.receiver.received).toHaveLength(10)
    const deliveries = await Promise.all(ids.map((id) => world.delivery(id)))
    const bodies = deliveries.map(({ attempts: [only] }) => only.response?.body)
    expect(bodies.filter((body) => body === 'fine')).toHaveLength(9)
    expect(bodies).toContain(undefined)
    expect(new Set(deliveries.map(({ status }) => status))).toEqual(new Set(['delivered']))
  })

  it('only that one’s message comes back when it cannot be written at all', async () => {
    const ids = await deliverMany(10)
    await refuse(`NEW.id = '${ids[6]}'`)
    await world.consume(world.fresh.splice(0), 'fresh')
    expect([...world.fresh, ...world.retry].map(({ body }: Json) => body.id)).toEqual([ids[6]])
    const { body } = await world.call('GET', '/v1/webhook_deliveries?status=delivered')
    expect(body.data).toHaveLength(9)
  })

  it('what is held is put aside all the same', async () => {
    const { body: other } = await world.createEndpoint({ url: 'https://other.example/' })
    await deliverMany(1)
    await world.call('PATCH', `/v1/webhook_endpoints/${other.id}`, { status: 'disabled' })
    await refuse(`NEW.endpoint_id <> '${other.id}'`)
    await world.consume(world.fresh.splice(0), 'fresh')
    const held = "SELECT endpoint_id FROM deliveries WHERE situation = 'parked'"
    expect((await env.DB.prepare(held).all()).results).toEqual([{ endpoint_id: other.id }])
  })

  it('each is tried within the statements of one invocation, even if all are refused', async () => {
    await deliverMany(50)
    await refuse('true')
    await world.consume(world.fresh.splice(0), 'fresh')
    expect(world.fresh).toHaveLength(50)
    expect(JSON.stringify(world.logs)).not.toContain('Too many API requests')
  })
})

describe('while the database is out of reach', () => {
  it.each([
    { error: 'D1_ERROR: D1 DB is overloaded.', writes: 1 },
    { error: 'D1_ERROR: Network connection lost.', writes: 3 },
  ])('a batch is not tried in parts: $error', async ({ error, writes }) => {
    await deliverMany(10)
    let calls = 0
    world.db = new Proxy(env.DB, {
      get(target, name) {
        if (name !== 'batch') return Reflect.get(target, name).bind(target)
        return async () => {
          calls += 1
          throw new Error(error)
        }
      },
    })
    await world.consume(world.fresh.splice(0), 'fresh')
    expect(calls).toBe(writes)
    expect(world.fresh).toHaveLength(10)
  })
})
