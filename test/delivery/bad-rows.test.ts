// A row that does not read costs its own delivery time, and the others of its batch nothing.
import { beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/client.ts'
import { createStore } from '../../src/db/store.ts'
import { consume } from '../../src/delivery/consume.ts'
import { World, type Json } from '../world.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
})

/** The database as it would be, had the rows that a batch begins with become others. */
function tamper(db: Database, change: (row: Json) => Json): Database {
  let isRead = false
  return new Proxy(db, {
    get(target, name) {
      if (name !== 'all' || isRead) return Reflect.get(target, name, target)
      isRead = true
      return async (query: Parameters<Database['all']>[0]) => (await target.all(query)).map(change)
    },
  })
}

/** Consumes what is queued, and tells what its messages came to: a delay in seconds, or an end. */
async function consumeChanged(change: (row: Json) => Json): Promise<(number | 'done')[]> {
  const engine = await world.engine()
  const db = tamper(engine.store.catalog, change)
  const ends: (number | 'done')[] = []
  const messages = world.fresh.splice(0).map(({ body }, place) => ({
    body,
    ack: () => void (ends[place] = 'done'),
    retry: ({ delaySeconds = 0 } = {}) => void (ends[place] = delaySeconds),
  }))
  await consume({ ...engine, store: createStore([{ name: 'DB', db }]) }, messages, 'fresh')
  await world.settle()
  return ends
}

async function twoEndpoints(): Promise<string> {
  await world.createEndpoint({ url: 'https://a.example/' })
  const { body } = await world.createEndpoint({ url: 'https://b.example/' })
  await world.send()
  world.logs.splice(0)
  return body.id
}

describe('a batch', () => {
  it.each(['{', 'null', '[1]', '[["id"]]', '{"id":"sealed"}'])(
    'sends the others when the secrets of one read %s, which comes back (A4)',
    async (secrets) => {
      const bad = await twoEndpoints()
      const ends = await consumeChanged((row) =>
        row.endpointId === bad ? { ...row, secrets } : row,
      )
      expect(world.receiver.received.map(({ url }) => url)).toEqual(['https://a.example/'])
      expect(new Set(ends)).toEqual(new Set([5, 'done']))
      const events = world.logs.map(({ event }) => event)
      expect(events).toEqual(['attempt_faulted'])
    },
  )

  it('sends nothing where it is not known which hosts are our own (X5)', async () => {
    await twoEndpoints()
    const ends = await consumeChanged((row) => ({ ...row, ownHosts: '[null]' }))
    expect([world.receiver.received, ends]).toEqual([[], [5, 5]])
    expect(world.logs.map(({ event }) => event)).toEqual(['load_failed'])
  })
})
