// Endpoints that miss events, and replays that make up for it, asked for by the API.
import { env } from 'cloudflare:workers'
import { listEndpoints, type Endpoint } from '../../src/db/account/endpoints.ts'
import { acceptEvent } from '../../src/delivery/accept.ts'
import type { Json, World } from '../world.ts'

const SECOND = 1000

/** Creates an endpoint at a host of its own that takes these types, all unless told otherwise. */
export async function createAt(world: World, host: string, types = ['*']): Promise<string> {
  const body = { url: `https://${host}.example/`, enabled_events: types }
  const { body: endpoint } = await world.createEndpoint(body)
  return endpoint.id
}

/** Enables or disables an endpoint. */
export async function turn(world: World, id: string, status: 'enabled' | 'disabled') {
  await world.call('PATCH', `/v1/webhook_endpoints/${id}`, { status })
}

/** Tests an endpoint, whatever has become of it since it was asked for; answers how many deliveries that made. */
export async function test(world: World, endpoint: Endpoint): Promise<number> {
  const callId = crypto.randomUUID()
  const { answer } = await acceptEvent(await world.engine(), endpoint.orgId, {
    type: 'call.completed',
    callId,
    webhookUrl: null,
    created: undefined,
    call: JSON.stringify({ id: callId }),
    endpointId: endpoint.id,
  })
  world.clock += SECOND
  return answer.deliveries.length
}

/** An endpoint as the dashboard shows it. */
export async function shown(world: World, id: string): Promise<Endpoint> {
  const { store } = await world.engine()
  const one = (await listEndpoints(store.of(world.orgId), world.orgId)).find((it) => it.id === id)
  if (!one) throw new Error('it is there')
  return one
}

/** Sends so many events, a second apart, whose calls are `call`; answers their ids. */
export async function sendEvents(
  world: World,
  count: number,
  event: Json = {},
  call: Json = {},
): Promise<string[]> {
  const ids: string[] = []
  for (let sent = 0; sent < count; sent += 1) {
    const { body } = await world.send(call, event)
    ids.push(body.id)
    world.clock += SECOND
  }
  return ids
}

/** Starts a replay of what was missed, and of nothing else unless told otherwise; answers it. */
export async function replayMissing(
  world: World,
  filter: Json = {},
  body: Json = {},
): Promise<Json> {
  const { body: replay } = await world.call('POST', '/v1/webhook_replays', {
    filter: { status: 'exhausted', ...filter },
    missing: true,
    rate_per_second: 500,
    ...body,
  })
  return replay
}

/** The replay as it is now. */
export async function found(world: World, { id }: Json): Promise<Json> {
  const { body } = await world.call('GET', `/v1/webhook_replays/${id}`)
  return body
}

/** The deliveries that replays have made, as `event endpoint`, in order. */
export async function made(db: D1Database = env.DB): Promise<string[]> {
  const { results } = await db
    .prepare('SELECT id, endpoint_id FROM deliveries WHERE replay_id IS NOT NULL ORDER BY id')
    .all<{ id: string; endpoint_id: string }>()
  return results.map(({ id, endpoint_id }) => `${id.slice(0, -4)}0000 ${endpoint_id}`)
}

/** The same of what is expected: each of these events for each of these endpoints. */
export function each(events: string[], endpointIds: string[]): string[] {
  return events.flatMap((event) => endpointIds.map((id) => `${event} ${id}`)).toSorted()
}
