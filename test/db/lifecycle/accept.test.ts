// The largest batches that the intake takes stay within D1's limits (R5).
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../../world.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
})

/** A batch of a hundred events that has nearly as many bytes as are taken, in URLs of such text. */
function batchOf(unit: string, prefix: string): string {
  const room = 10_300 - prefix.length
  const bytes = new TextEncoder().encode(unit).byteLength
  const url = prefix + unit.repeat(Math.floor(room / bytes))
  const event = () =>
    `{"type":"call.busy","call":{"id":"${crypto.randomUUID()}","webhook_url":"${url}"}}`
  return `{"events":[${Array.from({ length: 100 }, event).join(',')}]}`
}

describe('a batch of the most bytes that are taken', () => {
  it.each([
    { name: 'escaped control characters', unit: '\\u0001', prefix: 'https://' },
    { name: 'escaped quotes', unit: '\\"', prefix: '' },
    { name: 'emoji', unit: '😀', prefix: '' },
    { name: 'escaped half surrogates', unit: '\\ud83d', prefix: '' },
    { name: 'a long path', unit: 'x', prefix: 'https://a.example/' },
    { name: 'escaped letters', unit: '\\u0078', prefix: 'https://a.example/' },
  ])('is stored: URLs of $name', async ({ unit, prefix }) => {
    const { status, body } = await world.call('POST', '/v1/events/batch', batchOf(unit, prefix), {
      headers: { 'Idempotency-Key': 'largest' },
    })
    expect(status).toBe(202)
    expect(body.data).toHaveLength(100)
    expect(body.data.filter(({ id }: Json) => id === undefined)).toEqual([])
  })

  it.each(['x'.repeat(10_200), '\\u0001'.repeat(1700), '😀'.repeat(2500)])(
    'is remembered with what is refused of it: 99 unknown members',
    async (name) => {
      const good = `{"type":"call.busy","call":{"id":"${crypto.randomUUID()}"}}`
      const bad = `{"type":"call.busy","${name}":1,"call":{"id":"${crypto.randomUUID()}"}}`
      const batch = `{"events":[${[good, ...Array<string>(99).fill(bad)].join(',')}]}`
      const send = () =>
        world.call('POST', '/v1/events/batch', batch, { headers: { 'Idempotency-Key': 'bad' } })
      const first = await send()
      expect(first.status).toBe(202)
      expect(first.body.data).toHaveLength(100)
      expect((await send()).body).toEqual(first.body)
    },
  )
})
