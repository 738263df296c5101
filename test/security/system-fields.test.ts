// What the service sets by itself, nobody else can (X6).
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'

let world: World
let endpoint: string
beforeEach(async () => {
  world = await World.create()
  const { body } = await world.createEndpoint()
  endpoint = body.id
})

describe('system fields (X6)', () => {
  const SYSTEM = [
    'id',
    'org_id',
    'status',
    'signing_secret',
    'consecutive_failures',
    'created_at',
    'updated_at',
    'disabled_at',
    'disabled_reason',
    'deleted_at',
    'secret',
    '__proto__',
    'constructor',
  ]

  it.each(SYSTEM)('a new endpoint refuses "%s"', async (name) => {
    const body = `{"url":"https://a.example/","${name}":"x"}`
    expect((await world.call('POST', '/v1/webhook_endpoints', body)).status).toBe(400)
  })

  it.each(SYSTEM.filter((name) => name !== 'status'))('a PATCH refuses "%s"', async (name) => {
    const path = `/v1/webhook_endpoints/${endpoint}`
    expect((await world.call('PATCH', path, `{"${name}":"x"}`)).status).toBe(400)
  })
})
