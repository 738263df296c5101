// Pages that say how something stands keep themselves current: nothing while nothing changes, and news at once.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { eventIdOf } from '../../src/db/ids.ts'
import { World } from '../world.ts'
import { Visitor } from './visitor.ts'

/** As htmx asks. */
const AS_FRAGMENT = { 'HX-Request': 'true' }

let world: World
let visitor: Visitor
let endpointId: string
let id: string
let replayId: string
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  endpointId = (await world.createEndpoint()).body.id
  world.receiver.respond(500)
  id = await world.deliver()
  await world.drain()
  world.clock += 1000
  const { body } = await world.call('POST', '/v1/webhook_replays', { filter: {} })
  replayId = body.id
  await world.call('POST', `/v1/webhook_replays/${replayId}/pause`)
})

/** What an open page asks for, by its own element. */
async function pollOf(path: string, element: string): Promise<string> {
  const { text } = await visitor.get(path)
  const asked = new RegExp(`id="${element}"[^>]*hx-get="/dashboard([^"]*)"`).exec(text)?.[1]
  if (asked === undefined) throw new Error(`${path} does not ask again`)
  return asked.replaceAll('&amp;', '&')
}

function pages(): [path: string, element: string][] {
  return [
    ['', 'overview'],
    ['?days=7', 'overview'],
    ['/deliveries', 'live'],
    [`/deliveries/${id}`, 'delivery'],
    [`/events/${eventIdOf(id)}`, 'event'],
    [`/replays/${replayId}`, 'replay'],
    ['/endpoints', 'endpoints'],
    [`/endpoints/${endpointId}`, 'endpoint'],
    ['/settings', 'settings'],
  ]
}

/** Which of them have news when something has happened, and say such words. */
async function newsAfter(act: () => Promise<unknown>, words = ''): Promise<string[]> {
  const polls = await Promise.all(
    pages().map(async ([path, element]) => ({ path, poll: await pollOf(path, element) })),
  )
  for (const { poll } of polls)
    expect([poll, (await visitor.get(poll, AS_FRAGMENT)).status]).toEqual([poll, 204])
  await act()
  const told: string[] = []
  for (const { path, poll } of polls) {
    const { status, text } = await visitor.get(poll, AS_FRAGMENT)
    if (status === 200 && text.includes(words)) told.push(path)
  }
  return told
}

function setStatus(status: string) {
  return world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { status })
}

/** Lets what is pending come to its turn while its endpoint is disabled. */
async function hold(): Promise<void> {
  await setStatus('disabled')
  await world.pass(10 * 60_000)
}

const ABOUT_DELIVERIES = ['', '?days=7', '/deliveries', '/deliveries/ID', '/endpoints/EP']

function named(paths: string[]): string[] {
  return paths.map((path) => path.replace(id, 'ID').replace(endpointId, 'EP'))
}

describe('an open page', () => {
  it('tells that an endpoint was disabled, and that what it has is held', async () => {
    const told = named(await newsAfter(hold))
    expect(told).toEqual(expect.arrayContaining([...ABOUT_DELIVERIES, '/endpoints', '/settings']))
  })

  it('tells that an endpoint was enabled, and that nothing is held any more', async () => {
    await hold()
    const told = named(await newsAfter(() => setStatus('enabled')))
    expect(told).toEqual(expect.arrayContaining([...ABOUT_DELIVERIES, '/endpoints', '/settings']))
    const { text } = await visitor.get(`/deliveries/live?ids=${id}`)
    expect(text).toContain('Paced')
    expect((await visitor.get(`/endpoints/${endpointId}`)).text).toContain('>Trying<')
  })

  it('tells that the sweep has taken what was parked, though nothing was recorded', async () => {
    await hold()
    await setStatus('enabled')
    const told = named(await newsAfter(() => world.sweep()))
    expect(told).toEqual(expect.arrayContaining(['/deliveries', '/deliveries/ID', '/endpoints/EP']))
  })

  it('tells that a delivery has arrived', async () => {
    world.receiver.respond(200)
    const told = named(
      await newsAfter(async () => {
        await world.redeliver(id)
        await world.drain()
      }),
    )
    expect(told).toEqual(expect.arrayContaining([...ABOUT_DELIVERIES, '/endpoints']))
  })

  it('tells what was changed in the settings', async () => {
    const typed = { name: 'CI', mode: 'test', scopes: 'read' }
    const told = await newsAfter(() => visitor.post('/settings/keys', typed))
    expect(told).toContain('/settings')
  })

  it('tells, whatever it shows, that any endpoint was disabled automatically', async () => {
    const { body } = await world.createEndpoint({ description: 'Another' })
    const disable = () =>
      env.DB.prepare(
        `UPDATE endpoints SET status = 'disabled', disabled_reason = 'too_many_failures', disabled_at = ? WHERE id = ?`,
      )
        .bind(world.clock, body.id)
        .run()
    const told = await newsAfter(disable, 'Another</a> was disabled automatically')
    expect(told).toEqual(pages().map(([path]) => path))
  })

  it('asks nothing of the charts while its endpoint is as it was', async () => {
    const poll = await pollOf(`/endpoints/${endpointId}`, 'endpoint')
    await env.DB.prepare('ALTER TABLE hourly_stats RENAME TO away').run()
    const { status } = await visitor.get(poll, AS_FRAGMENT)
    await env.DB.prepare('ALTER TABLE away RENAME TO hourly_stats').run()
    expect(status).toBe(204)
  })

  it('leaves alone what is typed and what is shown once', async () => {
    const { text } = await visitor.get(`/endpoints/${endpointId}`)
    const [, part = ''] = /<div id="endpoint"(.*)/s.exec(text) ?? []
    expect(part.indexOf('name="description"')).toBeGreaterThan(part.indexOf('id="latest"'))
    const page = await visitor.post('/settings/keys', { name: 'CI', mode: 'test' })
    expect(page.text.indexOf('id="new-key"')).toBeLessThan(page.text.indexOf('id="settings"'))
    expect(page.text).toMatch(/id="settings-forms" hx-morph-skip/)
  })
})
