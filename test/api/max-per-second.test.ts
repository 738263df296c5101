// How many requests a second an endpoint takes, as the API says and takes it.
import { beforeEach, describe, expect, it } from 'vitest'
import { takeSlots } from '../../src/db/lifecycle/slots.ts'
import { World, type Json } from '../world.ts'

let world: World

beforeEach(async () => {
  world = await World.create()
})

function patch(id: string, body: Json) {
  return world.call('PATCH', `/v1/webhook_endpoints/${id}`, body)
}

describe('max_per_second of an endpoint', () => {
  it('is none by itself, set by create and PATCH, logged, and cleared by null', async () => {
    const plain = await world.createEndpoint()
    expect(plain.body.max_per_second).toBeNull()
    const made = await world.createEndpoint({ max_per_second: 10 })
    expect(made.body.max_per_second).toBe(10)
    const { id } = made.body
    expect((await patch(id, { max_per_second: 500 })).body.max_per_second).toBe(500)
    expect((await patch(id, await world.endpoint(id))).status).toBe(200)
    expect((await patch(id, { description: 'x' })).body.max_per_second).toBe(500)
    expect((await patch(id, { max_per_second: null })).body.max_per_second).toBeNull()
    const log = await world.call('GET', '/v1/audit_log')
    const changed = log.body.data
      .filter(({ action }: Json) => action === 'endpoint.update')
      .map(({ details }: Json) => details.changed)
    // All are of one instant.
    expect(changed.flat().toSorted()).toEqual(['description', 'max_per_second', 'max_per_second'])
  })

  it.each([0, -1, 501, 1.5, '10', true, [], {}])(
    'that is %j is refused by its name, with what there is to do, and changes nothing',
    async (max_per_second) => {
      const { id } = (await world.createEndpoint({ max_per_second: 7 })).body
      for (const answer of [
        await world.createEndpoint({ max_per_second }),
        await patch(id, { max_per_second, description: 'x' }),
      ]) {
        expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request'])
        expect(answer.body.issues).toEqual([
          {
            path: 'max_per_second',
            message: 'must be a whole number from 1 to 500, or null for as many as there are',
          },
        ])
      }
      expect(await world.endpoint(id)).toMatchObject({ max_per_second: 7, description: null })
      const { body } = await world.call('GET', '/v1/webhook_endpoints')
      expect(body.data).toHaveLength(1)
    },
  )
})

describe('slots', () => {
  it('are each one sender’s, whoever asks at the same time, at most as many as the pace (R7)', async () => {
    const { id: endpointId } = (await world.createEndpoint({ max_per_second: 10 })).body
    const db = (await world.engine()).store.catalog
    const wanted = [{ orgId: world.orgId, endpointId, first: 4, others: 0 }]
    const given = await Promise.all(
      Array.from({ length: 7 }, () => takeSlots(db, wanted, world.clock)),
    )
    const taken = given.flat().map(({ startAt, count }) => [startAt - world.clock, count])
    expect(taken.toSorted(([a = 0], [b = 0]) => a - b)).toEqual([
      [0, 4],
      [440, 4],
      [880, 4],
      [1320, 4],
      [1760, 3],
      [2090, 0],
      [2090, 0],
    ])
  })

  it('are as of now where nobody has sent for a while, and none are saved up', async () => {
    const { id: endpointId } = (await world.createEndpoint({ max_per_second: 500 })).body
    const db = (await world.engine()).store.catalog
    const wanted = [{ orgId: world.orgId, endpointId, first: 0, others: 1000 }]
    const [first] = await takeSlots(db, wanted, world.clock)
    expect(first).toMatchObject({ startAt: world.clock, count: 909, hasFresh: false })
    const [later] = await takeSlots(db, wanted, world.clock + 60_000)
    expect(later).toMatchObject({ startAt: world.clock + 60_000, count: 909 })
  })
})
