// An org with something of each kind that a page can be about.
import { SCOPE_OF } from '../../src/dashboard/scopes.ts'
import type { World } from '../world.ts'
import type { Visitor } from './visitor.ts'

const MINUTE = 60_000

/** What a receiver answers with, among it what is covered on a page. */
const HEADERS = {
  'X-Trace': 'https://trace.example/1',
  'Set-Cookie': 'sid=hush',
  'X-Api-Key': 'hush',
}

/** Ids by the section of their pages, of keys and sessions by what they are; `gone` is an endpoint that was deleted, `call` a call. */
type Ids = Record<string, string>

/** Deliveries that failed and were redelivered, endpoints well, moved and deleted, a replay, a key, a session. */
export async function furnish(world: World, visitor: Visitor): Promise<Ids> {
  const { body: endpoint } = await world.createEndpoint()
  const { body: gone } = await world.createEndpoint({ url: 'https://gone.example/' })
  await world.createEndpoint({ enabled_events: ['call.busy'] })
  world.receiver.answer = () =>
    new Response('{"see":"https://receiver.example/docs"}', { status: 500, headers: HEADERS })
  const callId = crypto.randomUUID()
  const { body: sent } = await world.send({ id: callId, recording: 'https://calls.example/1.mp3' })
  await world.pass(MINUTE)
  const delivery = sent.deliveries.find(
    (one: { endpoint_id: string }) => one.endpoint_id === endpoint.id,
  )
  await world.redeliver(delivery.id)
  await world.drain()
  const filter = { call_id: callId, endpoint_id: gone.id }
  const { body: replay } = await world.call('POST', '/v1/webhook_replays', { filter })
  await world.call('DELETE', `/v1/webhook_endpoints/${gone.id}`)
  await world.call('PATCH', `/v1/webhook_endpoints/${endpoint.id}`, { url: 'https://new.example/' })
  const { text } = await visitor.get('/settings')
  return {
    key: /keys\/([^/]+)\/revoke/.exec(text)?.[1] ?? '',
    session: /sessions\/([^/]+)\/end/.exec(text)?.[1] ?? '',
    endpoints: endpoint.id,
    deliveries: delivery.id,
    events: delivery.id,
    replays: replay.id,
    gone: gone.id,
    call: callId,
  }
}

/** A route's path, with the id of what is there. */
function fill(path: string, ids: Ids): string {
  const kind = /keys|sessions/.exec(path)?.[0].slice(0, -1) ?? path.split('/')[1] ?? ''
  return path.replace(':id', ids[kind] ?? '')
}

/** Every page that is opened by an address, and those that take more in it. */
export function pathsOf(ids: Ids): string[] {
  const gets = Object.keys(SCOPE_OF).flatMap((route) =>
    route.startsWith('GET ') ? [route.slice(4)] : [],
  )
  const pages = gets
    .filter((path) => !/\/(?:live|export|body)$/.test(path))
    .map((path) => fill(path, ids))
  const { call = '', deliveries, endpoints, gone } = ids
  return [
    ...pages,
    `/deliveries?call=${call}`,
    `/deliveries?q=${call.slice(0, 8)}`,
    `/deliveries?status=exhausted&endpoint=${gone}`,
    `/deliveries/redeliver?id=${deliveries}`,
    `/deliveries/${deliveries}?a=1&b=2`,
    `/events?call=${call}`,
    `/replays/new?endpoint=${gone}&call=${call}`,
    `/replays/new?endpoint=${endpoints}`,
    `/endpoints/${gone}`,
    `/endpoints/${endpoints}/status?status=disabled`,
    `/endpoints/${endpoints}/change?url=https%3A%2F%2Fother.example%2F&which=all`,
  ]
}
