// The routes of the service, what each is asked, and orgs with one of everything to ask them of.
import { env } from 'cloudflare:workers'
import { createApp } from '../../../src/api/app.ts'
import { makeListened, readAnswer } from '../../listen/ear.ts'
import { World, type Answered, type Json } from '../../world.ts'
import { addReplay, moveHere } from './rows.ts'

/** The same for all, so that answers may be compared byte by byte. */
const REQUEST_ID = '00000000-0000-4000-8000-000000000000'
/** No id of anything. */
export const MISSING = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001'

/** What a route with an id is asked about, by the beginning of its path. */
const THINGS = [
  ['/v1/webhook_endpoints/{id}/stream', 'listened'],
  ['/v1/webhook_endpoints/{id}/answers', 'listened'],
  ['/v1/webhook_endpoints', 'endpoint'],
  ['/v1/webhook_deliveries', 'delivery'],
  ['/v1/events', 'event'],
  ['/v1/webhook_replays/{id}/resume', 'pausedReplay'],
  ['/v1/webhook_replays', 'replay'],
  ['/v1/api_keys', 'apiKey'],
] as const

/** A body that the route takes; that of an answer is made with what it answers. A route that needs one and is not here makes the matrix fail. */
export const BODIES: Record<string, Json> = {
  'POST /v1/events': { type: 'call.busy', call: { id: MISSING } },
  'POST /v1/events/batch': { events: [{ type: 'call.busy', call: { id: MISSING } }] },
  'POST /v1/api_keys': { name: 'new' },
  'POST /v1/webhook_endpoints': { url: 'https://new.example/' },
  'PATCH /v1/webhook_endpoints/{id}': { description: 'changed' },
  'POST /v1/webhook_endpoints/{id}/rotate_secret': { overlap_seconds: 0 },
  'POST /v1/webhook_endpoints/{id}/test': { type: 'call.busy' },
  'POST /v1/webhook_endpoints/{id}/filter/try': { filter: null },
  'POST /v1/webhook_deliveries/{id}/redeliver': { to: 'current' },
  'POST /v1/webhook_deliveries/discard': { filter: {} },
  'POST /v1/webhook_replays': { filter: {} },
  'POST /v1/portal_links': { scopes: ['read'] },
  'PATCH /v1/webhook_replays/{id}': { rate_per_second: 7 },
  'POST /admin/orgs': { name: 'New' },
  'PATCH /admin/orgs/{id}': { name: 'Another' },
  'PATCH /admin/orgs/{id}/webhook_endpoints/{endpoint_id}': { client_certificate: null },
  'PUT /admin/stops/{host}': { reason: 'new' },
  'POST /admin/orgs/{id}/api_keys': { name: 'new' },
  'POST /admin/orgs/{id}/rotate_default_secret': { overlap_seconds: 0 },
  'POST /admin/orgs/{id}/move': { to: 'DB' },
}

/** A route, as the document has it. */
export type Route = {
  name: string
  method: string
  path: string
  query: string[]
  takesBody: boolean
}
type Ids = Record<
  'org' | 'endpoint' | 'listened' | 'event' | 'delivery' | 'replay' | 'pausedReplay' | 'apiKey',
  string
>
/** An org with one of everything, and a key. */
export type Org = { key: string; ids: Ids }

/** Every route that the service has, read from the service: a new one cannot escape. */
const document = await describeService()
export const routes: Route[] = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
  Object.entries<Json>(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    query: (operation.parameters ?? [])
      .filter((one: Json) => one.in === 'query' && one.schema.format === 'uuid')
      .map((one: Json) => one.name),
    takesBody: operation.requestBody !== undefined,
  })),
)
/** Those of customers. */
export const customerRoutes = routes.filter(({ path }) => path.startsWith('/v1/'))
/** Those of the operator. */
export const operatorRoutes = routes.filter(({ path }) => path.startsWith('/admin/'))

async function describeService(): Promise<Json> {
  const app = createApp(async () => (await World.create()).engine())
  const response = await app.request('/openapi.json', {}, env, {
    waitUntil: () => {},
    passThroughOnException: () => {},
    props: {},
  })
  return response.json()
}

/** An org with one of everything. */
export async function furnish(world: World, orgId: string, key: string): Promise<Org> {
  const options = { key }
  const { body: endpoint } = await world.createEndpoint({}, options)
  const { body: event } = await world.send({}, {}, options)
  const admin = { key: env.ADMIN_TOKEN }
  const { body } = await world.call('GET', `/admin/orgs/${orgId}/api_keys`, undefined, admin)
  const delivery = event.deliveries[0].id
  await moveHere(orgId)
  const replay = await addReplay(orgId, 'running', world.clock)
  const pausedReplay = await addReplay(orgId, 'paused', world.clock)
  const { id: listened } = await makeListened(world, {}, options)
  const others = { replay, pausedReplay, listened }
  const things = { endpoint: endpoint.id, event: event.id, delivery, ...others }
  const ids = { ...things, apiKey: body.data[0].id }
  return { key, ids: { ...ids, org: orgId } }
}

function idFor(path: string, ids: Ids): string {
  const thing = THINGS.find(([start]) => path.startsWith(start))?.[1]
  if (!thing) throw new Error(`tell THINGS whose id ${path} takes`)
  return ids[thing]
}

/** The path with an id of the org's. */
export function withId({ path }: Route, ids: Ids): string {
  return path.replace('{id}', () => idFor(path, ids))
}

/** The operator's path with ids of the org's. */
export function withIds({ path }: Route, ids: Pick<Ids, 'org' | 'apiKey'> & Partial<Ids>): string {
  const named = path.replace('{id}', ids.org).replace('{host}', 'receiver.example')
  return named.replace('{key_id}', ids.apiKey).replace('{endpoint_id}', ids.endpoint ?? '')
}

/** Asks a route, with the body that it takes. */
export function call(
  world: World,
  route: Route,
  path: string,
  key: string | undefined,
): Promise<Answered> {
  const body = BODIES[route.name]
  if (route.takesBody && !body) throw new Error(`tell BODIES what ${route.name} takes`)
  return send(
    world,
    route.method,
    path,
    body,
    key === undefined ? {} : { Authorization: `Bearer ${key}` },
  )
}

/** Asks with the headers that are given, and no others. */
export async function send(
  world: World,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answered> {
  const response = await world.fetch(path, {
    method,
    headers: { 'X-Request-Id': REQUEST_ID, 'Content-Type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await readAnswer(response)
  return { status: response.status, headers: response.headers, body: text }
}

/** All that an answer tells, byte by byte. */
export function bytesOf({ status, headers, body }: Answered): string {
  return JSON.stringify([status, [...headers], body])
}
