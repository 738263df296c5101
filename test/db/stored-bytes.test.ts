// What a delivered delivery takes in the database: storage is billed by the month, and rows are kept for one.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'

/** What the answer of an ordinary web server says. */
const HEADERS = {
  'content-type': 'text/plain;charset=UTF-8',
  date: 'Mon, 23 Nov 2026 12:00:00 GMT',
  server: 'nginx',
}

/** Bytes of a value in SQLite's record format: its type, and itself. https://www.sqlite.org/fileformat.html */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return 1 + new TextEncoder().encode(value).length
  if (value === null || value === 0 || value === 1) return 1
  const bits = Math.log2(Number(value)) + 1
  return 1 + ([8, 16, 24, 32, 48].findIndex((most) => bits < most) + 1 || 8)
}

/** Bytes of the columns that are stored of the one row that the table has. */
async function rowBytes(table: string): Promise<number> {
  const { results } = await env.DB.prepare(`SELECT * FROM ${table}`).all()
  expect(results).toHaveLength(1)
  const { situation: _workedOut, status: _too, last_error_at: _this, ...row } = results[0] ?? {}
  return Object.values(row).reduce<number>((sum, value) => sum + bytesOf(value), 0)
}

let world: World
beforeEach(async () => {
  world = await World.create({ DISABLE_AFTER_EXHAUSTED: 2 })
  await world.createEndpoint()
})

describe('what is stored', () => {
  it('of an event is 152 bytes beside its call', async () => {
    await world.deliver()
    const call = await env.DB.prepare('SELECT call FROM events').first<string>('call')
    expect((await rowBytes('events')) - bytesOf(call)).toBeLessThanOrEqual(152)
  })

  it('of a delivered delivery is 358 bytes, an ordinary answer’s 40 included', async () => {
    await world.deliver()
    world.receiver.answer = () => new Response('ok', { headers: HEADERS })
    await world.drain()
    expect(await rowBytes('deliveries')).toBeLessThanOrEqual(358)
  })

  it('of an attempt that failed is 170 bytes more, the same answer included', async () => {
    await world.deliver()
    world.receiver.answer = () => new Response('ok', { headers: HEADERS, status: 500 })
    await world.drain()
    const before = await rowBytes('deliveries')
    await world.pass(70_000)
    expect(world.receiver.received).toHaveLength(2)
    expect((await rowBytes('deliveries')) - before).toBeLessThanOrEqual(170)
  })
})
