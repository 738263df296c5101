// When a delivery's most recent failure was, as every answer of the API tells it.
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'

const PATH = '/v1/webhook_deliveries'
const FAILED_AT = '2026-11-23T12:00:00Z'

let world: World
let endpoint: Json
beforeEach(async () => {
  world = await World.create()
  endpoint = (await world.createEndpoint()).body
})

/** A delivery whose first attempt failed at noon, a while ago. */
async function failOnce(): Promise<string> {
  world.receiver.respond(500)
  const id = await world.deliver()
  await world.drain()
  world.clock += 10_000
  return id
}

const inList = async (): Promise<Json> => (await world.call('GET', PATH)).body.data[0]

describe('last_error_at', () => {
  it('is when the failure ended, by itself and in a list', async () => {
    const id = await failOnce()
    const failure = { last_error: 'HTTP 500', last_error_at: FAILED_AT }
    expect(await world.delivery(id)).toMatchObject(failure)
    expect(await inList()).toMatchObject(failure)
  })

  it('is the end of the attempt, however long it took', async () => {
    world.receiver.answer = () => {
      world.clock += 7000
      return new Response(null, { status: 500 })
    }
    const id = await world.deliver()
    await world.drain()
    expect((await world.delivery(id)).last_error_at).toBe('2026-11-23T12:00:07Z')
  })

  it('stays with its failure through a redelivery and its success', async () => {
    const id = await failOnce()
    world.receiver.respond(200)
    const kept = { last_error: 'HTTP 500', last_error_at: FAILED_AT }
    expect((await world.redeliver(id)).body).toMatchObject({ status: 'pending', ...kept })
    await world.drain()
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', ...kept })
  })

  it('moves on with the next failure', async () => {
    const id = await failOnce()
    await world.redeliver(id)
    await world.drain()
    expect((await world.delivery(id)).last_error_at).toBe('2026-11-23T12:00:10Z')
  })

  it('is null where nothing has failed', async () => {
    const id = await world.deliver()
    expect((await world.delivery(id)).last_error_at).toBeNull()
    await world.drain()
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', last_error_at: null })
    const { body } = await world.call('POST', `/v1/webhook_endpoints/${endpoint.id}/test`)
    expect(body).toMatchObject({ test: true, last_error_at: null })
  })

  it('is null of a failure from before it was kept', async () => {
    const id = await failOnce()
    await world.db.prepare('UPDATE deliveries SET last_failure = NULL').run()
    expect(await world.delivery(id)).toMatchObject({ last_error: 'HTTP 500', last_error_at: null })
  })

  it.each([
    ['an attempt', `version = version + 1, last_error = 'HTTP 500'`],
    ['an attempt that was late', `last_error = 'HTTP 503'`],
    ['an ending', `version = version + 1, stage = 'exhausted', last_error = 'discarded'`],
  ])('is null once code of before has recorded %s, and remains so', async (_what, columns) => {
    const id = await failOnce()
    await world.db.exec(`UPDATE deliveries SET ${columns}, updated_at = ${world.clock}`)
    expect((await world.delivery(id)).last_error_at).toBeNull()
    world.receiver.respond(200)
    world.clock += 10_000
    await world.redeliver(id)
    await world.drain()
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', last_error_at: null })
  })
})
