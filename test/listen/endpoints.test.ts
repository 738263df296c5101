// Endpoints of the kind "listen": made without a URL, few at a time, and changed like any other.
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'
import { makeListened } from './ear.ts'

const path = '/v1/webhook_endpoints'

let world: World
beforeEach(async () => {
  world = await World.create()
})

function create(body: Json) {
  return world.call('POST', path, body)
}

describe('POST /v1/webhook_endpoints', () => {
  it('makes an endpoint without a URL, with a secret, in the audit log like any other', async () => {
    const { status, body } = await create({ kind: 'listen', enabled_events: ['call.busy'] })
    expect(status).toBe(201)
    expect(body).toMatchObject({ kind: 'listen', url: 'listen:', enabled_events: ['call.busy'] })
    expect(body.signing_secret).toMatch(/^whsec_/)
    const log = await world.call('GET', '/v1/audit_log')
    expect(log.body.data).toContainEqual(
      expect.objectContaining({ action: 'endpoint.create', target_id: body.id }),
    )
  })

  it.each([
    [{ kind: 'listen', url: 'https://receiver.example/' }, 'does not go with kind "listen"'],
    [{ kind: 'listen', url: 'listen:' }, 'does not go with kind "listen"'],
    [{ kind: 'url' }, 'is missing'],
    [{}, 'is missing'],
    [{ url: null }, 'is missing'],
    [{ url: 'listen:' }, expect.stringContaining('must be an absolute https URL')],
  ])('refuses %j', async (asked, message) => {
    const { status, body } = await create(asked)
    expect(status).toBe(400)
    expect(body.issues).toEqual([{ path: 'url', message }])
  })

  it('takes null for what is not given', async () => {
    const asked = { kind: null, url: 'https://receiver.example/' }
    expect((await create(asked)).body.kind).toBe('url')
    expect((await create({ kind: 'listen', url: null })).body.kind).toBe('listen')
  })

  it('makes five that are listened to at most, beside any that are sent to', async () => {
    for (let made = 0; made < 5; made += 1)
      expect((await create({ kind: 'listen' })).status).toBe(201)
    const refused = await create({ kind: 'listen' })
    expect([refused.status, refused.body.code]).toEqual([409, 'endpoint_limit_reached'])
    expect(refused.body.error).toContain('5 of which')
    expect((await world.createEndpoint()).status).toBe(201)
    const { body } = await world.call('GET', path)
    const { id } = body.data.find((one: Json) => one.kind === 'listen')
    await world.call('DELETE', `${path}/${id}`)
    expect((await create({ kind: 'listen' })).status).toBe(201)
  })
})

describe('PATCH /v1/webhook_endpoints/{id}', () => {
  it('takes what GET answers, and changes anything but the kind and the URL', async () => {
    const { id } = await makeListened(world)
    const one = await world.endpoint(id)
    expect((await world.call('PATCH', `${path}/${id}`, one)).body).toEqual(one)
    const changed = await world.call('PATCH', `${path}/${id}`, { description: 'My laptop' })
    expect(changed.body.description).toBe('My laptop')
    const url = { url: 'https://receiver.example/' }
    const refused = await world.call('PATCH', `${path}/${id}`, url)
    expect([refused.status, refused.body.issues[0].path]).toEqual([400, 'url'])
    const kind = await world.call('PATCH', `${path}/${id}`, { kind: 'url' })
    expect([kind.status, kind.body.issues[0].path]).toEqual([400, 'kind'])
  })

  it('makes none of one that is sent to', async () => {
    const { body } = await world.createEndpoint()
    for (const change of [{ url: 'listen:' }, { kind: 'listen' }]) {
      expect((await world.call('PATCH', `${path}/${body.id}`, change)).status).toBe(400)
    }
  })
})
