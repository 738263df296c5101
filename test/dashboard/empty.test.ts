// A page that is empty has the command that fills it: pasted with a key in its place, it does.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { ORIGIN, textOf, Visitor } from './visitor.ts'

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

/** The command that a page shows, taken apart as a shell would. */
async function commandOn(path: string, id: string) {
  const { text } = await visitor.get(path)
  const [, command = ''] = new RegExp(`<pre id="${id}"[^>]*>([^<]*)</pre>`).exec(text) ?? []
  expect(text).toMatch(/data-copy="Command to /)
  const words = [...textOf(command).matchAll(/'((?:[^']|'\\'')*)'/g)].map(([, word = '']) => word)
  const [url = '', , , body = ''] = words.map((word) => word.replaceAll(`'\\''`, "'"))
  return { command: textOf(command), url, body: JSON.parse(body) }
}

describe('the command of an empty page', () => {
  it.each([
    ['/', 'send-event', 202],
    ['/deliveries', 'send-event', 202],
    ['/endpoints', 'create-endpoint', 201],
    ['/replays', 'plan-replay', 200],
  ])('is accepted, from %s', async (path, id, status) => {
    const { command, url, body } = await commandOn(path, id)
    expect(command).toContain(`curl '${ORIGIN}/v1/`)
    expect(command).toContain('Bearer sk_…')
    const answer = await world.call('POST', url.replace(ORIGIN, ''), body)
    expect(answer.status).toBe(status)
  })

  it('is there where the log of changes was pruned', async () => {
    await env.DB.exec('DELETE FROM audit_log')
    const { body } = await commandOn('/settings/audit-log', 'create-endpoint')
    expect(body.url).toBeDefined()
  })

  it('is not there for who may not do it', async () => {
    const { body } = await world.call('POST', '/v1/portal_links', {})
    const guest = new Visitor(world)
    await guest.post(body.url.replace(`${ORIGIN}/dashboard`, ''))
    for (const path of ['/', '/deliveries', '/endpoints', '/replays']) {
      const { status, text } = await guest.get(path)
      expect(status).toBe(200)
      expect(text).not.toContain('Command to')
    }
  })
})
