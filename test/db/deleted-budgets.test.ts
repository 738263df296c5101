// What deleted endpoints cost: counted on real D1, what is done without them, and with a hundred of them.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { costOf } from './counter.ts'
import { seed } from './seed.ts'

const MINUTE = 60_000

let world: World
beforeEach(async () => {
  world = await World.create()
  // The key's first use is noted, once an hour.
  await world.call('GET', '/v1/webhook_endpoints')
})

async function createEndpoints(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let made = 0; made < count; made += 1) {
    const { body } = await world.createEndpoint()
    ids.push(body.id)
  }
  return ids
}

/** So many deliveries of a stage for these endpoints. */
async function fill(endpointIds: string[], count: number, stage: string): Promise<void> {
  const callIds = [crypto.randomUUID()]
  await seed(env.DB, { orgId: world.orgId, endpointIds, callIds, count, status: `'${stage}'` })
}

async function readFor(work: () => Promise<unknown>): Promise<number> {
  return (await costOf(world, work)).read
}

/** Rows read by what accepts, sends and lists. */
async function readings(): Promise<Record<string, number>> {
  const event = { type: 'call.busy', call: { id: crypto.randomUUID() } }
  const events = Array.from({ length: 20 }, () => event)
  return {
    event: await readFor(() => world.send()),
    batch: await readFor(() => world.call('POST', '/v1/events/batch', { events })),
    consumer: await readFor(() => world.consume(world.fresh.splice(0))),
    list: await readFor(() => world.call('GET', '/v1/webhook_endpoints')),
    sweep: await readFor(() => world.sweep()),
  }
}

describe('a hundred deleted endpoints', () => {
  it('add not a row to what anything reads that accepts, sends or lists', async () => {
    await createEndpoints(1)
    await readings()
    const before = await readings()
    for (const id of await createEndpoints(99)) {
      await world.call('DELETE', `/v1/webhook_endpoints/${id}`)
    }
    expect(await readings()).toEqual(before)
  })

  it('leave room for others, and are forgotten by the sweep a minute later', async () => {
    for (let round = 0; round < 2; round += 1) {
      for (const id of await createEndpoints(100)) {
        expect((await world.call('DELETE', `/v1/webhook_endpoints/${id}`)).status).toBe(204)
      }
    }
    world.clock += MINUTE
    const { trips } = await costOf(world, () => world.sweep())
    expect(trips).toBe(3)
    const left = env.DB.prepare(`SELECT count(*) AS n FROM deleted_endpoints`)
    expect(await left.first('n')).toBe(0)
  })
})

describe('deleting an endpoint', () => {
  it('reads in proportion to what was pending for it', async () => {
    const [busy = '', idle = ''] = await createEndpoints(2)
    await fill([busy], 20_000, 'pending')
    const path = `/v1/webhook_endpoints/${idle}`
    const { read } = await costOf(world, () => world.call('DELETE', path))
    expect(read).toBeLessThanOrEqual(20)
  })

  it('reads what is new of the org, whoever it is for', async () => {
    const [busy = '', idle = ''] = await createEndpoints(2)
    await fill([busy], 10_000, 'new')
    const path = `/v1/webhook_endpoints/${idle}`
    const { read } = await costOf(world, () => world.call('DELETE', path))
    expect(read).toBeLessThanOrEqual(10_000 + 20)
  })
})
