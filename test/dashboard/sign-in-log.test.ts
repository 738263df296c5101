// The audit log has who signed in and out, and sign-ins that were refused, without growing by whoever guesses.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createApiKey } from '../../src/credentials/api-key.ts'
import { World, type Json } from '../world.ts'
import { entriesOf } from './portal/guest.ts'
import { Visitor } from './visitor.ts'

const MINUTE = 60_000

let world: World
beforeEach(async () => {
  world = await World.create()
})

const publicId = () => world.key.slice(8, 16)

describe('signing in and out', () => {
  it('is logged, each once, with who it was (U1)', async () => {
    const visitor = await Visitor.signedIn(world)
    await visitor.post('/sign-out')
    await visitor.post('/sign-out')
    const [begun, ...more] = await entriesOf(world, 'session.begin')
    expect(more).toEqual([])
    expect(begun).toMatchObject({ actor: `dashboard:${publicId()}`, target_type: 'session' })
    const ended = await entriesOf(world, 'session.end')
    expect(ended).toMatchObject([
      { actor: `dashboard:${publicId()}`, target_id: begun?.['target_id'] },
    ])
  })
})

function refused(): Promise<Json[]> {
  return entriesOf(world, 'api_key.refuse_sign_in')
}

describe('a sign-in that is refused', () => {
  it('is logged once in ten minutes, however often a revoked key is tried (U1)', async () => {
    const { key } = await makeKey()
    await revoke(key)
    for (let tries = 0; tries < 5; tries += 1) {
      await new Visitor(world).signIn(key)
      await world.settle()
    }
    expect(await refused()).toMatchObject([
      { actor: 'system', target_type: 'api_key', details: { reason: 'revoked' } },
    ])
    world.clock += 11 * MINUTE
    await new Visitor(world).signIn(key)
    await world.settle()
    expect(await refused()).toHaveLength(2)
  })

  it('is logged with the public part of a key that is there, and what follows it wrong (U1)', async () => {
    await env.DB.prepare('UPDATE api_keys SET key_hash = ? WHERE public_id = ?')
      .bind('0'.repeat(64), publicId())
      .run()
    await new Visitor(world).signIn(world.key)
    await world.settle()
    const { results } = await env.DB.prepare(
      `SELECT details FROM audit_log WHERE action = 'api_key.refuse_sign_in'`,
    ).all()
    expect(results).toEqual([{ details: '{"reason":"wrong"}' }])
  })

  it('is logged nowhere when nobody has such a key (U1)', async () => {
    await new Visitor(world).signIn(createApiKey('live').key)
    await new Visitor(world).signIn('no key')
    await world.settle()
    expect(await refused()).toEqual([])
  })
})

async function makeKey(): Promise<{ key: string; id: string }> {
  return (await world.call('POST', '/v1/api_keys', { name: 'other' })).body
}

async function revoke(key: string): Promise<void> {
  const { body } = await world.call('GET', '/v1/api_keys')
  const found = body.data.find((one: { public_id: string }) => one.public_id === key.slice(8, 16))
  await world.call('DELETE', `/v1/api_keys/${found.id}`)
}
