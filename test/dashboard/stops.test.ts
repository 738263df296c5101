// What the operator has stopped is told, in red, on every page of those whom it holds.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { textOf, Visitor } from './visitor.ts'

const ADMIN = { key: env.ADMIN_TOKEN }

let world: World
let visitor: Visitor
let endpointId: string
let id: string
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  endpointId = (await world.createEndpoint()).body.id
  id = await world.deliver()
})

async function pause(): Promise<void> {
  const body = { sending: 'paused', reason: 'Abuse <b>' }
  await world.call('PATCH', `/admin/orgs/${world.orgId}`, body, ADMIN)
  await world.drain()
}

async function stopHost(): Promise<void> {
  await world.call('PUT', '/admin/stops/receiver.example', {}, ADMIN)
  await world.drain()
}

async function plain(path: string): Promise<string> {
  const { text } = await visitor.get(path)
  return textOf(text.replaceAll(/<[^>]*>/g, ' ')).replaceAll(/\s+/g, ' ')
}

const PAGES = ['', '/deliveries', '/replays', '/endpoints', '/settings', '/settings/audit-log']

describe('an organization that is paused', () => {
  beforeEach(pause)

  it('is told so on every page, since when and why', async () => {
    for (const path of [...PAGES, `/endpoints/${endpointId}`, `/deliveries/${id}`]) {
      const text = await plain(path)
      expect(text).toMatch(
        /Sending is paused by the operator since 2026-11-23 12:00:00 UTC : Abuse <b>\./,
      )
      expect((await visitor.get(path)).text).toContain('class="notice bad alert" role="alert"')
    }
  })

  it('is told of each delivery why it waits', async () => {
    const text = await plain(`/deliveries/${id}`)
    expect(text).toContain('The operator has stopped what is sent there, so this waits.')
    expect(text).toContain('It goes on by itself when the operator lets it.')
    expect(text).toContain('Stopped by the operator')
    expect(await plain('/deliveries')).toContain('Stopped')
  })

  it('is told on an open page, too, and no more when it goes on', async () => {
    const { text } = await visitor.get(`/deliveries/${id}`)
    const path = /hx-get="\/dashboard(\/deliveries\/[^"]*)"/.exec(text)?.[1] ?? ''
    const asked = { 'HX-Request': 'true' }
    expect((await visitor.get(path, asked)).status).toBe(204)
    await world.call('PATCH', `/admin/orgs/${world.orgId}`, { sending: 'on' }, ADMIN)
    const after = await visitor.get(path, asked)
    expect(after.status).toBe(200)
    expect(after.text).not.toContain('paused by the operator')
  })
})

describe('a host that is stopped', () => {
  it('is told on every page to whom an endpoint is there, and of each delivery', async () => {
    await stopHost()
    for (const path of [...PAGES, `/endpoints/${endpointId}`, `/deliveries/${id}`]) {
      expect(await plain(path)).toContain('Sending to receiver.example is paused by the operator')
    }
    expect(await plain(`/deliveries/${id}`)).toContain('so this waits')
  })

  it('is told to nobody else (X1)', async () => {
    const other = await world.createOrg('Globex')
    visitor = await Visitor.signedIn(world, other.key)
    await stopHost()
    for (const path of PAGES) expect(await plain(path)).not.toContain('receiver.example')
  })
})

describe('whoever may not look at endpoints', () => {
  it('is told that nothing is sent, and no host', async () => {
    const asked = { name: 'manages', scopes: ['manage'] }
    const { body } = await world.call('POST', '/v1/api_keys', asked)
    visitor = await Visitor.signedIn(world, body.key)
    await stopHost()
    expect(await plain('/settings')).not.toContain('receiver.example')
    await pause()
    expect(await plain('/settings')).toContain('Sending is paused by the operator')
  })
})
