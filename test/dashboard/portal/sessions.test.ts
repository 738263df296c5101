// Sessions that a portal link has opened, and the list of all that are open.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../../world.ts'
import { textOf, Visitor } from '../visitor.ts'
import { countRows, entriesOf, guest, HOUR, isSignedIn, makeLink, MINUTE, pathOf } from './guest.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
})

describe('a session of a link', () => {
  it('ends with the key that made the link, revoked or expired (X4)', async () => {
    const visitor = await guest(world)
    await env.DB.prepare('UPDATE api_keys SET expires_at = ?')
      .bind(world.clock + HOUR)
      .run()
    world.clock += HOUR - 1
    expect(await isSignedIn(visitor)).toBe(true)
    world.clock += 1
    expect(await isSignedIn(visitor)).toBe(false)
    await env.DB.exec('UPDATE api_keys SET expires_at = NULL')
    expect(await isSignedIn(visitor)).toBe(true)
    await env.DB.exec('UPDATE api_keys SET revoked_at = 1')
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it.each([
    [{}, 12 * HOUR],
    [{ session_seconds: 600 }, 10 * MINUTE],
  ])('lasts as long as was said: %j', async (body, ms) => {
    const visitor = await guest(world, ['read'], body)
    world.clock += ms - 1
    expect(await isSignedIn(visitor)).toBe(true)
    world.clock += 1
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it('goes when another one begins, once its time is over', async () => {
    await guest(world, ['read'], { session_seconds: 60 })
    world.clock += MINUTE
    await guest(world)
    expect(await countRows('sessions')).toBe(1)
  })

  it('ends with its person’s leave', async () => {
    const visitor = await guest(world)
    const { cookie } = visitor
    await visitor.post('/sign-out')
    visitor.cookie = cookie
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it('takes the place of the one that the browser had', async () => {
    const visitor = await Visitor.signedIn(world)
    const { cookie } = visitor
    await visitor.post(pathOf(await makeLink(world)))
    expect(visitor.cookie).not.toBe(cookie)
    visitor.cookie = cookie
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it('is none for code that knows of keys alone', async () => {
    await guest(world, ['read', 'operate'])
    const known = await env.DB.prepare(
      'SELECT * FROM sessions s JOIN api_keys k ON k.public_id = s.key_public_id',
    ).all()
    expect(await countRows('sessions')).toBe(1)
    expect(known.results).toEqual([])
  })

  it('is named in the audit log, with the link made, used and left, and what it did', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const visitor = await guest(world, ['read', 'operate'])
    await visitor.post(`/deliveries/${id}/redeliver`)
    await visitor.post('/sign-out')
    const [made] = await entriesOf(world, 'portal_link.create')
    const [used] = await entriesOf(world, 'portal_link.use')
    const [redelivered] = await entriesOf(world, 'delivery.redeliver')
    const [left] = await entriesOf(world, 'session.end')
    const name = `portal:${made.target_id}`
    expect([made.action, made.actor]).toEqual(['portal_link.create', world.key.slice(8, 16)])
    expect(made.details).toEqual({ scopes: 'read operate', session_seconds: 12 * 3600 })
    expect(used).toMatchObject({
      action: 'portal_link.use',
      actor: name,
      target_id: made.target_id,
    })
    expect(redelivered).toMatchObject({ action: 'delivery.redeliver', actor: name })
    expect(left).toMatchObject({ action: 'session.end', actor: name, details: { of: name } })
    await world.drain()
    const { attempts } = await world.delivery(id)
    expect(attempts.at(-1).requested_by).toBe(name)
    const owner = await Visitor.signedIn(world)
    expect(textOf((await owner.get('/settings')).text)).toContain('Portal link')
    expect((await owner.get(`/deliveries/${id}`)).text).toContain('by somebody with a portal link')
  })
})

describe('open sessions', () => {
  it('are listed with who, since when and until when, this one marked', async () => {
    const owner = await Visitor.signedIn(world)
    world.clock += MINUTE
    await guest(world, ['read', 'operate'], { session_seconds: 600 })
    const text = textOf((await owner.get('/settings')).text)
    const [, listed = ''] = /<h2 id="sessions">([\s\S]*?)<\/section>/.exec(text) ?? []
    const lines = listed.split('<li>').slice(1)
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(/Portal link[\s\S]*may read and operate/)
    expect(lines[0]).toContain(new Date(world.clock + 10 * MINUTE).toISOString())
    expect(lines[1]).toContain(world.key.slice(8, 16))
    expect(lines.map((line) => line.includes('(this session)'))).toEqual([false, true])
  })

  it('are ended by whoever manages, which the audit log tells', async () => {
    const owner = await Visitor.signedIn(world)
    world.clock += MINUTE
    const visitor = await guest(world)
    const { text } = await owner.get('/settings')
    const [, path = ''] =
      /action="\/dashboard(\/settings\/sessions\/[0-9a-f-]{36}\/end)"/.exec(text) ?? []
    const page = await owner.post(path)
    expect(page.text).toContain('Ended.')
    expect(await isSignedIn(visitor)).toBe(false)
    expect(await isSignedIn(owner)).toBe(true)
    const [entry] = await entriesOf(world, 'session.end')
    expect(entry).toMatchObject({
      action: 'session.end',
      actor: `dashboard:${world.key.slice(8, 16)}`,
      details: { of: expect.stringMatching(/^portal:/) },
    })
    expect((await owner.post(path)).status).toBe(404)
    expect((await owner.get(path)).status).toBe(404)
  })

  it('are asked for by name before they are ended', async () => {
    const owner = await Visitor.signedIn(world)
    world.clock += MINUTE
    await guest(world)
    const { text } = await owner.get('/settings')
    const paths = [...text.matchAll(/"\/dashboard(\/settings\/sessions\/[0-9a-f-]{36}\/end)"/g)]
    const [theirs = '', own = ''] = [...new Set(paths.map(([, path = '']) => path))]
    expect((await owner.get(theirs)).text).toContain('Portal link')
    expect((await owner.get(theirs)).text).not.toContain('your own session')
    expect((await owner.get(own)).text).toContain('your own session')
  })

  it('of another org are not there, to be seen or ended (X1)', async () => {
    const { key } = await world.createOrg('Other')
    const other = await Visitor.signedIn(world, key)
    const { text: theirs } = await other.get('/settings')
    const [, path = ''] =
      /action="\/dashboard(\/settings\/sessions\/[^/]+\/end)"/.exec(theirs) ?? []
    const owner = await Visitor.signedIn(world)
    expect((await owner.get('/settings')).text).not.toContain(path)
    expect((await owner.post(path)).status).toBe(404)
    expect(await isSignedIn(other)).toBe(true)
  })
})
