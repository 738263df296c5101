// Portal links: made by a key, and used once by somebody who has none.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../../world.ts'
import { textOf, Visitor } from '../visitor.ts'
import { countRows, entriesOf, HOUR, isSignedIn, makeLink, MINUTE, pathOf } from './guest.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
})

describe('POST /v1/portal_links', () => {
  it('answers a link that lets its holder look for ten minutes, by itself', async () => {
    const { status, body } = await makeLink(world)
    expect(status).toBe(201)
    expect(Object.keys(body).toSorted()).toEqual(['expires_at', 'id', 'scopes', 'url'])
    expect(body.scopes).toEqual(['read'])
    expect(Date.parse(body.expires_at)).toBe(world.clock + 10 * MINUTE)
    expect(body.url).toMatch(/^https:\/\/api\.callingbox\.example\/dashboard\/portal\//)
  })

  it.each([
    [{ scopes: ['operate'] }, 'scopes'],
    [{ scopes: [] }, 'scopes'],
    [{ scopes: ['read', 'manage'] }, 'scopes.1'],
    [{ scopes: ['send'] }, 'scopes.0'],
    [{ expires_in_seconds: 601 }, 'expires_in_seconds'],
    [{ expires_in_seconds: 0 }, 'expires_in_seconds'],
    [{ session_seconds: 12 * 3600 + 1 }, 'session_seconds'],
    [{ session_seconds: 59 }, 'session_seconds'],
    [{ org_id: 'x' }, 'org_id'],
  ])('refuses %j', async (body, path) => {
    const answer = await makeLink(world, body)
    expect([answer.status, answer.body.issues[0].path]).toEqual([400, path])
  })

  it('answers the same link again for an Idempotency-Key (I1)', async () => {
    const options = { headers: { 'Idempotency-Key': 'one' } }
    const first = await makeLink(world, {}, options)
    world.clock += MINUTE
    const again = await makeLink(world, {}, options)
    expect([again.body, again.headers.get('Idempotent-Replayed')]).toEqual([first.body, 'true'])
    expect(await entriesOf(world, 'portal_link.create')).toHaveLength(1)
  })

  it('stores its token as a digest alone, and none that opens anything (X3)', async () => {
    const made = await makeLink(world, {}, { headers: { 'Idempotency-Key': 'one' } })
    const token = pathOf(made).split('/').at(-1) ?? ''
    const secret = token.split('.').at(-1) ?? ''
    const { results } = await env.DB.prepare('SELECT * FROM portal_links').all()
    const kept = await env.DB.prepare('SELECT * FROM idempotency_keys').all()
    expect(JSON.stringify([results, kept.results])).not.toContain(secret)
    const [orgId, linkId] = token.split('.')
    const stored = String(results[0]?.['digest'])
    const page = await new Visitor(world).post(`/portal/${orgId}.${linkId}.${stored.slice(0, 43)}`)
    expect(page.status).toBe(404)
  })

  it('leaves nothing of links whose sessions are over', async () => {
    await makeLink(world)
    world.clock += 12 * HOUR + 10 * MINUTE
    await makeLink(world)
    expect(await countRows('portal_links')).toBe(2)
    world.clock += 1
    await makeLink(world)
    expect(await countRows('portal_links')).toBe(2)
  })
})

describe('a portal link', () => {
  it('is not used up by being looked at, as a preview does it', async () => {
    const path = pathOf(await makeLink(world))
    for (const method of ['GET', 'HEAD', 'GET']) {
      expect((await new Visitor(world).request(path, { method })).status).toBe(200)
    }
    const visitor = new Visitor(world)
    expect(textOf((await visitor.get(path)).text)).toContain('Webhooks of Acme')
    expect((await visitor.post(path)).text).toContain('<h1>Overview</h1>')
  })

  it('signs in once', async () => {
    const path = pathOf(await makeLink(world))
    await new Visitor(world).post(path)
    const second = new Visitor(world)
    const page = await second.post(path)
    expect([page.status, second.cookie]).toEqual([410, ''])
    expect(page.text).toContain('This link was used already.')
    expect((await second.get(path)).text).toContain('This link was used already.')
  })

  it('signs in one of those who use it at the same moment', async () => {
    const path = pathOf(await makeLink(world))
    const visitors = Array.from({ length: 5 }, () => new Visitor(world))
    const answers = await Promise.all(visitors.map((visitor) => visitor.send(path)))
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual([
      '303',
      '410',
      '410',
      '410',
      '410',
    ])
    expect(await countRows('sessions')).toBe(1)
  })

  it('signs in within its time, and says afterwards that this is over', async () => {
    const path = pathOf(await makeLink(world, { expires_in_seconds: 60 }))
    const late = pathOf(await makeLink(world, { expires_in_seconds: 60 }))
    world.clock += MINUTE - 1
    const visitor = new Visitor(world)
    await visitor.post(path)
    expect(await isSignedIn(visitor)).toBe(true)
    world.clock += 1
    const page = await new Visitor(world).post(late)
    expect([page.status, page.text.includes('This link has expired.')]).toEqual([410, true])
  })

  it('does not sign in once its key is revoked (X4)', async () => {
    const path = pathOf(await makeLink(world))
    await env.DB.exec('UPDATE api_keys SET revoked_at = 1')
    const page = await new Visitor(world).post(path)
    expect([page.status, page.text.includes('no longer good')]).toEqual([410, true])
  })

  it('does not sign in from another site', async () => {
    const path = pathOf(await makeLink(world))
    const visitor = new Visitor(world)
    const answer = await visitor.send(path, {}, { Origin: 'https://evil.example' })
    expect([answer.status, visitor.cookie]).toEqual([403, ''])
  })

  it.each(['x', 'A'.repeat(5000), '%00', `${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`])(
    'is not made up: %s',
    async (token) => {
      for (const page of [
        await new Visitor(world).get(`/portal/${token}`),
        await new Visitor(world).post(`/portal/${token}`),
      ]) {
        expect([400, 404]).toContain(page.status)
      }
    },
  )

  it('is one org’s: with another’s id in it it is none (X1)', async () => {
    const { orgId } = await world.createOrg('Other')
    const path = pathOf(await makeLink(world)).replace(world.orgId, orgId)
    expect((await new Visitor(world).post(path)).status).toBe(404)
  })

  it('repeats its write after a lost answer, and signs in once', async () => {
    const path = pathOf(await makeLink(world))
    let lost = 0
    world.db = new Proxy(env.DB, {
      get(target, name) {
        // Whatever else is asked of it comes from the real binding, bound to it.
        const member = Reflect.get(target, name) as unknown
        if (name !== 'batch') return typeof member === 'function' ? member.bind(target) : member
        return async (statements: D1PreparedStatement[]) => {
          const answer = await target.batch(statements)
          if (statements.length < 4) return answer
          lost += 1
          if (lost === 1) throw new Error('Network connection lost.')
          return answer
        }
      },
    })
    const visitor = new Visitor(world)
    await visitor.send(path)
    expect(lost).toBe(2)
    expect(await isSignedIn(visitor)).toBe(true)
    expect(await entriesOf(world, 'portal_link.use')).toHaveLength(1)
  })
})
