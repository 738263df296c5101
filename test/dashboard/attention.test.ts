// The overview says first what needs a person, and nothing where nobody is needed.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { textOf, Visitor } from './visitor.ts'

let world: World
let visitor: Visitor
let id: string
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  id = (await world.createEndpoint({ description: 'Billing' })).body.id
  await world.deliver()
  await world.drain()
})

/** The part that tells it, without tags; empty where there is none. */
async function attention(): Promise<string> {
  const { text } = await visitor.get('')
  const part = /<h2 id="attention">(.*?)<\/section>/s.exec(text)?.[1] ?? ''
  return textOf(part.replaceAll(/<[^>]*>/g, ' '))
    .replaceAll(/\s+/g, ' ')
    .trim()
}

async function replay(columns: string): Promise<void> {
  world.clock += 1000
  const { body } = await world.call('POST', '/v1/webhook_replays', { filter: {} })
  await env.DB.prepare(`UPDATE ${columns}`).run()
  expect(body.id).toBeDefined()
}

describe('what needs a person', () => {
  it('is nothing while all is well, disabled by hand included', async () => {
    expect(await attention()).toBe('')
    await world.call('PATCH', `/v1/webhook_endpoints/${id}`, { status: 'disabled' })
    expect(await attention()).toBe('')
  })

  it('is an endpoint that fails', async () => {
    world.receiver.respond(500)
    await world.deliver()
    await world.drain()
    expect(await attention()).toBe(
      'Needs you Failing Billing Its last attempt failed. What fails is tried again, later each time.',
    )
  })

  it('is an endpoint that was disabled automatically, its alert dismissed or not', async () => {
    await env.DB.prepare(
      `UPDATE endpoints SET status = 'disabled', disabled_reason = 'too_many_failures',
        disabled_at = ?1, dismissed_at = ?1`,
    )
      .bind(world.clock)
      .run()
    expect(await attention()).toMatch(
      /^Needs you Disabled Billing Disabled automatically 2026-11-23/,
    )
  })

  it('is a replay that is paused, and one that is held', async () => {
    await replay(`replays SET status = 'paused', next_step_at = NULL`)
    expect(await attention()).toContain('Paused Replay of 1 It waits to be resumed.')
    await env.DB.exec(`UPDATE replays SET status = 'completed'`)
    expect(await attention()).toBe('')
    await replay(`replay_parts SET canary_sent = 10, canary_failed = 10`)
    expect(await attention()).toContain('Held Replay of 1 The first ten failed at an endpoint')
  })

  it('is a signing secret that did not open, for as long as it is so', async () => {
    await env.DB.prepare(
      `INSERT INTO heartbeats (name, beat_at) VALUES ('undecryptable_secret', ?)`,
    )
      .bind(world.clock)
      .run()
    expect(await attention()).toContain('A signing secret did not open')
    world.clock += 21 * 60_000
    expect(await attention()).toBe('')
  })
})
