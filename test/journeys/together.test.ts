// Intake requests that arrive together are stored together, and each is answered as if it were alone.
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { meter } from '../db/counter.ts'
import { World, type Answered } from '../world.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
  await world.createEndpoint()
})

afterEach(() => env.DB.exec('DROP TRIGGER IF EXISTS refuse'))

function newCall(): { id: string } {
  return { id: crypto.randomUUID() }
}

/** So many events at once, and what they cost. */
async function sendTogether(count: number, send: (place: number) => Promise<Answered>) {
  const { db, cost } = meter(env.DB)
  world.db = db
  const answers = await Promise.all(Array.from({ length: count }, (_, place) => send(place)))
  world.db = env.DB
  return { answers, ...cost }
}

function withKey(key: string): { headers: Record<string, string> } {
  return { headers: { 'Idempotency-Key': key } }
}

async function countRows(table: string): Promise<number> {
  return (await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>('n')) ?? -1
}

function statuses(answers: Answered[]): number[] {
  return answers.map(({ status }) => status)
}

/** D1 refuses to store events like that. */
function refuse(condition: string): Promise<unknown> {
  return env.DB.prepare(
    `CREATE TRIGGER refuse BEFORE INSERT ON events WHEN ${condition}
      BEGIN SELECT RAISE(ABORT, 'string or blob too big: SQLITE_TOOBIG'); END`,
  ).run()
}

describe('events that arrive together', () => {
  it('are stored in few transactions, each with its own answer (D1, D7)', async () => {
    const calls = Array.from({ length: 20 }, newCall)
    const { answers, trips } = await sendTogether(20, (place) => world.send(calls[place]))
    expect(trips).toBeLessThanOrEqual(3)
    expect(new Set(statuses(answers))).toEqual(new Set([202]))
    expect(answers.map(({ body }) => body.call_id)).toEqual(calls.map(({ id }) => id))
    for (const { body } of answers) {
      const { body: read } = await world.call('GET', `/v1/events/${body.id}`)
      expect(read).toEqual(body)
      expect(body.deliveries).toHaveLength(1)
    }
    expect(world.fresh).toHaveLength(20)
    await world.drain()
    expect(world.receiver.received).toHaveLength(20)
  })

  it('with and without keys are claimed and answered each for itself (I1)', async () => {
    const calls = Array.from({ length: 12 }, newCall)
    const send = (place: number) =>
      world.send(calls[place], {}, place % 2 ? withKey(`key-${place}`) : {})
    const first = await sendTogether(12, send)
    expect(first.trips).toBeLessThanOrEqual(3)
    expect(await countRows('idempotency_keys')).toBe(6)
    const { answers } = await sendTogether(12, send)
    const isReplayed = answers.map(({ headers }) => headers.has('Idempotent-Replayed'))
    expect(isReplayed).toEqual(answers.map((_, place) => place % 2 === 1))
    const repeated = answers.filter((_, place) => place % 2 === 1).map(({ body }) => body)
    expect(repeated).toEqual(first.answers.flatMap(({ body }, place) => (place % 2 ? [body] : [])))
    expect(await countRows('events')).toBe(12 + 6)
  })

  it('with one key are one event; with another body, a conflict (I1)', async () => {
    const call = newCall()
    const bodies = [call, call, newCall(), call]
    // The others gather behind the first one.
    const { answers } = await sendTogether(5, (place) =>
      place === 0 ? world.send() : world.send(bodies[place - 1], {}, withKey('one')),
    )
    expect(statuses(answers).toSorted((a, b) => a - b)).toEqual([202, 202, 202, 202, 409])
    expect(await countRows('events')).toBe(2)
    const [, ...keyed] = answers.filter(({ status }) => status === 202).map(({ body }) => body)
    expect(new Set(keyed.map((body) => JSON.stringify(body))).size).toBe(1)
    expect(keyed[0].deliveries).toHaveLength(1)
    expect(world.fresh).toHaveLength(2)
  })

  it('share a transaction with batches, as far as they fit', async () => {
    const batch = { events: Array.from({ length: 30 }, () => event()) }
    const { answers, trips } = await sendTogether(4, (place) =>
      place < 2
        ? world.send()
        : world.call('POST', '/v1/events/batch', batch, withKey(`b${place}`)),
    )
    expect(statuses(answers)).toEqual([202, 202, 202, 202])
    expect(trips).toBe(2)
    expect(await countRows('events')).toBe(62)
    expect(answers[3]?.body.data).toHaveLength(30)
  })

  it('stay within D1’s limits, however large each is (R5)', async () => {
    const note = '😀'.repeat(60_000)
    const { answers, trips } = await sendTogether(12, () => world.send({ note }))
    expect(new Set(statuses(answers))).toEqual(new Set([202]))
    expect(trips).toBeGreaterThan(3)
  })
})

function event() {
  return { type: 'call.busy', call: newCall() }
}

describe('one of several that arrive together', () => {
  it('that is not valid is refused before it joins the others', async () => {
    const bodies = [{}, {}, { type: 'no such type' }, {}]
    const { answers } = await sendTogether(4, (place) => world.send({}, bodies[place]))
    expect(statuses(answers)).toEqual([202, 202, 400, 202])
    expect(await countRows('events')).toBe(3)
  })

  it('that D1 refuses costs the others nothing', async () => {
    await refuse(`NEW.type = 'call.failed'`)
    vi.spyOn(console, 'log').mockReturnValue()
    const { answers } = await sendTogether(8, (place) =>
      world.send({}, place === 5 ? { type: 'call.failed' } : {}),
    )
    expect(statuses(answers)).toEqual([202, 202, 202, 202, 202, 500, 202, 202])
    expect(await countRows('events')).toBe(7)
    expect(world.fresh).toHaveLength(7)
  })

  it('with a key that D1 refuses keeps no key', async () => {
    await refuse(`NEW.type = 'call.failed'`)
    vi.spyOn(console, 'log').mockReturnValue()
    const send = (place: number) =>
      place === 2
        ? world.send({ id: callId }, { type: 'call.failed' }, withKey('k2'))
        : world.send({}, {}, withKey(`k${place}`))
    const callId = crypto.randomUUID()
    expect(statuses((await sendTogether(4, send)).answers)).toEqual([202, 202, 500, 202])
    await env.DB.exec('DROP TRIGGER refuse')
    const again = await send(2)
    expect([again.status, again.headers.get('Idempotent-Replayed')]).toEqual([202, null])
  })
})

describe('a key that is revoked', () => {
  it('stores nothing, and refuses who is led as well as who leads (X4)', async () => {
    await world.send()
    await env.DB.prepare('UPDATE api_keys SET revoked_at = 1').run()
    const { answers } = await sendTogether(6, () => world.send())
    expect(new Set(statuses(answers))).toEqual(new Set([401]))
    expect(await countRows('events')).toBe(1)
  })

  it('is asked for by the group’s transaction alone', async () => {
    await world.send()
    const { read, trips } = await sendTogether(10, () => world.send())
    const { read: alone } = await sendTogether(1, () => world.send())
    expect(trips).toBe(2)
    expect(read).toBeLessThan(10 * alone)
  })

  it('is another caller’s no business: keys never share a transaction', async () => {
    const other = await world.createOrg('Beta')
    await world.send()
    await world.send({}, {}, { key: other.key })
    await env.DB.prepare('UPDATE api_keys SET revoked_at = 1 WHERE org_id = ?')
      .bind(other.orgId)
      .run()
    const { answers } = await sendTogether(8, (place) =>
      world.send({}, {}, place % 2 ? { key: other.key } : {}),
    )
    expect(statuses(answers)).toEqual([202, 401, 202, 401, 202, 401, 202, 401])
  })
})

/** Delivered, each of them once. */
async function delivered(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let place = 0; place < count; place += 1) ids.push(await world.deliver())
  await world.drain()
  world.receiver.received.splice(0)
  return ids
}

describe('redeliveries that arrive together', () => {
  it('are made in few transactions and sent in few messages, each with its own answer (S4, S5)', async () => {
    const ids = await delivered(20)
    const { answers, trips } = await sendTogether(20, (place) => world.redeliver(ids[place] ?? ''))
    expect(trips).toBeLessThanOrEqual(3)
    expect(answers.map(({ body }) => body.id)).toEqual(ids)
    for (const { body } of answers) {
      expect(body).toMatchObject({ status: 'pending', manual_retry_count: 1 })
    }
    await world.drain()
    expect(world.receiver.received).toHaveLength(20)
    const { results } = await env.DB.prepare(
      `SELECT request_id FROM audit_log WHERE action = 'delivery.redeliver'`,
    ).all()
    expect(new Set(results.map(({ request_id }) => request_id)).size).toBe(20)
  })

  it('of one delivery count each, with and without keys (I1, S4)', async () => {
    const [id = '', other = ''] = await delivered(2)
    const { answers } = await sendTogether(7, (place) => {
      if (place === 0) return world.redeliver(other)
      return world.redeliver(id, place < 4 ? {} : withKey('one'))
    })
    expect(new Set(statuses(answers))).toEqual(new Set([200]))
    const replayed = answers.filter(({ headers }) => headers.has('Idempotent-Replayed'))
    expect(replayed).toHaveLength(2)
    expect(await world.delivery(id)).toMatchObject({ manual_retry_count: 4 })
    expect(await countRows('idempotency_keys')).toBe(1)
  })

  it('are refused each for itself, and a refusal keeps no key (S3)', async () => {
    const ids = await delivered(3)
    await env.DB.prepare('UPDATE deliveries SET manual_retry_count = 1000 WHERE id = ?')
      .bind(ids[1])
      .run()
    const asked = [ids[0], ids[1], crypto.randomUUID(), ids[2], ids[1]]
    const { answers } = await sendTogether(5, (place) =>
      world.redeliver(asked[place] ?? '', withKey(`k${place}`)),
    )
    expect(statuses(answers)).toEqual([200, 409, 404, 200, 409])
    expect(await countRows('idempotency_keys')).toBe(2)
  })

  it('with a key that was used for another conflict alone (I1)', async () => {
    const ids = await delivered(3)
    await world.redeliver(ids[0] ?? '', withKey('used'))
    const { answers } = await sendTogether(3, (place) =>
      world.redeliver(ids[place] ?? '', place === 2 ? withKey('used') : {}),
    )
    expect(statuses(answers)).toEqual([200, 200, 409])
    expect(await world.delivery(ids[2] ?? '')).toMatchObject({ manual_retry_count: 0 })
  })

  it('with one key for two deliveries make one of them (I1)', async () => {
    const [first = '', second = '', third = ''] = await delivered(3)
    const ids = [first, second, third]
    const { answers } = await sendTogether(3, (place) =>
      world.redeliver(ids[place] ?? '', place > 0 ? withKey('one') : {}),
    )
    expect(statuses(answers).toSorted((a, b) => a - b)).toEqual([200, 200, 409])
    const { results } = await env.DB.prepare(
      'SELECT id FROM deliveries WHERE manual_retry_count > 0',
    ).all()
    expect(results).toHaveLength(2)
  })

  it('make nothing when their key is revoked (X4)', async () => {
    const ids = await delivered(4)
    await env.DB.prepare('UPDATE api_keys SET revoked_at = 1').run()
    const { answers } = await sendTogether(4, (place) => world.redeliver(ids[place] ?? ''))
    expect(new Set(statuses(answers))).toEqual(new Set([401]))
    expect(await countRows('audit_log')).toBeGreaterThan(0)
    const { results } = await env.DB.prepare(
      'SELECT 1 FROM deliveries WHERE manual_retry_count > 0',
    ).all()
    expect(results).toEqual([])
  })
})
