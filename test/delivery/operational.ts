// What an operational endpoint is told, in tests.
import { expect } from 'vitest'
import { tellWhatHappened } from '../../src/delivery/upkeep/notices.ts'
import type { World, Json } from '../world.ts'

/** Where operational events are sent. */
export const OPERATOR_URL = 'https://operator.example/hooks'

/** Makes an endpoint that is told of these types. */
export async function listenFor(world: World, ...types: string[]): Promise<string> {
  const { status, body } = await world.createEndpoint({ url: OPERATOR_URL, enabled_events: types })
  expect(status).toBe(201)
  return body.id
}

/** The cron's job, and what it sends. */
export async function tell(world: World): Promise<void> {
  await tellWhatHappened(await world.visited())
  await world.settle()
  await world.drain()
}

/** What was told since it was asked last. */
export function told(world: World): Json[] {
  return world.receiver.received
    .splice(0)
    .filter(({ url }) => url === OPERATOR_URL)
    .map(({ body }) => JSON.parse(body))
}

/** Its types alone. */
export function typesTold(world: World): string[] {
  return told(world).map(({ type }) => type)
}

/** An endpoint whose receiver always fails. */
export async function makeFailing(world: World): Promise<string> {
  world.receiver.answer = ({ url }) =>
    new Response('', { status: url.startsWith('https://bad.') ? 500 : 200 })
  return (await world.createEndpoint({ url: 'https://bad.example/' })).body.id
}
